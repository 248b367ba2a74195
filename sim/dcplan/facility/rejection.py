"""The water side: economiser, chillers, condenser pumps and tower, solved together for each time step.

Condenser water temperature depends on the heat to reject, which depends on chiller power, which depends on
that temperature. One pass shrinks an error about thirty-fold (1 K warmer water: 3 % more chiller power, 0.3 %
more heat, 0.03 K warmer water), so a fixed number of passes replaces a solver: three leave facility power
within 1e-5. Energy balances are exact all the same: heat rejected is the sum of its parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.chiller import ChillerDesign, ChillerState, chill
from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.economiser import EconomiserDesign, modes, share
from dcplan.facility.pump import PumpDesign, PumpState, circulate
from dcplan.facility.tower import Approach, TowerDesign, Water, approach, fan_power_w, fan_speed, water_use

PASSES = 3
AS_COLD_AS_POSSIBLE_C = -273.15


@dataclass(frozen=True)
class RejectionDesign:
    """What stands between the chilled water and the outdoor air."""

    chiller: ChillerDesign
    tower: TowerDesign
    pump: PumpDesign
    """Condenser (tower) water pumps."""
    setpoint_c: float
    """Water that the tower supplies to the chillers when it can [degC]."""
    economiser: EconomiserDesign | None
    """None: there is none."""

    def __post_init__(self) -> None:
        require("condenser setpoint_c", self.setpoint_c, 5.0, 35.0)


@dataclass(frozen=True)
class RejectionState:
    """What the water side does, arrays of the shape of the load."""

    chiller: ChillerState
    pump: PumpState
    water: Water
    economiser_share: FloatArray
    """Share of the load that the economiser carries, 0 to 1."""
    economiser_w: FloatArray
    """Heat that goes through the economiser [W]."""
    rejected_w: FloatArray
    """Heat that the tower rejects [W]."""
    tower_c: FloatArray
    """Water that the tower supplies [degC]."""
    condenser_c: FloatArray
    """Water that enters the condensers [degC]."""
    fan_w: FloatArray
    extrapolated: BoolArray
    """Tower outside its correlation's data."""


def reject(
    load_w: FloatArray,
    supply_c: float,
    return_c: FloatArray,
    wet_bulb_c: FloatArray,
    design: RejectionDesign,
) -> RejectionState:
    """Take *load_w* [W] out of chilled water that returns at *return_c* [degC]; give it to the outdoor air."""
    full, partial = _modes(load_w, supply_c, return_c, wet_bulb_c, design)
    target_c = _target_c(full, partial, supply_c, design)
    heat_w = load_w
    for _ in range(PASSES):
        pump, state = _tower(heat_w, wet_bulb_c, design)
        tower_c = np.maximum(target_c, wet_bulb_c + state.full_k)
        carried = _share(full, partial, tower_c, supply_c, return_c, design)
        condenser_c = np.maximum(tower_c, design.chiller.condenser_min_c)
        chiller = chill(load_w * (1.0 - carried), supply_c, condenser_c, design.chiller)
        heat_w = load_w * carried + chiller.heat_w + chiller.power_w
    speed, duty = fan_speed(target_c - wet_bulb_c, state, design.tower.curve)
    rejected_w = heat_w + pump.power_w
    return RejectionState(
        chiller=chiller,
        pump=pump,
        water=water_use(rejected_w, pump.flow_kg_s, tower_c, design.tower),
        economiser_share=carried,
        economiser_w=load_w * carried,
        rejected_w=rejected_w,
        tower_c=tower_c,
        condenser_c=condenser_c,
        fan_w=np.where(rejected_w > 0.0, fan_power_w(speed, duty, design.tower), 0.0),
        extrapolated=state.extrapolated,
    )


def _tower(heat_w: FloatArray, wet_bulb_c: FloatArray, design: RejectionDesign) -> tuple[PumpState, Approach]:
    pump = circulate(heat_w, design.tower.curve.nominal_range_k, design.pump)
    return pump, approach(heat_w + pump.power_w, pump.flow_kg_s, wet_bulb_c, design.tower)


def _modes(
    load_w: FloatArray, supply_c: float, return_c: FloatArray, wet_bulb_c: FloatArray, design: RejectionDesign
) -> tuple[BoolArray, BoolArray]:
    """Full and partial, judged without compressor heat: in full mode there is none."""
    if design.economiser is None:
        never = np.zeros(load_w.shape, dtype=np.bool_)
        return never, never
    _, state = _tower(load_w, wet_bulb_c, design)
    return modes(wet_bulb_c + state.full_k, supply_c, return_c, design.economiser)


def _target_c(full: BoolArray, partial: BoolArray, supply_c: float, design: RejectionDesign) -> FloatArray:
    if design.economiser is None:
        return np.full(full.shape, design.setpoint_c)
    chillers_c = np.where(partial, AS_COLD_AS_POSSIBLE_C, design.setpoint_c)
    return np.where(full, supply_c - design.economiser.approach_k, chillers_c)


def _share(
    full: BoolArray,
    partial: BoolArray,
    tower_c: FloatArray,
    supply_c: float,
    return_c: FloatArray,
    design: RejectionDesign,
) -> FloatArray:
    if design.economiser is None:
        return np.zeros(full.shape)
    return np.where(full, 1.0, np.where(partial, share(tower_c, supply_c, return_c, design.economiser), 0.0))
