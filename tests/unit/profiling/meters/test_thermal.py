"""When a device has warmed up."""

from __future__ import annotations

import math

import pytest

from dcplan.profiling.meters.thermal import ThermalSample, steady


def samples(minutes: float, warming_c: float = 0.0, growth: float = 0.0, power_w: float = 400.0) -> list[ThermalSample]:
    """A window every 10 s, warming by *warming_c* degC/min, power growing by *growth* per minute."""
    times_s = [10.0 * i for i in range(int(6 * minutes) + 1)]
    return [ThermalSample(t, 60 + warming_c * t / 60, power_w * (1 + growth * t / 60)) for t in times_s]


@pytest.mark.parametrize(
    ("warming_c", "growth", "expected"),
    [
        (0.0, 0.0, True),
        (0.45, 0.0, True),
        (0.55, 0.0, False),
        (-0.55, 0.0, False),
        (0.0, 0.0045, True),
        (0.0, 0.0055, False),
        (0.0, -0.0055, False),
    ],
)
def test_both_slopes_must_be_small(warming_c: float, growth: float, expected: bool) -> None:
    assert steady(samples(2, warming_c, growth)) is expected


def test_only_the_last_minutes_count() -> None:
    warm_up = samples(5, warming_c=4)
    later = [ThermalSample(s.monotonic_s + 310, 80.0, 400.0) for s in samples(2)]
    assert not steady(warm_up)
    assert steady(warm_up + later)


def test_too_short_or_too_few_or_unpowered_windows_are_not_steady() -> None:
    assert not steady([])
    assert not steady(samples(1.8))
    assert not steady(samples(2)[::12])
    assert not steady(samples(2, power_w=0))
    assert not steady(samples(2, power_w=math.nan))


def test_whole_degrees_do_not_hide_slow_warming() -> None:
    slow = [ThermalSample(s.monotonic_s, float(int(s.temperature_c)), s.power_w) for s in samples(2, warming_c=1)]
    assert not steady(slow)
