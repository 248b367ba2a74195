from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcplan.economics.bill import electricity_bill
from dcplan.economics.demand import demand
from dcplan.economics.meter import WallClock, period_of
from dcplan.profiles.tariff import Tariff
from dcplan.signals.clock import Clock

HOUR_S = 3600.0
NIGHT, DAY = 0, 1
FloatArray = NDArray[np.float64]


def weekdays_by_day() -> NDArray[np.int64]:
    """Period 1 from 08:00 to 20:00 on weekdays, else 0."""
    schedule = np.zeros((2, 12, 24), dtype=np.int64)
    schedule[0, :, 8:20] = DAY
    return schedule


TARIFF = Tariff(
    fixed_usd=31.0,
    energy_usd_per_kwh=np.array([0.05, 0.10]),
    energy_names=("night", "day"),
    energy_period=weekdays_by_day(),
    demand_usd_per_kw=np.array([0.0, 8.0]),
    demand_names=("off", "on"),
    demand_period=weekdays_by_day(),
    flat_demand_usd_per_kw=5.0,
    window_s=1800.0,
)


def wall(start: datetime, time_s: FloatArray, zone: str) -> WallClock:
    return WallClock.of(Clock(start, zone).wall(time_s))


def bill(start: datetime, power_kw: list[float], step_s: float = HOUR_S, zone: str = "UTC") -> dict[str, float]:
    """The bill of a run from *start* with these powers, one per step."""
    time_s = np.arange(len(power_kw)) * step_s
    return electricity_bill(
        TARIFF, time_s, np.full(len(power_kw), step_s), np.array(power_kw) * 1000.0, wall(start, time_s, zone)
    )


def test_a_weekday_in_january_by_hand() -> None:
    items = bill(datetime(2025, 1, 6), [10.0] * 8 + [20.0] * 12 + [10.0] * 4)
    share = 1 / 31
    assert items == pytest.approx(
        {
            "energy, night": 12 * 10 * 0.05,
            "energy, day": 12 * 20 * 0.10,
            "demand, any hour": share * 20 * 5,
            "demand, off": 0.0,
            "demand, on": share * 20 * 8,
            "fixed fee": share * 31,
        }
    )


def test_on_the_weekend_it_is_always_night() -> None:
    items = bill(datetime(2025, 1, 4), [10.0] * 48)
    assert items["energy, night"] == pytest.approx(48 * 10 * 0.05)
    assert items["energy, day"] == 0.0
    assert items["demand, on"] == 0.0
    assert items["demand, any hour"] == pytest.approx(2 / 31 * 10 * 5)


def test_a_whole_month_pays_the_whole_demand_and_fee() -> None:
    items = bill(datetime(2025, 1, 1), [10.0] * 31 * 24)
    assert items["demand, any hour"] == pytest.approx(50.0)
    assert items["demand, on"] == pytest.approx(80.0)
    assert items["fixed fee"] == pytest.approx(31.0)


def test_each_month_has_its_own_peak() -> None:
    items = bill(datetime(2025, 1, 31), [10.0] * 24 + [30.0] * 24)
    assert items["demand, any hour"] == pytest.approx(1 / 31 * 10 * 5 + 1 / 28 * 30 * 5)
    assert items["fixed fee"] == pytest.approx(31 / 31 + 31 / 28)


def test_the_same_month_of_two_years_is_two_months() -> None:
    items = bill(datetime(2024, 12, 31), [10.0] * 24 + [30.0] * 24)
    assert items["demand, any hour"] == pytest.approx(1 / 31 * 10 * 5 + 1 / 31 * 30 * 5)


def test_february_of_a_leap_year_has_29_days() -> None:
    assert bill(datetime(2024, 2, 29), [1.0] * 24)["fixed fee"] == pytest.approx(31 / 29)


def test_demand_is_the_mean_over_the_window_not_the_peak() -> None:
    spike = bill(datetime(2025, 1, 6), [0.0, 0.0, 60.0, 0.0, 0.0, 0.0], step_s=300.0)
    assert spike["demand, any hour"] == pytest.approx(1800 / (31 * 86_400) * 10 * 5)


def test_steps_longer_than_the_window_are_windows_of_their_own() -> None:
    demand_kw, _ = demand(1800.0, np.array([0.0, 7200.0]), np.array([7200.0, 3600.0]), np.array([1e3, 5e3]), clock(2))
    assert demand_kw.tolist() == [1.0, 5.0]


def test_a_window_that_is_cut_short_counts_what_is_left_of_it() -> None:
    demand_kw, _ = demand(
        1800.0, np.array([0.0, 1200.0, 1800.0]), np.array([1200.0, 600.0, 300.0]), np.array([3e3, 6e3, 9e3]), clock(3)
    )
    assert demand_kw.tolist() == [4.0, 9.0]


def clock(count: int) -> WallClock:
    return wall(datetime(2025, 1, 6), HOUR_S * np.arange(count), "UTC")


def test_the_demand_of_a_period_is_that_of_its_own_hours() -> None:
    items = bill(datetime(2025, 1, 6), [50.0] * 8 + [20.0] * 12 + [50.0] * 4)
    assert items["demand, any hour"] == pytest.approx(1 / 31 * 50 * 5)
    assert items["demand, on"] == pytest.approx(1 / 31 * 20 * 8)


@pytest.mark.parametrize(
    ("day", "hours", "night"),
    [(datetime(2025, 3, 9), 23, 23), (datetime(2025, 11, 2), 25, 25), (datetime(2025, 3, 10), 24, 12)],
)
def test_periods_follow_the_wall_clock_when_it_changes(day: datetime, hours: int, night: int) -> None:
    items = bill(day, [10.0] * hours, zone="America/New_York")
    assert items["energy, night"] == pytest.approx(night * 10 * 0.05)
    assert items["energy, day"] == pytest.approx((hours - night) * 10 * 0.10)


def test_the_monday_after_the_change_begins_an_hour_earlier() -> None:
    items = bill(datetime(2025, 3, 9), [10.0] * (23 + 8) + [20.0] * 12 + [10.0] * 4, zone="America/New_York")
    assert items["energy, day"] == pytest.approx(12 * 20 * 0.10)


def test_periods_are_looked_up_by_weekend_month_and_hour() -> None:
    schedule = np.arange(2 * 12 * 24).reshape(2, 12, 24)
    friday, saturday = (wall(start, np.zeros(1), "UTC") for start in (datetime(2025, 1, 3), datetime(2025, 12, 6, 23)))
    assert [period_of(schedule, when).tolist() for when in (friday, saturday)] == [[0], [575]]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=400), st.sampled_from([300.0, 900.0, HOUR_S]))
def test_energy_is_charged_once_and_the_bill_is_never_negative(power_kw: list[float], step_s: float) -> None:
    items = bill(datetime(2025, 1, 30), power_kw, step_s)
    kwh = items["energy, night"] / 0.05 + items["energy, day"] / 0.10
    assert kwh == pytest.approx(sum(power_kw) * step_s / HOUR_S, rel=1e-9, abs=1e-9)
    assert min(items.values()) >= 0.0


@given(st.floats(1, 100))
def test_a_bill_without_the_fee_is_proportional_to_the_load(factor: float) -> None:
    one = bill(datetime(2025, 1, 6), [1.0, 5.0, 3.0] * 20)
    more = bill(datetime(2025, 1, 6), [factor * power for power in [1.0, 5.0, 3.0] * 20])
    for item in set(one) - {"fixed fee"}:
        assert more[item] == pytest.approx(factor * one[item], rel=1e-12)
