"""The electricity bill of a run, item by item, from power at the meter and a tariff."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcplan.profiles.tariff import Tariff

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

J_PER_KWH = 3.6e6
HOUR_S = 3600.0


@dataclass(frozen=True)
class WallClock:
    """The site's wall clock at the start of each interval: year, month 1..12, weekday 0..6 (Monday 0), hour 0..23."""

    year: IntArray
    month: IntArray
    weekday: IntArray
    hour: IntArray

    def __getitem__(self, index: IntArray) -> WallClock:
        return WallClock(self.year[index], self.month[index], self.weekday[index], self.hour[index])


def period_of(schedule: IntArray, clock: WallClock) -> IntArray:
    """The period that each interval belongs to."""
    weekend = (clock.weekday >= 5).astype(np.int64)
    periods: IntArray = schedule[weekend, clock.month - 1, clock.hour]
    return periods


def electricity_bill(
    tariff: Tariff, time_s: FloatArray, duration_s: FloatArray, power_w: FloatArray, clock: WallClock
) -> dict[str, float]:
    """Cost of each item of the bill [USD].

    Monthly items (fee, demand) are charged for the part of the month that the run covers, so a run of a week carries a
    quarter of a month's demand charge. Demand is the mean power over the tariff's window.

    Args:
        tariff: Prices and periods.
        time_s: Start of each interval since the start of the run [s], [n].
        duration_s: Length of each interval [s], [n].
        power_w: Mean power at the meter [W], [n].
        clock: Wall clock of each interval, [n].
    """
    energy_kwh = power_w * duration_s / J_PER_KWH
    period = period_of(tariff.energy_period, clock)
    items = {
        f"energy, {name}": float(energy_kwh[period == index].sum() * tariff.energy_usd_per_kwh[index])
        for index, name in enumerate(tariff.energy_names)
    }
    for share, month in _months(duration_s, clock):
        demand_kw, demand_clock = demand(
            tariff.window_s, time_s[month], duration_s[month], power_w[month], clock[month]
        )
        _add(items, "demand, any hour", share * demand_kw.max() * tariff.flat_demand_usd_per_kw)
        period = period_of(tariff.demand_period, demand_clock)
        for index, name in enumerate(tariff.demand_names):
            peak_kw = demand_kw[period == index].max(initial=0.0)
            _add(items, f"demand, {name}", share * peak_kw * tariff.demand_usd_per_kw[index])
        _add(items, "fixed fee", share * tariff.fixed_usd)
    return items


def demand(
    window_s: float, time_s: FloatArray, duration_s: FloatArray, power_w: FloatArray, clock: WallClock
) -> tuple[FloatArray, WallClock]:
    """Mean power [kW] in each demand window, and the wall clock at the window's start."""
    window = np.floor_divide(time_s, window_s).astype(np.int64)
    _, first, place = np.unique(window, return_index=True, return_inverse=True)
    energy_j = np.bincount(place, power_w * duration_s)
    demand_kw: FloatArray = energy_j / np.bincount(place, duration_s) / 1000.0
    return demand_kw, clock[first]


def _months(duration_s: FloatArray, clock: WallClock) -> list[tuple[float, IntArray]]:
    """The calendar months of a run: the share of the month that is covered, and its intervals."""
    number = clock.year * 12 + clock.month - 1
    months = []
    for month in np.unique(number):
        index = np.flatnonzero(number == month)
        days = calendar.monthrange(int(month) // 12, int(month) % 12 + 1)[1]
        months.append((min(1.0, float(duration_s[index].sum()) / (days * 24 * HOUR_S)), index))
    return months


def _add(items: dict[str, float], item: str, usd: float) -> None:
    items[item] = items.get(item, 0.0) + float(usd)
