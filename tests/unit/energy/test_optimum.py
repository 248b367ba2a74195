from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.energy.battery import Battery, FloatArray
from dcplan.energy.dispatch import Limits, Rule, Signals, by_price, dispatch, shaving
from dcplan.energy.optimum import Charges, Demand, cheapest, cost_usd

KWH = 3.6e6
HOURS = 4
BATTERY = Battery(30 * KWH, 0.0, 10 * KWH, 10e3, 1.0, 1.0)
POWERS_W = (-10e3, -5e3, 0.0, 5e3, 10e3)
HOUR_S = np.full(HOURS, 3600.0)


def charges(prices: list[float], usd_per_kw: float, window: int = 1) -> Charges:
    steps = len(prices)
    windows = np.arange(steps) // window
    everything = Demand(np.ones(int(windows.max()) + 1, dtype=bool), usd_per_kw)
    return Charges(np.array(prices), np.zeros(steps), windows, (everything,))


def brute_usd(load_w: FloatArray, found: Charges) -> float:
    """The least cost over all dispatches in steps of 5 kW that leave as much charge as at first."""
    best = np.inf
    for powers in product(POWERS_W, repeat=HOURS):
        charge_j = BATTERY.start_j - np.cumsum(powers) * 3600.0
        if charge_j.min() < 0.0 or charge_j.max() > BATTERY.capacity_j or charge_j[-1] < BATTERY.start_j:
            continue
        grid_w = load_w - np.array(powers)
        if grid_w.min() >= 0.0:
            best = min(best, cost_usd(found, grid_w, np.zeros(HOURS), HOUR_S))
    return best


multiples = st.lists(st.integers(2, 8), min_size=HOURS, max_size=HOURS)
prices = st.lists(st.sampled_from([0.02, 0.05, 0.10, 0.20]), min_size=HOURS, max_size=HOURS)


@settings(max_examples=15, deadline=None)
@given(multiples, prices)
def test_without_demand_charges_the_optimum_is_the_best_of_all_dispatches(loads: list[int], price: list[float]) -> None:
    load_w, found = 5e3 * np.array(loads, dtype=np.float64), charges(price, 0.0)
    ours = cheapest(load_w, np.zeros(HOURS), HOUR_S, BATTERY, found)
    assert ours.usd == pytest.approx(brute_usd(load_w, found), abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(multiples, prices, st.floats(0.0, 5.0))
def test_with_demand_charges_no_dispatch_in_coarse_steps_is_cheaper(
    loads: list[int], price: list[float], usd_per_kw: float
) -> None:
    load_w, found = 5e3 * np.array(loads, dtype=np.float64), charges(price, usd_per_kw)
    ours = cheapest(load_w, np.zeros(HOURS), HOUR_S, BATTERY, found)
    assert ours.usd <= brute_usd(load_w, found) + 1e-9
    assert ours.usd == pytest.approx(cost_usd(found, ours.grid_w, ours.export_w, HOUR_S), abs=1e-9)
    assert ours.bound_usd == pytest.approx(ours.usd, rel=1e-9, abs=1e-9)


def test_a_demand_charge_alone_levels_the_load() -> None:
    load_w, battery = np.array([10e3, 30e3, 10e3, 30e3]), Battery(100 * KWH, 0.0, 50 * KWH, 50e3, 1.0, 1.0)
    ours = cheapest(load_w, np.zeros(4), HOUR_S, battery, charges([0.0] * 4, 10.0))
    assert ours.usd == pytest.approx(200.0)
    assert ours.grid_w.max() == pytest.approx(20e3)


def test_a_demand_charge_counts_the_mean_of_its_window() -> None:
    load_w, battery = np.array([10e3, 30e3, 10e3, 30e3]), Battery(1 * KWH, 0.0, 0.5 * KWH, 1.0, 1.0, 1.0)
    ours = cheapest(load_w, np.zeros(4), HOUR_S, battery, charges([0.0] * 4, 10.0, window=2))
    assert ours.usd == pytest.approx(200.0, rel=1e-3)


def test_sun_is_exported_if_that_pays() -> None:
    found = Charges(np.full(4, 0.1), np.full(4, 0.04), np.arange(4), ())
    ours = cheapest(np.zeros(4), np.full(4, 20e3), HOUR_S, BATTERY, found, export_limit_w=15e3)
    assert ours.export_w.max() <= 15e3 + 1e-6
    assert ours.usd < -0.04 * 4 * 14


day = st.lists(st.floats(0.0, 3e5), min_size=24, max_size=24).map(np.array)


@settings(max_examples=25, deadline=None)
@given(day, day, st.booleans(), st.floats(0.0, 20.0))
def test_no_rule_is_cheaper_than_the_optimum(
    load_w: FloatArray, sun_w: FloatArray, shave: bool, usd_per_kw: float
) -> None:
    battery = Battery(200 * KWH, 40 * KWH, 100 * KWH, 60e3, 0.95, 0.95)
    price = np.where(np.arange(24) < 12, 0.04, 0.12)
    known = Signals(
        np.full(24, 3600.0), np.ones(24, dtype=np.int64), np.zeros(24, dtype=np.int64), price, price,
        np.ones(24, dtype=bool), np.zeros(24),
    )  # fmt: skip
    rule: Rule = shaving(load_w, known, battery, 1e5) if shave else by_price(known, battery, 2e5)
    found = charges(price.tolist(), usd_per_kw, window=2)
    done = dispatch(load_w, sun_w, np.zeros(24), known, Limits(5e4), battery, rule)
    ours = cheapest(load_w, sun_w, known.duration_s, battery, found, 5e4, end_j=float(done.battery_j[-1]))
    assert ours.usd <= cost_usd(found, done.grid_w, done.export_w, known.duration_s) + 1e-7
