"""The air through a server: how much, how warm it leaves, and how well cold and hot air are kept apart.

The form is that of EnergyPlus' `ElectricEquipment:ITE:AirCooled` with physical curves: fans by the affinity laws, and
the first law for the outlet.

References: "EnergyPlus Engineering Reference", `ElectricEquipment:ITE:AirCooled`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray
from dcplan.facility.fluids import AIR_GAS_CONSTANT_J_KG_K, AIR_HEAT_CAPACITY_J_KG_K, ZERO_C_K
from dcplan.facility.server import fan_speed
from dcplan.profiles.power_curve import InletResponse


@dataclass(frozen=True)
class ServerAir:
    """Air through servers, arrays of the shape of the power."""

    flow_kg_s: FloatArray
    outlet_c: FloatArray


def server_inlet_c(supply_c: FloatArray, room_c: FloatArray, recirculation: float) -> FloatArray:
    """Air that a server breathes in [degC]: T_in = (1 - R) T_supply + R T_room, R = *recirculation* [-]."""
    return (1.0 - recirculation) * supply_c + recirculation * room_c


def through_server(
    power_w: FloatArray,
    inlet_c: FloatArray,
    full_flow_m3_s: float,
    inlet: InletResponse,
    pressure_pa: FloatArray | float = 101325.0,
) -> ServerAir:
    """The air that carries off *power_w* [W], fans included: V' = V'_full n(T_in), T_out = T_in + P / (rho V' c_p).

    Flow follows fan speed, and thinner air carries less. All power leaves as heat in the air.

    >>> response = InletResponse(25.0, 0.0, 30.0, 0.5, 38.0, 2.8)
    >>> through_server(np.array([400.0]), np.array([24.0]), 0.05, response).outlet_c.round(1).tolist()
    [37.4]
    """
    density_kg_m3 = pressure_pa / (AIR_GAS_CONSTANT_J_KG_K * (inlet_c + ZERO_C_K))
    flow_kg_s = np.asarray(density_kg_m3 * full_flow_m3_s * fan_speed(inlet_c, inlet))
    return ServerAir(flow_kg_s, inlet_c + power_w / (flow_kg_s * AIR_HEAT_CAPACITY_J_KG_K))


def supply_heat_index(supply_c: FloatArray, inlet_c: FloatArray, outlet_c: FloatArray) -> FloatArray:
    """Supply heat index SHI = (T_in - T_supply) / (T_out - T_supply) [-]: 0 if no hot air comes back.

    References: R. K. Sharma, C. E. Bash, C. D. Patel, "Dimensionless parameters for evaluation of thermal design and
    performance of large-scale data centers", AIAA 2002-3091.
    """
    return (inlet_c - supply_c) / (outlet_c - supply_c)
