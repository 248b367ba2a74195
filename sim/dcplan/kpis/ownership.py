"""What owning costs by the year, the hour and the kilowatt, and whether it pays to build rather than rent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.economics import items
from dcplan.economics.rent import Offer, break_even_utilisation
from dcplan.economics.returns import internal_rate, payback_years
from dcplan.scenario.scenario import Scenario

Values = Iterator[tuple[str, float]]
FloatArray = NDArray[np.float64]

W_PER_KW = 1000.0
MONTHS = 12
NOTHING = float("nan")
OF_THE_BUILDING = (items.BUILDING, items.LAND, items.FACILITY_MAINTENANCE, items.STAFF)
"""What a colocation's rent is instead of, with the building's part of tax and insurance, and water."""


def ownership_kpis(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Values:
    """KPIs of one replication of a scenario with `finance`; none of another."""
    if "ownership" not in tables or scenario.facility is None:
        return
    ownership, flows = tables["ownership"], tables["cash_flow"]
    installed_h, used_h = (float(tables["devices"][name].iloc[0]) for name in ("installed_h", "used_h"))
    total_usd = ownership.groupby("way", sort=False)["usd_per_year"].sum()
    kw = scenario.facility.it_capacity / W_PER_KW
    own_usd = float(total_usd[items.BUILD])
    yield "tco_usd_per_year", own_usd
    first = flows[(flows["way"] == items.BUILD) & (flows["year"] == 0)]
    yield "capital_first_usd", -float(first["capital_usd"].sum())
    yield "ownership_present_usd", -float(flows.loc[flows["way"] == items.BUILD, "present_usd"].sum())
    yield "device_use", used_h / installed_h
    yield "tco_usd_per_gpu_hour", own_usd / used_h if used_h > 0.0 else NOTHING
    yield "tco_usd_per_gpu_hour_installed", own_usd / installed_h
    yield "tco_usd_per_kw_month", own_usd / kw / MONTHS
    yield "building_usd_per_kw_month", building_usd(ownership) / kw / MONTHS
    ways = offers(ownership, installed_h, used_h)
    for way in (items.COLOCATION, items.CLOUD):
        if way in total_usd.index:
            yield f"{way}_usd_per_year", float(total_usd[way])
            yield f"{way}_usd_per_gpu_hour", float(total_usd[way]) / used_h if used_h > 0.0 else NOTHING
            yield from _against(way, flows)
    if items.CLOUD in total_usd.index:
        for way in (items.BUILD, items.COLOCATION):
            if way in ways:
                yield f"break_even_use_{way}", _or_nan(break_even_utilisation(ways[way], ways[items.CLOUD]))


def building_usd(ownership: pd.DataFrame) -> float:
    """What a year of the building costs without electricity [USD]: what who rents it does not pay.

    Tax and insurance are counted by the building's share of them where colocation is looked at, else as a whole.
    """
    usd = ownership.set_index(["way", "item"])["usd_per_year"]
    own = usd[items.BUILD]
    total = float(own[own.index.isin((*OF_THE_BUILDING, "water"))].sum())
    rented = usd[items.COLOCATION] if items.COLOCATION in usd.index.get_level_values(0) else pd.Series(dtype=float)
    return total + sum(
        float(own[name]) - float(rented.get(name, 0.0)) for name in (items.PROPERTY_TAX, items.INSURANCE)
    )


def offers(ownership: pd.DataFrame, installed_h: float, used_h: float) -> dict[str, Offer]:
    """Each way as a price per hour of a device that is there, and one more per hour in which it is used."""
    sums = ownership.groupby("way", sort=False)[["usd_per_year", "used_usd_per_year"]].sum()
    return {
        str(way): Offer(
            (row["usd_per_year"] - row["used_usd_per_year"]) / installed_h,
            row["used_usd_per_year"] / used_h if used_h > 0.0 else NOTHING,
        )
        for way, row in sums.iterrows()
    }


def gained_usd(flows: pd.DataFrame, way: str, column: str = "net_usd") -> FloatArray:
    """What who builds pays less than who takes another *way*, year by year [USD]; from flows of one replication."""
    usd = flows.pivot_table(index="year", columns="way", values=column, aggfunc="sum").sort_index()
    gained: FloatArray = (usd[items.BUILD] - usd[way]).to_numpy(dtype=np.float64)
    return gained


def _against(way: str, flows: pd.DataFrame) -> Values:
    """Whether it pays to build instead of taking another *way*."""
    net_usd = gained_usd(flows, way)
    yield f"npv_against_{way}_usd", float(gained_usd(flows, way, "present_usd").sum())
    yield f"irr_against_{way}", _or_nan(internal_rate(net_usd))
    yield f"payback_against_{way}_months", _or_nan(_months(payback_years(net_usd)))


def _months(years: float | None) -> float | None:
    return None if years is None else MONTHS * years


def _or_nan(value: float | None) -> float:
    return NOTHING if value is None else value
