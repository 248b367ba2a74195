from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import bills
from dcplan.economics.bill import itemised, totals
from dcplan.economics.demand import demand
from dcplan.economics.meter import Metered, WallClock, period_of
from dcplan.profiles.charges import Blocks, Percentage, Ratchet, Rider
from dcplan.profiles.tariff import Tariff
from dcplan.signals.clock import Clock

HOUR_S = 3600.0
FloatArray = NDArray[np.float64]
TARIFF = bills.tariff()


def wall(start: datetime, time_s: FloatArray, zone: str) -> WallClock:
    return WallClock.of(Clock(start, zone).wall(time_s))


def bill(start: datetime, power_kw: list[float], step_s: float = HOUR_S, zone: str = "UTC") -> dict[str, float]:
    """The bill of a run from *start* with these powers, one per step."""
    time_s = np.arange(len(power_kw)) * step_s
    duration_s, power_w = np.full(len(power_kw), step_s), np.array(power_kw) * 1000.0
    return totals(itemised(TARIFF, Metered(time_s, duration_s, power_w, wall(start, time_s, zone))))


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
    assert [period_of(schedule, when.rows()).tolist() for when in (friday, saturday)] == [[0], [575]]


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


def test_riders_fees_and_taxes_stand_below_what_they_are_shares_of() -> None:
    riders = (
        Rider("delivery", "energy", usd_per_kwh=0.01),
        Rider("meter", "fixed", usd_per_day=0.5),
        Rider("account", "fixed", usd_per_month=31.0),
    )
    percentages = (
        Percentage("fuel factor", -0.10, ("energy",)),
        Percentage("sales tax", 0.05, ("energy", "demand", "fixed", "tax")),
    )
    plain = bills.items(bills.tariff(riders=riders), datetime(2025, 1, 6), [10.0] * 24)
    items = bills.items(bills.tariff(riders=riders, percentages=percentages), datetime(2025, 1, 6), [10.0] * 24)
    assert items["delivery"] == pytest.approx(2.4)
    assert items["meter"] == pytest.approx(0.5)
    assert items["account"] == pytest.approx(1.0)
    energy = items["energy, night"] + items["energy, day"] + items["delivery"]
    assert items["fuel factor"] == pytest.approx(-0.1 * energy)
    assert items["sales tax"] == pytest.approx(0.05 * (sum(plain.values()) - 0.1 * energy))
    assert list(items)[-2:] == ["fuel factor", "sales tax"]


def rich() -> Tariff:
    """Everything that a tariff can have and that rises with what is used."""
    rising = Blocks(np.array([2000.0, np.inf]), np.array([0.05, 0.08]))
    falling = Blocks(np.array([2000.0, np.inf]), np.array([0.10, 0.09]))
    return bills.tariff(
        energy_blocks=(rising, falling),
        flat_demand_blocks=Blocks(np.array([10.0, np.inf]), np.array([5.0, 3.0])),
        ratchet=Ratchet(0.8, highest_kw_before=20.0),
        riders=(Rider("delivery", "energy", usd_per_kwh=0.01), Rider("meter", "fixed", usd_per_day=0.5)),
        percentages=(Percentage("tax", 0.07, ("energy", "demand", "fixed")),),
    )


powers = st.lists(st.floats(0, 100), min_size=24, max_size=24)


@given(powers, st.integers(20, 80))
def test_the_parts_sum_to_the_total_and_the_taxes_to_their_share(power_kw: list[float], days: int) -> None:
    lines = bills.lines(rich(), datetime(2025, 1, 15), power_kw * days)
    tax = sum(line.usd for line in lines if line.kind == "tax")
    rest = sum(line.usd for line in lines if line.kind != "tax")
    assert tax == pytest.approx(0.07 * rest, rel=1e-12)
    assert sum(bills.items(rich(), datetime(2025, 1, 15), power_kw * days).values()) == pytest.approx(tax + rest)
    assert all(line.usd >= 0.0 for line in lines)


@given(powers, st.integers(0, 30 * 24 - 1), st.floats(0, 500))
def test_more_energy_never_costs_less(power_kw: list[float], hour: int, more_kw: float) -> None:
    month = power_kw * 31
    more = [*month]
    more[hour] += more_kw
    less_usd, more_usd = (sum(bills.items(rich(), datetime(2025, 1, 1), each).values()) for each in (month, more))
    assert more_usd >= less_usd - 1e-9


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
@pytest.mark.parametrize(
    "first", [datetime(2025, 3, 1), datetime(2024, 2, 1), datetime(2025, 10, 1), datetime(2025, 11, 1)]
)
@settings(max_examples=20)
@given(power_kw=powers)
def test_a_run_that_is_cut_at_the_end_of_a_month_has_the_same_bill(
    first: datetime, zone: str, power_kw: list[float]
) -> None:
    second = datetime(first.year, first.month + 1, 1)
    hours = int(Clock(first, zone).midnight_s(second.date()) / HOUR_S)
    whole = power_kw * 50
    of = replace(rich(), ratchet=None)
    uncut = bills.lines(of, first, whole, zone=zone)
    cut = bills.lines(of, first, whole[:hours], zone=zone) + bills.lines(of, second, whole[hours:], zone=zone)
    assert [(line.month, line.item) for line in uncut] == [(line.month, line.item) for line in cut]
    assert [line.usd for line in uncut] == pytest.approx([line.usd for line in cut], rel=1e-9, abs=1e-9)


def test_the_ratchet_goes_over_the_cut_if_the_second_run_states_the_demand_before() -> None:
    whole = [40.0] * 744 + [10.0] * 24
    of = bills.tariff(ratchet=Ratchet(0.8, highest_kw_before=0.0))
    uncut = bills.items(of, datetime(2025, 1, 1), whole)
    first = bills.items(of, datetime(2025, 1, 1), whole[:744])
    of = replace(of, ratchet=Ratchet(0.8, highest_kw_before=40.0))
    second = bills.items(of, datetime(2025, 2, 1), whole[744:])
    assert uncut == pytest.approx({item: first[item] + second[item] for item in uncut})
    assert second["demand, any hour"] == pytest.approx(1 / 28 * 32 * 5)


@pytest.mark.parametrize(("year", "days"), [(2024, 366), (2025, 365)])
def test_a_year_has_twelve_whole_months_in_spite_of_daylight_saving(year: int, days: int) -> None:
    lines = bills.lines(TARIFF, datetime(year, 1, 1), [10.0] * (24 * days), zone="America/New_York")
    assert [line.share for line in lines if line.item == "fixed fee"] == [1.0] * 12
    assert sum(line.usd for line in lines if line.item == "fixed fee") == pytest.approx(12 * 31.0)
    assert sum(line.quantity for line in lines if line.kind == "energy") == pytest.approx(240.0 * days)
