from __future__ import annotations

from datetime import datetime
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.figures.cache import THEORY, cache_figure, cache_finding
from dcplan.results.store import frame
from dcplan.scenario.cache import Cache

START = datetime(2025, 1, 1)


def steps(arrived: tuple[int, ...] = (100, 0, 300), expected: float = 0.5) -> pd.DataFrame:
    count = len(arrived)
    return frame(
        "cache",
        {
            "replication": 0, "endpoint": "e", "time_s": 60.0 * np.arange(count), "duration_s": 60.0,
            "arrived": arrived, "hits": [each // 4 for each in arrived], "entries": 7, "expected": expected,
        },
    )  # fmt: skip


def test_the_finding_says_what_the_cache_answers_and_what_theory_expects() -> None:
    text = "The cache of e answers 25.0 % of the requests; 1.67 per second go on to the replicas"
    assert cache_finding("e", steps(), "lru") == f"{text}; Che's approximation expects 50.0 %"
    assert cache_finding("e", steps(expected=np.nan), "ttl") == text
    assert cache_finding("e", steps((0, 0)), "lru") == "e got no request"


def test_theory_is_a_dashed_line_beside_the_share_that_was_seen() -> None:
    shown, expected, misses = (
        next(line for line in cache_figure("e", steps(), "lru", START, 180.0).data if line.name == name)
        for name in ("From the cache", "Expected", "Misses")
    )
    np.testing.assert_allclose(shown.y, [25.0, np.nan, 25.0])
    np.testing.assert_allclose(expected.y, [50.0, 50.0, 50.0])
    np.testing.assert_allclose(misses.y, [75 / 60, 0.0, 225 / 60])
    assert expected.line.dash == "dash"


def test_without_a_formula_there_is_no_line_of_theory() -> None:
    figure = cache_figure("e", steps(expected=np.nan), "ttl", START, 180.0)
    assert "Expected" not in [line.name for line in figure.data]
    assert "dashed" not in theme.caption(figure)


@pytest.mark.parametrize("spec", get_args(get_args(Cache)[0]))
def test_every_kind_of_cache_has_its_theory(spec: type) -> None:
    assert get_args(spec.model_fields["kind"].annotation)[0] in THEORY
