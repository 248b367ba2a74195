"""What is bought and what runs anyway: for the time of the run, for a year like it, over years, and against renting.

Annuities and yearly costs are charged by time, and the bill covers the counted time, so a year is the counted time over
and over: every line of the run's costs times a year over that time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.economics import items
from dcplan.economics.capital import YEAR_S, amortised_usd
from dcplan.economics.depreciation import RecoveryYears
from dcplan.economics.lifetime import Asset, Running, cash_flow
from dcplan.economics.shares import together
from dcplan.engine.ownership import FinancePlan
from dcplan.engine.plan import Plan, SitePlan
from dcplan.engine.servers import UNUSED, owners
from dcplan.kpis.jobs import counted_slot_s
from dcplan.results.store import frame

FloatArray = NDArray[np.float64]
Weights = Mapping[str, float]
Line = tuple[str, float, Weights]
"""What is paid for, how much for the counted time [USD], and by whom in which parts."""

HOURS = 8760.0
"""In a year."""
COMPUTERS: Mapping[RecoveryYears, float] = MappingProxyType({5: 1.0})
"""Servers and network are five-year property: IRS Publication 946 (2024), table B-1, asset class 00.12."""


ON_SITE: Mapping[RecoveryYears, float] = MappingProxyType({5: 1.0})
"""Sun, wind and storage on site are five-year property as well: IRS Publication 946 (2024), energy property."""


def lines(plan: Plan, site: SitePlan) -> Iterator[Line]:
    """What is bought, by its annuity, its upkeep, and, with `finance`, what else owning costs, for the counted time."""
    counted_s, parts = plan.grid.counted_s, kept(plan, site)
    for asset in assets(plan, site):
        usd = amortised_usd(asset.price_usd, asset.life_years, site.prices.discount_rate, counted_s)
        yield asset.name, usd, parts[asset.name]
    for each in () if plan.energy is None else plan.energy.bought:
        name = items.on_site(each.name)
        yield f"{name}{items.UPKEEP}", each.usd_per_year * counted_s / YEAR_S, parts[name]
    if site.finance is not None:
        for name, usd_per_year, weights in _running(plan, site, site.finance):
            yield name, usd_per_year * counted_s / YEAR_S, weights


def assets(plan: Plan, site: SitePlan) -> list[Asset]:
    """Everything that is bought."""
    prices, finance, scenario = site.prices, site.finance, plan.scenario
    servers_usd = sum(group.count * prices.server_usd[group.server.price] for group in plan.groups.values())
    change = 0.0 if finance is None else finance.spec.server_price_change
    found = [Asset(items.SERVERS, servers_usd, prices.server_life_years, change, COMPUTERS)]
    if finance is not None:
        network_usd = finance.network_share * servers_usd
        found.append(Asset(items.NETWORK, network_usd, finance.network_life_years, change, COMPUTERS))
    if scenario.facility is not None:
        building_usd = scenario.facility.it_capacity * prices.facility_usd_per_w
        growth = 0.0 if finance is None else finance.spec.inflation
        classes = {} if finance is None else finance.classes
        found.append(Asset(items.BUILDING, building_usd, prices.facility_life_years, growth, classes))
    if finance is not None and finance.land_usd > 0.0:
        found.append(Asset(items.LAND, finance.land_usd, math.inf, finance.spec.inflation))
    growth = 0.0 if finance is None else finance.spec.inflation
    on_site = () if plan.energy is None else plan.energy.bought
    energy = (Asset(items.on_site(each.name), each.price_usd, each.life_years, growth, ON_SITE) for each in on_site)
    return [*found, *energy]


def kept(plan: Plan, site: SitePlan) -> dict[str, Weights]:
    """Who has reserved how much of each asset: of the IT by its price, of building and land by its power."""
    prices = site.prices
    worth_usd = {name: group.count * prices.server_usd[group.server.price] for name, group in plan.groups.items()}
    full_w = {name: group.count * group.server.max_w for name, group in plan.groups.items()}
    by_price, by_power = reserved(plan, worth_usd), reserved(plan, full_w)
    on_site = () if plan.energy is None else plan.energy.bought
    own = dict.fromkeys((items.BUILDING, items.LAND, *(items.on_site(each.name) for each in on_site)), by_power)
    return {items.SERVERS: by_price, items.NETWORK: by_price, **own}


def _running(plan: Plan, site: SitePlan, finance: FinancePlan) -> Iterator[Line]:
    """What is paid every year whatever the load is [USD/a]."""
    assert plan.scenario.facility is not None, "finance was asked for a building"
    bought, parts = assets(plan, site), kept(plan, site)
    it_usd = sum(each.price_usd for each in bought if each.name in (items.SERVERS, items.NETWORK))
    capacity_w = plan.scenario.facility.it_capacity
    yield items.IT_MAINTENANCE, finance.it_maintenance_share * it_usd, parts[items.SERVERS]
    maintenance_usd = finance.facility_maintenance_usd_per_w * capacity_w
    yield items.FACILITY_MAINTENANCE, maintenance_usd, parts[items.BUILDING]
    yield items.STAFF, finance.staff_usd_per_w * capacity_w, parts[items.BUILDING]
    everything = together([(each.price_usd, parts[each.name]) for each in bought])
    all_usd = sum(each.price_usd for each in bought)
    yield items.PROPERTY_TAX, finance.property_tax_share * all_usd, everything
    yield items.INSURANCE, finance.insurance_share * all_usd, everything


def reserved(plan: Plan, worth: Mapping[str, float]) -> dict[str, float]:
    """How much of the groups, each of which is *worth* something, every owner has reserved by its slots."""
    of_a_slot = {name: worth[name] / group.slots for name, group in plan.groups.items()}
    found: dict[str, float] = {}
    left = {name: group.slots for name, group in plan.groups.items()}
    for owner in owners(plan):
        found[owner.name] = found.get(owner.name, 0.0) + owner.slots * of_a_slot[owner.group]
        left[owner.group] -= owner.slots
    return found | {UNUSED: sum(count * of_a_slot[name] for name, count in left.items())}


# --- a year, and years ------------------------------------------------------------------------------------------------


def tables(
    plan: Plan, site: SitePlan, so_far: Mapping[str, pd.DataFrame], costs: pd.DataFrame, replication: int
) -> dict[str, pd.DataFrame]:
    """The tables `devices`, `ownership` and `cash_flow`; none without `finance`."""
    if site.finance is None:
        return {}
    installed_h, used_h = _device_hours(plan, so_far)
    varying = _varying_share(so_far["attribution"])
    yearly = _ways(plan, site, site.finance, costs, (installed_h, used_h))
    devices = {"replication": [replication], "installed_h": [installed_h], "used_h": [used_h]}
    rows = [
        {
            "replication": replication,
            "way": way,
            "item": each.name,
            "usd_per_year": each.usd_per_year,
            "used_usd_per_year": each.usd_per_year * _used_part(each.name, varying, site.finance),
        }
        for way, parts in yearly.items()
        for each in parts
    ]
    return {
        "devices": frame("devices", devices),
        "ownership": frame("ownership", rows),
        "cash_flow": _cash_flows(plan, site, site.finance, yearly, replication),
    }


def _device_hours(plan: Plan, so_far: Mapping[str, pd.DataFrame]) -> tuple[float, float]:
    """Hours of devices in a year: of all, and of those in use.

    In use are replicas that endpoints keep, busy or not, unless their servers are off, and slots on which jobs run. A
    device is an accelerator, split or not, or a slot of a server without any.
    """
    of_a_slot = {name: 1.0 / (plan.scenario.fleet[name].partition or 1) for name in plan.groups}
    in_use = _in_use(plan, so_far)
    used = sum(owner.slots * of_a_slot[owner.group] * in_use[owner.name] for owner in owners(plan))
    return sum(group.slots * of_a_slot[name] for name, group in plan.groups.items()) * HOURS, used * HOURS


def _in_use(plan: Plan, so_far: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Share of the counted time in which the slots of each owner are in use."""
    own = so_far["attribution"].groupby("owner")[["reserved_slot_s", "off_slot_s"]].sum()
    found = {str(name): 1.0 - row["off_slot_s"] / max(row["reserved_slot_s"], 1e-9) for name, row in own.iterrows()}
    for name, queue in plan.queues.items():
        jobs = so_far["jobs"][so_far["jobs"]["queue"] == name]
        busy_s = counted_slot_s(jobs, plan.grid.warm_up_s, float(plan.grid.marks_s[-1])).sum()
        found[f"training {name}"] = float(busy_s) / (queue.spec.slots * plan.grid.counted_s)
    return found


