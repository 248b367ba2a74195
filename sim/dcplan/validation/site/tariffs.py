"""Bills in closed form: a constant load through every tariff, years in which the clock changes, and a ratchet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from dcplan.economics.bill import itemised
from dcplan.economics.item import Line
from dcplan.economics.meter import Metered, WallClock
from dcplan.profiles.charges import Ratchet
from dcplan.profiles.library import Library
from dcplan.profiles.tariff import Tariff, read_tariff
from dcplan.validation.check import Check

CENT_USD = 0.005
KW = 1000.0
STEP_S = 900.0
ARITHMETIC = "arithmetic on the tariff's own prices"
POWER_FACTOR = 0.95
SPOT_USD = 0.05


def checks(library: Library) -> Iterator[Check]:
    """A constant load's year through each tariff, daylight saving and leap years, hours on peak, and a ratchet."""
    for name in library.names("tariff"):
        tariff = read_tariff(library.load("tariff", name))
        yield _constant_load(name, tariff)
    sterling = read_tariff(library.load("tariff", "dominion-gs-3"))
    yield from _calendar(sterling)
    yield from _on_peak_hours(sterling)
    yield _ratchet(sterling)


def _bill(tariff: Tariff, year: int, power_kw: np.ndarray | float = KW, zone: str = "America/New_York") -> list[Line]:
    """The bill of a whole year in quarter hours."""
    wall = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq=f"{STEP_S:g}s", inclusive="left", tz=zone)
    time_s = STEP_S * np.arange(len(wall), dtype=np.float64)
    power_w = np.broadcast_to(np.asarray(power_kw) * 1e3, time_s.shape)
    spot = np.full_like(time_s, SPOT_USD) if tariff.real_time else None
    clock = WallClock.of(wall)
    return itemised(tariff, Metered(time_s, np.full_like(time_s, STEP_S), power_w, clock, POWER_FACTOR, spot))


def _sum(lines: list[Line], kind: str = "", item: str = "") -> float:
    return sum(line.usd for line in lines if line.kind.startswith(kind) and line.item.startswith(item))


def _constant_load(name: str, tariff: Tariff) -> Check:
    """Demand that is the same in all months and hours: its charges follow from the price list alone."""
    lines = _bill(tariff, 2025)
    known = 12.0 * (tariff.fixed_usd + sum(each.usd_per_kw * KW for each in tariff.coincident))
    flat = tariff.flat_demand_blocks
    known += 12.0 * (tariff.flat_demand_usd_per_kw * KW if flat is None else flat.cost_usd(KW))
    for period in range(len(tariff.demand_names)):
        months = sum(bool((tariff.demand_period[:, month] == period).any()) for month in range(12))
        blocks = tariff.demand_blocks[period] if tariff.demand_blocks else None
        known += months * (blocks.cost_usd(KW) if blocks else float(tariff.demand_usd_per_kw[period]) * KW)
    if tariff.power_factor is not None:
        known += 12.0 * tariff.power_factor.usd_per_kvar * KW * np.tan(np.arccos(POWER_FACTOR))
    ours = _sum(lines, "demand") + _sum(lines, "fixed")
    return Check(f"demand and fees of 1 MW all year, {name}", ours, known, CENT_USD, "USD", ARITHMETIC)


def _calendar(tariff: Tariff) -> Iterator[Check]:
    """Energy and fees of years with 365 and 366 days, in which an hour is missing and another comes twice."""
    for year, hours in ((2024, 8784), (2025, 8760)):
        lines = _bill(tariff, year)
        kwh = sum(line.quantity for line in lines if line.kind == "energy")
        yield Check(f"energy of 1 MW in {year}", kwh, KW * hours, 1e-6, "kWh", "days of the calendar")
        fees_usd = _sum(lines, "fixed")
        yield Check(f"fees of {year}", fees_usd, 12.0 * tariff.fixed_usd, CENT_USD, "USD", ARITHMETIC)
    for month, hours in (("2025-03", 743), ("2025-11", 721)):
        lines = [line for line in _bill(tariff, 2025) if line.month == month]
        kwh = sum(line.quantity for line in lines if line.kind == "energy")
        source = "daylight saving in the United States: 15 U.S.C. 260a"
        yield Check(f"energy of 1 MW in {month}", kwh, KW * hours, 1e-6, "kWh", source)


def _on_peak_hours(tariff: Tariff) -> Iterator[Check]:
    """Hours of the on-peak period, counted on the calendar: weekdays from 10:00 to 22:00."""
    july = [line for line in _bill(replace(tariff, holidays=None), 2025) if line.month == "2025-07"]
    kwh = sum(line.quantity for line in july if line.item == "energy, on_peak")
    yield Check("on-peak energy of 1 MW in July 2025", kwh, KW * 23 * 12, 1e-6, "kWh", "23 weekdays of 12 hours")


def _ratchet(tariff: Tariff) -> Check:
    """A peak in one quarter of an hour of June that is billed at 80 % through the eleven months that follow."""
    wall = pd.date_range("2025-01-01", "2026-01-01", freq=f"{STEP_S:g}s", inclusive="left", tz="America/New_York")
    power_kw = np.full(len(wall), KW)
    power_kw[wall.get_loc(pd.Timestamp("2025-06-10 15:00", tz="America/New_York")) :][:2] = 2.0 * KW
    lines = _bill(replace(tariff, ratchet=Ratchet(0.8, highest_kw_before=KW)), 2025, power_kw)
    known = tariff.flat_demand_usd_per_kw * KW * (5 * 1.0 + 2.0 + 6 * 1.6)
    ours = _sum(lines, item="demand, any hour")
    return Check("a peak in June under a ratchet of 80 %", ours, known, CENT_USD, "USD", ARITHMETIC)
