from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.energy.battery import Battery, FloatArray
from dcplan.energy.dispatch import Limits, Rule, Signals, by_carbon, by_price, dispatch, shaving

KWH = 3.6e6
BATTERY = Battery(100 * KWH, 20 * KWH, 50 * KWH, 50e3, 0.95, 0.95)


def signals(steps: int, **changed: object) -> Signals:
    """Hours of one month, price and carbon low in the first half of each day of 24 hours."""
    hour = np.arange(steps)
    low = (hour % 24) < 12
    columns: dict[str, Any] = {
        "duration_s": np.full(steps, 3600.0),
        "month": np.ones(steps, dtype=np.int64),
        "day": hour // 24,
        "price": np.where(low, 0.05, 0.15),
        "carbon": np.where(low, 0.2, 0.6),
        "connected": np.ones(steps, dtype=bool),
        "asked_w": np.zeros(steps),
    }
    return Signals(**{**columns, **changed})


def none(steps: int) -> FloatArray:
    return np.zeros(steps)


def test_peak_shaving_holds_the_meter_while_the_battery_lasts() -> None:
    load_w = np.array([80e3, 120e3, 120e3, 120e3, 80e3])
    known = signals(5)
    done = dispatch(load_w, none(5), none(5), known, Limits(), BATTERY, shaving(load_w, known, BATTERY, 100e3))
    assert done.grid_w[:2].tolist() == [100e3, 100e3]
    assert done.grid_w[3] > 100e3  # 50 kWh over the floor after charging are soon given
    assert done.grid_w[4] == 100e3
    assert done.battery_j.min() == pytest.approx(BATTERY.floor_j)


def test_a_found_threshold_shaves_nothing_on_the_first_day_and_a_peak_like_yesterdays_on_the_second() -> None:
    day_w = np.array([80e3] * 12 + [130e3] * 2 + [80e3] * 10)
    load_w = np.tile(day_w, 2)
    month = np.repeat([1, 2], 24)
    known = signals(48, month=month)
    done = dispatch(load_w, none(48), none(48), known, Limits(), BATTERY, shaving(load_w, known, BATTERY, None))
    assert done.grid_w[:24].max() == 130e3
    assert done.grid_w[24:].max() < 100e3


def test_a_found_threshold_does_not_shave_below_what_the_month_has_seen() -> None:
    load_w = np.tile(np.array([80e3] * 12 + [130e3] * 2 + [80e3] * 10), 2)
    known = signals(48)
    done = dispatch(load_w, none(48), none(48), known, Limits(), BATTERY, shaving(load_w, known, BATTERY, None))
    assert done.battery_w.max() == 0.0


def test_time_of_use_buys_cheap_and_sells_dear() -> None:
    load_w, known = np.full(48, 200e3), signals(48)
    done = dispatch(load_w, none(48), none(48), known, Limits(), BATTERY, by_price(known, BATTERY, np.inf))
    assert (done.battery_w[known.price > 0.1] >= 0.0).all()
    assert (done.battery_w[known.price < 0.1] <= 0.0).all()
    with_j, without_j = done.grid_w * 3600.0, load_w * 3600.0
    after_first = slice(24, None)
    assert (with_j * known.price)[after_first].sum() < (without_j * known.price)[after_first].sum()


def test_charging_stays_below_its_limit() -> None:
    load_w, known = np.full(24, 200e3), signals(24)
    done = dispatch(load_w, none(24), none(24), known, Limits(), BATTERY, by_price(known, BATTERY, 210e3))
    assert done.grid_w.max() == pytest.approx(210e3)


def test_carbon_charges_while_the_grid_is_cleaner_than_lately() -> None:
    load_w, known = np.full(72, 200e3), signals(72)
    done = dispatch(load_w, none(72), none(72), known, Limits(), BATTERY, by_carbon(known, BATTERY, np.inf))
    assert (done.grid_w * known.carbon)[24:].sum() < (load_w * known.carbon)[24:].sum()


def test_surplus_sun_charges_then_is_exported_then_curtailed() -> None:
    load_w, sun_w = np.full(3, 10e3), np.full(3, 100e3)
    known = signals(3)
    done = dispatch(load_w, sun_w, none(3), known, Limits(export_w=30e3), BATTERY, by_price(known, BATTERY, 0.0))
    assert done.battery_w[0] == pytest.approx(-50e3)
    assert done.export_w.tolist() == [30e3] * 3
    assert done.curtailed_w[0] == pytest.approx(10e3)
    assert done.curtailed_w[2] == pytest.approx(60e3)
    assert done.grid_w.max() == 0.0


