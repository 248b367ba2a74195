"""The money of an undertaking year by year: what is bought and bought again, what it costs to run, taxes, what is left.

Year 0 is the day on which it begins to run; all that happens within a year is put at its end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcplan.economics.depreciation import RecoveryYears, macrs

FloatArray = NDArray[np.float64]

DUE = 1e-9
"""Years by which a purchase may miss the end of a year and still belong to it."""


@dataclass(frozen=True)
class Asset:
    """Something that is bought, and bought again when it is worn out.

    Attributes:
        name: What it is called in the costs.
        price_usd: Its price today [USD].
        life_years: How long it lasts [a]; infinite for land.
        price_change: How its price changes by the year [1/a], e.g. -0.1.
        classes: For income tax, the share of the price in each class of recovery; empty for land.
    """

    name: str
    price_usd: float
    life_years: float
    price_change: float = 0.0
    classes: Mapping[RecoveryYears, float] = field(default_factory=dict)

    def bought(self, years: int) -> list[tuple[float, float]]:
        """When it is bought within *years* [a], and for how much [USD]; not again at the very end."""
        count = 1 if math.isinf(self.life_years) else math.ceil(years / self.life_years - DUE)
        times = [number * self.life_years if number else 0.0 for number in range(max(1, count))]
        return [(at, self.price_usd * (1.0 + self.price_change) ** at) for at in times]


@dataclass(frozen=True)
class Running:
    """A cost of every year: today's price of it [USD/a], and how that changes by the year [1/a]."""

    name: str
    usd_per_year: float
    price_change: float = 0.0


@dataclass(frozen=True)
class IncomeTax:
    """A tax on profits: what an undertaking costs lowers it, as long as its owner has other income.

    Attributes:
        rate: Of the profit [-].
        month: Month 1..12 in which everything is placed in service.
    """

    rate: float
    month: int = 1


@dataclass(frozen=True)
class CashFlow:
    """What is paid (negative) and got (positive) at the end of each year, from year 0 on [USD], each [years + 1]."""

    capital_usd: FloatArray
    running_usd: FloatArray
    tax_usd: FloatArray
    end_usd: FloatArray

    @property
    def net_usd(self) -> FloatArray:
        """All of it."""
        return self.capital_usd + self.running_usd + self.tax_usd + self.end_usd


def cash_flow(
    assets: Sequence[Asset], running: Sequence[Running], years: int, sold: bool, tax: IncomeTax | None = None
) -> CashFlow:
    """What an undertaking of so many *years* costs, year by year.

    Args:
        assets: What is bought.
        running: What is paid every year; the first year at today's prices.
        years: How long it runs.
        sold: Whether what is left at the end is sold for its price less straight-line wear (land: for its price).
        tax: On income, if any.
    """
    capital_usd, running_usd, end_usd = np.zeros((3, years + 1))
    for asset in assets:
        np.add.at(capital_usd, *_by_year(asset, years))
        end_usd[-1] += left_usd(asset, years) if sold else 0.0
    for each in running:
        running_usd -= _yearly_usd(each, years)
    tax_usd = np.zeros(years + 1) if tax is None else _tax_usd(assets, running_usd, end_usd, sold, tax)
    return CashFlow(-capital_usd, running_usd, tax_usd, end_usd)


def left_usd(asset: Asset, years: int) -> float:
    """What the last of its purchases is worth after so many *years* [USD]: its price less straight-line wear."""
    at, price_usd = asset.bought(years)[-1]
    if math.isinf(asset.life_years):
        return price_usd * (1.0 + asset.price_change) ** years
    return price_usd * max(0.0, 1.0 - (years - at) / asset.life_years)


def deducted_usd(asset: Asset, years: int, month: int) -> FloatArray:
    """What income tax lets its owner deduct in each year, from year 0 on [USD]; the rest of it at the end."""
    whole: FloatArray = np.zeros(years + 1)
    for at, price_usd in asset.bought(years) if asset.classes else ():
        first = int(at + DUE) + 1
        for recovery, share in asset.classes.items():
            parts = price_usd * share * macrs(recovery, month)
            kept = parts[: max(0, years + 1 - first)]
            whole[first : first + len(kept)] += kept
            whole[-1] += parts[len(kept) :].sum()
    return whole


def _by_year(asset: Asset, years: int) -> tuple[NDArray[np.int64], FloatArray]:
    times, prices_usd = zip(*asset.bought(years), strict=True)
    return (np.array(times) + DUE).astype(np.int64), np.array(prices_usd, dtype=np.float64)


def _yearly_usd(each: Running, years: int) -> FloatArray:
    flows: FloatArray = each.usd_per_year * (1.0 + each.price_change) ** np.arange(-1.0, years)
    flows[0] = 0.0
    return flows


def _tax_usd(
    assets: Sequence[Asset], running_usd: FloatArray, end_usd: FloatArray, sold: bool, tax: IncomeTax
) -> FloatArray:
    """Tax that costs and depreciation save, less that on what is got for the rest above what was never deducted."""
    years = len(running_usd) - 1
    deducted: FloatArray = -running_usd
    for asset in assets:
        deducted += deducted_usd(asset, years, tax.month)
    if sold:
        deducted[-1] += sum(price for asset in assets if not asset.classes for _, price in asset.bought(years))
    saved: FloatArray = tax.rate * (deducted - end_usd)
    return saved
