"""Bills beside NREL's PySAM Utilityrate5 7.1: the same tariff and the same load, to the cent in every month.

Needs the PyPI package nrel-pysam (extra `oracles`); run with `pytest -m slow`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dcplan.economics.bill import itemised
from dcplan.economics.item import Line
from dcplan.economics.meter import Metered, WallClock
from dcplan.profiles.charges import Blocks, Export, Ratchet
from dcplan.profiles.library import default_library
from dcplan.profiles.tariff import Tariff, read_tariff

utility_rate = pytest.importorskip("PySAM.Utilityrate5", reason="PySAM is not installed: pip install -e '.[oracles]'")
pytestmark = pytest.mark.slow

FloatArray = NDArray[np.float64]

HOURS = 8760
WALL = pd.date_range("2018-01-01", periods=HOURS, freq="h", tz="UTC")
"""PySAM's year has 365 days and begins on a Monday."""
CENT = 0.005
BEYOND = 1e38
OFF, ON, SUMMER_ON = 0, 1, 2


def schedule() -> NDArray[np.int64]:
    """On-peak on weekdays from 12:00 to 20:00, June to September a period of its own; off-peak at all other times."""
    periods = np.full((2, 12, 24), OFF)
    periods[0, :, 12:20] = ON
    periods[0, 5:9, 12:20] = SUMMER_ON
    return periods


def blocks(ends: list[float], usd: list[float], per_kw: bool = False) -> Blocks:
    return Blocks(np.array([*ends, np.inf]), np.array(usd), per_kw)


ENERGY_KWH = tuple(blocks([2e5, 4e5], usd) for usd in ([0.05, 0.06, 0.08], [0.09, 0.12, 0.14], [0.13, 0.21, 0.19]))
ENERGY_HOURS = tuple(blocks([250.0], usd, per_kw=True) for usd in ([0.09, 0.04], [0.11, 0.07], [0.2, 0.1]))
DEMAND = tuple(blocks([500.0, 900.0], usd) for usd in ([0.5, 1.0, 0.7], [9.0, 6.0, 8.0], [20.0, 15.0, 25.0]))
FLAT = blocks([800.0], [4.0, 7.5])


def tariff(energy: tuple[Blocks, ...] = ENERGY_KWH, **changes: Any) -> Tariff:
    names = ("off", "on", "summer on")
    known = Tariff(
        fixed_usd=310.0,
        energy_usd_per_kwh=np.array([each.usd[0] for each in energy]),
        energy_names=names,
        energy_period=schedule(),
        demand_usd_per_kw=np.array([each.usd[0] for each in DEMAND]),
        demand_names=names,
        demand_period=schedule(),
        flat_demand_usd_per_kw=float(FLAT.usd[0]),
        window_s=3600.0,
        energy_blocks=energy,
        demand_blocks=DEMAND,
        flat_demand_blocks=FLAT,
    )
    return replace(known, **changes)


def load_kw() -> FloatArray:
    """A load that swings by day and by season, with noise."""
    hour, random = np.arange(HOURS), np.random.default_rng(7)
    swing = 200.0 * np.sin(2 * np.pi * (hour - 9) / 24) - 150.0 * np.cos(2 * np.pi * hour / HOURS)
    load: FloatArray = 800.0 + swing + random.uniform(-100.0, 100.0, HOURS)
    return load


def ours(of: Tariff, power_kw: FloatArray) -> list[Line]:
    time_s = 3600.0 * np.arange(HOURS)
    return itemised(of, Metered(time_s, np.full(HOURS, 3600.0), 1e3 * power_kw, WallClock.of(WALL)))


def monthly_usd(lines: list[Line], prefix: str = "") -> list[float]:
    months = pd.unique(np.array([line.month for line in lines]))
    return [sum(line.usd for line in lines if line.month == month and line.item.startswith(prefix)) for month in months]


def rows(of: tuple[Blocks, ...], energy: bool) -> list[list[float]]:
    """Blocks as PySAM wants them: period, tier, end, (unit,) price (, price of what is sold)."""
    return [
        [period, tier, min(end, BEYOND), *([float(each.per_kw)] if energy else []), usd, *([0.0] if energy else [])]
        for period, each in enumerate(of, start=1)
        for tier, (end, usd) in enumerate(zip(each.up_to, each.usd, strict=True), start=1)
    ]


