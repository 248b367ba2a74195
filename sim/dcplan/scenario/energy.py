"""Energy on site: what generates and stores it, the rule by which the battery works, and demand response."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dcplan.scenario.base import YEARS, Moment, Name, PositiveDuration, Power, Spec, Unit

OnSiteEnergy = Annotated[float, Unit("J"), Field(gt=0, le=1e16)]
Tilt = Annotated[float, Unit("deg"), Field(ge=0, le=90)]
Azimuth = Annotated[float, Unit("deg"), Field(ge=0, lt=360)]
Height = Annotated[float, Unit("m"), Field(ge=10, le=300)]
Age = Annotated[float, Unit("s"), Field(ge=0, le=60 * YEARS)]


class Solar(Spec):
    """Photovoltaic modules on a fixed rack."""

    model: str = "pv-pvwatts"
    """Losses, inverter and ageing: a profile in `profiles/energy/`."""
    power: Power
    """Nameplate power of the modules (direct current)."""
    tilt: Tilt
    """Of the modules above the horizontal, e.g. '25 deg'."""
    azimuth: Azimuth
    """Where they look, clockwise from north, e.g. '180 deg' for south."""
    age: Age = "0 s"  # type: ignore[assignment]  # read like a scenario's text
    """How old they are, e.g. '5 years'; they lose a little each year."""


class Wind(Spec):
    """Wind turbines."""

    model: str = "turbine-nrel-4mw-150"
    """Power curve, wind over height and losses: a profile in `profiles/energy/`."""
    power: Power
    """Rating of all together; they share the curve of the model."""
    hub_height: Height
    """Of the rotor's middle above the ground, e.g. '100 m'."""


class OnSiteBattery(Spec):
    """A battery that works every day, beside those of the UPS."""

    model: str = "battery-li-ion-reopt"
    """Efficiencies, least charge and ageing: a profile in `profiles/energy/`."""
    energy: OnSiteEnergy
    """Capacity, e.g. '2 MWh'."""
    power: Power
    """Most power, charging and discharging."""
    ups_reserve: Annotated[float, Unit("J"), Field(ge=0, le=1e16)] = "0 J"  # type: ignore[assignment]  # as above
    """Energy that it keeps for the UPS above its least charge: no dispatch touches it, e.g. '100 kWh'."""


class PeakShaving(Spec):
    """The battery keeps the meter at a threshold: it gives what is above, and is charged from what is left below."""

    kind: Literal["peak_shaving"]
    threshold: Power | None = None
    """At which the meter is kept; without it, the lowest one that could have been held the day before."""


class TimeOfUse(Spec):
    """The battery is charged while energy costs least of the day, and discharged while it costs most."""

    kind: Literal["time_of_use"]
    charge_below: Power | None = None
    """Power at the meter that charging does not exceed, so that it makes no new peak; none unless said."""


class CarbonRule(Spec):
    """The battery is charged while the grid is cleaner than in the last 24 hours, discharged while it is dirtier."""

    kind: Literal["carbon"]
    charge_below: Power | None = None
    """Power at the meter that charging does not exceed, so that it makes no new peak; none unless said."""


Dispatch = Annotated[PeakShaving | TimeOfUse | CarbonRule, Field(discriminator="kind")]


class DemandResponse(Spec):
    """The grid asks the site to draw less for a while; battery first, then generators that have a `permit`."""

    at: Moment
    """When, site time, e.g. 2025-07-09 16:00."""
    lasts: PositiveDuration
    """For how long, e.g. '2 h'."""
    reduction: Power
    """How much less than the building draws beyond sun and wind at that time."""


class Energy(Spec):
    """Energy on site."""

    solar: Solar | None = None
    """Photovoltaic modules."""
    wind: Wind | None = None
    """Wind turbines."""
    battery: OnSiteBattery | None = None
    """A battery that works every day."""
    dispatch: Dispatch | None = None
    """The rule by which the battery works; it needs one."""
    compare_with_optimum: bool = True
    """Find the cheapest dispatch that knows all of the future, too; it takes seconds for a year in quarter hours."""
    export_limit: Annotated[float, Unit("W"), Field(ge=0, le=1e12)] = "0 W"  # type: ignore[assignment]  # as above
    """Most power from sun and wind to the grid; beyond it they are curtailed."""
    demand_response: dict[Name, DemandResponse] = Field(default_factory=dict)
    """When the grid asks the site to draw less."""
    prices: str = "on-site-us"
    """What modules, turbines and batteries cost: `profiles/cost/`."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.solar is None and self.wind is None and self.battery is None and not self.demand_response:
            raise ValueError("nothing is generated or stored; add 'solar', 'wind' or 'battery', or remove 'energy'")
        if self.battery is not None and self.dispatch is None:
            raise ValueError("a battery needs a rule; add e.g. 'dispatch: {kind: time_of_use}'")
        if self.dispatch is not None and self.battery is None:
            raise ValueError("a rule needs a battery; add 'battery' with energy and power, or remove 'dispatch'")
        return self
