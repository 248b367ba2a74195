"""What cools the building: one of four kinds for the room's air, and perhaps liquid for the servers."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from dcplan.scenario.base import PositiveDuration, Power, Spec, Temperature, TemperatureRise
from dcplan.scenario.power import Modules, Redundancy

CopFactor = Annotated[float, Field(ge=0.3, le=1.5)]

Terminal = Literal["crah", "fan_wall", "in_row", "rear_door", "rear_door_passive"]
AshraeClass = Literal["A1", "A2", "A3", "A4", "H1"]

WATER_CLASSES = MappingProxyType({f"W{warmest}": f"{warmest} degC" for warmest in (17, 27, 32, 40, 45)})
"""Warmest facility water of each class (ASHRAE TC 9.9, 2021)."""


def _warmest(text: object) -> object:
    """The warmest water of a class; anything else as it is."""
    if isinstance(text, str) and re.fullmatch(r"\s*[Ww]\d+\+?\s*", text):
        known = WATER_CLASSES.get(text.strip().upper())
        if known is None:
            raise ValueError(f"there is no water class {text.strip()}; known are {', '.join(WATER_CLASSES)}")
        return known
    return text


FacilityWater = Annotated[
    Temperature,
    BeforeValidator(_warmest),
    WithJsonSchema({"type": "string", "examples": ["32 degC", *WATER_CLASSES]}),
]

AIR_CHILLER, WATER_CHILLER = "york-ycal0033", "trane-cvhe-1442"
YORKCALC = "tower-yorkcalc"


class Liquid(Spec):
    """Liquid to the servers: coolant distribution units (CDU) and the facility's water behind them."""

    share: Annotated[float, Field(gt=0, le=1)]
    """Share of the servers' power whose heat goes into the coolant, e.g. 0.8; the air takes the rest."""
    supply: FacilityWater | None = None
    """Facility water to the CDUs, e.g. '32 degC', or a class and its warmest, e.g. W32; not with `chilled_water`."""
    to: Literal["tower", "dry_cooler", "adiabatic_cooler", "chilled_water"] = "tower"
    """Where its heat goes: a tower or dry cooler of its own, without chillers, or the chilled water of the room."""
    cdus: Modules = 2
    """CDUs needed for full load; the redundancy of the room adds to them."""
    coolant_rise: TemperatureRise | None = None
    """How much the servers warm the coolant; without it, the value of `profiles/cooling/liquid-defaults`."""

    @model_validator(mode="after")
    def _has_a_temperature(self) -> Self:
        if (self.supply is None) != (self.to == "chilled_water"):
            if self.supply is None:
                raise ValueError("facility water of its own needs a temperature; add e.g. 'supply: W32'")
            raise ValueError("'to: chilled_water' has the temperature of the chilled water; remove 'supply'")
        return self


class HeatReuse(Spec):
    """Somebody who takes heat out of the servers' water."""

    demand: Power
    """Most heat that they take, e.g. '300 kW'."""
    needs: Temperature
    """Coldest water that is of use, e.g. '35 degC'."""
    heat_pump: bool = False
    """A heat pump lifts colder water to that, at the site's expense; without it, colder water is of no use."""
    below: Temperature | None = None
    """Outdoor temperature below which heat is wanted; without it, all year."""


class EconomiserControl(Spec):
    """When an economiser is switched; what is left out is as in the profiles of assumptions, without a least time."""

    dead_band: TemperatureRise | None = None
    """Once started, it goes on until it brings this much less than it must to start, e.g. '1 K'."""
    min_run: PositiveDuration | None = None
    """How long it stays on or off at least, once switched, e.g. '20 min'; in whole steps, rounded up."""


