"""From a rated IT load and a profile of assumptions to a building whose every capacity is written down.

This is the only place that chooses capacities, and it is a function of its arguments: the design that
`simulate` gets holds the chosen numbers, so a report can list them and a user can override any of them with
`dataclasses.replace`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.chain import PowerDesign
from dcplan.facility.chiller import ChillerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import pdu_loss_w
from dcplan.facility.domain import require
from dcplan.facility.economiser import EconomiserDesign
from dcplan.facility.fluids import AIR_HEAT_CAPACITY_J_KG_K, WATER_HEAT_CAPACITY_J_KG_K, air_density_kg_m3
from dcplan.facility.loop import WaterLoopDesign
from dcplan.facility.pump import PumpDesign
from dcplan.facility.rejection import RejectionDesign
from dcplan.facility.room import RoomDesign
from dcplan.facility.tower import TowerDesign, nominal_approach_k
from dcplan.facility.ups import ups_loss_w
from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, FanCurve, TowerCurve, biquadratic


@dataclass(frozen=True)
class PlantCurves:
    """Which machines the plant is made of."""

    chiller: ChillerCurve
    tower: TowerCurve
    fan: FanCurve


@dataclass(frozen=True)
class PlantCounts:
    """How many units the capacity is split into, and how many more stand by (N+1 throughout by default)."""

    chillers: int = 1
    chillers_standby: int = 1
    room_units: int = 2
    room_units_standby: int = 1


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
    """Chilled water loop for a room heat of *heat_w* [W] at the design temperature rise."""
    flow_kg_s = heat_w / (WATER_HEAT_CAPACITY_J_KG_K * defaults.chilled_water_rise_k)
    pump = _pump(flow_kg_s, defaults.chilled_water_pressure_pa, defaults.chilled_water_flow_min, defaults)
    return WaterLoopDesign(defaults.chilled_water_c, defaults.chilled_water_rise_k, pump)


def size_rejection(
    load_w: float,
    wet_bulb_design_c: float,
    curves: PlantCurves,
    counts: PlantCounts,
    defaults: ChilledWaterDefaults,
    economiser: bool,
) -> RejectionDesign:
    """Chillers, tower and pumps for *load_w* [W] at a design wet bulb, each with its margin.

    The duty chillers have *chiller_margin* of the load available with condenser water at the design wet bulb
    plus the tower's nominal approach; the tower has *tower_margin* of load and compressor heat at its nominal
    point.
    """
    chiller = _chillers(load_w, wet_bulb_design_c, curves, counts, defaults)
    tower_w = defaults.tower_margin * load_w * (1.0 + 1.0 / curves.chiller.cop)
    tower = TowerDesign(
        curve=curves.tower,
        capacity_w=tower_w,
        fan_w=defaults.tower_fan_share * tower_w,
        fan_floor=defaults.tower_fan_floor,
        drift_share=defaults.drift_share,
        cycles_of_concentration=defaults.cycles_of_concentration,
    )
    return RejectionDesign(
        chiller=chiller,
        sink=tower,
        pump=_pump(tower.flow_kg_s, defaults.condenser_pressure_pa, defaults.condenser_flow_min, defaults),
        setpoint_c=defaults.condenser_setpoint_c,
        economiser=EconomiserDesign(defaults.economiser_approach_k, defaults.economiser_margin_k)
        if economiser
        else None,
    )


def size_facility(
    it_rated_w: float,
    power: PowerDesign,
    curves: PlantCurves,
    defaults: ChilledWaterDefaults,
    *,
    wet_bulb_design_c: float,
    pressure_pa: float = 101325.0,
    counts: PlantCounts | None = None,
    economiser: bool = True,
) -> FacilityDesign:
    """A chilled-water building for *it_rated_w* [W] of servers fed by *power*, which is taken as designed.

    *wet_bulb_design_c* is the site's design (e.g. 0.4 % annual) wet bulb [degC]; *pressure_pa* its pressure.
    """
    require("it_rated_w", it_rated_w, 1.0, 1e10)
    require("wet_bulb_design_c", wet_bulb_design_c, -20.0, 40.0)
    counts = counts or PlantCounts()
    room = size_room(it_rated_w, pressure_pa, curves.fan, counts, defaults)
    lighting_w = defaults.lighting_share * it_rated_w
    heat_w = it_rated_w + _electrical_loss_w(it_rated_w, power) + room.units * room.unit_fan_w + lighting_w
    loop = size_chilled_water(heat_w, defaults)
    load_w = heat_w + loop.pump.power_w
    rejection = size_rejection(load_w, wet_bulb_design_c, curves, counts, defaults, economiser)
    return FacilityDesign(power, room, loop, rejection, lighting_w)


def _chillers(
    load_w: float,
    wet_bulb_design_c: float,
    curves: PlantCurves,
    counts: PlantCounts,
    defaults: ChilledWaterDefaults,
) -> ChillerDesign:
    curve = curves.chiller
    condenser_c = wet_bulb_design_c + nominal_approach_k(curves.tower)
    factor = biquadratic(
        curve.capft,
        float(np.clip(defaults.chilled_water_c, *curve.evaporator_range_c)),
        float(np.clip(condenser_c, *curve.condenser_range_c)),
    )
    return ChillerDesign(
        curve=curve,
        capacity_w=defaults.chiller_margin * load_w / counts.chillers / float(factor),
        duty=counts.chillers,
        standby=counts.chillers_standby,
        condenser_min_c=defaults.condenser_min_c,
        stage_share=defaults.stage_share,
        cop_factor=defaults.cop_factor,
    )


def _pump(flow_kg_s: float, pressure_pa: float, flow_min: float, defaults: ChilledWaterDefaults) -> PumpDesign:
    return PumpDesign(flow_kg_s, pressure_pa, defaults.pump_efficiency, defaults.pump_static_share, flow_min)


def _electrical_loss_w(it_w: float, power: PowerDesign) -> float:
    """PDU and UPS losses at *it_w* [W]."""
    pdu_w = pdu_loss_w(np.asarray(it_w), power.pdu)
    return float(pdu_w + ups_loss_w(it_w + pdu_w, power.ups))
