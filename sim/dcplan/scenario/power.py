"""The power chain of a building: from the utility meter to the servers' plugs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dcplan.scenario.base import Count, Fraction, PositiveDuration, Power, Spec

Redundancy = Literal["n", "n+1", "2n"]
Modules = Annotated[int, Field(ge=1, le=1000, strict=True)]


class Utility(Spec):
    """The connection to the grid."""

    limit: Power
    """Most power the connection may carry, e.g. '120 kW'."""


class Transformer(Spec):
    """The transformer behind the meter."""

    model: str = "transformer-dry"
    """Loss curve: a profile in `profiles/power/`."""
    rating: Power
    """Nameplate power."""


class EcoMode(Spec):
    """A UPS whose load runs on the utility through a bypass."""

    model: str = "ups-eco-mode"
    """Losses and transfer time: a profile in `profiles/power/`."""
    share: Fraction
    """Share of the time in eco mode; in the rest the utility is not clean enough, e.g. 0.95."""


class Battery(Spec):
    """The batteries of the UPS."""

    model: str = "battery-vrla"
    """Efficiencies and recharge time: a profile in `profiles/power/`."""
    ride_through: PositiveDuration
    """How long they carry the rating of the UPS, e.g. '5 min'."""


class Ups(Spec):
    """The uninterruptible power supply in front of the servers."""

    model: str = "ups-double-conversion"
    """Loss curve: a profile in `profiles/power/`."""
    rating: Power
    """Power that the modules needed for full load carry together, spare ones not counted."""
    modules: Modules = 1
    """Modules needed for full load."""
    redundancy: Redundancy = "n"
    """Spare modules: none, one more, or a second full set; running modules share the load."""
    share: Fraction = 1.0
    """Share of the servers' power that passes through it; the rest has no UPS, e.g. 0.1."""
    eco: EcoMode | None = None
    """Eco mode; without it, always double conversion."""
    battery: Battery | None = None
    """Its batteries."""


class Distribution(Spec):
    """Cables and power distribution between UPS and servers."""

    model: str = "pdu-busway"
    """Loss curve: a profile in `profiles/power/`."""
    rating: Power
    """Nameplate power."""
    transformer: Transformer | None = None
    """In distribution units (PDU) that lower the voltage."""


class Switchgear(Spec):
    """Switchgear and cables between the transformer and the building."""

    model: str = "switchgear"
    """Loss curve: a profile in `profiles/power/`."""
    rating: Power
    """Nameplate power."""


class Generators(Spec):
    """Standby generators: heated while they wait, tested every month."""

    model: str = "generator-diesel"
    """Fuel, start and tests: a profile in `profiles/power/`."""
    rating: Power
    """Rating of one generator."""
    needed: Modules = 1
    """Generators needed for full load."""
    redundancy: Redundancy = "n"
    """Spare generators: none, one more, or a second full set."""
    permit: PositiveDuration | None = None
    """Time a year that they may run beyond emergencies, tests included, e.g. '100 h'; demand response needs it."""


class PowerSupply(Spec):
    """The power supply units inside each server; their loss is part of the server's power."""

    model: str = "psu-titanium"
    """Efficiency curve: a profile in `profiles/power/`."""
    rating: Power
    """Output rating of one unit."""
    redundancy: Literal["1", "1+1"] = "1+1"
    """One unit, or two that share the load."""
    count: Count | None = None
    """Units that share the load of all servers, where they are not in the servers: the rectifiers of power shelves."""

    @model_validator(mode="after")
    def _counted_once(self) -> Self:
        if self.count is not None and "redundancy" in self.model_fields_set:
            raise ValueError("supplies are counted by 'count' or by 'redundancy' in each server; remove one of the two")
        return self


class Hall(Spec):
    """The hall of the servers."""

    limit: Power
    """Most power its servers may draw, e.g. '2 MW'."""


class Capping(Spec):
    """Servers are slowed down when racks, rows or the hall would draw more than their limit."""

    every: PositiveDuration
    """Time between two looks at the power, e.g. '10 s'."""
    least: Annotated[float, Field(gt=0, le=1)] = 0.2
    """Power above rest, over that at full speed, below which no cap goes: boards refuse lower ones."""


class Breakers(Spec):
    """Breakers rated at the limits of racks, rows, hall and, with `ride_through`, utility: overloads trip them."""

    curve: Literal["very_inverse", "extremely_inverse"]
    """Inverse-time curve of IEEE C37.112: 20 % too much trips after 45 s or 64 s, 100 % after 7 s or 10 s."""
    time_multiplier: Annotated[float, Field(ge=0.1, le=15)]
    """Time to trip over that of the curve: 1 for the curve itself."""
    every: PositiveDuration
    """Time between two looks at the load, e.g. '5 s'."""
    reset: PositiveDuration
    """Time from a trip until somebody has closed the breaker and the servers serve again, e.g. '30 min'."""


class PowerChain(Spec):
    """From the utility meter to the servers' plugs."""

    utility: Utility
    """The connection to the grid."""
    transformer: Transformer
    """The transformer behind the meter."""
    ups: Ups
    """The uninterruptible power supply."""
    distribution: Distribution
    """Cables and distribution units."""
    supplies: PowerSupply
    """Power supply units of the servers."""
    switchgear: Switchgear | None = None
    """Switchgear and cables behind the transformer; without it, their losses are neglected."""
    generators: Generators | None = None
    """Standby generators."""
    hall: Hall | None = None
    """The hall that the servers stand in; without it, it has no limit of its own."""
    capping: Capping | None = None
    """Slows servers at the limits of racks, rows and hall; without it or breakers, what could pass them is refused."""
    breakers: Breakers | None = None
    """Switch off what overloads racks, rows, hall or utility; without them, an overload has no consequence."""
