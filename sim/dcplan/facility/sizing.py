"""From a rated IT load and profiles of assumptions to a building whose every capacity is written down.

This is the only place that chooses capacities, and it is made of functions of their arguments: the design that
`simulate` gets holds the chosen numbers, so a report can list them and a user can override any of them with
`dataclasses.replace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from dcplan.facility.air_economiser import AirsideDesign, Exhaust, Humidifier, IndirectDesign
from dcplan.facility.ashrae import Envelope
from dcplan.facility.chain import PowerDesign
from dcplan.facility.chiller import ChillerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import pdu_loss_w
from dcplan.facility.domain import DesignError, require
from dcplan.facility.dry_cooler import DryCoolerDesign, PadDesign
from dcplan.facility.dx import DxDesign
from dcplan.facility.economiser import EconomiserDesign
from dcplan.facility.fluids import AIR_HEAT_CAPACITY_J_KG_K, WATER_HEAT_CAPACITY_J_KG_K, air_density_kg_m3
from dcplan.facility.liquid import CduDesign, LiquidDesign
from dcplan.facility.loop import WaterLoopDesign
from dcplan.facility.pump import PumpDesign
from dcplan.facility.rejection import RejectionDesign
from dcplan.facility.room import RoomDesign
from dcplan.facility.sink import Sink
from dcplan.facility.tower import TowerDesign, nominal_approach_k
from dcplan.facility.ups import ups_loss_w
from dcplan.profiles.cooling import (
    AirDefaults,
    ChilledWaterDefaults,
    ChillerCurve,
    DryCoolerCurve,
    DxCurve,
    FanCurve,
    LiquidDefaults,
    MerkelCurve,
    TowerCurve,
    biquadratic,
)

Part = TypeVar("Part")
Rejection = Literal["tower", "dry_cooler", "adiabatic_cooler", "air_cooled"]
"""What a plant gives its heat to; `air_cooled`: the chillers' own condensers."""


@dataclass(frozen=True)
class PlantCurves:
    """Which machines the plant is made of."""

    chiller: ChillerCurve
    tower: TowerCurve | MerkelCurve
    fan: FanCurve
    dry_cooler: DryCoolerCurve | None = None
    """Needed by plants that have one."""


@dataclass(frozen=True)
class PlantCounts:
    """How many units the capacity is split into, and how many more stand by (N+1 throughout by default)."""

    chillers: int = 1
    chillers_standby: int = 1
    room_units: int = 2
    room_units_standby: int = 1
    cells: int = 1
    """Cells of the tower or dry cooler; all are needed."""
    cdus: int = 2
    cdus_standby: int = 1


@dataclass(frozen=True)
class DesignDay:
    """Weather that the plant is sized for."""

    wet_bulb_c: float
    dry_bulb_c: float
    pressure_pa: float = 101325.0

    def __post_init__(self) -> None:
        require("wet_bulb_design_c", self.wet_bulb_c, -20.0, 40.0)
        require("dry_bulb_design_c", self.dry_bulb_c, -20.0, 60.0)


def size_room(
    it_rated_w: float, pressure_pa: float, fan: FanCurve, counts: PlantCounts, defaults: ChilledWaterDefaults
) -> RoomDesign:
    """Room units that move the air for *it_rated_w* [W] at *pressure_pa* [Pa] without those standing by."""
    density = float(air_density_kg_m3(np.asarray(pressure_pa), defaults.supply_air_c))
    server_kg_s = it_rated_w / (AIR_HEAT_CAPACITY_J_KG_K * defaults.server_air_rise_k)
    return RoomDesign(
        supply_c=defaults.supply_air_c,
        server_rise_k=defaults.server_air_rise_k,
        bypass=defaults.bypass,
        recirculation=defaults.recirculation,
        airflow_m3_s=server_kg_s * (1.0 - defaults.recirculation) / (1.0 - defaults.bypass) / density,
        units=counts.room_units,
        standby=counts.room_units_standby,
        fan=fan,
        pressure_pa=defaults.crah_pressure_pa,
        efficiency=defaults.crah_efficiency,
        speed_min=defaults.crah_speed_min,
    )


