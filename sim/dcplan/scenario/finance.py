"""The money over years: what owning costs beside servers, building and electricity, and what renting would."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.scenario.base import Fraction, Spec, Unit

Change = Annotated[float, Field(gt=-1, le=1)]
"""Of a price from one year to the next, e.g. -0.1 for a tenth less."""
Rate = Annotated[float, Field(ge=0, le=1)]


class BuildingPrice(Spec):
    """What a building costs where it stands."""

    prices: str
    """Price per watt of servers by region, and what liquid cooling adds: `profiles/cost/`."""
    region: str
    """One of its regions."""


class Colocation(Spec):
    """Room, power and cooling are rented; servers are bought, and electricity is paid as measured, as in one's own."""

    prices: str
    """Rent per kW of servers: `profiles/rent/`."""
    price_change: Change
    """Of the rent by the year, e.g. 0.03."""


class Cloud(Spec):
    """Accelerators are rented by the hour, with all that they need."""

    prices: str
    """Rent per hour of an accelerator: `profiles/rent/`."""
    pay: Literal["on_demand", "reserved"]
    """For the hours in which replicas are kept and jobs run; or for as many accelerators as the fleet has, all year."""
    price_change: Change
    """Of the rent by the year, e.g. -0.1."""


class BuildingClasses(Spec):
    """Which part of the building's price is deducted over which time (MACRS)."""

    over_5_years: Fraction
    """Equipment that serves the computers rather than the building."""
    over_15_years: Fraction
    """Land improvements and interior of the building."""
    over_39_years: Fraction
    """The building itself."""

    @model_validator(mode="after")
    def _whole(self) -> BuildingClasses:
        total = self.over_5_years + self.over_15_years + self.over_39_years
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the parts are {total:g} together; they must be 1")
        return self


class Taxes(Spec):
    """Tax on income, lowered by costs and depreciation; its payer has other income to deduct them from."""

    rate: Annotated[float, Field(gt=0, lt=1)]
    """Federal and state together, e.g. 0.25."""
    building: BuildingClasses
    """How the building is deducted; servers and network are over 5 years, land is not."""


class Finance(Spec):
    """Cost of ownership over years; each part of the run's costs then has its share of it."""

    prices: str
    """Network, maintenance, staff, land, insurance, property tax: `profiles/cost/`."""
    year: Annotated[int, Field(ge=1990, le=2200, strict=True)]
    """In whose money all is counted; prices of other years are brought to it."""
    inflation: Change
    """By the year, of all prices but those of servers and rents, e.g. 0.025."""
    server_price_change: Change
    """Of a server and its network by the year, e.g. -0.1: what is bought again is cheaper."""
    years: Annotated[int, Field(ge=1, le=60, strict=True)]
    """How far the cash flow looks."""
    at_end: Literal["sold", "worthless"]
    """What becomes of what is left then: sold at its price less straight-line wear (land: at its price), or nothing."""
    discount_rate: Rate | None = None
    """Cost of capital; without it, that of `site.prices`."""
    building: BuildingPrice | None = None
    """What the building costs per watt; without it, the price in `site.prices`."""
    land: Annotated[float, Unit("m^2"), Field(gt=0, le=1e8)] | None = None
    """Land that is bought, e.g. '2 acre' or '8000 m^2'; without it, none is."""
    income_tax: Taxes | None = None
    """Without it, before tax."""
    colocation: Colocation | None = None
    """Rent instead of a building of one's own."""
    cloud: Cloud | None = None
    """Rent instead of servers of one's own."""
