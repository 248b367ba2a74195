from __future__ import annotations

import numpy as np
import pytest

from dcplan.serving.policies import first_choice, least_loaded, mixed, second_choice

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


def test_mixed_bits_are_those_of_splitmix64_and_choose_anew() -> None:
    """The first output from state 0 of the reference implementation (S. Vigna, 2015)."""
    with np.errstate(over="ignore"):
        assert mixed(np.uint64(0), 1) == 0xE220A8397B1DCDAF
        before, after = (np.array([first_choice(each, 4) for each in draws]) for draws in (DRAWS, mixed(DRAWS, 1)))
    counts = np.bincount(4 * before + after, minlength=16)
    expected = len(DRAWS) / 16
    assert ((counts - expected) ** 2 / expected).sum() < 45.0  # chi-square of 15 degrees: one in 10,000
