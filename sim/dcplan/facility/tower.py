"""Cooling tower: how cold the water gets, how fast the fans turn for a set point, how much water is lost.

Only the approach correlation is empirical; it is a quadratic in the liquid-to-gas ratio, so the fan speed for
a set point has a closed form. Outside the correlation's data it is held at the nearest bound (wet bulb, approach,
lowest flow), taken as proportional to the range (below the smallest range), or used beyond the highest flow up to
the highest L/G (cells that carry the flow of others out of service), and the step is flagged. The
correlation belongs to sea level: thinner air at altitude is not corrected for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.fluids import WATER_HEAT_CAPACITY_J_KG_K
from dcplan.profiles.cooling import MerkelCurve, TowerCurve
from dcplan.signals import moist_air
from dcplan.signals.weather import Weather

SEA_LEVEL_PA = 101325.0
Quadratic = tuple[FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class TowerDesign:
    """All cells of the cooling tower, with equal flows and equal fan speeds."""

    curve: TowerCurve | MerkelCurve
    """What its approach follows from, scaled to *capacity_w*: a correlation, or Merkel's theory (see `merkel`)."""
    capacity_w: float
    """Heat rejected at the curve's nominal range, wet bulb and L/G = 1 [W]."""
    fan_w: float
    """Electric power of all fans at full speed [W]."""
    fan_floor: float
    """Share of *fan_w* that does not fall with speed while the fans run [-]."""
    drift_share: float
    """Water lost as droplets over circulating water [-]."""
    cycles_of_concentration: float
    """Dissolved solids in the tower water over those in the make-up water [-]."""
    cells: int = 1
    """Cells that share water and air equally; those in service take the flow of the others."""
    approach_factor: float = 1.0
    """Approach of this tower over that of the curve at the same state [-]: how generously it is built."""

    def __post_init__(self) -> None:
        require("tower capacity_w", self.capacity_w, 100.0, 1e10)
        require("tower fan_w", self.fan_w, 0.0, 0.1 * self.capacity_w)
        require("tower fan_floor", self.fan_floor, 0.0, 0.5)
        require("tower drift_share", self.drift_share, 0.0, 0.01)
        require("tower cycles_of_concentration", self.cycles_of_concentration, 1.2, 50.0)
        require("tower cells", self.cells, 1, 1e4)
        require("tower approach_factor", self.approach_factor, 0.3, 3.0)

    @property
    def range_k(self) -> float:
        """By how much the water cools at design flow and capacity [K]."""
        return self.curve.nominal_range_k

    @property
    def flow_kg_s(self) -> float:
        """Design water flow [kg/s]."""
        return self.capacity_w / (WATER_HEAT_CAPACITY_J_KG_K * self.range_k)

    @property
    def air_kg_s(self) -> float:
        """Air flow of all cells at full fan speed and sea level [kg/s]."""
        return self.flow_kg_s / (self.curve.water_air_ratio if isinstance(self.curve, MerkelCurve) else 1.0)


@dataclass(frozen=True)
class Approach:
    """What the tower can do at a given heat, water flow and wet bulb, arrays of one shape."""

    full_k: FloatArray
    """Approach with the fans at full speed [K]."""
    off_k: FloatArray
    """Approach with the fans off [K]."""
    polynomial: Quadratic
    """Correlated approach over L/G."""
    water_flow: FloatArray
    """Water flow over design water flow, within the bounds [-]."""
    scale: FloatArray
    """Factor on the correlated approach: below 1 where the range is below the bounds [-]."""
    extrapolated: BoolArray


def york_polynomial(wet_bulb_c: FloatArray | float, range_k: FloatArray | float, curve: TowerCurve) -> Quadratic:
    """Coefficients of the approach [K] over the liquid-to-gas ratio, constant first; no bounds applied.

    References: see `TowerCurve`.
    """
    c = np.asarray(curve.coefficients).reshape(3, 3, 3)  # [L/G, range, wet bulb]
    w, r = wet_bulb_c, range_k

    def at(k: int) -> FloatArray:
        rows = [c[k, j, 0] + w * (c[k, j, 1] + w * c[k, j, 2]) for j in range(3)]
        return np.asarray(rows[0] + r * (rows[1] + r * rows[2]), dtype=np.float64)

    return at(0), at(1), at(2)


