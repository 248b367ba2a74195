from __future__ import annotations

import numpy as np
import pytest

from dcplan.serving.policies import first_choice, least_loaded, second_choice

DRAWS = np.random.default_rng(5).integers(0, 2**64 - 1, 20_000, dtype=np.uint64, endpoint=True)


@pytest.mark.parametrize("replicas", [2, 3, 7, 64])
def test_two_different_replicas_are_picked_uniformly(replicas: int) -> None:
    first = np.array([first_choice(draw, replicas) for draw in DRAWS])
    second = np.array([second_choice(draw, replicas, one) for draw, one in zip(DRAWS, first, strict=True)])
    assert not (first == second).any()
    for picked in (first, second):
        counts = np.bincount(picked, minlength=replicas)
        expected = len(DRAWS) / replicas
        assert len(counts) == replicas
        assert ((counts - expected) ** 2 / expected).sum() < 2.5 * replicas + 12  # chi-square, far in its tail


def test_the_first_of_the_least_loaded_is_picked() -> None:
    assert least_loaded(np.array([3, 1, 0, 1, 0]), np.array([0, 1, 2, 1, 0]), 4) == 1
