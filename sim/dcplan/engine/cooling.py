"""From the spec of a building's cooling to its design: curves looked up, plant sized for servers and place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dcplan.engine.assumptions import Assumptions
from dcplan.engine.misfit import profile
from dcplan.facility.air_economiser import AirEconomiser, Humidifier
from dcplan.facility.ashrae import allowable, recommended
from dcplan.facility.chain import PowerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.dx import DxDesign
from dcplan.facility.liquid import LiquidDesign
from dcplan.facility.reuse import ReuseDesign
from dcplan.facility.room import RoomDesign
from dcplan.facility.sizing import (
    DesignDay,
    PlantCounts,
    PlantCurves,
    Rejection,
    room_heat_w,
    size_airside,
    size_chilled_water,
    size_dx,
    size_indirect,
    size_liquid,
    size_rejection,
    size_room,
)
from dcplan.profiles.cooling import (
    AirDefaults,
    ChilledWaterDefaults,
    ChillerCurve,
    DryCoolerCurve,
    DxCurve,
    FanCurve,
    LiquidDefaults,
    TerminalDefaults,
    tower_curve,
)
from dcplan.profiles.library import Library
from dcplan.scenario.cooling import WATER_CHILLER, ChilledWater, Dx, FreeAir, WarmWater
from dcplan.scenario.facility import Facility
from dcplan.signals.moist_air import altitude_m
from dcplan.signals.weather_year import DESIGN_SHARE, WeatherYear

Spec = ChilledWater | Dx | FreeAir | WarmWater

UNITS = MappingProxyType({"supply_air_c": "degC", "server_air_rise_k": "K", "chilled_water_c": "degC"})
"""Units of the numbers that every scenario chooses itself."""

WATER_ONLY = ("chilled_water", "condenser", "chiller", "economiser", "tower", "drift", "cycles", "pump", "stage", "cop")
"""How the names of assumptions begin that only matter where water cools."""
TERMINAL_ONLY = ("bypass", "recirculation", "crah_pressure_pa", "crah_efficiency")
"""Assumptions about the room's units that the profile of another kind of unit replaces."""


@dataclass(frozen=True)
class _Parts:
    """What every piece is made from."""

    spec: Spec
    day: DesignDay
    altitude_m: float
    it_w: float
    power: PowerDesign
    library: Library
    assumptions: Assumptions

    def used(self, name: str) -> Mapping[str, object]:
        """The values of a profile that the building rests on."""
        profile = self.library.load("cooling", name)
        self.assumptions.use("facility", profile)
        return profile.values

    def assumed(self, name: str, *used: str) -> Mapping[str, object]:
        """The values of a profile of assumptions, each with its own source; only those *used* are listed, or all."""
        profile = self.library.load("cooling", name)
        unused = [key for key in profile.values if used and not key.startswith(used)]
        self.assumptions.use_values("facility", profile, leave_out=unused)
        return profile.values

    def air(self, *used: str) -> AirDefaults:
        """Assumptions about outdoor air, of which those are *used* whose names begin so."""
        return AirDefaults.from_values(self.assumed("air-defaults", *used))

    @property
    def rejections(self) -> set[str]:
        """All that takes the heat of water."""
        spec, found = self.spec, set[str]()
        if isinstance(spec, ChilledWater | WarmWater):
            found.add(spec.rejection)
            if spec.rejection == "air_cooled" and isinstance(spec, ChilledWater) and spec.economiser == "waterside":
                found.add("dry_cooler")
        return found | ({spec.liquid.to} if spec.liquid is not None else set())

    def sink_air(self, kind: str, economiser: bool) -> AirDefaults | None:
        """What a plant whose heat goes to *kind* assumes about outdoor air."""
        used = {"air_cooled": ("condenser_min",), "adiabatic_cooler": ("pad_", "cycles")}.get(kind, ())
        used += ("cooler_margin",) if economiser else ()
        return None if kind == "tower" else self.air(*used) if used else AirDefaults.from_values(self._air_values)

    @property
    def _air_values(self) -> Mapping[str, object]:
        return self.library.load("cooling", "air-defaults").values


