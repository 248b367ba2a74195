"""From a tariff to prices of a linear program: energy by step, and demand by month, period and window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.economics.meter import WallClock, months_of, period_of
from dcplan.energy.battery import FloatArray
from dcplan.energy.optimum import Charges, Demand, IntArray
from dcplan.engine.plan import Grid, Supply
from dcplan.profiles.tariff import Tariff


def charges_of(supply: Supply, grid: Grid, wall: WallClock) -> Charges:
    """What the counted intervals of *grid* cost, as the bill of a plain tariff.

    Blocks count with the price of the first; fees, ratchets, peak hours of the system, reactive power, riders and taxes
    are left out, and net metering earns the price of energy.
    """
    tariff = supply.tariff
    period = period_of(tariff.energy_period, wall.rows(tariff.holidays))
    price = tariff.energy_usd_per_kwh[period]
    if supply.real_time_usd_per_kwh is not None:
        price = price + supply.real_time_usd_per_kwh
    month = wall.month_number
    window = np.floor_divide(grid.starts_s, tariff.window_s).astype(np.int64)
    of_month = np.column_stack((month, window))
    _, first, place = np.unique(of_month, axis=0, return_index=True, return_inverse=True)
    demands = tuple(_demands(tariff, grid, wall, month, first))
    return Charges(price, _export(supply, price, period), place.reshape(-1).astype(np.int64), demands)


def _export(supply: Supply, price: FloatArray, period: IntArray) -> FloatArray:
    """What energy to the grid earns in each interval [USD/kWh], [n]; never more than energy from it costs."""
    export = supply.tariff.export
    if export is None:
        return np.zeros(len(price))
    if export.net_metering:
        return price
    earned = export.usd_per_kwh[period]
    if export.real_time and supply.real_time_usd_per_kwh is not None:
        earned = earned + supply.real_time_usd_per_kwh
    return np.minimum(earned, price)


def _demands(tariff: Tariff, grid: Grid, wall: WallClock, month: IntArray, first: IntArray) -> Iterator[Demand]:
    """Charges of each month, by the share of it that the run covers, from the *first* interval of each window."""
    period = period_of(tariff.demand_period, wall.rows(tariff.holidays)[first])
    known = months_of(grid.durations_s, wall)
    for each, part in zip(known.number, known.share, strict=True):
        share = float(part)
        inside = month[first] == each
        yield Demand(inside, share * tariff.flat_demand_usd_per_kw)
        for number, usd_per_kw in enumerate(tariff.demand_usd_per_kw):
            yield Demand(inside & (period == number), share * float(usd_per_kw))
