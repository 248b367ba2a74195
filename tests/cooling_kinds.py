"""A building of one megawatt for every way to cool it, made of shipped profiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from dcplan.facility.ashrae import allowable
from dcplan.facility.chain import PowerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.liquid import LiquidDesign
from dcplan.facility.psu import PsuDesign
from dcplan.facility.reuse import ReuseDesign
from dcplan.facility.sizing import (
    DesignDay,
    PlantCounts,
    PlantCurves,
    Rejection,
    room_heat_w,
    size_airside,
    size_dx,
    size_facility,
    size_indirect,
    size_liquid,
    size_rejection,
)
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.cooling import (
    AirDefaults,
    ChilledWaterDefaults,
    ChillerCurve,
    DryCoolerCurve,
    DxCurve,
    FanCurve,
    LiquidDefaults,
    TowerCurve,
)
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve

LIBRARY = Library([Path(__file__).parents[1] / "profiles"])
RATED_W = 1.0e6
DAY = DesignDay(wet_bulb_c=25.5, dry_bulb_c=35.0)
COUNTS = PlantCounts(chillers=2, cells=2)


def _values(name: str, family: str = "cooling") -> dict[str, object]:
    return dict(LIBRARY.load(family, name).values)


DEFAULTS = ChilledWaterDefaults.from_values(_values("chilled-water-defaults"))
AIR = AirDefaults.from_values(_values("air-defaults"))
LIQUID = LiquidDefaults.from_values(_values("liquid-defaults"))
WINDOW = allowable("A2", 0.0)
POWER = PowerDesign(
    psu=PsuDesign(PsuCurve.from_values(_values("psu-titanium", "power")), 2000.0, 1000),
    pdu=PduDesign(LossCurve.from_values(_values("pdu-busway", "power")), RATED_W),
    ups=UpsDesign(LossCurve.from_values(_values("ups-double-conversion", "power")), 505e3, 2, "n+1"),
    transformer=TransformerDesign(TransformerCurve.from_values(_values("transformer-dry", "power")), 2.0e6),
    utility_limit_w=math.inf,
)


def curves(chiller: str = "carrier-19xr-1143") -> PlantCurves:
    return PlantCurves(
        ChillerCurve.from_values(_values(chiller)),
        TowerCurve.from_values(_values("tower-yorkcalc")),
        FanCurve.from_values(_values("fan-vsd")),
        DryCoolerCurve.from_values(_values("dry-cooler-bac-trillium")),
    )


@cache
def chilled_water(rejection: Rejection = "tower", economiser: bool = True, chillers: bool = True) -> FacilityDesign:
    return size_facility(
        RATED_W,
        POWER,
        curves("york-ycal0033" if rejection == "air_cooled" else "carrier-19xr-1143"),
        DEFAULTS,
        wet_bulb_design_c=DAY.wet_bulb_c,
        dry_bulb_design_c=DAY.dry_bulb_c,
        counts=COUNTS,
        economiser=economiser,
        rejection=rejection,
        chillers=chillers,
        air=AIR,
    )


@cache
def airside(pads: bool = False, humidifier: str = "steam", rejection: Rejection = "tower") -> FacilityDesign:
    plain = chilled_water(rejection, economiser=False)
    return replace(plain, air_economiser=size_airside(plain.room, WINDOW, humidifier, pads, AIR))


@cache
def indirect() -> FacilityDesign:
    plain = chilled_water("air_cooled", economiser=False)
    return replace(plain, air_economiser=size_indirect(plain.room, AIR))


@cache
def dx(unit: str = "dx-crac", pads: bool | None = None) -> FacilityDesign:
    plain = chilled_water("tower", economiser=False)
    heat_w = room_heat_w(RATED_W, RATED_W, POWER, plain.room, plain.lighting_w)
    units = size_dx(heat_w, DxCurve.from_values(_values(unit)), COUNTS, 1.0, AIR)
    economiser = None if pads is None else size_airside(plain.room, WINDOW, "none", pads, AIR)
    return replace(plain, chilled_water=None, rejection=None, dx=units, air_economiser=economiser)


@cache
def free_air(kind: str = "adiabatic") -> FacilityDesign:
    plain = chilled_water("tower", economiser=False)
    economiser = size_indirect(plain.room, AIR)
    if kind != "indirect":
        economiser = size_airside(plain.room, WINDOW, "adiabatic", kind == "adiabatic", AIR)
    return replace(plain, chilled_water=None, rejection=None, air_economiser=economiser)


@cache
def liquid(
    rejection: Rejection | None, share: float = 0.8, supply_c: float = 32.0, reuse: bool = False
) -> FacilityDesign:
    plain = chilled_water("tower")
    design, loop, load_w = size_liquid(share * RATED_W, share, supply_c, COUNTS, DEFAULTS, LIQUID)
    if rejection is not None:
        plant = size_rejection(
            load_w, DAY, curves(), COUNTS, DEFAULTS, kind=rejection, economiser=True, chillers=False, air=AIR
        )
        design = LiquidDesign(share, design.cdu, loop, plant)
    taker = ReuseDesign(3.0e5, 35.0, 3.0, 15.0) if reuse else None
    return replace(plain, liquid=design, reuse=taker)


@cache
def humid(make: Callable[[], FacilityDesign]) -> FacilityDesign:
    plain = make()
    return replace(plain, room=replace(plain.room, sensible_share=0.95))


KINDS = {
    "tower": lambda: chilled_water("tower", False),
    "tower with economiser": lambda: chilled_water("tower"),
    "dry cooler": lambda: chilled_water("dry_cooler", False),
    "dry cooler with economiser": lambda: chilled_water("dry_cooler"),
    "adiabatic cooler with economiser": lambda: chilled_water("adiabatic_cooler"),
    "air-cooled": lambda: chilled_water("air_cooled", False),
    "air-cooled with dry cooler": lambda: chilled_water("air_cooled"),
    "warm water from tower": lambda: chilled_water("tower", chillers=False),
    "warm water from dry cooler": lambda: chilled_water("dry_cooler", chillers=False),
    "airside": airside,
    "airside, no humidifier": lambda: airside(humidifier="none"),
    "airside with pads": lambda: airside(pads=True),
    "airside with air-cooled chillers": lambda: airside(rejection="air_cooled"),
    "indirect": indirect,
    "dx": dx,
    "dx with pumped refrigerant": lambda: dx("dx-pumped-refrigerant"),
    "dx with outdoor air": lambda: dx(pads=True),
    "free air": lambda: free_air("dry"),
    "free air with pads": lambda: free_air("adiabatic"),
    "free air, indirect": lambda: free_air("indirect"),
    "liquid to tower": lambda: liquid("tower"),
    "liquid to dry cooler": lambda: liquid("dry_cooler"),
    "liquid to adiabatic cooler": lambda: liquid("adiabatic_cooler"),
    "liquid to chilled water": lambda: liquid(None),
    "tower, water on the coils": lambda: humid(chilled_water),
    "dx, water on the coils": lambda: humid(dx),
    "all liquid": lambda: liquid("tower", share=1.0),
    "liquid with reuse": lambda: liquid("dry_cooler", supply_c=40.0, reuse=True),
}
"""Every kind of cooling by its name."""