def design_cooling(
    building: Facility,
    power: PowerDesign,
    place: WeatherYear,
    library: Library,
    assumptions: Assumptions,
    step_s: float,
) -> FacilityDesign:
    """The *building* at *place* around its power chain *power*, cooled as it says, looked at every *step_s* [s]."""
    day, spec, it_w = _design_day(place), building.cooling, building.it_capacity
    parts = _Parts(spec, day, altitude_m(day.pressure_pa), it_w, power, library, assumptions)
    defaults = _defaults(parts, building.lighting)
    curves = _curves(parts)
    _say_the_day(parts)
    guidelines = "ASHRAE TC 9.9, Thermal guidelines for data processing environments, 5th edition, 2021"
    assumptions.add("facility", "air that servers allow", f"class {spec.ashrae_class}", "literature", guidelines, False)
    counts = _counts(spec)
    in_air_w = it_w * (1.0 - (spec.liquid.share if spec.liquid else 0.0))
    room = size_room(max(in_air_w, 1e-3 * it_w), day.pressure_pa, curves.fan, counts, defaults)
    _say_the_room(parts, room)
    lighting_w = defaults.lighting_share * it_w
    heat_w = room_heat_w(in_air_w, it_w, power, room, lighting_w)
    liquid = _liquid(parts, defaults, curves, counts) if spec.liquid else None
    shared_w = 0.0 if liquid is None or liquid.loop is not None else liquid.share * it_w + liquid.cdu.pump.power_w
    loop, plant = None, None
    if isinstance(spec, ChilledWater | WarmWater):
        loop = size_chilled_water(heat_w + shared_w, defaults)
        plant = size_rejection(
            heat_w + shared_w + loop.pump.power_w,
            day,
            curves,
            counts,
            defaults,
            kind=spec.rejection,
            economiser=isinstance(spec, ChilledWater) and spec.economiser == "waterside",
            chillers=isinstance(spec, ChilledWater),
            air=parts.sink_air(spec.rejection, isinstance(spec, ChilledWater) and spec.economiser == "waterside"),
        )
    design = FacilityDesign(
        power=power,
        room=room,
        chilled_water=loop,
        rejection=plant,
        lighting_w=lighting_w,
        dx=_dx(parts, heat_w, counts),
        air_economiser=_air_economiser(parts, room),
        liquid=liquid,
        reuse=_reuse(parts),
        recommended=recommended(spec.ashrae_class),
        allowable=allowable(spec.ashrae_class, parts.altitude_m),
    )
    return _controlled(design, parts, step_s)


def _controlled(design: FacilityDesign, parts: _Parts, step_s: float) -> FacilityDesign:
    """*design* with its economisers switched as the scenario says."""
    control = parts.spec.economiser_control
    if control is None:
        return design
    chosen: dict[str, float] = {} if control.dead_band is None else {"dead_band_k": control.dead_band}
    if control.min_run is not None:
        chosen["kept_steps"] = math.ceil(control.min_run / step_s)
    for name, value in chosen.items():
        said = f"{value:g} K" if name == "dead_band_k" else f"{value * step_s:g} s"
        label = "dead band of the economiser" if name == "dead_band_k" else "least time of the economiser on or off"
        parts.assumptions.add("facility", label, said, "scenario", "set by the scenario")
    return design.with_economisers(**chosen)


