"""Cooling tower by Merkel's theory: a counterflow heat exchanger between water and an equivalent gas.

The gas is saturated air: its heat capacity is what its heat content gains per kelvin of wet bulb. For a given heat the
air that leaves is known at once, so nothing is iterated. Thinner air at altitude holds more water per kilogram, but
fans, which move volume, move less of it; that warm air is thinner than cold air is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray
from dcplan.facility.fluids import AIR_HEAT_CAPACITY_J_KG_K, WATER_HEAT_CAPACITY_J_KG_K
from dcplan.facility.tower import SEA_LEVEL_PA, TowerDesign, fan_duty, nominal_approach_k
from dcplan.profiles.cooling import MerkelCurve
from dcplan.signals import moist_air
from dcplan.signals.weather import Weather

HALVINGS = 9
"""Halvings of the interval of fan speeds, before a straight line through what is left."""
FLOW_MOST = 3.0
"""Cells that carry the flow of others get at most so much of the highest valid flow [-]."""
LEAST_HEAT = 1e-6
"""Smallest heat over capacity at which the air that leaves is looked at [-]."""


@dataclass(frozen=True)
class MerkelState:
    """What the tower is asked for and what it breathes, arrays of one shape."""

    heat_w: FloatArray
    """Heat within the bounds [W]."""
    flow: FloatArray
    """Water flow over design water flow, within the bounds [-]."""
    wet_bulb_c: FloatArray
    pressure_pa: FloatArray
    extrapolated: BoolArray


def cool(heat_w: FloatArray, flow_kg_s: FloatArray, air: Weather, design: TowerDesign) -> MerkelState:
    """The state of the tower that gets *heat_w* [W] in *flow_kg_s* [kg/s] of water."""
    curve = _curve(design)
    low, high = curve.water_flow_range
    flow = flow_kg_s / design.flow_kg_s
    bounded = np.clip(flow, low, FLOW_MOST * high)
    most_w = bounded * design.flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K * curve.range_max_k
    below_k = curve.nominal_wet_bulb_c - air.wet_bulb_c
    outside = (flow < low - 1e-6) | (flow > high + 1e-6) | (heat_w > most_w)
    outside |= (below_k < curve.wet_bulb_below_range_k[0]) | (below_k > curve.wet_bulb_below_range_k[1])
    return MerkelState(
        heat_w=np.minimum(heat_w, most_w),
        flow=bounded,
        wet_bulb_c=air.wet_bulb_c,
        pressure_pa=air.pressure_pa,
        extrapolated=outside & (heat_w > 0.0),
    )


def approach_k(speed: FloatArray | float, state: MerkelState, design: TowerDesign) -> FloatArray:
    """Water out above the wet bulb [K] at a fan speed over full speed, Q / (eps C_min) - Q / C_water.

    C_air = m_air c_e with c_e = dh / dT_wb between the air that enters and that leaves, UA_e = UA c_e / c_p, and eps
    that of counterflow.

    References: see `MerkelCurve`.
    """
    curve = _curve(design)
    air = np.asarray(speed * state.pressure_pa / SEA_LEVEL_PA)
    air_kg_s = air * design.air_kg_s
    capacity_j_kg_k = _equivalent_j_kg_k(state, air_kg_s, design)
    below_k = np.clip(curve.nominal_wet_bulb_c - state.wet_bulb_c, *curve.wet_bulb_below_range_k)
    watered = np.clip(state.flow, *curve.water_flow_range)
    factors = (
        _value(curve.wet_bulb_factor, below_k) * _value(curve.air_factor, air) * _value(curve.water_factor, watered)
    )
    ua_w_k = nominal_ua_w_k(design) * factors * capacity_j_kg_k / AIR_HEAT_CAPACITY_J_KG_K
    water_w_k = state.flow * design.flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K
    least_w_k = np.minimum(air_kg_s * capacity_j_kg_k, water_w_k)
    ratio = least_w_k / np.maximum(air_kg_s * capacity_j_kg_k, water_w_k)
    passed = counterflow(ua_w_k / least_w_k, ratio)
    return np.asarray(state.heat_w * (1.0 / (passed * least_w_k) - 1.0 / water_w_k))


def nominal_ua_w_k(design: TowerDesign) -> float:
    """Conductance between water and air at the nominal point [W/K]: there the approach is the nominal one."""
    curve = _curve(design)
    heat_w, flow, wet_bulb_c, pressure_pa = (
        np.array([each]) for each in (design.capacity_w, 1.0, curve.nominal_wet_bulb_c, SEA_LEVEL_PA)
    )
    state = MerkelState(heat_w, flow, wet_bulb_c, pressure_pa, np.array([False]))
    air_kg_s = design.air_kg_s
    capacity_j_kg_k = float(_equivalent_j_kg_k(state, np.array([air_kg_s]), design)[0])
    sides = air_kg_s * capacity_j_kg_k, design.flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K
    least, ratio = min(sides), min(sides) / max(sides)
    hottest_k = design.approach_factor * nominal_approach_k(curve) + curve.nominal_range_k
    passed = design.capacity_w / (least * hottest_k)
    if passed >= 1.0:
        raise ValueError(
            f"a cooling tower with {curve.water_air_ratio:g} kg of water per kg of air cannot reach an approach of "
            f"{hottest_k - curve.nominal_range_k:.2g} K; it needs more air, or a larger approach"
        )
    factors = sum(curve.air_factor) * sum(curve.water_factor) * curve.wet_bulb_factor[0]
    units = np.log((1.0 - passed * ratio) / (1.0 - passed)) / (1.0 - ratio)
    return float(units * least * AIR_HEAT_CAPACITY_J_KG_K / capacity_j_kg_k / factors)


def counterflow(transfer_units: FloatArray, ratio: FloatArray) -> FloatArray:
    """Effectiveness of a counterflow exchanger by transfer units and ratio of capacity rates.

    References: F. P. Incropera, D. P. DeWitt, "Fundamentals of heat and mass transfer", chapter Heat Exchangers.

    >>> counterflow(np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.5, 1.0])).round(3).tolist()
    [0.632, 0.565, 0.5]
    """
    equal = ratio > 1.0 - 1e-6
    below = np.where(equal, 0.5, ratio)
    left = np.exp(-transfer_units * (1.0 - below))
    return np.where(equal, transfer_units / (1.0 + transfer_units), (1.0 - left) / (1.0 - below * left))


def fan_speed(target_k: FloatArray, state: MerkelState, design: TowerDesign) -> tuple[FloatArray, FloatArray]:
    """Fan speed over full speed, and share of time it runs, for the approach *target_k* [K] or the best one."""
    least = _curve(design).fan_speed_min
    low, high = np.full_like(state.heat_w, least), np.ones_like(state.heat_w)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        warm = approach_k(middle, state, design) > target_k
        low, high = np.where(warm, middle, low), np.where(warm, high, middle)
    warmest_k, coldest_k = approach_k(low, state, design), approach_k(high, state, design)
    part = np.clip((warmest_k - target_k) / np.maximum(warmest_k - coldest_k, 1e-12), 0.0, 1.0)
    duty = fan_duty(target_k, approach_k(least, state, design), off_k(state, design))
    return low + part * (high - low), duty


def off_k(state: MerkelState, design: TowerDesign) -> FloatArray:
    """Approach with the fans off [K]: air moves by itself, a little."""
    return approach_k(_curve(design).free_convection, state, design)


def _equivalent_j_kg_k(state: MerkelState, air_kg_s: FloatArray, design: TowerDesign) -> FloatArray:
    """Heat capacity of the equivalent gas [J/(kg K)], (h_out - h_in) / (T_wb,out - T_wb,in)."""
    saturated = moist_air.saturation_humidity_ratio_kg_kg(state.wet_bulb_c, state.pressure_pa)
    entering_j_kg = moist_air.enthalpy_j_kg(state.wet_bulb_c, saturated)
    gained_j_kg = np.maximum(state.heat_w, LEAST_HEAT * design.capacity_w) / air_kg_s
    leaving_c = moist_air.saturated_c(entering_j_kg + gained_j_kg, state.pressure_pa)
    return gained_j_kg / (leaving_c - state.wet_bulb_c)


def _curve(design: TowerDesign) -> MerkelCurve:
    assert isinstance(design.curve, MerkelCurve), "a correlation has an approach of its own"
    return design.curve


def _value(quadratic: tuple[float, ...], x: FloatArray) -> FloatArray:
    return quadratic[0] + x * (quadratic[1] + x * quadratic[2])
