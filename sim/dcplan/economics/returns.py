"""Whether an investment pays: net present value, internal rate of return, payback."""

from __future__ import annotations

import numpy as np
import numpy_financial as npf
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

REAL = 1e-9
"""Largest imaginary part of a root that is real but for rounding."""
SAME = 1e-6
"""Rates that differ by less are one."""


def present_usd(flows_usd: FloatArray, rate: float) -> float:
    """What *flows_usd*, one at the end of each year from year 0 (today) on, are worth today [USD].

    >>> round(present_usd(np.array([-100.0, 60.0, 60.0]), 0.10), 2)
    4.13
    """
    return float(npf.npv(rate, flows_usd))


def break_even_rates(flows_usd: FloatArray) -> tuple[float, ...]:
    """Every discount rate above -1 at which the present value is zero, increasing; empty if none makes it break even.

    They are the positive roots v = 1 / (1 + r) of the polynomial of the flows. Where the sign of the flows changes only
    once there is one at most (Descartes), where nothing changes sign there is none.

    >>> [round(rate, 4) for rate in break_even_rates(np.array([-100.0, 60.0, 60.0]))]
    [0.1307]
    >>> break_even_rates(np.array([-100.0, -5.0]))
    ()
    """
    largest = float(np.abs(flows_usd).max(initial=0.0))
    if largest == 0.0 or (flows_usd >= 0.0).all() or (flows_usd <= 0.0).all():
        return ()
    roots = np.roots((flows_usd / largest)[::-1])
    real = roots.real[(np.abs(roots.imag) < REAL * np.abs(roots)) & (roots.real > 0.0)]
    rates = np.sort(1.0 / real - 1.0)
    new = np.diff(rates, prepend=-np.inf) > SAME
    return tuple(float(rate) for rate in rates[new])


def internal_rate(flows_usd: FloatArray) -> float | None:
    """The internal rate of return [-]: the one rate that makes it break even; None if there is none, or several.

    >>> round(internal_rate(np.array([-100.0, 110.0])) or 0.0, 6)
    0.1
    """
    rates = break_even_rates(flows_usd)
    return rates[0] if len(rates) == 1 else None


def payback_years(flows_usd: FloatArray) -> float | None:
    """Time after which the sum of the flows is zero for good [a], flows spread evenly over their year; None if never.

    For good: a later purchase may take the sum below zero again.

    >>> payback_years(np.array([-100.0, 40.0, 40.0, 40.0]))
    2.5
    """
    total = np.cumsum(flows_usd)
    below = np.flatnonzero(total < 0.0)
    if len(below) == 0:
        return 0.0
    last = int(below[-1])
    if last == len(total) - 1:
        return None
    return float(last + -total[last] / flows_usd[last + 1])
