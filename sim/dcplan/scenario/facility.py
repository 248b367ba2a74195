"""The building around the servers: its power chain and its cooling plant."""

from __future__ import annotations

from dcplan.scenario.base import Power, Spec
from dcplan.scenario.cooling import Cooling
from dcplan.scenario.incidents import RideThrough
from dcplan.scenario.power import PowerChain


class Facility(Spec):
    """The building."""

    it_capacity: Power
    """Server power that the building is made for, e.g. '60 kW': the plant is sized and the building paid by it."""
    power: PowerChain
    """The power chain."""
    cooling: Cooling
    """The cooling plant."""
    ride_through: RideThrough | None = None
    """How the room stands a loss of cooling; needed for `incidents`."""
