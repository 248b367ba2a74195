"""What a data centre costs by the year, and whether an investment pays, against published studies and closed forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dcplan.economics.capital import annuity_usd
from dcplan.economics.depreciation import RecoveryYears, macrs
from dcplan.economics.lifetime import Asset
from dcplan.economics.returns import break_even_rates, internal_rate, payback_years, present_usd
from dcplan.profiles.library import Library
from dcplan.validation.check import Check

FloatArray = NDArray[np.float64]

HAMILTON = (
    "J. Hamilton, Overall Data Center Costs, Perspectives, September 2010: 8 MW, 45,978 servers; shares as reported by "
    "Data Center Knowledge, 22 September 2010"
)
HAMILTON_RATE = 0.05
HAMILTON_POWER_USD = 8e3 * 0.80 * 1.45 * 0.07 * 8760 / 12
"""8 MW at 80 % of it, PUE 1.45, 0.07 USD/kWh, a month [USD]."""
FACILITY = Asset("building and plant", 72e6, 10.0)
POWER_AND_COOLING = 0.82
"""Share of the building's price, ibid."""
HAMILTON_ASSETS = (Asset("servers", 45_978 * 1450.0, 3.0), Asset("network", 12.8e6, 4.0), FACILITY)
HAMILTON_SHARES = {
    "servers": 0.57,
    "network": 0.08,
    "power distribution and cooling": 0.18,
    "other infrastructure": 0.04,
    "power": 0.13,
}

EPOCH = (
    "Epoch AI, Servers account for 60% of the total cost of ownership of a one-gigawatt AI data center, 14 May 2026 "
    "(CC BY), https://epoch.ai/data-insights/ai-datacenter-cost-breakdown"
)
EPOCH_CAPITAL_USD, EPOCH_RUNNING_USD, EPOCH_FACILITY_YEARS = 38e9, 0.9e9, 14.0
EPOCH_TOTAL_USD = {5.0: 8.5e9, 3.0: 12e9, 7.0: 7e9}
"""Total a year by life of the IT equipment."""

IRS = "IRS Publication 946 (2024), How To Depreciate Property: declining balance with half-year convention, mid-month"
DECLINING: Mapping[RecoveryYears, float] = MappingProxyType({5: 2.0, 15: 1.5})
"""Factor of the declining balance by class of recovery, ibid."""
CLOSED = "closed form: Short, Packey & Holt 1995, NREL/TP-462-5173"


def checks(library: Library) -> Iterator[Check]:
    """Hamilton's shares, Epoch's gigawatt; present value, rate of return, payback and depreciation in closed form."""
    yield from _hamilton()
    yield from _epoch(float(library.load("cost", "us-2025").values["discount_rate"]["value"]))
    yield from _returns()
    yield from _depreciation()


def monthly_usd(assets: Sequence[Asset], rate: float) -> dict[str, float]:
    """Each asset's annuity in monthly instalments [USD/month]."""
    return {each.name: annuity_usd(each.price_usd, each.life_years, rate, per_year=12) / 12 for each in assets}


def _hamilton() -> Iterator[Check]:
    cost_usd = monthly_usd(HAMILTON_ASSETS, HAMILTON_RATE)
    facility_usd = cost_usd.pop(FACILITY.name)
    cost_usd["power distribution and cooling"] = POWER_AND_COOLING * facility_usd
    cost_usd["other infrastructure"] = (1.0 - POWER_AND_COOLING) * facility_usd
    cost_usd["power"] = HAMILTON_POWER_USD
    total_usd = sum(cost_usd.values())
    yield Check("Hamilton 2010: total a month", total_usd, 3.5e6, 0.05e6, "USD", HAMILTON)
    for name, share in HAMILTON_SHARES.items():
        yield Check(f"Hamilton 2010: {name}", cost_usd[name] / total_usd, share, 0.005, "-", HAMILTON)


def _epoch(rate: float) -> Iterator[Check]:
    """Total a year at our own discount rate.

    The split of the capital is not in the text. It follows from what 4 more years of the IT equipment save; the three
    totals are then predicted, the first from nothing but lives, rate and the sum of the capital. Without interest it
    would be 7.0 instead of 8.5 billion.
    """
    saved = EPOCH_TOTAL_USD[3.0] - EPOCH_TOTAL_USD[7.0]
    it_usd = saved / (annuity_usd(1.0, 3.0, rate) - annuity_usd(1.0, 7.0, rate))
    facility_usd = annuity_usd(EPOCH_CAPITAL_USD - it_usd, EPOCH_FACILITY_YEARS, rate)
    for life_years, expected_usd in EPOCH_TOTAL_USD.items():
        ours_usd = annuity_usd(it_usd, life_years, rate) + facility_usd + EPOCH_RUNNING_USD
        name = f"Epoch AI 2026: 1 GW a year, IT for {life_years:g} years, at {rate:.0%}"
        yield Check(name, ours_usd, expected_usd, 0.05 * expected_usd, "USD", EPOCH)


def _returns() -> Iterator[Check]:
    rate, years = 0.08, 14
    level = np.concatenate(([0.0], np.full(years, 100.0)))
    worth_usd = 100.0 * (1.0 - (1.0 + rate) ** -years) / rate
    yield Check("present value of 100 USD a year", present_usd(level, rate), worth_usd, 1e-6, "USD", CLOSED)
    yield Check("present value without interest", present_usd(level, 0.0), 100.0 * years, 1e-9, "USD", CLOSED)
    level[0] = -worth_usd
    yield Check("internal rate of what 8 % makes break even", internal_rate(level) or 0.0, rate, 1e-9, "1/a", CLOSED)
    grown = np.array([-100.0, 0.0, 0.0, 0.0, 100.0 * 1.12**4])
    yield Check(
        "internal rate of a single payment", internal_rate(grown) or 0.0, 0.12, 1e-9, "1/a", "(FV / PV)^(1/n) - 1"
    )
    never = float(len(break_even_rates(np.array([-100.0, -1.0]))))
    yield Check(
        "rates at which costs alone break even", never, 0.0, 0.0, "", "no sign changes: Descartes' rule of signs"
    )
    simple = payback_years(np.array([-250.0, *[100.0] * 5])) or 0.0
    yield Check("payback of 250 USD by 100 a year", simple, 2.5, 1e-12, "a", "price / yearly gain")


def declining_balance(years: int, factor: float) -> FloatArray:
    """Share deducted in each year [-] by declining balance that turns to a straight line, half a year in the first."""
    left, shares = 1.0, [factor / years / 2]
    for year in range(1, years + 1):
        left -= shares[-1]
        remaining = max(1.0, years - year + 0.5)
        shares.append(min(left, max(left * factor / years, left / remaining)))
    return np.array(shares)


def _depreciation() -> Iterator[Check]:
    """The tables against the method that the same publication describes; they are rounded to 0.01 % of the price."""
    for years, factor in DECLINING.items():
        most = float(np.abs(macrs(years) - declining_balance(years, factor)).max())
        yield Check(f"MACRS over {years} years: largest difference from the method", most, 0.0, 6e-5, "-", IRS)
    first = float(macrs(39, month=7)[0])
    yield Check("MACRS of a building in service from July: first year", first, 5.5 / 12 / 39, 5e-5, "-", IRS)
