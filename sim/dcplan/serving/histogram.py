"""A mergeable latency histogram with a bounded relative error.

128 equal bins per power of two: a value's bin is read from the leading bits of its floating-point form, so recording
costs a shift and an add. A bin is at most 1/128 of its lower edge wide, so its midpoint is within 0.39 % of any value
in it (the idea of HdrHistogram, G. Tene 2012, and DDSketch, Masson et al. 2019, VLDB 12:2195).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.compiled import function

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

SUB_BITS = 7
LOWEST_EXPONENT, HIGHEST_EXPONENT = -24, 26
"""Values from 60 ns to 2 years; smaller ones count in the first bin, larger ones in the last."""
BINS = (HIGHEST_EXPONENT - LOWEST_EXPONENT) << SUB_BITS
_SHIFT = 52 - SUB_BITS
_OFFSET = (1023 + LOWEST_EXPONENT) << SUB_BITS


@function
def bin_of(value: float) -> int:  # pragma: no cover - compiled
    """The bin of a value [s] that is not negative."""
    index = (np.float64(value).view(np.int64) >> _SHIFT) - _OFFSET
    return index if 0 <= index < BINS else (0 if index < 0 else BINS - 1)  # type: ignore[return-value]


def edges() -> FloatArray:
    """Lower edges of all bins and the upper edge of the last [s], shape [BINS + 1]."""
    bits = (np.arange(BINS + 1, dtype=np.int64) + _OFFSET) << _SHIFT
    return bits.view(np.float64)


def quantile_s(counts: IntArray, low_s: FloatArray, high_s: FloatArray, level: float) -> float:
    """The value [s] below which the share *level* of what was counted lies, in bins from *low_s* to *high_s* [s].

    NaN if nothing was counted.

    >>> quantile_s(np.array([1, 0, 3]), np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]), 0.5)
    2.3333333333333335
    """
    below = np.concatenate(([0], np.cumsum(counts)))
    if below[-1] == 0:
        return float("nan")
    wanted = level * below[-1]
    place = int(np.clip(np.searchsorted(below, wanted, side="left") - 1, 0, len(counts) - 1))
    return float(low_s[place] + (wanted - below[place]) / counts[place] * (high_s[place] - low_s[place]))


def bins_of(values: FloatArray) -> IntArray:
    """`bin_of` each of *values*, shape of *values*.

    >>> (edges()[bins_of(np.array([0.25, 1.0]))] * 1000).tolist()
    [250.0, 1000.0]
    """
    return np.asarray(np.clip((values.view(np.int64) >> _SHIFT) - _OFFSET, 0, BINS - 1))
