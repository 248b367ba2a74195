"""Readings over time, and the energy under it between two instants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """Energy under a power curve [J]: by trapezoids, and with the lower and the higher of every two readings."""

    joules: float
    low_j: float
    high_j: float


@dataclass(frozen=True)
class Trace:
    """Readings, of power [W] or of an energy counter [J], at times [s] that ascend strictly."""

    times_s: Array
    values: Array

    def around(self, begin_s: float, end_s: float) -> Trace:
        """The readings between two instants, and one more on either side where there is one."""
        first = max(0, int(np.searchsorted(self.times_s, begin_s, side="right")) - 1)
        last = int(np.searchsorted(self.times_s, end_s, side="left")) + 1
        return Trace(self.times_s[first:last], self.values[first:last])

    def longest_gap_s(self, begin_s: float, end_s: float) -> float:
        """Longest time between two readings that touches the window [s]; what is missing at its edges counts too."""
        times_s = self.around(begin_s, end_s).times_s
        if not len(times_s):
            return float("inf")
        edges = (float(times_s[0]) - begin_s, end_s - float(times_s[-1]))
        return max(*edges, float(np.diff(times_s).max(initial=0.0)))

    def area(self, begin_s: float, end_s: float) -> Area:
        """Energy between two instants, of power readings; before the first and after the last reading power is held.

        >>> ramp = Trace(np.array([0.0, 2.0]), np.array([100.0, 300.0]))
        >>> ramp.area(1.0, 2.0)
        Area(joules=250.0, low_j=100.0, high_j=300.0)
        """
        near = self.around(begin_s, end_s)
        inside = (near.times_s > begin_s) & (near.times_s < end_s)
        times_s = np.concatenate(([begin_s], near.times_s[inside], [end_s]))
        power_w = np.interp(times_s, near.times_s, near.values)
        low_w, high_w = (_of_neighbours(near, times_s, pick) for pick in (np.minimum, np.maximum))
        steps_s = np.diff(times_s)
        joules = float(np.trapezoid(power_w, times_s))  # rounding must not push it out of its range
        return Area(joules, min(joules, float(low_w @ steps_s)), max(joules, float(high_w @ steps_s)))


def _of_neighbours(trace: Trace, times_s: Array, pick: np.ufunc) -> Array:
    """For every step between *times_s*, what *pick* chooses of the two readings that enclose it [W]."""
    middle_s = (times_s[1:] + times_s[:-1]) / 2
    after = np.searchsorted(trace.times_s, middle_s)
    last = len(trace.times_s) - 1
    chosen: Array = pick(trace.values[np.clip(after - 1, 0, last)], trace.values[np.clip(after, 0, last)])
    return chosen
