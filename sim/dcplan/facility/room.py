"""The air side: how much air the room units move, what their fans take, and what air the servers get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.fluids import AIR_HEAT_CAPACITY_J_KG_K, air_density_kg_m3
from dcplan.facility.outage import left
from dcplan.profiles.cooling import FanCurve


@dataclass(frozen=True)
class RoomDesign:
    """A room of servers cooled by equal units that all run at one speed.

    Room air handlers (CRAH), fan walls, units in the row and doors at the rear of the rack differ in their numbers
    only; a passive door has no fans (pressure rise 0): those of the servers push the air through it.
    """

    supply_c: float
    """Air that the units supply [degC]."""
    server_rise_k: float
    """Temperature rise of the air through the servers [K], the same at every load."""
    bypass: float
    """Share of the units' air that returns without passing a server [-]."""
    recirculation: float
    """Share of the servers' air that is their own exhaust [-]."""
    airflow_m3_s: float
    """Design flow of the units needed, together [m3/s]."""
    units: int
    """Units needed."""
    standby: int
    """Redundant units; they run, too, which lets all turn slower."""
    fan: FanCurve
    """Fan power over design power by flow."""
    pressure_pa: float
    """Pressure rise of the fans at design flow [Pa]."""
    efficiency: float
    """Air power over electric power at design flow: fan, motor and drive together [-]."""
    speed_min: float
    """Lowest flow over design flow of a unit [-]."""
    sensible_share: float = 1.0
    """Share of what cold coils remove that is the room's heat [-] (SHR); the rest is water of the outdoor air that
    gets in and condenses on them."""

    def __post_init__(self) -> None:
        require("supply_c", self.supply_c, 5.0, 45.0)
        require("server_rise_k", self.server_rise_k, 2.0, 40.0)
        require("bypass", self.bypass, 0.0, 0.9)
        require("recirculation", self.recirculation, 0.0, 0.9)
        require("airflow_m3_s", self.airflow_m3_s, 1e-6, 1e6)
        require("room units", self.units, 1, 1e5)
        require("room standby units", self.standby, 0, 1e5)
        require("fan pressure_pa", self.pressure_pa, 0.0, 3000.0)
        require("fan efficiency", self.efficiency, 0.05, 0.95)
        require("sensible_share", self.sensible_share, 0.5, 1.0)
        require("fan speed_min", self.speed_min, self.fan.flow_min, 1.0)

    @property
    def unit_airflow_m3_s(self) -> float:
        """Design flow of one unit [m3/s]."""
        return self.airflow_m3_s / self.units

    @property
    def unit_fan_w(self) -> float:
        """Electric power of one unit's fans at design flow [W], V dp / eta."""
        return self.unit_airflow_m3_s * self.pressure_pa / self.efficiency

    @property
    def server_inlet_c(self) -> float:
        """Air that enters the servers [degC], T_sup + dT_srv r / (1 - r), while the plant meets the load."""
        return self.supply_c + self.server_rise_k * self.recirculation / (1.0 - self.recirculation)

    @property
    def supply_heat_index(self) -> float:
        """SHI [-], (T_in - T_sup) / (T_out - T_sup): with one well-mixed aisle it is the share of recirculation.

        References: R. K. Sharma, C. E. Bash, C. D. Patel, "Dimensionless parameters for evaluation of thermal design
        and performance of large-scale data centers", AIAA 2002-3091, 2002.
        """
        return self.recirculation

    @property
    def return_temperature_index(self) -> float:
        """RTI [-], rise over the units by rise over the servers, while the fans follow the servers; see `move_air`."""
        return (1.0 - self.bypass) / (1.0 - self.recirculation)


@dataclass(frozen=True)
class AirState:
    """What the air side does, arrays of the shape of the load."""

    flow_kg_s: FloatArray
    """Air through all units [kg/s]."""
    fan_w: FloatArray
    """Electric power of all units' fans [W]."""
    served: FloatArray
    """Share of the air that the servers want [-]; the heat of the rest stays in the room."""
    exceeded: BoolArray
    """The servers want more air than all units move at full speed."""


def move_air(
    server_w: FloatArray, pressure_pa: FloatArray, design: RoomDesign, out: FloatArray | float = 0.0
) -> AirState:
    """Air that the servers need and what moving it takes, with *out* units out of service [-].

    m_srv = P_srv / (cp dT_srv);  m_crah = m_srv (1 - r) / (1 - b);  V = m / rho(p, T_sup)
    P_fan = N P_unit f(V / (N V_unit)) with N units needed and standby, all at one speed and at least at the
    lowest; what they lack at full speed is not served. The design pressure rise belongs to the design volume flow
    whatever the density.

    References: "EnergyPlus Engineering Reference", `ElectricEquipment:ITE:AirCooled`, `Fan:VariableVolume`;
    M. K. Herrlin, "Airflow and cooling performance of data centers: two performance metrics", ASHRAE
    Transactions 114(2), 2008 (return temperature index).
    """
    density = air_density_kg_m3(pressure_pa, design.supply_c)
    server_kg_s = server_w / (AIR_HEAT_CAPACITY_J_KG_K * design.server_rise_k)
    needed_m3_s = server_kg_s * (1.0 - design.recirculation) / (1.0 - design.bypass) / density
    running = left(design.units + design.standby, out)
    x = needed_m3_s / (np.maximum(running, 1e-9) * design.unit_airflow_m3_s)
    speed = np.clip(x, design.speed_min, 1.0)
    return AirState(
        flow_kg_s=speed * running * design.unit_airflow_m3_s * density,
        fan_w=running * design.unit_fan_w * design.fan.power_fraction(speed),
        served=np.where(running > 0.0, np.minimum(1.0 / np.maximum(x, 1e-9), 1.0), 0.0),
        exceeded=x > 1.0,
    )


def return_air_c(heat_w: FloatArray, flow_kg_s: FloatArray, design: RoomDesign) -> FloatArray:
    """Mixed air back to the units [degC], T_sup + Q / (m cp), for the room's heat *heat_w* [W].

    >>> fan = FanCurve((0.0, 0.0, 0.0, 1.0), 0.1)
    >>> room = RoomDesign(24.0, 12.0, 0.0, 0.0, 1.0, 1, 0, fan, 600.0, 0.7, 0.3)
    >>> float(return_air_c(np.float64(12072.0), np.float64(1.0), room))
    36.0
    """
    capacity_w_k = flow_kg_s * AIR_HEAT_CAPACITY_J_KG_K
    return design.supply_c + np.where(capacity_w_k > 0.0, heat_w / np.maximum(capacity_w_k, 1e-9), 0.0)
