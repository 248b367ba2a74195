"""A mergeable latency histogram with a bounded relative error.

128 equal bins per power of two: a value's bin is read from the leading bits of its floating-point form, so recording
costs a shift and an add. A bin is at most 1/128 of its lower edge wide, so its midpoint is within 0.39 % of any value
in it (the idea of HdrHistogram, G. Tene 2012, and DDSketch, Masson et al. 2019, VLDB 12:2195).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

SUB_BITS = 7
LOWEST_EXPONENT, HIGHEST_EXPONENT = -24, 26
"""Values from 60 ns to 2 years; smaller ones count in the first bin, larger ones in the last."""
BINS = (HIGHEST_EXPONENT - LOWEST_EXPONENT) << SUB_BITS
_SHIFT = 52 - SUB_BITS
_OFFSET = (1023 + LOWEST_EXPONENT) << SUB_BITS


@njit(inline="always")
def bin_of(value: float) -> int:  # pragma: no cover - compiled
    """The bin of a value [s] that is not negative."""
    index = (np.float64(value).view(np.int64) >> _SHIFT) - _OFFSET
    return index if 0 <= index < BINS else (0 if index < 0 else BINS - 1)  # type: ignore[return-value]


def edges() -> FloatArray:
    """Lower edges of all bins and the upper edge of the last [s], shape [BINS + 1]."""
    bits = (np.arange(BINS + 1, dtype=np.int64) + _OFFSET) << _SHIFT
    return bits.view(np.float64)


def quantile(counts: IntArray, levels: FloatArray) -> FloatArray:
    """Values [s] below which the shares *levels* of the recorded values lie; NaN if nothing was recorded.

    Values are taken as spread evenly inside a bin, so the error is below half a bin's width (0.39 %).
    """
    total = int(counts.sum())
    if total == 0:
        return np.full(len(levels), np.nan)
    below = np.concatenate(([0], np.cumsum(counts)))
    wanted = np.clip(levels, 0.0, 1.0) * total
    index = np.clip(np.searchsorted(below, wanted, side="left") - 1, 0, BINS - 1)
    bounds = edges()
    share = (wanted - below[index]) / np.maximum(counts[index], 1)
    return bounds[index] + share * (bounds[index + 1] - bounds[index])