def test_demand_response_is_met_by_the_battery_then_by_generators_then_not() -> None:
    load_w = np.full(3, 100e3)
    known = signals(3, asked_w=np.full(3, 40e3))
    done = dispatch(load_w, none(3), none(3), known, Limits(standby_w=10e3), BATTERY, by_price(known, BATTERY, 0.0))
    assert done.battery_w[0] == pytest.approx(28.5e3)  # 30 kWh above the floor, times the efficiency
    assert done.standby_w.tolist() == [10e3] * 3
    assert done.unmet_w == pytest.approx([1.5e3, 30e3, 30e3])
    assert done.grid_w == pytest.approx([61.5e3, 90e3, 90e3])


def test_without_the_utility_nothing_is_dispatched_or_exported() -> None:
    load_w, sun_w = np.full(2, 10e3), np.full(2, 15e3)
    known = signals(2, connected=np.zeros(2, dtype=bool))
    done = dispatch(load_w, sun_w, none(2), known, Limits(export_w=1e6), BATTERY, by_price(known, BATTERY, np.inf))
    assert not done.battery_w.any()
    assert not done.export_w.any()
    assert done.curtailed_w == pytest.approx([5e3] * 2)


numbers = st.lists(st.floats(0.0, 2e5), min_size=12, max_size=12).map(np.array)
chosen = st.sampled_from(["threshold", "found", "price", "carbon"])


@given(
    numbers, numbers, numbers, numbers, chosen, st.floats(0.0, 1e5), st.lists(st.booleans(), min_size=12, max_size=12)
)
def test_everything_balances_in_every_step(
    load_w: FloatArray,
    sun_w: FloatArray,
    wind_w: FloatArray,
    asked_w: FloatArray,
    kind: str,
    limit_w: float,
    on: list[bool],
) -> None:
    known = signals(12, asked_w=asked_w, connected=np.array(on), day=np.arange(12) // 4, month=np.arange(12) // 6)
    rules: dict[str, Rule] = {
        "threshold": shaving(load_w, known, BATTERY, limit_w),
        "found": shaving(load_w - sun_w - wind_w, known, BATTERY, None),
        "price": by_price(known, BATTERY, limit_w),
        "carbon": by_carbon(known, BATTERY, limit_w),
    }
    done = dispatch(load_w, sun_w, wind_w, known, Limits(limit_w, limit_w), BATTERY, rules[kind])
    assert done.residual_w(load_w) <= 1e-9 * 6e5
    for column in (
        done.solar_w,
        done.wind_w,
        done.standby_w,
        done.curtailed_w,
        done.grid_w,
        done.export_w,
        done.unmet_w,
    ):
        assert column.min() >= 0.0
    assert done.solar_w + done.wind_w + done.curtailed_w == pytest.approx(sun_w + wind_w, abs=1e-6)
    assert np.minimum(done.grid_w, done.export_w).max() == 0.0
    owed_w = np.clip(load_w - sun_w - wind_w, 0.0, asked_w)
    assert (done.standby_w + done.unmet_w <= owed_w + 1e-6).all()
    assert (done.standby_w + done.unmet_w + np.maximum(done.battery_w, 0.0) >= owed_w - 1e-6).all()
    assert done.battery_j.min() >= BATTERY.floor_j * (1 - 1e-12)
    before_j = np.concatenate(([BATTERY.start_j], done.battery_j[:-1]))
    gained_j = 3600.0 * np.where(done.battery_w < 0.0, -done.battery_w * 0.95, -done.battery_w / 0.95)
    assert done.battery_j == pytest.approx(before_j + gained_j, rel=1e-9)


@given(numbers, st.integers(1, 11), chosen)
def test_no_rule_looks_ahead(load_w: FloatArray, until: int, kind: str) -> None:
    other_w = load_w.copy()
    other_w[until:] = load_w[until:][::-1] * 0.5 + 1e3

    def done(power_w: FloatArray) -> FloatArray:
        known = signals(12, day=np.arange(12) // 4)
        rules: dict[str, Rule] = {
            "threshold": shaving(power_w, known, BATTERY, 9e4),
            "found": shaving(power_w, known, BATTERY, None),
            "price": by_price(known, BATTERY, 1e5),
            "carbon": by_carbon(known, BATTERY, 1e5),
        }
        return dispatch(power_w, none(12), none(12), known, Limits(), BATTERY, rules[kind]).battery_w

    assert done(load_w)[:until].tolist() == done(other_w)[:until].tolist()
