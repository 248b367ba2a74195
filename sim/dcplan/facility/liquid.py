"""Liquid-cooled servers: coolant distribution units (CDU) between cold plates and the facility's water.

A share of the servers' heat goes into coolant, the rest into the room's air. Behind the CDUs the heat takes a loop and
a plant of its own (warm water needs no chiller), or the chilled water of the room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.fluids import WATER_HEAT_CAPACITY_J_KG_K
from dcplan.facility.loop import WaterLoopDesign
from dcplan.facility.outage import left
from dcplan.facility.pump import PumpDesign, PumpState, circulate
from dcplan.facility.rejection import RejectionDesign


@dataclass(frozen=True)
class CduDesign:
    """Equal coolant distribution units that share the heat equally."""

    units: int
    """Units needed."""
    standby: int
    """Redundant units."""
    effectiveness: float
    """Heat over the most that could pass from coolant to facility water [-]."""
    rise_k: float
    """Temperature rise of the coolant through the servers [K]."""
    pump: PumpDesign
    """Pumps of the coolant, those of the units needed."""

    def __post_init__(self) -> None:
        require("cdu units", self.units, 1, 1e5)
        require("cdu standby units", self.standby, 0, 1e5)
        require("cdu effectiveness", self.effectiveness, 0.2, 0.99)
        require("cdu rise_k", self.rise_k, 2.0, 40.0)


@dataclass(frozen=True)
class LiquidDesign:
    """What liquid carries, and where to."""

    share: float
    """Share of the servers' heat that goes into coolant [-]."""
    cdu: CduDesign
    loop: WaterLoopDesign | None
    """Facility water of their own; None: the chilled water of the room."""
    rejection: RejectionDesign | None
    """The plant behind *loop*."""

    def __post_init__(self) -> None:
        require("liquid share", self.share, 0.0, 1.0)
        if (self.loop is None) != (self.rejection is None):
            raise ValueError("a loop of facility water and its plant come together")


@dataclass(frozen=True)
class LiquidState:
    """What the coolant side does, arrays of the shape of the load."""

    heat_w: FloatArray
    """Servers' heat into the coolant [W]."""
    pump: PumpState
    """Coolant pumps."""
    carried_w: FloatArray
    """Heat passed on to the facility water, that of the pumps included [W]."""


def take_heat(
    server_w: FloatArray, design: LiquidDesign, cdus_out: FloatArray | float, dead: BoolArray | bool
) -> LiquidState:
    """Take the share of *server_w* [W] that goes into coolant.

    With too few units in service the flow of those left carries its part; where *dead* there is no facility water.
    """
    heat_w = design.share * server_w
    cdu = design.cdu
    able_w = left(cdu.units + cdu.standby, cdus_out) / cdu.units * _rated_w(cdu)
    moved_w = np.minimum(heat_w, np.where(np.asarray(cdus_out) > 0.0, able_w, np.inf))
    pump = circulate(moved_w, cdu.rise_k, cdu.pump)
    return LiquidState(heat_w, pump, np.where(dead, 0.0, moved_w + pump.power_w))


def coolant_c(state: LiquidState, facility_c: FloatArray, facility_flow_kg_s: FloatArray, cdu: CduDesign) -> FloatArray:
    """Coolant into the servers [degC] with facility water of *facility_c*, counterflow at a given effectiveness.

    T_ret = T_fws + Q / (eps C_min),  T_sup = T_ret - Q / C_coolant.

    References: F. P. Incropera, D. P. DeWitt, "Fundamentals of heat and mass transfer", chapter Heat Exchangers.
    """
    coolant_w_k = np.maximum(state.pump.flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K, 1e-9)
    facility_w_k = np.maximum(facility_flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K, 1e-9)
    least_w_k = np.minimum(coolant_w_k, facility_w_k)
    heat_w = state.carried_w
    above_k = heat_w / (cdu.effectiveness * least_w_k) - heat_w / coolant_w_k
    return facility_c + np.where(heat_w > 0.0, np.maximum(above_k, 0.0), 0.0)


def _rated_w(cdu: CduDesign) -> float:
    """Heat that the units needed can carry [W]."""
    return cdu.pump.flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K * cdu.rise_k
