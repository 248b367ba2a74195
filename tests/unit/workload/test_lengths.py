from __future__ import annotations

import numpy as np
import pytest

from dcplan.scenario.generation import Tokens
from dcplan.workload.lengths import token_counts


def test_lengths_have_the_mean_and_spread_that_were_asked_for() -> None:
    counts = token_counts(Tokens(mean=300, cv=0.8, most=1_000_000), np.random.default_rng(1), 200_000)
    assert counts.mean() == pytest.approx(300, rel=0.01)
    assert counts.std() / counts.mean() == pytest.approx(0.8, rel=0.02)


def test_lengths_are_whole_and_within_their_ends() -> None:
    counts = token_counts(Tokens(mean=30, cv=3.0, least=8, most=64), np.random.default_rng(1), 10_000)
    assert counts.dtype == np.int64
    assert (counts.min(), counts.max()) == (8, 64)


def test_without_spread_all_are_alike() -> None:
    assert token_counts(Tokens(mean=30, cv=0.0, most=64), np.random.default_rng(1), 5).tolist() == [30] * 5