def nominal_approach_k(curve: TowerCurve | MerkelCurve) -> float:
    """Approach [K] at the nominal range and wet bulb, with all fans at full speed (L/G = 1)."""
    if isinstance(curve, MerkelCurve):
        return curve.nominal_approach_k
    return float(sum(york_polynomial(curve.nominal_wet_bulb_c, curve.nominal_range_k, curve)))


def approach(heat_w: FloatArray, flow_kg_s: FloatArray, wet_bulb_c: FloatArray, design: TowerDesign) -> Approach:
    """The tower's approach with the fans at full speed and off.

    With the fans off a share f of the capacity is left: T_app = (1 - f) (T_in - T_wb) + f T_app,full, which
    with T_in = T_wb + T_app + T_r is T_app = T_app,full + T_r (1 - f) / f.

    References: see `TowerCurve`; Modelica Buildings library, `Fluid.HeatExchangers.CoolingTowers.YorkCalc`
    (free convection).
    """
    curve = design.curve
    assert isinstance(curve, TowerCurve), "Merkel's theory has an approach of its own"
    range_k = heat_w / np.where(flow_kg_s > 0.0, flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K, 1.0)
    bounded_range_k = np.clip(range_k, *curve.range_range_k)
    bounded_wet_bulb_c = np.clip(wet_bulb_c, *curve.wet_bulb_range_c)
    flow = flow_kg_s / design.flow_kg_s
    water_flow = np.clip(flow, curve.water_flow_range[0], curve.liquid_gas_max * curve.fan_speed_min)
    polynomial = york_polynomial(bounded_wet_bulb_c, bounded_range_k, curve)
    scale = np.minimum(range_k / curve.range_range_k[0], 1.0) * design.approach_factor
    full_k = np.clip(_value(polynomial, water_flow), *curve.approach_range_k) * scale
    outside = (bounded_wet_bulb_c != wet_bulb_c) | (bounded_range_k != range_k)
    outside |= (flow < curve.water_flow_range[0] - 1e-6) | (flow > curve.water_flow_range[1] + 1e-6)
    return Approach(
        full_k=full_k,
        off_k=full_k + range_k * (1.0 - curve.free_convection) / curve.free_convection,
        polynomial=polynomial,
        water_flow=water_flow,
        scale=scale,
        extrapolated=outside & (heat_w > 0.0),
    )


def fan_speed(target_k: FloatArray, state: Approach, curve: TowerCurve) -> tuple[FloatArray, FloatArray]:
    """Fan speed over full speed, and share of time it runs, for the approach *target_k* [K] or the best one.

    The L/G for the target is a root of the correlation's quadratic; air flow over design is water flow over
    L/G. Below the lowest speed the fans cycle between it and off (linear in the approach). With the fans off
    and the water still colder than wanted, part of it bypasses the tower.
    """
    slowest_k = _value(state.polynomial, state.water_flow / curve.fan_speed_min) * state.scale
    wanted_k = np.clip(target_k, state.full_k, slowest_k)
    liquid_gas = _root(state.polynomial, wanted_k / np.where(state.scale > 0.0, state.scale, 1.0))
    speed = np.clip(state.water_flow / liquid_gas, curve.fan_speed_min, 1.0)
    speed = np.where(target_k <= state.full_k, 1.0, speed)
    return speed, fan_duty(target_k, slowest_k, state.off_k)


def fan_duty(target_k: FloatArray, slowest_k: FloatArray, off_k: FloatArray) -> FloatArray:
    """Share of the time that fans run for the approach *target_k* [K], cycling between lowest speed and off."""
    cycling = np.clip((off_k - target_k) / np.maximum(off_k - slowest_k, 1e-9), 0.0, 1.0)
    return np.where(target_k >= off_k, 0.0, np.where(target_k > slowest_k, cycling, 1.0))