def _defaults(parts: _Parts, lighting_w: float | None) -> ChilledWaterDefaults:
    """The plant's assumptions, with what the scenario chooses itself laid over them."""
    spec, profile = parts.spec, parts.library.load("cooling", "chilled-water-defaults")
    chosen = {"supply_air_c": spec.supply_air, "server_air_rise_k": spec.air_rise}
    if isinstance(spec, ChilledWater | WarmWater):
        chosen["chilled_water_c"] = spec.chilled_water if isinstance(spec, ChilledWater) else spec.water
    for name, value in chosen.items():
        label = name.rpartition("_")[0].replace("_", " ")
        parts.assumptions.add("facility", label, f"{value:g} {UNITS[name]}", "scenario", "set by the scenario")
    levers = _levers(parts)
    if lighting_w is not None:
        levers["lighting_share"] = lighting_w / parts.it_w
        parts.assumptions.add("facility", "lighting", f"{lighting_w:g} W", "scenario", "set by the scenario")
    water = isinstance(spec, ChilledWater | WarmWater) or spec.liquid is not None
    unused = () if water else tuple(name for name in profile.values if name.startswith(WATER_ONLY))
    parts.assumptions.use_values("facility", profile, leave_out={*chosen, *levers, *unused})
    return replace(ChilledWaterDefaults.from_values(profile.values), **chosen, **levers)


def _levers(parts: _Parts) -> dict[str, float]:
    """Set points and factors that the scenario chooses, and the numbers of its kind of room units."""
    spec, levers = parts.spec, {}
    if isinstance(spec, ChilledWater) and spec.condenser_water is not None:
        levers["condenser_setpoint_c"] = spec.condenser_water
    if isinstance(spec, ChilledWater) and spec.cop_factor != 1.0:
        levers["cop_factor"] = spec.cop_factor
    for name, value in levers.items():
        label = name.removesuffix("_c").replace("_", " ")
        parts.assumptions.add("facility", label, f"{value:g}", "scenario", "set by the scenario")
    if spec.terminal != "crah":
        values = parts.assumed(f"terminal-{spec.terminal.replace('_', '-')}")
        units = TerminalDefaults.from_values(values)
        numbers = (units.bypass, units.recirculation, units.pressure_pa, units.efficiency)
        levers |= dict(zip(TERMINAL_ONLY, numbers, strict=True))
    return levers


def _curves(parts: _Parts) -> PlantCurves:
    """The machines; curves of machines that the building lacks are those of the defaults, and are not listed."""
    spec, to = parts.spec, parts.rejections
    chilled, dry = isinstance(spec, ChilledWater), not to.isdisjoint({"dry_cooler", "adiabatic_cooler"})

    def values(name: str, listed: bool) -> Mapping[str, object]:
        return parts.used(name) if listed else parts.library.load("cooling", name).values

    chiller = spec.chiller if isinstance(spec, ChilledWater) else WATER_CHILLER
    with profile(chiller, "a chiller", "cooling", "chiller"):
        cold = ChillerCurve.from_values(values(chiller, chilled))
    with profile(spec.tower, "a cooling tower", "cooling", "tower"):
        tower = tower_curve(values(spec.tower, "tower" in to))
    return PlantCurves(
        cold,
        tower,
        FanCurve.from_values(values("fan-ec-plug", True)),
        DryCoolerCurve.from_values(parts.used("dry-cooler-bac-trillium")) if dry else None,
    )


def _dx(parts: _Parts, heat_w: float, counts: PlantCounts) -> DxDesign | None:
    if not isinstance(parts.spec, Dx):
        return None
    with profile(parts.spec.unit, "a unit of direct expansion", "cooling", "unit"):
        curve = DxCurve.from_values(parts.used(parts.spec.unit))
    return size_dx(heat_w, curve, counts, parts.spec.cop_factor, parts.air("dx_margin"))


def _air_economiser(parts: _Parts, room: RoomDesign) -> AirEconomiser | None:
    spec = parts.spec
    if isinstance(spec, WarmWater) or spec.economiser in ("none", "waterside"):
        return None
    if spec.economiser == "indirect_evaporative":
        return size_indirect(room, parts.air("exhaust", "margin", "dead_band", "cycles", "dry_", "wet_"))
    humidifier: Humidifier = spec.humidifier
    window = allowable(spec.ashrae_class, parts.altitude_m)
    pads = spec.economiser == "airside_adiabatic"
    assumed = parts.air("exhaust", "margin", "dead_band", *(("pad_effectiveness", "cycles") if pads else ()))
    return size_airside(room, window, humidifier, pads, assumed)


