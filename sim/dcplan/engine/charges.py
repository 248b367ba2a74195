"""From a tariff to prices of a linear program: energy by step, and demand by month, period and window."""

from __future__ import annotations

import calendar
from collections.abc import Iterator

import numpy as np

from dcplan.economics.bill import HOUR_S, WallClock, period_of
from dcplan.energy.optimum import Charges, Demand, IntArray
from dcplan.engine.plan import Grid
from dcplan.profiles.tariff import Tariff


def charges_of(tariff: Tariff, grid: Grid, wall: WallClock) -> Charges:
    """What the counted intervals of *grid* cost by *tariff*: as its bill, but for fees; export earns nothing."""
    price = tariff.energy_usd_per_kwh[period_of(tariff.energy_period, wall)]
    month = months(wall)
    window = np.floor_divide(grid.starts_s, tariff.window_s).astype(np.int64)
    of_month = np.column_stack((month, window))
    _, first, place = np.unique(of_month, axis=0, return_index=True, return_inverse=True)
    demands = tuple(_demands(tariff, grid, wall, month, first))
    return Charges(price, np.zeros(len(price)), place.reshape(-1).astype(np.int64), demands)


def months(wall: WallClock) -> IntArray:
    """Number of each interval's month."""
    return np.asarray(wall.year * 12 + wall.month - 1, dtype=np.int64)


def _demands(tariff: Tariff, grid: Grid, wall: WallClock, month: IntArray, first: IntArray) -> Iterator[Demand]:
    """Charges of each month, by the share of it that the run covers, from the *first* interval of each window."""
    period = period_of(tariff.demand_period, wall[first])
    for each in np.unique(month):
        days = calendar.monthrange(int(each) // 12, int(each) % 12 + 1)[1]
        share = min(1.0, float(grid.durations_s[month == each].sum()) / (days * 24 * HOUR_S))
        inside = month[first] == each
        yield Demand(inside, share * tariff.flat_demand_usd_per_kw)
        for number, usd_per_kw in enumerate(tariff.demand_usd_per_kw):
            yield Demand(inside & (period == number), share * float(usd_per_kw))
