"""How many replicas an autoscaler wants."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.serving import scaling
from dcplan.serving.scaling import forecast

DAY_S, HOUR_S = 86400.0, 3600.0


def sine(until_s: float, every_s: float, growth: float = 1.0) -> list[float]:
    """Replica-seconds busy up to each decision of a demand of 10 + 8 sin, a day long, scaled from the second on."""
    times_s = np.arange(0.0, until_s + every_s / 2, every_s)
    turn = 2 * np.pi / DAY_S
    first_s = 10 * times_s + 8 / turn * (1 - np.cos(turn * times_s))
    of_a_day_s = 10 * DAY_S
    return np.where(times_s <= DAY_S, first_s, of_a_day_s + growth * (first_s - of_a_day_s)).tolist()


def mean_between(from_s: float, until_s: float) -> float:
    """Mean of 10 + 8 sin between two instants."""
    turn = 2 * np.pi / DAY_S
    return float(10 + 8 / turn * (np.cos(turn * from_s) - np.cos(turn * until_s)) / (until_s - from_s))


def test_the_examples_hold() -> None:
    assert doctest.testmod(scaling).failed == 0


@given(
    now=st.integers(49 * 60, 72 * 60),
    ahead_s=st.floats(0, 6 * HOUR_S),
    growth=st.floats(0.2, 5.0),
)
def test_a_sine_is_forecast_at_its_level_of_today(now: int, ahead_s: float, growth: float) -> None:
    busy_s = sine(now * 60.0, 60.0, growth)
    found = forecast(busy_s, 60.0, DAY_S, ahead_s)
    from_s = now * 60.0 + ahead_s
    assert found == pytest.approx(growth * mean_between(from_s, from_s + 60.0), rel=1e-5)


def test_a_day_that_is_twice_as_busy_is_noticed_after_an_hour() -> None:
    busy_s = sine(25 * HOUR_S, 60.0, growth=2.0)
    assert forecast(busy_s, 60.0, DAY_S, 600.0) == pytest.approx(
        2.0 * mean_between(25 * HOUR_S + 600, 25 * HOUR_S + 660)
    )


def test_decisions_need_not_divide_a_day() -> None:
    busy_s = sine(40 * HOUR_S, 77.0)
    now_s = 77.0 * (len(busy_s) - 1)
    assert forecast(busy_s, 77.0, DAY_S, 100.0) == pytest.approx(mean_between(now_s + 100, now_s + 177), rel=1e-4)


@pytest.mark.parametrize("hours", [0, 1, 24])
def test_nothing_is_forecast_before_a_season_and_an_hour(hours: int) -> None:
    assert forecast(sine(hours * HOUR_S, 60.0), 60.0, DAY_S, 60.0) is None


def test_nothing_is_forecast_from_an_hour_without_work() -> None:
    busy_s = [0.0] * (25 * 60 + 1)
    assert forecast(busy_s, 60.0, DAY_S, 60.0) is None
