"""The cheapest dispatch of a battery: against all dispatches of a small case, and against its own dual."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from dcplan.energy.battery import Battery, FloatArray
from dcplan.energy.optimum import Charges, Demand, Optimum, cheapest, cost_usd
from dcplan.profiles.library import Library
from dcplan.validation.check import Check

KWH = 3.6e6
HOUR_S = 3600.0
POWERS_W = tuple(np.linspace(-10e3, 10e3, 5))
SMALL = Battery(30 * KWH, 0.0, 10 * KWH, 10e3, 1.0, 1.0)
"""A battery without losses, so that the cheapest dispatch of a load in steps of 5 kW is in such steps as well."""
LOADS_W = (20e3, 40e3, 30e3, 10e3, 40e3)
PRICES = (0.05, 0.20, 0.10, 0.02, 0.20)
WEEK = 7 * 24


def checks(_library: Library) -> Iterator[Check]:
    """Enumeration, duality, and what the solver says against what the meter says."""
    load_w, charges = np.array(LOADS_W), _charges(np.array(PRICES), 0.0)
    none, hours_s = np.zeros(len(load_w)), np.full(len(load_w), HOUR_S)
    best = cheapest(load_w, none, hours_s, SMALL, charges)
    all_of_them = f"enumeration of {len(POWERS_W)}^{len(load_w)} dispatches"
    yield Check("cheapest dispatch, 5 steps", best.usd, _enumerated_usd(load_w, charges), 1e-9, "USD", all_of_them)
    week, priced, hours_s = _week()
    billed = cost_usd(priced, week.grid_w, week.export_w, hours_s)
    duality = "strong duality of linear programs, e.g. D. Bertsimas and J. Tsitsiklis, 1997, theorem 4.4"
    yield Check("cheapest dispatch, a week: dual bound", week.bound_usd, week.usd, 1e-6, "USD", duality)
    yield Check("cheapest dispatch, a week: its bill", billed, week.usd, 1e-6, "USD", "price times energy and demand")


def _charges(price: FloatArray, usd_per_kw: float) -> Charges:
    """Prices by the hour, and one for the highest of them all."""
    everything = Demand(np.ones(len(price), dtype=bool), usd_per_kw)
    return Charges(price, np.zeros(len(price)), np.arange(len(price)), (everything,))


def _enumerated_usd(load_w: FloatArray, charges: Charges) -> float:
    """The least cost of all dispatches in steps of 5 kW that end as full as they begin [USD]."""
    none, hours_s = np.zeros(len(load_w)), np.full(len(load_w), HOUR_S)
    powers_w = np.array(list(product(POWERS_W, repeat=len(load_w))))
    charge_j = SMALL.start_j - np.cumsum(powers_w, axis=1) * HOUR_S
    possible = (charge_j >= 0.0).all(axis=1) & (charge_j <= SMALL.capacity_j).all(axis=1)
    possible &= (charge_j[:, -1] >= SMALL.start_j) & (powers_w <= load_w).all(axis=1)
    return min(cost_usd(charges, load_w - each, none, hours_s) for each in powers_w[possible])


def _week() -> tuple[Optimum, Charges, FloatArray]:
    """A week of hours with losses, sun, demand charge and export."""
    hour = np.arange(WEEK)
    load_w = 8e5 + 2e5 * np.sin(hour * 2 * np.pi / 24)
    sun_w = 4e5 * np.maximum(0.0, -np.cos(hour * 2 * np.pi / 24))
    price = np.where((hour % 24 >= 8) & (hour % 24 < 20), 0.12, 0.06)
    charges = _charges(price, 5.0)
    charges = Charges(price, np.full(WEEK, 0.03), charges.window, charges.demands)
    hours_s = np.full(WEEK, HOUR_S)
    battery = Battery(1000 * KWH, 200 * KWH, 500 * KWH, 250e3, 0.948, 0.948)
    return cheapest(load_w, sun_w, hours_s, battery, charges, 1e5), charges, hours_s
