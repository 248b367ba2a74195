"""What `finance` asks for, looked up: prices in one currency and of one year, shares, rents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dcplan.economics.depreciation import RecoveryYears
from dcplan.economics.lifetime import IncomeTax
from dcplan.engine.assumptions import Assumptions
from dcplan.errors import InputError
from dcplan.profiles.library import Library, Profile
from dcplan.profiles.price import Price, read_price
from dcplan.scenario.finance import Cloud, Colocation, Finance
from dcplan.scenario.scenario import Scenario

CURRENCY = "USD"
"""Of all tables and KPIs, whose names say so."""
M2_PER_ACRE = 4046.8564224
W_PER_KW, W_PER_MW = 1e3, 1e6
MONTHS = 12
PART = "finance"


@dataclass(frozen=True)
class Rent:
    """What renting costs.

    Attributes:
        usd: Per W of servers and year, or per hour of an accelerator [USD].
        price_change: Of it by the year [1/a].
        on_demand: Whether only the hours of use are paid.
    """

    usd: float
    price_change: float
    on_demand: bool = False


@dataclass(frozen=True)
class FinancePlan:
    """Cost of ownership, in the money of one year.

    Attributes:
        spec: What the scenario says.
        discount_rate: Cost of capital [1/a].
        facility_usd_per_w: Price of the building per watt of servers [USD/W].
        server_usd: Price of a server, by the name of its price [USD].
        water_usd_per_m3: Price of water [USD/m3].
        network_share: Price of the network over that of the servers [-].
        network_life_years: How long it lasts [a].
        it_maintenance_share: Of the price of servers and network, by the year [1/a].
        facility_maintenance_usd_per_w: By the year, per watt of servers that the building is made for [USD/(W a)].
        staff_usd_per_w: By the year, likewise [USD/(W a)].
        land_usd: Price of the land [USD].
        property_tax_share: Of the price of everything bought, by the year [1/a].
        insurance_share: Likewise [1/a].
        classes: How the building is deducted from income, by class of recovery.
        tax: On income; None if not asked for.
        colocation: Rent of room, power and cooling; None if not asked for.
        cloud: Rent of accelerators; None if not asked for.
    """

    spec: Finance
    discount_rate: float
    facility_usd_per_w: float
    server_usd: Mapping[str, float]
    water_usd_per_m3: float
    network_share: float
    network_life_years: float
    it_maintenance_share: float
    facility_maintenance_usd_per_w: float
    staff_usd_per_w: float
    land_usd: float
    property_tax_share: float
    insurance_share: float
    classes: Mapping[RecoveryYears, float]
    tax: IncomeTax | None
    colocation: Rent | None
    cloud: Rent | None


def finance_plan(
    scenario: Scenario,
    spec: Finance,
    servers: Mapping[str, Iterable[str]],
    discount_rate: float,
    library: Library,
    assumptions: Assumptions,
) -> FinancePlan:
    """Everything that *spec* asks for from *library*.

    Args:
        scenario: All of what is built.
        spec: Its `finance`.
        servers: Kinds of machine in the fleet, by the name of their server's price.
        discount_rate: Of `site.prices`, unless *spec* has its own.
        library: The profiles.
        assumptions: Where they are noted.
    """
    assert scenario.site is not None, "finance needs a site, which the scenario was asked for"
    prices, owning = library.load("cost", scenario.site.prices), library.load("cost", spec.prices)
    assumptions.use_values(PART, owning, leave_out=() if spec.land is not None else {"land"})
    _note(spec, assumptions)
    per_kw, person = (
        _usd(owning, name, per, spec.year, spec.inflation)
        for name, per in (("facility_maintenance", "kW/a"), ("staff", "a"))
    )
    return FinancePlan(
        spec=spec,
        discount_rate=discount_rate if spec.discount_rate is None else spec.discount_rate,
        facility_usd_per_w=_building(scenario, spec, prices, library, assumptions),
        server_usd={name: _usd(prices, name, "", spec.year, spec.server_price_change) for name in servers},
        water_usd_per_m3=_usd(prices, "water_usd_per_m3", "m3", spec.year, spec.inflation),
        network_share=_share(owning, "network_share"),
        network_life_years=_share(owning, "network_life_years"),
        it_maintenance_share=_share(owning, "it_maintenance_share"),
        facility_maintenance_usd_per_w=per_kw / W_PER_KW,
        staff_usd_per_w=person * _share(owning, "staff_per_mw") / W_PER_MW,
        land_usd=0.0 if spec.land is None else _land_usd(owning, spec, spec.land),
        property_tax_share=_share(owning, "property_tax_share"),
        insurance_share=_share(owning, "insurance_share"),
        classes=dict(_classes(spec)),
        tax=None if spec.income_tax is None else IncomeTax(spec.income_tax.rate, scenario.start.month),
        colocation=None if spec.colocation is None else _colocation(spec.colocation, spec, library, assumptions),
        cloud=None if spec.cloud is None else _cloud(spec.cloud, spec, servers, library, assumptions),
    )


def _note(spec: Finance, assumptions: Assumptions) -> None:
    """What the scenario itself says about money, and what is done with it."""

    def said(name: str, value: str) -> None:
        assumptions.add(PART, name, value, "scenario", "written in the scenario")

    def done(name: str, value: str) -> None:
        assumptions.add(PART, name, value, "model", "how dcplan computes it")

    said("money", f"{CURRENCY} of {spec.year}")
    said("inflation", f"{spec.inflation:.3g} 1/a")
    said("change of the price of servers and network", f"{spec.server_price_change:.3g} 1/a")
    if spec.discount_rate is not None:
        said("discount rate", f"{spec.discount_rate:.3g} 1/a")
    done("a year of costs", "the counted time over and over, as if every week were like this one")
    done("electricity", "at the tariff as published, in the first year; then with inflation")
    done("split of what is bought and runs anyway", "by reserved slots, weighted with price (IT) or power (building)")


def _usd(profile: Profile, name: str, per: str, year: int, change: float, among: str = "") -> float:
    return read_price(profile, name, per, CURRENCY, among).in_year(year, change).amount


def _land_usd(owning: Profile, spec: Finance, area_m2: float) -> float:
    return _usd(owning, "land", "acre", spec.year, spec.inflation) * area_m2 / M2_PER_ACRE


def _share(profile: Profile, name: str) -> float:
    try:
        value = float(profile.values[name]["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"cost profile '{profile.name}' lacks {error}") from error
    if not 0.0 <= value < float("inf"):
        raise InputError(f"cost profile '{profile.name}': {name} is {value:g}", "write a number from 0 on")
    return value


def _building(scenario: Scenario, spec: Finance, prices: Profile, library: Library, assumptions: Assumptions) -> float:
    """Price of the building per watt of servers [USD/W]."""
    assert scenario.facility is not None, "finance needs a building, which the scenario was asked for"
    if spec.building is None:
        return _usd(prices, "facility_usd_per_w", "W", spec.year, spec.inflation)
    regions = library.load("cost", spec.building.prices)
    price = read_price(regions, spec.building.region, "W", CURRENCY, "regions")
    premium = _share(regions, "liquid_premium") if scenario.facility.cooling.liquid is not None else 0.0
    entry = regions.values["regions"][spec.building.region]
    source, unread = str(entry.get("source", regions.source)), bool(entry.get("unverified", regions.unverified))
    assumptions.add(PART, f"building in {spec.building.region}", str(price), regions.kind, source, not unread)
    if premium:
        entry = regions.values["liquid_premium"]
        source = str(entry.get("source", regions.source))
        assumptions.add(PART, "premium of liquid cooling", f"{premium:.3g}", regions.kind, source)
    return price.in_year(spec.year, spec.inflation).amount * (1.0 + premium)


def _classes(spec: Finance) -> Iterator[tuple[RecoveryYears, float]]:
    if spec.income_tax is not None:
        parts = spec.income_tax.building
        yield 5, parts.over_5_years
        yield 15, parts.over_15_years
        yield 39, parts.over_39_years


def _colocation(rent: Colocation, spec: Finance, library: Library, assumptions: Assumptions) -> Rent:
    profile = library.load("rent", rent.prices)
    assumptions.use_values(PART, profile)
    month = _usd(profile, "per_kw_month", "kW/month", spec.year, rent.price_change)
    return Rent(MONTHS * month / W_PER_KW, rent.price_change)


def _cloud(
    rent: Cloud, spec: Finance, servers: Mapping[str, Iterable[str]], library: Library, assumptions: Assumptions
) -> Rent:
    profile = library.load("rent", rent.prices)
    rented = {str(machine) for machine in profile.values.get("machines", ())}
    others = sorted({machine for machines in servers.values() for machine in machines} - rented)
    if others:
        remedy = "leave 'cloud' out, or name the rent of what the fleet has"
        raise InputError(f"'{rent.prices}' rents {', '.join(sorted(rented))}, not {', '.join(others)}", remedy)
    assumptions.use_values(PART, profile, leave_out={"on_demand", "reserved"} - {rent.pay})
    price: Price = read_price(profile, rent.pay, "h", CURRENCY).in_year(spec.year, rent.price_change)
    return Rent(price.amount, rent.price_change, on_demand=rent.pay == "on_demand")
