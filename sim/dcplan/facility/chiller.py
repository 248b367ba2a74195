"""Chillers, water- or air-cooled: capacity, staging and power, inside and outside the data behind their curves.

Manufacturers' curves end near 13 degC chilled water, while modern rooms run at 15 to 24 degC. Outside the
curve's domain the efficiency of the domain's edge is scaled by the ratio of Carnot efficiencies, with a
smallest lift and a highest coefficient of performance (COP), because unbounded scaling gives COPs above 30.
Capacity stays that of the edge. Every such step is flagged. The bounds are engineering judgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.fluids import ZERO_C_K
from dcplan.facility.outage import left
from dcplan.profiles.cooling import ChillerCurve, biquadratic

EVAPORATOR_APPROACH_K = 2.0
"""Leaving chilled water above evaporating refrigerant, for the Carnot ratio."""
CONDENSER_RISE_K = MappingProxyType({"water": 7.0, "air": 12.0})
"""Condensing refrigerant above what enters the condenser, for the Carnot ratio: water 5 K range and 2 K approach;
air 12 K, which is how hard the coils of air-cooled machines are usually driven."""
LIFT_MIN_K = 11.0
"""Smallest lift between evaporating and condensing refrigerant outside the domain."""
COP_MAX = MappingProxyType({"water": 13.0, "air": 9.0})
"""Highest COP that scaling beyond the domain may reach, by condenser; not applied inside it."""


@dataclass(frozen=True)
class ChillerDesign:
    """Equal chillers; the running ones share the load equally."""

    curve: ChillerCurve
    """Manufacturer's curves, scaled to *capacity_w*."""
    capacity_w: float
    """Capacity of one chiller at the curve's reference point [W]."""
    duty: int
    """Chillers meant for the design load."""
    standby: int
    """Redundant chillers; started only when the load exceeds the duty chillers (flagged)."""
    condenser_min_c: float
    """Coldest water that may enter a condenser [degC]; a mixing valve keeps it. With air-cooled condensers, the
    outdoor air below which head pressure control makes nothing of colder air."""
    stage_share: float
    """Load over available capacity of the running chillers at which one more is started [-]."""
    cop_factor: float
    """COP of this plant over that of the manufacturer's curve [-]; aged or badly run plants reach 0.6."""

    def __post_init__(self) -> None:
        require("chiller capacity_w", self.capacity_w, 100.0, 1e9)
        require("chiller duty", self.duty, 1, 1e4)
        require("chiller standby", self.standby, 0, 1e4)
        least_c = 5.0 if self.curve.condenser == "water" else -40.0
        require("chiller condenser_min_c", self.condenser_min_c, least_c, 30.0)
        require("chiller stage_share", self.stage_share, 0.3, 1.0)
        require("chiller cop_factor", self.cop_factor, 0.3, 1.5)


@dataclass(frozen=True)
class ChillerState:
    """What the chillers do, arrays of the shape of the load."""

    heat_w: FloatArray
    """Heat taken from the chilled water [W]."""
    shortfall_w: FloatArray
    """Load above what the chillers can take [W]."""
    power_w: FloatArray
    running: FloatArray
    """Chillers running [-]."""
    extrapolated: BoolArray
    """Running outside the temperatures of the curve's data."""
    redundancy_lost: BoolArray
    """Standby chillers are needed."""


