"""Routing policies: which replica a request goes to, given how many requests each one holds.

To add one: its name in `scenario.endpoint.Routing`, its code and function here, its branch in `kernel.per_replica`, and
its twin in `validation.serving_oracle`; a test holds the names together.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from dcplan.serving.compiled import function
from dcplan.serving.histogram import IntArray

ROUND_ROBIN, RANDOM, LEAST_LOADED, POWER_OF_TWO = range(4)

ROUTING = MappingProxyType(
    {
        "round_robin": ROUND_ROBIN,
        "random": RANDOM,
        "least_loaded": LEAST_LOADED,
        "power_of_two": POWER_OF_TWO,
    }
)
"""The code of each policy."""

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@function
def first_choice(draw: int, replicas: int) -> int:  # pragma: no cover - compiled
    """A replica picked uniformly by the upper half of a 64-bit draw (bias below replicas / 2^32)."""
    return np.int64(((draw >> _HALF) * np.uint64(replicas)) >> _HALF)  # type: ignore[return-value]


@function
def second_choice(draw: int, replicas: int, first: int) -> int:  # pragma: no cover - compiled
    """Another replica than *first*, picked uniformly by the lower half of the draw."""
    other = np.int64(((draw & _LOW) * np.uint64(replicas - 1)) >> _HALF)
    return other + 1 if other >= first else other  # type: ignore[return-value]


@function
def least_loaded(waiting: IntArray, serving: IntArray, replicas: int) -> int:  # pragma: no cover - compiled
    """The one of the first *replicas* that holds the fewest requests; the first of equals."""
    best = 0
    fewest = waiting[0] + serving[0]
    for replica in range(1, replicas):
        load = waiting[replica] + serving[replica]
        if load < fewest:
            best, fewest = replica, load
    return best