def air_flow_kg_s(speed: FloatArray, duty: FloatArray, pressure_pa: FloatArray, design: TowerDesign) -> FloatArray:
    """Air through the tower [kg/s]: that of the fans while they run, else the little that moves by itself."""
    moved = duty * speed + (1.0 - duty) * design.curve.free_convection
    return moved * design.air_kg_s * pressure_pa / SEA_LEVEL_PA


def fan_power_w(speed: FloatArray, duty: FloatArray, design: TowerDesign) -> FloatArray:
    """Electric power of the fans [W], duty P_d (floor + (1 - floor) speed^3).

    References: Modelica Buildings library, `Fluid.HeatExchangers.CoolingTowers.YorkCalc` (cube law).
    """
    return duty * design.fan_w * (design.fan_floor + (1.0 - design.fan_floor) * speed**3)


@dataclass(frozen=True)
class Water:
    """Water that leaves the tower, arrays of one shape."""

    evaporation_kg_s: FloatArray
    drift_kg_s: FloatArray
    blowdown_kg_s: FloatArray


def water_use(
    heat_w: FloatArray,
    flow_kg_s: FloatArray,
    water_c: FloatArray,
    air_kg_s: FloatArray,
    air: Weather,
    design: TowerDesign,
) -> Water:
    """Water lost while *air_kg_s* [kg/s] of outdoor air take *heat_w* [W] from *flow_kg_s* [kg/s] of water.

    The water leaves at *water_c* [degC]. Blow-down B = max(E / (CoC - 1) - drift, 0).

    References: "EnergyPlus Engineering Reference", cooling towers, make-up water usage (saturated exit).
    """
    entering_c = water_c + heat_w / np.where(flow_kg_s > 0.0, flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K, 1.0)
    evaporation = evaporation_kg_s(heat_w, entering_c, air_kg_s, air)
    drift = design.drift_share * flow_kg_s
    blowdown = evaporation / (design.cycles_of_concentration - 1.0) - drift
    return Water(evaporation, drift, np.maximum(blowdown, 0.0))


def evaporation_kg_s(heat_w: FloatArray, water_c: FloatArray, air_kg_s: FloatArray, air: Weather) -> FloatArray:
    """Water that the air takes up with *heat_w* [W] [kg/s]; it leaves saturated, not above the *water_c* that enters.

    E = Q (w_out - w_in) / (h_out - h_in), with h_out = h_in + Q / m_air, and h_in that of the wet bulb, at which water
    evaporates without heat. In cold weather part of the heat warms the air; hot dry air is cooled, and takes up more
    than the heat of the water evaporates.
    """
    w_wet = moist_air.saturation_humidity_ratio_kg_kg(air.wet_bulb_c, air.pressure_pa)
    h_in = moist_air.enthalpy_j_kg(air.wet_bulb_c, w_wet)
    leaving_c = moist_air.cooled_c(water_c, h_in + heat_w / np.maximum(air_kg_s, 1e-9), air.pressure_pa)
    w_out = moist_air.saturation_humidity_ratio_kg_kg(leaving_c, air.pressure_pa)
    gained_j_kg = np.maximum(moist_air.enthalpy_j_kg(leaving_c, w_out) - h_in, 1.0)
    return np.asarray(heat_w * (w_out - air.humidity_ratio_kg_kg) / gained_j_kg)


def _value(polynomial: Quadratic, x: FloatArray) -> FloatArray:
    a0, a1, a2 = polynomial
    return a0 + x * (a1 + x * a2)


def _root(polynomial: Quadratic, value: FloatArray) -> FloatArray:
    """The positive x at which the rising branch of the quadratic has *value* (stable for small a2)."""
    a0, a1, a2 = polynomial
    discriminant = np.maximum(a1**2 + 4.0 * a2 * (value - a0), 0.0)
    return 2.0 * (value - a0) / np.maximum(a1 + np.sqrt(discriminant), 1e-12)
