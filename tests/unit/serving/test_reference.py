"""A named tuple by reference is the tuple itself, in Python and in a kernel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcplan.serving import compiled
from dcplan.serving.histogram import FloatArray
from dcplan.serving.reference import by_reference


class Inner(NamedTuple):
    """Values of several types."""

    flag: bool
    count: int
    values: FloatArray


class Outer(NamedTuple):
    """A tuple in a tuple."""

    scale: float
    inner: Inner
    pair: tuple[float, float]


@compiled.function
def scaled(outer: Outer, place: int) -> float:
    return outer.scale * total(outer.inner, place) + outer.pair[1]


@compiled.function
def total(inner: Inner, place: int) -> float:
    inner.values[place] += 1.0
    return inner.values[place] + inner.count if inner.flag else -1.0


@compiled.kernel
def by_kernel(outer: Outer, place: int) -> float:
    outer = by_reference(outer)
    return scaled(outer, place) + scaled(outer, place)


def test_fields_are_read_through_a_reference_and_arrays_changed_in_place() -> None:
    for flag in (True, False):
        here, there = (Outer(2.0, Inner(flag, 3, np.array([1.0, 5.0])), (7.0, 11.0)) for _ in range(2))
        assert by_kernel(here, 1) == scaled(there, 1) + scaled(there, 1)
        assert here.inner.values.tolist() == there.inner.values.tolist() == [1.0, 7.0]


def test_without_numba_it_is_the_tuple() -> None:
    outer = Outer(2.0, Inner(True, 3, np.ones(1)), (7.0, 11.0))
    assert by_reference(outer) is outer
