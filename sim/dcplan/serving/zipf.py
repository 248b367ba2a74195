"""Zipf's law over a catalogue: objects 1 to n, the k-th asked for in proportion to k^-skew.

Drawn by rejection-inversion (W. Hoermann & G. Derflinger, "Rejection-inversion to generate variates from monotone
discrete distributions", ACM TOMACS 6 (1996) 169): exact, without a table, and as fast for ten million objects as for
ten. `numpy.random.Generator.zipf` is another law: its catalogue has no end.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dcplan.serving.compiled import function, kernel
from dcplan.serving.histogram import FloatArray, IntArray

NO_OBJECT = 0
"""What a draw gives that was rejected."""


class Zipf(NamedTuple):
    """A catalogue.

    Attributes:
        objects: How many there are.
        skew: The exponent [-].
    """

    objects: int
    skew: float


@function
def _area(x: float, skew: float) -> float:  # pragma: no cover - compiled
    """The integral of t^-skew from 1 to *x*: (x^(1 - skew) - 1) / (1 - skew), or log(x) where skew is 1."""
    return math.log(x) if skew == 1.0 else math.expm1((1.0 - skew) * math.log(x)) / (1.0 - skew)


@function
def _place(total: float, skew: float) -> float:  # pragma: no cover - compiled
    """The *x* at which `_area` is *total*."""
    return math.exp(total if skew == 1.0 else math.log1p((1.0 - skew) * total) / (1.0 - skew))


@kernel
def _draw(objects: int, skew: float, uniform: FloatArray, found: IntArray) -> None:  # pragma: no cover - compiled
    """Turn each number, uniform in [0, 1), into an object, or into `NO_OBJECT` if it is rejected."""
    first, last = _area(1.5, skew) - 1.0, _area(objects + 0.5, skew)
    near = 2.0 - _place(_area(2.5, skew) - 2.0**-skew, skew)
    for index in range(len(uniform)):
        total = last + uniform[index] * (first - last)
        x = min(_place(total, skew), float(objects))
        k = max(int(x + 0.5), 1)
        taken = k - x <= near or total >= _area(k + 0.5, skew) - float(k) ** -skew
        found[index] = k if taken else NO_OBJECT


def draw(law: Zipf, rng: np.random.Generator, count: int) -> IntArray:
    """*count* objects, independent of each other."""
    found = np.empty(count, dtype=np.int64)
    _draw(law.objects, law.skew, rng.random(count), found)
    while len(rejected := np.flatnonzero(found == NO_OBJECT)):
        again = np.empty(len(rejected), dtype=np.int64)
        _draw(law.objects, law.skew, rng.random(len(rejected)), again)
        found[rejected] = again
    return found