def size_chilled_water(heat_w: float, defaults: ChilledWaterDefaults) -> WaterLoopDesign:
    """Chilled water loop for a heat of *heat_w* [W] at the design temperature rise."""
    flow_kg_s = heat_w / (WATER_HEAT_CAPACITY_J_KG_K * defaults.chilled_water_rise_k)
    pump = _pump(flow_kg_s, defaults.chilled_water_pressure_pa, defaults.chilled_water_flow_min, defaults)
    return WaterLoopDesign(defaults.chilled_water_c, defaults.chilled_water_rise_k, pump)


def size_rejection(
    load_w: float,
    day: DesignDay,
    curves: PlantCurves,
    counts: PlantCounts,
    defaults: ChilledWaterDefaults,
    *,
    kind: Rejection = "tower",
    economiser: bool = True,
    chillers: bool = True,
    air: AirDefaults | None = None,
) -> RejectionDesign:
    """Chillers, tower or dry cooler and pumps for *load_w* [W] on a design day, each with its margin.

    The duty chillers have *chiller_margin* of the load available with what enters their condensers on that day; tower
    or dry cooler has *tower_margin* of load and compressor heat at its nominal point. *air* is needed for dry coolers
    with pads and for air-cooled chillers.
    """
    compressor_share = 1.0 / curves.chiller.cop if chillers and kind != "air_cooled" else 0.0
    sink, pump = None, None
    if kind != "air_cooled" or economiser:
        sink_kind = "dry_cooler" if kind == "air_cooled" else kind
        sink = _sink(
            defaults.tower_margin * load_w * (1.0 + compressor_share), sink_kind, curves, counts, defaults, air
        )
        pump = _pump(sink.flow_kg_s, defaults.condenser_pressure_pa, defaults.condenser_flow_min, defaults)
    return RejectionDesign(
        chiller=_chillers(load_w, day, kind, curves, counts, defaults, air) if chillers else None,
        sink=sink,
        pump=pump,
        setpoint_c=defaults.condenser_setpoint_c,
        economiser=_economiser(kind, defaults, air) if economiser or not chillers else None,
    )


def size_facility(
    it_rated_w: float,
    power: PowerDesign,
    curves: PlantCurves,
    defaults: ChilledWaterDefaults,
    *,
    wet_bulb_design_c: float,
    dry_bulb_design_c: float = 35.0,
    pressure_pa: float = 101325.0,
    counts: PlantCounts | None = None,
    economiser: bool = True,
    rejection: Rejection = "tower",
    chillers: bool = True,
    air: AirDefaults | None = None,
) -> FacilityDesign:
    """A building with cooling water for *it_rated_w* [W] of servers fed by *power*, which is taken as designed.

    *wet_bulb_design_c* and *dry_bulb_design_c* are the site's design (e.g. 0.4 % annual) temperatures [degC], of which
    a tower needs the first and the rest the second; *pressure_pa* is its pressure. Without *chillers* tower or dry
    cooler make all the cooling water. Other ways to cool are added with `dataclasses.replace`.
    """
    require("it_rated_w", it_rated_w, 1.0, 1e10)
    day = DesignDay(wet_bulb_design_c, dry_bulb_design_c, pressure_pa)
    counts = counts or PlantCounts()
    room = size_room(it_rated_w, pressure_pa, curves.fan, counts, defaults)
    lighting_w = defaults.lighting_share * it_rated_w
    heat_w = room_heat_w(it_rated_w, it_rated_w, power, room, lighting_w)
    loop = size_chilled_water(heat_w, defaults)
    plant = size_rejection(
        heat_w + loop.pump.power_w,
        day,
        curves,
        counts,
        defaults,
        kind=rejection,
        economiser=economiser,
        chillers=chillers,
        air=air,
    )
    return FacilityDesign(power, room, loop, plant, lighting_w)


