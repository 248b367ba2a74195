"""What the bill charges for the highest kW or kVA, for reactive power, and for the system's peak hours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.economics.demand import coincident_kw, demand, highest, ratcheted
from dcplan.economics.item import Item, by_month, by_unit
from dcplan.economics.meter import FloatArray, IntArray, Metered, Months, period_of
from dcplan.profiles.charges import Blocks
from dcplan.profiles.tariff import Tariff


def billed_any_hour(tariff: Tariff, metered: Metered, months: Months, rows: IntArray) -> tuple[FloatArray, list[Item]]:
    """Billed demand at any hour of each month [kW or kVA], [m], and the items that charge for demand.

    *rows* is which entry of a schedule holds in each interval, [n].
    """
    demand_kw, first = demand(tariff.window_s, metered.time_s, metered.duration_s, metered.power_w, metered.clock)
    place, factor = months.place[first], _factor(tariff, metered)
    highest_kw = highest(demand_kw, place)
    billed = factor * ratcheted(highest_kw, months.number, tariff.ratchet)
    period = period_of(tariff.demand_period, rows[first])
    in_period = [factor * highest(demand_kw, place, period == each) for each in range(len(tariff.demand_names))]
    items = [
        *_any_hour(tariff, months, billed),
        *_by_period(tariff, months, in_period),
        *_coincident(tariff, metered, months, float(highest_kw.max())),
        *_reactive(tariff, metered, months, highest_kw),
    ]
    return billed, items


def _factor(tariff: Tariff, metered: Metered) -> float:
    """Billed demand over demand in kW."""
    return 1.0 if tariff.power_factor is None else tariff.power_factor.demand_factor(_stated(metered))


def _stated(metered: Metered) -> float:
    if metered.power_factor is None:
        raise ValueError("a tariff that bills reactive power needs the power factor of the site")
    return metered.power_factor


def _any_hour(tariff: Tariff, months: Months, billed: FloatArray) -> Iterator[Item]:
    blocks, price_usd = tariff.flat_demand_blocks, tariff.flat_demand_usd_per_kw
    yield _charge("demand, any hour", price_usd, blocks, months, billed, tariff.demand_unit)
    for rider in tariff.riders:
        if rider.usd_per_kw:
            yield by_month(rider.name, rider.kind, rider.usd_per_kw, months.share, billed, tariff.demand_unit)


def _by_period(tariff: Tariff, months: Months, in_period: list[FloatArray]) -> Iterator[Item]:
    for number, name in enumerate(tariff.demand_names):
        blocks = tariff.demand_blocks[number] if tariff.demand_blocks else None
        price_usd = float(tariff.demand_usd_per_kw[number])
        yield _charge(f"demand, {name}", price_usd, blocks, months, in_period[number], tariff.demand_unit)


def _charge(name: str, price_usd: float, blocks: Blocks | None, months: Months, billed: FloatArray, unit: str) -> Item:
    if blocks is None:
        return by_month(name, "demand", price_usd, months.share, billed, unit)
    usd = months.share * np.array([blocks.cost_usd(float(each)) for each in billed])
    return Item(name, "demand", billed, unit, usd, months.share)


def _coincident(tariff: Tariff, metered: Metered, months: Months, highest_kw: float) -> Iterator[Item]:
    for charge in tariff.coincident:
        billed_kw = np.full(len(months.number), coincident_kw(charge, metered, highest_kw))
        yield by_month(f"demand, {charge.name}", "demand", charge.usd_per_kw, months.share, billed_kw, "kW")


def _reactive(tariff: Tariff, metered: Metered, months: Months, highest_kw: FloatArray) -> Iterator[Item]:
    """Reactive energy and demand, and a price per kWh for each point under the reference."""
    if (rule := tariff.power_factor) is None:
        return
    of_the_site = _stated(metered)
    kwh = np.add.reduceat(np.maximum(metered.kwh, 0.0), months.first)
    excess = rule.excess_kvar_per_kw(of_the_site)
    if rule.usd_per_kvarh:
        yield by_unit("reactive energy", "demand", rule.usd_per_kvarh, excess * kwh, "kvarh")
    if rule.usd_per_kvar:
        yield by_month("reactive demand", "demand", rule.usd_per_kvar, months.share, excess * highest_kw, "kvar")
    if rule.usd_per_kwh_per_point:
        points = max(0.0, 100.0 * (rule.reference - of_the_site))
        yield by_unit("power factor", "demand", points * rule.usd_per_kwh_per_point, kwh)