def _ways(
    plan: Plan, site: SitePlan, finance: FinancePlan, costs: pd.DataFrame, device_h: tuple[float, float]
) -> dict[str, list[Running]]:
    """What a year costs, line by line, of each way to have it; annuities are among the lines of `items.BOUGHT`."""
    growth = finance.spec.inflation
    per_year = costs.groupby("item", sort=False)["usd"].sum() * (YEAR_S / plan.grid.counted_s)
    own = [Running(str(name), float(usd), growth) for name, usd in per_year.items()]
    found = {items.BUILD: own}
    if finance.colocation is not None:
        assert plan.scenario.facility is not None, "finance was asked for a building"
        rent = finance.colocation
        rent_usd = rent.usd * plan.scenario.facility.it_capacity
        it_only = _of_it_alone(own, assets(plan, site), finance)
        found[items.COLOCATION] = [*it_only, Running(items.COLOCATION_RENT, rent_usd, rent.price_change)]
    if finance.cloud is not None:
        rent = finance.cloud
        rent_usd = rent.usd * (device_h[1] if rent.on_demand else device_h[0])
        found[items.CLOUD] = [Running(items.CLOUD_RENT, rent_usd, rent.price_change)]
    return found


def _of_it_alone(own: list[Running], bought: list[Asset], finance: FinancePlan) -> list[Running]:
    """The lines that are left to who rents the building: IT, its maintenance, tax and insurance, and electricity."""
    it_usd = sum(each.price_usd for each in bought if each.name in (items.SERVERS, items.NETWORK))
    kept_usd = {
        items.PROPERTY_TAX: finance.property_tax_share * it_usd,
        items.INSURANCE: finance.insurance_share * it_usd,
    }
    its_own = (items.SERVERS, items.NETWORK, items.IT_MAINTENANCE)
    return [
        replace(each, usd_per_year=kept_usd.get(each.name, each.usd_per_year))
        for each in own
        if each.name in (*its_own, *kept_usd) or each.name.startswith("electricity")
    ]