def room_heat_w(in_air_w: float, it_w: float, power: PowerDesign, room: RoomDesign, lighting_w: float) -> float:
    """Heat of the room's air [W] when *in_air_w* [W] of *it_w* [W] goes into it."""
    return in_air_w + _electrical_loss_w(it_w, power) + room.units * room.unit_fan_w + lighting_w


def size_dx(heat_w: float, curve: DxCurve, counts: PlantCounts, cop_factor: float, defaults: AirDefaults) -> DxDesign:
    """Direct expansion for a room heat of *heat_w* [W], a compressor in each room unit."""
    return DxDesign(
        curve=curve,
        capacity_w=defaults.dx_margin * heat_w / counts.room_units,
        units=counts.room_units,
        standby=counts.room_units_standby,
        cop_factor=cop_factor,
    )


def size_airside(
    room: RoomDesign, window: Envelope, humidifier: Humidifier, pads: bool, defaults: AirDefaults
) -> AirsideDesign:
    """Outdoor air straight through *room*, within the humidity of *window*."""
    return AirsideDesign(
        window=window,
        pad_effectiveness=defaults.pad_effectiveness if pads else 0.0,
        cycles_of_concentration=defaults.cycles_of_concentration,
        humidifier=humidifier,
        exhaust=_exhaust(room, defaults),
        margin_k=defaults.margin_k,
        dead_band_k=defaults.dead_band_k,
    )


def size_indirect(room: RoomDesign, defaults: AirDefaults) -> IndirectDesign:
    """A heat exchanger for the air of *room*, with as much outdoor air on its other side."""
    return IndirectDesign(
        dry_effectiveness=defaults.dry_effectiveness,
        wet_effectiveness=defaults.wet_effectiveness,
        cycles_of_concentration=defaults.cycles_of_concentration,
        exhaust=_exhaust(room, defaults),
        margin_k=defaults.margin_k,
        dead_band_k=defaults.dead_band_k,
    )


def size_cdus(heat_w: float, counts: PlantCounts, static_share: float, defaults: LiquidDefaults) -> CduDesign:
    """Coolant distribution units for *heat_w* [W] of the servers, without those standing by."""
    pump = PumpDesign(
        flow_kg_s=heat_w / (WATER_HEAT_CAPACITY_J_KG_K * defaults.coolant_rise_k),
        pressure_pa=defaults.coolant_pressure_pa,
        efficiency=defaults.coolant_pump_efficiency,
        static_share=static_share,
        flow_min=defaults.coolant_flow_min,
    )
    return CduDesign(counts.cdus, counts.cdus_standby, defaults.cdu_effectiveness, defaults.coolant_rise_k, pump)


def size_liquid(
    heat_w: float,
    share: float,
    supply_c: float,
    counts: PlantCounts,
    plant: ChilledWaterDefaults,
    defaults: LiquidDefaults,
) -> tuple[LiquidDesign, WaterLoopDesign, float]:
    """Coolant distribution units for *heat_w* [W], facility water of *supply_c* [degC], and the load behind it [W].

    The design that is returned gives its heat to the chilled water; with the loop and a plant for the load it has its
    own.
    """
    cdu = size_cdus(heat_w, counts, plant.pump_static_share, defaults)
    heat_w += cdu.pump.power_w
    pump = PumpDesign(
        flow_kg_s=heat_w / (WATER_HEAT_CAPACITY_J_KG_K * defaults.water_rise_k),
        pressure_pa=defaults.water_pressure_pa,
        efficiency=defaults.water_pump_efficiency,
        static_share=plant.pump_static_share,
        flow_min=defaults.water_flow_min,
    )
    loop = WaterLoopDesign(supply_c, defaults.water_rise_k, pump)
    return LiquidDesign(share, cdu, None, None), loop, heat_w + pump.power_w


