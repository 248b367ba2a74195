"""The building around the servers: its power chain and its cooling plant."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcplan.scenario.base import Power, Spec, Unit
from dcplan.scenario.cooling import Cooling
from dcplan.scenario.incidents import RideThrough
from dcplan.scenario.power import PowerChain


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
    ride_through: RideThrough | None = None
    """How the room stands a loss of cooling; needed for `incidents`."""