class _Room(Spec):
    """What rooms of every kind have."""

    redundancy: Redundancy = "n+1"
    """Spare units: none, one more, or a second full set."""
    supply_air: Temperature
    """Temperature of the air that the servers breathe in, before recirculation, e.g. '24 degC'."""
    air_rise: TemperatureRise = "12 K"  # type: ignore[assignment]  # read like a scenario's text
    """How much the servers warm the air."""
    terminal: Terminal = "crah"
    """What moves the room's air: air handlers, a fan wall, units in the row, or doors at the rear of the racks."""
    ashrae_class: AshraeClass = "A2"
    """What air the servers allow (ASHRAE TC 9.9); hours outside it are counted."""
    liquid: Liquid | None = None
    """Liquid to the servers for a share of their heat."""
    economiser_control: EconomiserControl | None = None
    """When the economiser beside compressors is switched."""
    tower: str = YORKCALC
    """Law of its cooling towers, scaled to the capacity: a profile in `profiles/cooling/`, e.g. tower-merkel."""
    heat_reuse: HeatReuse | None = None
    """Heat that is given away: out of the liquid's own facility water, or else out of the chilled water."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        watered = getattr(self, "kind", "") in ("chilled_water", "warm_water")
        outdoors = getattr(self, "kind", "") == "free_air" or getattr(self, "economiser", "").startswith("airside")
        if self.terminal.startswith("rear_door") and (outdoors or not watered):
            raise ValueError("doors at the rear of racks cool with water and move no outdoor air; use 'terminal: crah'")
        own_water = self.liquid is not None and self.liquid.to != "chilled_water"
        if self.liquid is not None and not own_water and getattr(self, "kind", "") != "chilled_water":
            raise ValueError("the liquid's heat cannot go to chilled water: there is no chilled water; use 'to: tower'")
        if self.heat_reuse is not None and not watered and not own_water:
            raise ValueError("heat is reused out of water, and there is no water; remove 'heat_reuse' or add 'liquid'")
        towers = "tower" in (getattr(self, "rejection", ""), "" if self.liquid is None else self.liquid.to)
        if self.tower != YORKCALC and not towers:
            raise ValueError("there is no cooling tower; remove 'tower', or use 'rejection: tower'")
        switched = getattr(self, "economiser", "none") != "none" and getattr(self, "kind", "") != "free_air"
        if self.economiser_control is not None and not switched:
            raise ValueError("no economiser is switched on and off; remove 'economiser_control'")
        humid, outdoor = (getattr(self, key, "none") for key in ("humidifier", "economiser"))
        if humid != "none" and outdoor not in ("airside", "airside_adiabatic"):
            raise ValueError("only outdoor air in the room needs a humidifier; remove it or use 'economiser: airside'")
        return self


class ChilledWater(_Room):
    """Water from chillers cools the room's air: with a tower, a dry cooler or air-cooled chillers, and economisers."""

    kind: Literal["chilled_water"]
    chillers: Modules = 1
    """Chillers needed for full load."""
    redundancy: Redundancy = "n+1"
    """Spare chillers and room units (and CDUs): none, one more, or a second full set."""
    crah_units: Modules = 2
    """Room units needed for full load, whatever their kind."""
    chilled_water: Temperature
    """Temperature of the water leaving the chiller, e.g. '15 degC'."""
    rejection: Literal["tower", "dry_cooler", "adiabatic_cooler", "air_cooled"] = "tower"
    """What takes the chillers' heat: a cooling tower, a dry cooler, one with wetted pads, or the chillers' own fans."""
    cells: Modules = 1
    """Cells of the tower or dry cooler; all are needed."""
    condenser_water: Temperature | None = None
    """Water that tower or dry cooler supply to the chillers when they can; without it, 18 degC."""
    chiller: str = WATER_CHILLER
    """Chiller curve, scaled to the capacity: a profile in `profiles/cooling/`; york-ycal0033 with `air_cooled`."""
    cop_factor: CopFactor = 1.0
    """Efficiency of the chillers over that of their curve; aged or badly run plants reach 0.6."""
    economiser: Literal["none", "waterside", "airside", "airside_adiabatic", "indirect_evaporative"] = "none"
    """What cools without the chiller when the weather lets it: `waterside` tower or dry cooler, or outdoor air."""
    humidifier: Literal["none", "steam", "adiabatic"] = "none"
    """What moistens outdoor air that is too dry for the class; with none such air is kept out."""

    @model_validator(mode="before")
    @classmethod
    def _air_cooled_chiller(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("rejection") == "air_cooled" and "chiller" not in data:
            return data | {"chiller": AIR_CHILLER}
        return data

    @model_validator(mode="after")
    def _has_condenser_water(self) -> Self:
        if self.rejection == "air_cooled" and self.condenser_water is not None:
            raise ValueError("air-cooled chillers have no condenser water; remove 'condenser_water'")
        return self


class Dx(_Room):
    """Room units with compressors of their own and condensers outdoors (direct expansion)."""

    kind: Literal["dx"]
    units: Modules = 2
    """Room units needed for full load."""
    unit: str = "dx-crac"
    """Efficiency by outdoor temperature: a profile in `profiles/cooling/`, e.g. dx-pumped-refrigerant."""
    cop_factor: CopFactor = 1.0
    """Efficiency of the units over that of their curve."""
    economiser: Literal["none", "airside", "airside_adiabatic", "indirect_evaporative"] = "none"
    """Outdoor air that cools when the weather lets it."""
    humidifier: Literal["none", "steam", "adiabatic"] = "none"
    """What moistens outdoor air that is too dry for the class; with none such air is kept out."""


class FreeAir(_Room):
    """Outdoor air alone: no compressors, so the room is as warm as the weather makes it."""

    kind: Literal["free_air"]
    units: Modules = 2
    """Room units needed for full load."""
    economiser: Literal["airside", "airside_adiabatic", "indirect_evaporative"] = "airside_adiabatic"
    """Outdoor air straight through the room, with wetted pads on hot days, or behind a heat exchanger."""
    humidifier: Literal["none", "steam", "adiabatic"] = "none"
    """What moistens outdoor air that is too dry for the class."""


class WarmWater(_Room):
    """Water from a tower or dry cooler alone cools the room's air: no chillers, so it floats with the weather."""

    kind: Literal["warm_water"]
    units: Modules = 2
    """Room units needed for full load."""
    water: Temperature
    """Coldest water that is made, e.g. '22 degC'."""
    rejection: Literal["tower", "dry_cooler", "adiabatic_cooler"] = "tower"
    """What makes it, behind a heat exchanger."""
    cells: Modules = 1
    """Cells of the tower or dry cooler; all are needed."""


Cooling = Annotated[ChilledWater | Dx | FreeAir | WarmWater, Field(discriminator="kind")]
