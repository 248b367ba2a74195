"""What the bill charges for kWh: by period and block, by the hour's price, from a contract; and what exports earn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.economics.item import Item, by_unit
from dcplan.economics.meter import J_PER_KWH, FloatArray, IntArray, Metered, Months, period_of
from dcplan.profiles.charges import Blocks
from dcplan.profiles.tariff import Tariff


def energy_items(
    tariff: Tariff, metered: Metered, months: Months, rows: IntArray, billed_kw: FloatArray
) -> Iterator[Item]:
    """Items in the order of the bill.

    Args:
        tariff: Prices and periods.
        metered: What the meter saw.
        months: The months of the run.
        rows: Which entry of a schedule holds in each interval, [n].
        billed_kw: Demand that blocks per kW go by, [m].
    """
    kwh, periods = metered.kwh, len(tariff.energy_names)
    period = period_of(tariff.energy_period, rows)
    bought, sold = np.maximum(kwh, 0.0), np.maximum(-kwh, 0.0)
    produced = np.zeros_like(kwh) if metered.ppa_w is None else metered.ppa_w * metered.duration_s / J_PER_KWH
    matched = np.minimum(produced, bought)
    supplied = months.sums(bought - matched, period, periods)
    exported = months.sums(sold, period, periods)
    cancelled = np.minimum(supplied, exported) if tariff.export and tariff.export.net_metering else 0.0 * exported
    yield from _by_period(tariff, supplied - cancelled, months.share, billed_kw)
    yield from _real_time(metered, months, bought - matched)
    yield from _contract(metered, months, produced, matched)
    for rider in tariff.riders:
        if rider.usd_per_kwh:
            yield by_unit(rider.name, rider.kind, rider.usd_per_kwh, np.add.reduceat(bought, months.first))
    if tariff.export is not None and sold.any():
        yield from _export(tariff, metered, months, exported - cancelled, sold)


def _by_period(tariff: Tariff, kwh: FloatArray, share: FloatArray, billed_kw: FloatArray) -> Iterator[Item]:
    for number, name in enumerate(tariff.energy_names):
        if tariff.energy_blocks:
            usd = in_blocks_usd(tariff.energy_blocks[number], kwh[:, number], kwh.sum(axis=1), share, billed_kw)
            yield Item(f"energy, {name}", "energy", kwh[:, number], "kWh", usd)
        else:
            yield by_unit(f"energy, {name}", "energy", float(tariff.energy_usd_per_kwh[number]), kwh[:, number])


def in_blocks_usd(
    blocks: Blocks, kwh: FloatArray, all_kwh: FloatArray, share: FloatArray, billed_kw: FloatArray
) -> FloatArray:
    """Cost of a period's *kwh* [USD], [m], whose blocks are filled by *all_kwh* of the month, each period alike.

    A run that covers a *share* of a month has blocks as much shorter.
    """
    scale = share * billed_kw if blocks.per_kw else share
    mean_usd = [
        blocks.cost_usd(whole, each) / whole if whole > 0.0 else 0.0 for whole, each in zip(all_kwh, scale, strict=True)
    ]
    usd: FloatArray = kwh * np.array(mean_usd)
    return usd


def _real_time(metered: Metered, months: Months, kwh: FloatArray) -> Iterator[Item]:
    """Each interval's energy at its own price."""
    if metered.real_time_usd_per_kwh is not None:
        yield _summed("energy, real time", months, kwh, kwh * metered.real_time_usd_per_kwh)


def _contract(metered: Metered, months: Months, produced: FloatArray, matched: FloatArray) -> Iterator[Item]:
    """A contract is paid as produced; what nobody uses meanwhile is sold at the real-time price, if there is one."""
    if metered.ppa_w is None:
        return
    yield by_unit("PPA, used", "energy", metered.ppa_usd_per_kwh, np.add.reduceat(matched, months.first))
    surplus = produced - matched
    if not surplus.any():
        return
    yield by_unit("PPA, not used", "energy", metered.ppa_usd_per_kwh, np.add.reduceat(surplus, months.first))
    if (spot := metered.real_time_usd_per_kwh) is not None:
        yield _summed("PPA, sold on", months, surplus, -surplus * spot, credit=True)


def _export(tariff: Tariff, metered: Metered, months: Months, paid: FloatArray, sold: FloatArray) -> Iterator[Item]:
    """What goes into the grid and does not cancel what was bought; *paid* by period, [m, p]."""
    assert tariff.export is not None, "only tariffs that take power come here"
    yield Item("export", "credit", paid.sum(axis=1), "kWh", -(paid @ tariff.export.usd_per_kwh))
    if tariff.export.real_time and (spot := metered.real_time_usd_per_kwh) is not None:
        yield _summed("export, real time", months, sold, -sold * spot, credit=True)


def _summed(name: str, months: Months, kwh: FloatArray, usd: FloatArray, credit: bool = False) -> Item:
    first = months.first
    return Item(name, "credit" if credit else "energy", np.add.reduceat(kwh, first), "kWh", np.add.reduceat(usd, first))