def chill(
    load_w: FloatArray,
    supply_c: float,
    condenser_c: FloatArray,
    design: ChillerDesign,
    out: FloatArray | float = 0.0,
) -> ChillerState:
    """Cool water by *load_w* [W] to *supply_c* [degC], with *out* chillers out of service [-].

    *condenser_c* is what enters the condensers [degC]: water, or the outdoor air of air-cooled ones, whose power
    includes their fans.

    Q_avail = Q_ref CAPFT;  n = ceil(Q / (0.85 Q_avail));  PLR = Q / (n Q_avail)
    P = n Q_avail EIRFT EIRFPLR(max(PLR, PLR_min)) min(1, PLR / PLR_min) / (COP_ref factor)

    References: "EnergyPlus Engineering Reference", `Chiller:Electric:EIR`; Modelica Buildings library,
    `Fluid.Chillers.ElectricEIR`.
    """
    curve = design.curve
    held_c = held_condenser_c(supply_c, condenser_c, curve)
    evaporator_edge = min(max(supply_c, curve.evaporator_range_c[0]), curve.evaporator_range_c[1])
    condenser_edge = np.clip(held_c, *curve.condenser_range_c)
    unit_w = design.capacity_w * biquadratic(curve.capft, evaporator_edge, condenser_edge)
    running, redundancy_lost = _stage(load_w, unit_w, design, left(design.duty + design.standby, out))
    available_w = running * unit_w
    heat_w = np.minimum(load_w, available_w * curve.plr_max)

    full_load = biquadratic(curve.eirft, evaporator_edge, condenser_edge) / (curve.cop * design.cop_factor)
    edge_w = available_w * full_load * _part_load(heat_w, available_w, curve)
    rise_k = CONDENSER_RISE_K[curve.condenser]
    gain = carnot_cop(supply_c, held_c, rise_k) / carnot_cop(evaporator_edge, condenser_edge, rise_k)
    outside = (evaporator_edge != supply_c) | (condenser_edge != condenser_c)
    bounded_w = np.maximum(edge_w / gain, np.minimum(edge_w, heat_w / COP_MAX[curve.condenser]))
    return ChillerState(
        heat_w=heat_w,
        shortfall_w=load_w - heat_w,
        power_w=np.where(outside, bounded_w, edge_w),
        running=running,
        extrapolated=outside & (running > 0.0),
        redundancy_lost=redundancy_lost,
    )


def held_condenser_c(supply_c: float, condenser_c: FloatArray, curve: ChillerCurve) -> FloatArray:
    """What the machine behaves as if it got at its condensers [degC]: colder brings nothing more.

    Water not below the curve's domain; air below it is judged by Carnot. And where the chilled water is outside the
    domain, or the air, not so cold that the lift between the refrigerant temperatures falls below the smallest: head
    pressure control holds it.
    """
    low_c, high_c = curve.evaporator_range_c
    least_c = supply_c - EVAPORATOR_APPROACH_K + LIFT_MIN_K - CONDENSER_RISE_K[curve.condenser]
    if curve.condenser == "air":
        return np.maximum(condenser_c, least_c)
    inside = low_c <= supply_c <= high_c
    return np.maximum(condenser_c, max(curve.condenser_range_c[0], -np.inf if inside else least_c))


def carnot_cop(
    supply_c: float, condenser_c: FloatArray | float, rise_k: float = CONDENSER_RISE_K["water"]
) -> FloatArray:
    """COP of an ideal machine between the refrigerant temperatures behind two temperatures [degC].

    T_e / (T_c - T_e), T_e = supply - 2 K, T_c = what enters the condenser + *rise_k* [K].

    >>> float(carnot_cop(15.0, 20.0).round(2))
    20.44
    """
    evaporating_k = supply_c - EVAPORATOR_APPROACH_K + ZERO_C_K
    condensing_k = np.asarray(condenser_c, dtype=np.float64) + rise_k + ZERO_C_K
    return evaporating_k / (condensing_k - evaporating_k)


def _stage(
    load_w: FloatArray, unit_w: FloatArray, design: ChillerDesign, installed: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Chillers that run of those *installed* and in service, and whether the load needs the redundant ones."""
    wanted = np.maximum(np.ceil(load_w / (design.stage_share * unit_w) - 1e-9), load_w > 0.0)
    most_w = unit_w * design.curve.plr_max
    limit = np.where(load_w > design.duty * most_w, design.duty + design.standby, design.duty)
    redundancy_lost = load_w > np.maximum(installed - design.standby, 0.0) * most_w
    return np.minimum(np.minimum(wanted, limit), installed), redundancy_lost


def _part_load(heat_w: FloatArray, available_w: FloatArray, curve: ChillerCurve) -> FloatArray:
    """Power over full-load power [-]: unloads down to PLR_min, cycles below it."""
    plr = heat_w / np.where(available_w > 0.0, available_w, 1.0)
    unloaded = np.maximum(plr, curve.plr_min)
    c0, c1, c2 = curve.eirfplr
    return (c0 + unloaded * (c1 + unloaded * c2)) * np.minimum(plr / curve.plr_min, 1.0)
