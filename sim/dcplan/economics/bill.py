"""The electricity bill of a run, item by item and month by month, from power at the meter and a tariff."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.economics.demand_charges import billed_any_hour
from dcplan.economics.energy_charges import energy_items
from dcplan.economics.item import Item, Line, by_month, of_kinds
from dcplan.economics.meter import Metered, Months, months_of
from dcplan.profiles.tariff import Tariff


def totals(lines: list[Line]) -> dict[str, float]:
    """Cost of each item over all months [USD]."""
    items: dict[str, float] = {}
    for line in lines:
        items[line.item] = items.get(line.item, 0.0) + line.usd
    return items


def itemised(tariff: Tariff, metered: Metered) -> list[Line]:
    """Every line of every month's bill.

    Monthly items (demand, fees) are charged for the part of the month that the run covers, so a run of a week carries a
    quarter of a month's demand charge; blocks of energy are as much shorter. Demand is the mean power over the tariff's
    window.
    """
    months = months_of(metered.duration_s, metered.clock)
    items = _items(tariff, metered, months)
    return [item.line(number, label) for number, label in enumerate(months.labels) for item in items]


def _items(tariff: Tariff, metered: Metered, months: Months) -> list[Item]:
    rows = metered.clock.rows(tariff.holidays)
    billed_kw, of_demand = billed_any_hour(tariff, metered, months, rows)
    items = [*energy_items(tariff, metered, months, rows, billed_kw), *of_demand, *_fees(tariff, months)]
    for rule in tariff.percentages:
        base_usd = of_kinds(items, rule.of, len(months.number))
        items.append(Item(rule.name, "tax", base_usd, "USD", rule.share * base_usd))
    return items


def _fees(tariff: Tariff, months: Months) -> Iterator[Item]:
    """What is paid by the month or the day."""
    one = np.ones(len(months.number))
    yield by_month("fixed fee", "fixed", tariff.fixed_usd, months.share, one, "month")
    for rider in tariff.riders:
        if rider.usd_per_month:
            yield by_month(rider.name, rider.kind, rider.usd_per_month, months.share, one, "month")
        if rider.usd_per_day:
            yield Item(rider.name, rider.kind, months.days, "day", months.days * rider.usd_per_day)
