"""Tell whether a device has warmed up for good: a data centre runs hot, so a cold device measures too little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dcplan.profiling.meters.trace import Array

STEADY_SLOPE_C_PER_MIN = 0.5
"""Temperature must change by less than this [degC/min]."""
STEADY_DRIFT = 0.01
"""Energy per unit time must change by less than this, relative to its mean, over the time looked at."""
SPAN_S = 120.0
"""Time looked at [s]: sensors tell whole degrees, so a shorter one cannot tell 0.5 degC/min from nothing."""


@dataclass(frozen=True)
class ThermalSample:
    """A window of a steady load: when it ended [s], how hot the device was then [degC], its mean power [W]."""

    monotonic_s: float
    temperature_c: float
    power_w: float


def steady(samples: Sequence[ThermalSample], span_s: float = SPAN_S) -> bool:
    """True if over the last *span_s* temperature and power hold still.

    It takes three samples, each with power, that span the time.
    Both slopes are least-squares fits; power is energy over length, so that windows need not be equally long.
    """
    if not samples or samples[-1].monotonic_s - samples[0].monotonic_s < span_s:
        return False
    recent = [sample for sample in samples if sample.monotonic_s >= samples[-1].monotonic_s - span_s]
    if len(recent) < 3 or not all(sample.power_w > 0 for sample in recent):
        return False
    times_s = np.array([sample.monotonic_s for sample in recent])
    power_w = np.array([sample.power_w for sample in recent])
    warming_c = slope(times_s, np.array([sample.temperature_c for sample in recent])) * 60
    change = slope(times_s, power_w) * (times_s[-1] - times_s[0]) / power_w.mean()
    return bool(abs(warming_c) < STEADY_SLOPE_C_PER_MIN and abs(change) < STEADY_DRIFT)


def slope(times_s: Array, values: Array) -> float:
    """Least-squares slope of *values* over time [1/s].

    >>> slope(np.array([0.0, 1.0, 2.0]), np.array([5.0, 7.0, 9.0]))
    2.0
    """
    centred_s = times_s - times_s.mean()
    return float(centred_s @ (values - values.mean()) / (centred_s @ centred_s))
