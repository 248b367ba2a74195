"""Energy of one GPU, from counters and polled power made up here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcplan.profiling.meters.gpu_energy import used
from dcplan.profiling.meters.trace import Trace


def polled(power_w: float, until_s: float = 20.0, every_s: float = 0.1) -> Trace:
    """Constant power, polled from the start."""
    times_s = np.arange(0, until_s + every_s / 2, every_s)
    return Trace(times_s, np.full(len(times_s), power_w))


NONE = Trace(np.array([]), np.array([]))


def test_the_counter_is_believed_within_its_tick_and_the_sensors_accuracy() -> None:
    energy = used("gpu 0", 4000.0, polled(400), 5.0, 15.0)
    assert (energy.joules, energy.flags) == (4000, ())
    assert energy.low_j == pytest.approx((4000 - 0.1 * 400) * 0.95)
    assert energy.high_j == pytest.approx((4000 + 0.1 * 400) * 1.05)


def test_the_tick_is_reckoned_at_the_highest_power_seen() -> None:
    trace = polled(400)
    trace.values[100] = 900
    energy = used("gpu 0", 4000.0, trace, 5.0, 15.0)
    assert energy.high_j == pytest.approx((4000 + 0.1 * 900) * 1.05)


@pytest.mark.parametrize(("counted_j", "flagged"), [(4190.0, False), (4210.0, True), (3810.0, False), (3790.0, True)])
def test_a_counter_that_polled_power_does_not_confirm_is_flagged(counted_j: float, flagged: bool) -> None:
    energy = used("gpu 0", counted_j, polled(400), 5.0, 15.0)
    assert energy.joules == counted_j
    assert any("counter and polled power differ" in flag for flag in energy.flags) is flagged


def test_the_range_of_a_doubtful_counter_covers_the_polled_power() -> None:
    energy = used("gpu 0", 8000.0, polled(400), 5.0, 15.0)
    assert energy.flags == ("counter and polled power differ by +100 %",)
    assert energy.low_j == pytest.approx(4000)
    low = used("gpu 0", 2000.0, polled(400), 5.0, 15.0)
    assert low.high_j == pytest.approx(4000)


def test_without_a_counter_polled_power_stands_in_and_is_labelled() -> None:
    energy = used("gpu 0", math.nan, polled(400), 5.0, 15.0)
    assert energy.joules == pytest.approx(4000)
    assert energy.flags == ("integrated",)
    assert energy.low_j is not None
    assert energy.low_j < 0.95 * 4000


def test_a_sensor_at_zero_is_not_known_whatever_the_counter_says() -> None:
    for counted_j in (math.nan, 4000.0):
        energy = used("gpu 1", counted_j, polled(0), 5.0, 15.0)
        assert (energy.joules, energy.flags) == (None, ("gpu 1: sensor reads 0 W throughout",))


def test_a_counter_that_stands_still_is_not_known_rather_than_zero() -> None:
    energy = used("gpu 0", 0.0, polled(400), 5.0, 15.0)
    assert (energy.joules, energy.flags) == (None, ("gpu 0: energy counter did not advance",))


def test_a_counter_that_wrapped_is_not_known() -> None:
    energy = used("gpu 0", -3.9e6, polled(400), 5.0, 15.0)
    assert energy.joules is None
    assert energy.flags == ("gpu 0: energy counter went backwards (it wrapped, or the driver was reset)",)


@pytest.mark.parametrize("trace", [NONE, polled(400, until_s=12), polled(400, every_s=2.0)])
def test_power_with_gaps_neither_checks_nor_stands_in(trace: Trace) -> None:
    counted = used("gpu 0", 4000.0, trace, 5.0, 15.0)
    assert (counted.joules, counted.flags) == (4000, ("not cross-checked: power was not polled throughout",))
    uncounted = used("gpu 0", math.nan, trace, 5.0, 15.0)
    assert uncounted.joules is None
    assert uncounted.flags == ("gpu 0: no energy counter, and power was not polled throughout",)