def _sink(
    heat_w: float,
    kind: Rejection,
    curves: PlantCurves,
    counts: PlantCounts,
    defaults: ChilledWaterDefaults,
    air: AirDefaults | None,
) -> Sink:
    """Tower or dry cooler that rejects *heat_w* [W] at its nominal point."""
    if kind == "tower":
        return TowerDesign(
            curve=curves.tower,
            capacity_w=heat_w,
            fan_w=defaults.tower_fan_share * heat_w,
            fan_floor=defaults.tower_fan_floor,
            drift_share=defaults.drift_share,
            cycles_of_concentration=defaults.cycles_of_concentration,
            cells=counts.cells,
        )
    return DryCoolerDesign(
        curve=_needed(curves.dry_cooler, kind),
        capacity_w=heat_w,
        fan_w=_needed(curves.dry_cooler, kind).fan_share * heat_w,
        fan_floor=defaults.tower_fan_floor,
        pad=_pads(_needed(air, kind)) if kind == "adiabatic_cooler" else None,
        cells=counts.cells,
    )


def _economiser(kind: Rejection, defaults: ChilledWaterDefaults, air: AirDefaults | None) -> EconomiserDesign:
    margin_k = defaults.economiser_margin_k if kind == "tower" else _needed(air, kind).cooler_margin_k
    return EconomiserDesign(defaults.economiser_approach_k, margin_k)


def _pads(air: AirDefaults) -> PadDesign:
    return PadDesign(air.pad_effectiveness, air.pad_above_c, air.cycles_of_concentration)


def _condenser_c(day: DesignDay, kind: Rejection, curves: PlantCurves, air: AirDefaults | None) -> float:
    """What enters the condensers on the design day [degC]."""
    if kind == "tower":
        return day.wet_bulb_c + nominal_approach_k(curves.tower)
    if kind == "air_cooled":
        return day.dry_bulb_c
    curve = _needed(curves.dry_cooler, kind)
    pads_k = _needed(air, kind).pad_effectiveness * (day.dry_bulb_c - day.wet_bulb_c) if "adiabatic" in kind else 0.0
    return day.dry_bulb_c - max(pads_k, 0.0) + curve.water_out_c - curve.air_c


def _chillers(
    load_w: float,
    day: DesignDay,
    kind: Rejection,
    curves: PlantCurves,
    counts: PlantCounts,
    defaults: ChilledWaterDefaults,
    air: AirDefaults | None,
) -> ChillerDesign:
    curve = curves.chiller
    if (curve.condenser == "air") != (kind == "air_cooled"):
        raise DesignError(
            "rejection",
            f"a plant with rejection {kind} needs a chiller whose condenser is cooled by "
            f"{'air' if kind == 'air_cooled' else 'water'}, and this one's is not; choose another chiller",
        )
    factor = biquadratic(
        curve.capft,
        float(np.clip(defaults.chilled_water_c, *curve.evaporator_range_c)),
        float(np.clip(_condenser_c(day, kind, curves, air), *curve.condenser_range_c)),
    )
    return ChillerDesign(
        curve=curve,
        capacity_w=defaults.chiller_margin * load_w / counts.chillers / float(factor),
        duty=counts.chillers,
        standby=counts.chillers_standby,
        condenser_min_c=_needed(air, kind).condenser_min_c if kind == "air_cooled" else defaults.condenser_min_c,
        stage_share=defaults.stage_share,
        cop_factor=defaults.cop_factor,
    )


def _exhaust(room: RoomDesign, defaults: AirDefaults) -> Exhaust:
    return Exhaust(room.airflow_m3_s, defaults.exhaust_pressure_pa, defaults.exhaust_efficiency)


def _pump(flow_kg_s: float, pressure_pa: float, flow_min: float, defaults: ChilledWaterDefaults) -> PumpDesign:
    return PumpDesign(flow_kg_s, pressure_pa, defaults.pump_efficiency, defaults.pump_static_share, flow_min)


def _needed(part: Part | None, kind: Rejection) -> Part:
    if part is None:
        raise ValueError(f"a plant with rejection {kind} needs the curve or the assumptions of that kind")
    return part


def _electrical_loss_w(it_w: float, power: PowerDesign) -> float:
    """PDU and UPS losses at *it_w* [W]."""
    pdu_w = pdu_loss_w(np.asarray(it_w), power.pdu)
    return float(pdu_w + ups_loss_w(power.ups.share * (it_w + pdu_w), power.ups))
