"""Warm a device through before it is measured: data centres run at thermal steady state, cold devices draw less.

The heaviest point runs back to back until temperature and power stand still, or until time is up; which of the two it
was is written into the profile (method: Zeus, J. You et al., NSDI 2023, and its guide on stable measurements).
"""

from __future__ import annotations

from dcplan.profiling.measure import Clock
from dcplan.profiling.meters.protocol import Meter
from dcplan.profiling.meters.thermal import ThermalSample, steady
from dcplan.profiling.point import Point

WINDOW_S = 5.0
"""Time between two looks at the thermometer [s]."""
LONGEST_S = 300.0
"""Time after which measuring begins in any case [s]."""


def soak(point: Point, meter: Meter, clock: Clock | None = None, longest_s: float = LONGEST_S) -> bool | None:
    """Run *point* until the device that *meter* watches is warm.

    Returns: Whether it became steady within *longest_s*; None if the meter has no thermometer.
    """
    clock = clock or Clock()
    samples: list[ThermalSample] = []
    point.enter()
    call, end_ns = point.make(), clock.wall_ns() + int(longest_s * 1e9)
    while clock.wall_ns() < end_ns:
        first, until_ns = meter.mark(), clock.wall_ns() + int(WINDOW_S * 1e9)
        while clock.wall_ns() < until_ns:
            call()
            point.wait()
        last = meter.mark()
        temperature_c = meter.conditions(first, last).get("temperature_end_c")
        power_w = meter.energy(first, last).power_w(last.monotonic_s - first.monotonic_s)
        if not isinstance(temperature_c, float | int) or power_w is None:
            return None
        samples.append(ThermalSample(last.monotonic_s, float(temperature_c), power_w))
        if steady(samples):
            return True
    return False
