"""A water loop between what is cooled and a plant: its pumps, heat that is given away, and the plant for the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.facility.duty import Duty
from dcplan.facility.fluids import WATER_HEAT_CAPACITY_J_KG_K
from dcplan.facility.outage import OutOfService
from dcplan.facility.pump import PumpDesign, circulate
from dcplan.facility.rejection import RejectionDesign, RejectionState, reject
from dcplan.facility.reuse import ReuseDesign, hand_over
from dcplan.signals.weather import Weather


@dataclass(frozen=True)
class WaterLoopDesign:
    """Water between room units or liquid-cooled servers and a plant."""

    supply_c: float
    """Water supplied to what is cooled [degC]."""
    rise_k: float
    """Temperature rise at all loads above the pumps' lowest flow [K]."""
    pump: PumpDesign

    def __post_init__(self) -> None:
        require("chilled water supply_c", self.supply_c, 4.0, 60.0)
        require("chilled water rise_k", self.rise_k, 2.0, 25.0)


@dataclass(frozen=True)
class LoopState:
    """What a loop and its plant do, arrays of the shape of the heat."""

    flow_kg_s: FloatArray
    pump_w: FloatArray
    supply_c: FloatArray
    """Water from the plant [degC]; above the design's only without chillers."""
    return_c: FloatArray
    """Water back from what is cooled [degC]."""
    plant: RejectionState
    duty: Duty
    """All of it, the loop's own pumps left out."""


def run_loop(
    heat_w: FloatArray,
    loop: WaterLoopDesign,
    rejection: RejectionDesign,
    air: Weather,
    out: OutOfService,
    reuse: ReuseDesign | None,
) -> LoopState:
    """Carry *heat_w* [W] to the plant; the pumps' own heat comes on top."""
    pump = circulate(heat_w, loop.rise_k, loop.pump)
    load_w = heat_w + pump.power_w
    capacity_w_k = np.maximum(pump.flow_kg_s, 1e-12) * WATER_HEAT_CAPACITY_J_KG_K
    rise_k = load_w / capacity_w_k
    given = hand_over(load_w, loop.supply_c + rise_k, air, reuse)
    plant_k = rise_k if reuse is None else (load_w - given.taken_w) / capacity_w_k
    plant = reject(load_w - given.taken_w, loop.supply_c, loop.supply_c + plant_k, air, rejection, out)
    return LoopState(
        flow_kg_s=pump.flow_kg_s,
        pump_w=pump.power_w,
        supply_c=plant.supply_c,
        return_c=plant.supply_c + rise_k,
        plant=plant,
        duty=Duty(
            compressor_w=plant.chiller.power_w,
            rejection_fan_w=plant.fan_w,
            condenser_pump_w=plant.pump.power_w,
            evaporator_heat_w=plant.chiller.heat_w,
            economiser_heat_w=plant.economiser_w,
            rejected_w=plant.rejected_w,
            reused_w=given.taken_w,
            heat_pump_w=given.pump_w,
            shortfall_w=plant.shortfall_w,
            evaporation_kg_s=plant.water.evaporation_kg_s,
            drift_kg_s=plant.water.drift_kg_s,
            blowdown_kg_s=plant.water.blowdown_kg_s,
            chillers_running=plant.chiller.running,
            chiller_extrapolated=plant.chiller.extrapolated,
            tower_extrapolated=plant.extrapolated,
            water_flow_exceeded=pump.exceeded | plant.pump.exceeded,
            redundancy_lost=plant.chiller.redundancy_lost,
        ),
    )