def _used_part(item: str, varying: float, finance: FinancePlan) -> float:
    """Share of a line that grows with the hours of use: of metered lines what the servers drew above idle."""
    if item == items.CLOUD_RENT:
        return float(finance.cloud is not None and finance.cloud.on_demand)
    return varying if items.is_metered(item) else 0.0


def _varying_share(attribution: pd.DataFrame) -> float:
    """Energy above idle over all energy at the servers' plugs [-]."""
    idle_j, active_j = attribution["idle_j"].sum(), attribution["active_j"].sum()
    return float(active_j / (idle_j + active_j)) if idle_j + active_j > 0.0 else 0.0


def _cash_flows(
    plan: Plan, site: SitePlan, finance: FinancePlan, ways: Mapping[str, list[Running]], replication: int
) -> pd.DataFrame:
    """What each way costs year by year, and what that is worth today."""
    bought, years = assets(plan, site), finance.spec.years
    names = {each.name for each in bought}
    has = {
        items.BUILD: bought,
        items.COLOCATION: [each for each in bought if each.name in (items.SERVERS, items.NETWORK)],
        items.CLOUD: [],
    }
    tables = []
    for way, parts in ways.items():
        running = [each for each in parts if each.name not in names]
        flow = cash_flow(has[way], running, years, finance.spec.at_end == "sold", finance.tax)
        year = np.arange(years + 1)
        columns = {
            "replication": replication,
            "way": way,
            "year": year,
            "capital_usd": flow.capital_usd,
            "running_usd": flow.running_usd,
            "tax_usd": flow.tax_usd,
            "end_usd": flow.end_usd,
            "net_usd": flow.net_usd,
            "present_usd": flow.net_usd / (1.0 + finance.discount_rate) ** year,
        }
        tables.append(frame("cash_flow", columns))
    return pd.concat(tables, ignore_index=True)
