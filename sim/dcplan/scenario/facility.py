"""The building around the servers: its power chain and its cooling plant."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dcplan.scenario.base import Power, Spec, Unit
from dcplan.scenario.cooling import Cooling

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


class Distribution(Spec):
    """Cables and power distribution between UPS and servers."""

    model: str = "pdu-busway"
    """Loss curve: a profile in `profiles/power/`."""
    rating: Power
    """Nameplate power."""


class PowerSupply(Spec):
    """The power supply units inside each server; their loss is part of the server's power."""

    model: str = "psu-titanium"
    """Efficiency curve: a profile in `profiles/power/`."""
    rating: Power
    """Output rating of one unit."""
    redundancy: Literal["1", "1+1"] = "1+1"
    """One unit, or two that share the load."""


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


class Facility(Spec):
    """The building."""

    it_capacity: Power
    """Server power that the building is made for, e.g. '60 kW': the plant is sized and the building paid by it."""
    lighting: Annotated[float, Unit("W"), Field(ge=0, le=1e9)] | None = None
    """Light and small loads, e.g. '5 kW'; without it, the share of `it_capacity` in `chilled-water-defaults`."""
    power: PowerChain
    """The power chain."""
    cooling: Cooling
    """The cooling plant."""