def _liquid(parts: _Parts, defaults: ChilledWaterDefaults, curves: PlantCurves, counts: PlantCounts) -> LiquidDesign:
    spec = parts.spec.liquid
    assert spec is not None, "only scenarios with liquid have its design"
    own = () if spec.to == "chilled_water" else ("water_",)
    assumed = LiquidDefaults.from_values(parts.assumed("liquid-defaults", "coolant", "cdu", *own))
    if spec.coolant_rise is not None:
        assumed = replace(assumed, coolant_rise_k=spec.coolant_rise)
    heat_w = spec.share * parts.it_w
    supply_c = defaults.chilled_water_c if spec.supply is None else spec.supply
    design, loop, load_w = size_liquid(heat_w, spec.share, supply_c, counts, defaults, assumed)
    if spec.to == "chilled_water":
        return design
    parts.assumptions.add("facility", "facility water", f"{supply_c:g} degC", "scenario", "set by the scenario")
    kind: Rejection = spec.to
    air = parts.sink_air(kind, economiser=False)
    plant = size_rejection(load_w, parts.day, curves, counts, defaults, kind=kind, chillers=False, air=air)
    return replace(design, loop=loop, rejection=plant)


def _reuse(parts: _Parts) -> ReuseDesign | None:
    spec = parts.spec.heat_reuse
    if spec is None:
        return None
    used = ("reuse_approach", "reuse_carnot") if spec.heat_pump else ("reuse_approach",)
    assumed = LiquidDefaults.from_values(parts.assumed("liquid-defaults", *used))
    below_c = math.inf if spec.below is None else spec.below
    carnot_share = assumed.reuse_carnot_share if spec.heat_pump else None
    return ReuseDesign(spec.demand, spec.needs, assumed.reuse_approach_k, below_c, carnot_share)


def _counts(spec: Spec) -> PlantCounts:
    def spare(needed: int) -> int:
        return {"n": 0, "n+1": 1}.get(spec.redundancy, needed)

    units = spec.crah_units if isinstance(spec, ChilledWater) else spec.units
    chillers = spec.chillers if isinstance(spec, ChilledWater) else 1
    cdus = spec.liquid.cdus if spec.liquid else 1
    return PlantCounts(
        chillers=chillers,
        chillers_standby=spare(chillers),
        room_units=units,
        room_units_standby=spare(units),
        cells=spec.cells if isinstance(spec, ChilledWater | WarmWater) else 1,
        cdus=cdus,
        cdus_standby=spare(cdus),
    )


def _design_day(place: WeatherYear) -> DesignDay:
    wet_bulb_c, dry_bulb_c = (place.exceeded_c(name, DESIGN_SHARE) for name in ("wet_bulb_c", "dry_bulb_c"))
    return DesignDay(wet_bulb_c, dry_bulb_c, float(place.pressure_pa.mean()))


def _say_the_day(parts: _Parts) -> None:
    """List the design temperatures that the plant's size follows from."""
    source = "exceeded in 0.4 % of the hours of the weather year"
    if parts.rejections & {"tower", "adiabatic_cooler"}:
        parts.assumptions.add("facility", "design wet bulb", f"{parts.day.wet_bulb_c:.1f} degC", "model", source)
    if parts.rejections - {"tower", "chilled_water"}:
        parts.assumptions.add("facility", "design dry bulb", f"{parts.day.dry_bulb_c:.1f} degC", "model", source)


def _say_the_room(parts: _Parts, room: RoomDesign) -> None:
    """List how well the air is kept apart, as the field measures it."""
    for name, value, source in (
        (
            "supply heat index (SHI)",
            room.supply_heat_index,
            "Sharma, Bash, Patel 2002; from the share of recirculation",
        ),
        (
            "return temperature index (RTI)",
            room.return_temperature_index,
            "Herrlin 2008; from bypass and recirculation",
        ),
    ):
        parts.assumptions.add("facility", name, f"{value:.2f}", "model", source)
