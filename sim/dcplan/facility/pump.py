"""Pumps of a water loop whose flow follows the load."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.fluids import WATER_DENSITY_KG_M3, WATER_HEAT_CAPACITY_J_KG_K


@dataclass(frozen=True)
class PumpDesign:
    """All pumps of one loop, variable speed, as one."""

    flow_kg_s: float
    """Design flow [kg/s]."""
    pressure_pa: float
    """Design head [Pa], with the drop through coils, chillers and the economiser's heat exchanger."""
    efficiency: float
    """Hydraulic power over electric power [-]: pump, motor and drive together, the same at every flow."""
    static_share: float
    """Share of the head that does not depend on flow [-]."""
    flow_min: float
    """Lowest flow over design flow while there is any load [-]."""

    def __post_init__(self) -> None:
        require("pump flow_kg_s", self.flow_kg_s, 1e-6, 1e7)
        require("pump pressure_pa", self.pressure_pa, 1e3, 2e6)
        require("pump efficiency", self.efficiency, 0.05, 0.95)
        require("pump static_share", self.static_share, 0.0, 1.0)
        require("pump flow_min", self.flow_min, 0.05, 1.0)

    @property
    def power_w(self) -> float:
        """Electric power at design flow [W], V dp / eta."""
        return self.flow_kg_s / WATER_DENSITY_KG_M3 * self.pressure_pa / self.efficiency


@dataclass(frozen=True)
class PumpState:
    """What the pumps do, arrays of the shape of the load."""

    flow_kg_s: FloatArray
    power_w: FloatArray
    exceeded: BoolArray
    """Flow above design flow."""


def circulate(heat_w: FloatArray, rise_k: float, design: PumpDesign) -> PumpState:
    """Move *heat_w* [W], any shape, with water that warms by *rise_k* [K], or by less at the lowest flow.

    m = max(Q / (cp dT), m_min);  dp = dp_static + k m^2;  P = P_d x (s + (1 - s) x^2), x = m / m_d; nothing
    runs where there is no heat.

    References: ASHRAE Handbook, HVAC Systems and Equipment, chapter Centrifugal Pumps (system curve).

    >>> pump = PumpDesign(flow_kg_s=10.0, pressure_pa=150e3, efficiency=0.7, static_share=0.3, flow_min=0.3)
    >>> circulate(np.array([0.0, 125520.0, 251040.0]), 6.0, pump).power_w.round().tolist()
    [0.0, 510.0, 2147.0]
    """
    x = np.maximum(heat_w / (WATER_HEAT_CAPACITY_J_KG_K * rise_k) / design.flow_kg_s, design.flow_min)
    x = np.where(heat_w > 0.0, x, 0.0)
    share = design.static_share
    return PumpState(x * design.flow_kg_s, design.power_w * x * (share + (1.0 - share) * x**2), x > 1.0)