def theirs(of: Tariff, power_kw: FloatArray) -> Any:
    """PySAM's model after its first year."""
    model = utility_rate.default("PVWattsCommercial")
    model.SystemOutput.gen, model.SystemOutput.degradation = [0.0] * HOURS, [0.0]
    model.Load.load = list(power_kw)
    model.Lifetime.analysis_period, model.Lifetime.inflation_rate = 1, 0.0
    rates = model.ElectricityRates
    rates.rate_escalation, rates.ur_monthly_fixed_charge = [0.0], of.fixed_usd
    rates.ur_ec_tou_mat = rows(of.energy_blocks, energy=True)
    rates.ur_dc_enable, rates.ur_dc_tou_mat = 1, rows(of.demand_blocks, energy=False)
    assert of.flat_demand_blocks is not None
    flat = rows((of.flat_demand_blocks,), energy=False)
    rates.ur_dc_flat_mat = [[month, *row[1:]] for month in range(12) for row in flat]
    for days, name in enumerate(("weekday", "weekend")):
        table = (of.energy_period[days] + 1).tolist()
        setattr(rates, f"ur_ec_sched_{name}", table)
        setattr(rates, f"ur_dc_sched_{name}", table)
    return model


@pytest.mark.parametrize("energy", [ENERGY_KWH, ENERGY_HOURS], ids=["kWh", "kWh per kW"])
def test_a_year_with_tiers_and_demand_is_the_same_to_the_cent(energy: tuple[Blocks, ...]) -> None:
    of, power_kw = tariff(energy), load_kw()
    lines, model = ours(of, power_kw), theirs(of, power_kw)
    model.execute(0)
    out = model.Outputs
    assert monthly_usd(lines, "energy") == pytest.approx(out.year1_monthly_ec_charge_without_system, abs=CENT)
    flat, total = monthly_usd(lines, "demand, any hour"), monthly_usd(lines, "demand")
    assert flat == pytest.approx(out.year1_monthly_dc_fixed_without_system, abs=CENT)
    by_period = np.subtract(total, flat)
    assert by_period == pytest.approx(np.array(out.year1_monthly_dc_tou_without_system), abs=CENT)
    assert monthly_usd(lines) == pytest.approx(out.year1_monthly_utility_bill_wo_sys, abs=CENT)
    assert sum(line.usd for line in lines) == pytest.approx(out.utility_bill_wo_sys_year1, abs=CENT)


def test_a_ratchet_is_the_same_to_the_cent() -> None:
    before_kw = 1180.0
    of, power_kw = tariff(ratchet=Ratchet(0.9, highest_kw_before=before_kw)), load_kw()
    model = theirs(of, power_kw)
    rates = model.ElectricityRates
    rates.ur_enable_billing_demand, rates.ur_billing_demand_minimum = 1, 0.0
    rates.ur_billing_demand_lookback_period = 11
    rates.ur_billing_demand_lookback_percentages = [[90.0, 1.0]] * 12
    rates.ur_dc_billing_demand_periods = [[1, 1], [2, 1], [3, 1]]
    rates.ur_yearzero_usage_peaks = [before_kw] * 12
    model.execute(0)
    flat = monthly_usd(ours(of, power_kw), "demand, any hour")
    assert flat == pytest.approx(model.Outputs.year1_monthly_dc_fixed_without_system, abs=CENT)
    assert flat != monthly_usd(ours(tariff(), power_kw), "demand, any hour")


def test_what_is_sold_hour_by_hour_is_the_same_to_the_cent() -> None:
    sold_usd = np.array([0.02, 0.05, 0.08])
    of, power_kw = tariff(export=Export(net_metering=False, usd_per_kwh=sold_usd)), load_kw()
    one = tuple(blocks([], [float(each.usd[0])]) for each in ENERGY_KWH)
    of = replace(of, energy_blocks=one)
    sun_kw = 1500.0 * np.maximum(0.0, np.sin(2 * np.pi * (np.arange(HOURS) - 6) / 24))
    model = theirs(of, power_kw)
    rates = model.ElectricityRates
    rates.ur_metering_option = 2
    rates.ur_ec_tou_mat = [[*row[:-1], sold] for row, sold in zip(rows(one, energy=True), sold_usd, strict=True)]
    model.SystemOutput.gen = list(sun_kw)
    model.execute(0)
    lines = ours(of, power_kw - sun_kw)
    assert sum(line.usd for line in lines) == pytest.approx(model.Outputs.utility_bill_w_sys_year1, abs=CENT)


def test_the_shipped_default_of_sam_gives_the_bill_that_sam_gives() -> None:
    shipped = read_tariff(default_library().load("tariff", "sam-commercial"))
    model = utility_rate.default("PVWattsCommercial")
    model.SystemOutput.gen = [0.0] * HOURS
    model.execute(0)
    bill = monthly_usd(ours(shipped, np.array(model.Load.load)))
    assert bill == pytest.approx(model.Outputs.year1_monthly_utility_bill_wo_sys, abs=CENT)
