"""The building around the servers: its power chain and its cooling plant."""

from __future__ import annotations

from typing import Literal

from dcplan.scenario.base import Power, Spec, Temperature, TemperatureRise
from dcplan.scenario.incidents import RideThrough
from dcplan.scenario.power import Modules, PowerChain, Redundancy


class ChilledWater(Spec):
    """An air-cooled room on chilled water: CRAH units, chillers, a cooling tower, perhaps a water-side economiser."""

    kind: Literal["chilled_water"]
    chillers: Modules = 1
    """Chillers needed for full load."""
    redundancy: Redundancy = "n+1"
    """Spare chillers and CRAH units."""
    crah_units: Modules = 2
    """Room air handlers (CRAH) needed for full load."""
    supply_air: Temperature
    """Temperature of the air that the servers breathe in, before recirculation, e.g. '24 degC'."""
    air_rise: TemperatureRise = "12 K"  # type: ignore[assignment]  # read like a scenario's text
    """How much the servers warm the air."""
    chilled_water: Temperature
    """Temperature of the water leaving the chiller, e.g. '15 degC'."""
    chiller: str = "trane-cvhe-1442"
    """Chiller curve, scaled to the capacity: a profile in `profiles/cooling/`."""
    economiser: Literal["none", "waterside"] = "none"
    """`waterside`: the tower cools the chilled water without the chiller when the air is dry and cold enough."""


class Facility(Spec):
    """The building."""

    it_capacity: Power
    """Server power that the building is made for, e.g. '60 kW': the plant is sized and the building paid by it."""
    power: PowerChain
    """The power chain."""
    cooling: ChilledWater
    """The cooling plant."""
    ride_through: RideThrough | None = None
    """How the room stands a loss of cooling; needed for `incidents`."""
