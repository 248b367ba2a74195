"""Places for requests in the system: a structured array whose free places are linked through its field `next`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.histogram import IntArray

NOBODY = -1
"""No place."""
FREE, FREE_PLACES = range(2)
"""Where a state keeps, among its other numbers, the first free place and how many there are."""


def new_pool(dtype: np.dtype[Any], places: int, first: int = 0) -> NDArray[Any]:
    """So many free places, numbered from *first* on."""
    pool = np.zeros(places, dtype=dtype)
    pool["next"] = np.arange(first + 1, first + places + 1)
    pool["next"][-1] = NOBODY
    return pool


def grown_pool(pool: NDArray[Any], numbers: IntArray) -> tuple[NDArray[Any], IntArray]:
    """*pool* with twice as many places, and the *numbers* of its state with them."""
    places = len(pool)
    larger = np.concatenate((pool, new_pool(pool.dtype, places, places)))
    larger["next"][-1] = numbers[FREE]
    counted = numbers.copy()
    counted[FREE] = places
    counted[FREE_PLACES] += places
    return larger, counted
