"""A request rate that changes in steps, and its time change.

A point process with rate lambda(t) is a unit-rate process run on the clock Lambda(t) = integral of lambda
(time-change theorem; Cinlar 1975, "Introduction to Stochastic Processes", section 4.7). Since lambda is constant
between breakpoints, Lambda is piecewise linear and its inverse is exact and fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RateCurve:
    """Requests per second between breakpoints.

    Attributes:
        edges_s: Breakpoints [s], increasing, shape [n + 1]; the first is 0.
        rate_per_s: Rate between them [1/s], shape [n].
    """

    edges_s: FloatArray
    rate_per_s: FloatArray

    @cached_property
    def expected(self) -> FloatArray:
        """Expected requests from 0 to each breakpoint [-], shape [n + 1]."""
        steps = self.rate_per_s * np.diff(self.edges_s)
        return np.concatenate(([0.0], np.cumsum(steps)))

    def when(self, count: FloatArray) -> FloatArray:
        """Times [s] at which the expected number of requests reaches *count*; infinite past the last breakpoint.

        >>> RateCurve(np.array([0.0, 10.0, 20.0]), np.array([1.0, 3.0])).when(np.array([5.0, 13.0])).tolist()
        [5.0, 11.0]
        """
        if len(self.rate_per_s) == 1:
            with np.errstate(divide="ignore"):
                return np.asarray(count / self.rate_per_s[0])
        times = np.interp(count, *self._knots)
        times[count > self.expected[-1]] = np.inf
        return times

    @cached_property
    def _knots(self) -> tuple[FloatArray, FloatArray]:
        """Expected counts and times; of a stretch without requests only both ends, between which time jumps."""
        rises = np.diff(self.expected) > 0
        keep = np.concatenate(([True], rises[:-1] | rises[1:], [True]))
        return self.expected[keep], self.edges_s[keep]


def constant(rate_per_s: float) -> RateCurve:
    """A rate that never changes (and never ends)."""
    return RateCurve(np.array([0.0, 1.0]), np.array([rate_per_s]))


def repeated(step_s: float, factors: FloatArray, mean_per_s: float, offset_s: float, horizon_s: float) -> RateCurve:
    """A pattern of equal steps repeated over the horizon, with the given mean over one whole pattern.

    Args:
        step_s: Length of a step [s].
        factors: Relative rate in each step [-], shape [n].
        mean_per_s: Mean rate over the pattern [1/s].
        offset_s: How far into the pattern the horizon starts [s].
        horizon_s: How long the curve must last [s].
    """
    period_s = step_s * len(factors)
    first = int(offset_s % period_s // step_s)
    lead_s = offset_s % period_s - first * step_s
    steps = int(np.ceil((horizon_s + lead_s) / step_s))
    edges_s = np.arange(steps + 1, dtype=np.float64) * step_s - lead_s
    edges_s[0] = 0.0
    rate_per_s = factors[(first + np.arange(steps)) % len(factors)] * (mean_per_s / factors.mean())
    return RateCurve(edges_s, rate_per_s)
