"""Calls take other samples every time, and come round to the first."""

from __future__ import annotations

import pytest

from dcplan.profiling.workloads.rotation import rotating

torch = pytest.importorskip("torch")


def test_rows_rotate_through_the_pool() -> None:
    following = rotating((torch.arange(6),), batch=2)
    rows = [following()[0].tolist() for _ in range(5)]
    assert rows == [[2, 3], [4, 5], [1, 2], [3, 4], [0, 1]]


def test_pools_stay_together_and_are_cut_to_the_tokens() -> None:
    pool = torch.arange(20).reshape(4, 5)
    one, other = rotating((pool, 100 + pool), batch=2, tokens=3)()
    assert one.shape == (2, 3)
    assert torch.equal(one + 100, other)


def test_a_batch_as_large_as_the_pool_is_the_pool() -> None:
    following = rotating((torch.arange(4),), batch=4)
    assert following()[0].tolist() == following()[0].tolist() == [0, 1, 2, 3]
