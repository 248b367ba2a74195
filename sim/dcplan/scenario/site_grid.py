"""What a site says about the carbon of its grid beside the name of a profile."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.scenario.base import Name, Spec, Unit


class Contract(Spec):
    """Electricity without carbon that is bought by contract, e.g. from a wind park, with its certificates."""

    share: Annotated[float, Field(gt=0, le=1)]
    """Of the energy at the meter that it covers, e.g. 0.6."""
    matching: Literal["hourly", "annual"]
    """Generated in the very hour in which it is used; or in the course of the year, evenly, whatever is used when."""


class CarbonFile(Spec):
    """Carbon of a grid by the hour or quarter of an hour, from a CSV."""

    file: str
    """Beside the scenario: columns `time` and `kg_per_kwh` or `g_per_kwh`."""
    time_zone: str
    """Of its times, e.g. 'Europe/Berlin' or 'UTC'; an hour that the clock shows twice stands there twice."""


class SiteGrid(Spec):
    """Carbon of the grid's electricity: one region of many, contracts, and what a tonne costs."""

    profile: str
    """Carbon of the grid's electricity: `profiles/carbon/`."""
    region: str | None = None
    """Of a profile that holds many, e.g. 'DEU' of countries-2023."""
    hourly: CarbonFile | None = None
    """What a kWh emits when, in place of the profile's average over the year."""
    marginal: CarbonFile | None = None
    """What one kWh more or less changes when: told beside the others, since it is not what a kWh stands for."""
    contracts: dict[Name, Contract] = Field(default_factory=dict)
    """Electricity bought by contract; they make the market-based figure, not the location-based one."""
    residual_mix: Annotated[float, Unit("kg/kWh"), Field(ge=0, le=3)] | None = None
    """CO2e of what no contract covers, market-based; if not given, the grid's average."""
    carbon_price: Annotated[float, Unit("USD/t"), Field(ge=0)] | None = None
    """What a tonne of CO2e costs, location-based and fuel of generators: a tax, or a price of your own for planning."""

    @model_validator(mode="after")
    def _no_more_than_all(self) -> SiteGrid:
        if (total := sum(each.share for each in self.contracts.values())) > 1.0 + 1e-9:
            raise ValueError(f"the contracts cover {total:.0%} of the energy; lower a 'share'")
        if self.residual_mix is not None and not self.contracts:
            raise ValueError("residual_mix is of what no contract covers; name 'contracts', or remove it")
        return self
