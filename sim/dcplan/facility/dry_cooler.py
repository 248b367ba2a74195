"""Dry cooler, perhaps with wetted pads in front of it: how cold the water gets, how fast the fans turn, water used.

A finned coil in cross flow. Unlike the tower's, its law cannot be solved for the fan speed, so the speed for a set
point is found by halving an interval, for all time steps at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.fluids import (
    WATER_HEAT_CAPACITY_J_KG_K,
    air_density_kg_m3,
    latent_heat_j_kg,
)
from dcplan.facility.tower import Water
from dcplan.profiles.cooling import DryCoolerCurve
from dcplan.signals.weather import Weather

HALVINGS = 9
"""Steps of the search for a fan speed; a straight line through what is left finds it to 1e-5 of the full one."""
SEA_LEVEL_PA = 101325.0
FLOW_MOST = 3.0
"""Highest water flow over the highest trusted one for which the law is used: cells out of service."""


@dataclass(frozen=True)
class PadDesign:
    """Wetted pads that cool the air before the coil, on hot days."""

    effectiveness: float
    """Fall of the dry bulb over its distance to the wet bulb [-]."""
    above_c: float
    """Dry bulb above which the pads are wetted [degC]."""
    cycles_of_concentration: float
    """Dissolved solids in the pads' water over those in the make-up water [-]."""

    def __post_init__(self) -> None:
        require("pad effectiveness", self.effectiveness, 0.1, 0.98)
        require("pad above_c", self.above_c, 0.0, 50.0)
        require("pad cycles_of_concentration", self.cycles_of_concentration, 1.2, 50.0)


@dataclass(frozen=True)
class DryCoolerDesign:
    """All cells of the dry cooler, with equal flows and equal fan speeds."""

    curve: DryCoolerCurve
    """Its law, scaled to *capacity_w*."""
    capacity_w: float
    """Heat rejected at the curve's point [W]."""
    fan_w: float
    """Electric power of all fans at full speed [W]."""
    fan_floor: float
    """Share of *fan_w* that does not fall with speed while the fans run [-]."""
    pad: PadDesign | None = None
    """None: the cooler stays dry."""
    cells: int = 1
    """Cells that share water and air equally; those in service take the flow of the others."""

    def __post_init__(self) -> None:
        require("dry cooler capacity_w", self.capacity_w, 100.0, 1e10)
        require("dry cooler fan_w", self.fan_w, 0.0, 0.2 * self.capacity_w)
        require("dry cooler fan_floor", self.fan_floor, 0.0, 0.5)
        require("dry cooler cells", self.cells, 1, 1e4)

    @property
    def range_k(self) -> float:
        """By how much the water cools at design flow and capacity [K]."""
        return self.curve.range_k

    @property
    def capacity_rate_w_k(self) -> float:
        """Heat capacity rate of water and of air at design flow [W/K]."""
        return self.capacity_w / self.range_k

    @property
    def flow_kg_s(self) -> float:
        """Design water flow [kg/s]."""
        return self.capacity_rate_w_k / WATER_HEAT_CAPACITY_J_KG_K

    @cached_property
    def transfer_units(self) -> float:
        """Number of transfer units at the curve's point [-], where both capacity rates are equal."""
        low, high = 0.01, 100.0
        for _ in range(60):
            middle = (low * high) ** 0.5
            below = float(cross_flow(np.array(middle), np.array(1.0))) < self.curve.effectiveness
            low, high = (middle, high) if below else (low, middle)
        return low


@dataclass(frozen=True)
class CoolerState:
    """What the cooler is asked for and what it breathes, arrays of one shape."""

    heat_w: FloatArray
    water_w_k: FloatArray
    """Heat capacity rate of the water [W/K]."""
    intake_c: FloatArray
    """Air into the coil [degC]."""
    pad_k: FloatArray
    """By how much the pads cool it [K]."""
    density: FloatArray
    """Density of the air over that at the curve's point [-]: fans move volume."""
    extrapolated: BoolArray


def cross_flow(transfer_units: FloatArray, ratio: FloatArray) -> FloatArray:
    """Effectiveness of an exchanger in cross flow, both fluids unmixed, by transfer units and ratio of capacity rates.

    1 - exp((exp(-C N^0.78) - 1) N^0.22 / C), within a few per mille of the exact series.

    References: F. P. Incropera, D. P. DeWitt, "Fundamentals of heat and mass transfer", chapter Heat Exchangers.

    >>> round(float(cross_flow(np.float64(1.0), np.float64(1.0))), 3)
    0.469
    """
    n22 = transfer_units**0.22
    return np.asarray(1.0 - np.exp((np.exp(-ratio * transfer_units / n22) - 1.0) * n22 / ratio))


def cool(heat_w: FloatArray, flow_kg_s: FloatArray, air: Weather, design: DryCoolerDesign) -> CoolerState:
    """The state of the dry cooler that gets *heat_w* [W] in *flow_kg_s* [kg/s] of water."""
    low, high = design.curve.water_flow_range
    flow = flow_kg_s / design.flow_kg_s
    pad_k = _pad_k(air, design.pad)
    intake_c = air.dry_bulb_c - pad_k
    nominal = air_density_kg_m3(np.array(SEA_LEVEL_PA), design.curve.air_c)
    return CoolerState(
        heat_w=heat_w,
        water_w_k=np.clip(flow, low, FLOW_MOST * high) * design.capacity_rate_w_k,
        intake_c=intake_c,
        pad_k=pad_k,
        density=air_density_kg_m3(air.pressure_pa, intake_c) / nominal,
        extrapolated=(heat_w > 0.0) & ((flow < low - 1e-6) | (flow > high + 1e-6)),
    )


def approach_k(speed: FloatArray | float, state: CoolerState, design: DryCoolerDesign) -> FloatArray:
    """Water out above air in [K] at a fan speed over full speed, Q / (eps C_min) - Q / C_water.

    UA / UA_0 = 1 / (s x_air^-0.8 + (1 - s) x_water^-0.85), s the air side's share of the resistance.

    References: Modelica Buildings library, `Fluid.HeatExchangers.BaseClasses.HADryCoil`.
    """
    curve = design.curve
    air = np.asarray(speed * state.density)
    water = state.water_w_k / design.capacity_rate_w_k
    share = curve.air_resistance_share
    conductance = 1.0 / (share * air**-curve.air_exponent + (1.0 - share) * water**-curve.water_exponent)
    least, most = np.minimum(air, water), np.maximum(air, water)
    effectiveness = cross_flow(design.transfer_units * conductance / least, least / most)
    return state.heat_w / design.capacity_rate_w_k * (1.0 / (effectiveness * least) - 1.0 / water)


def fan_speed(target_k: FloatArray, state: CoolerState, design: DryCoolerDesign) -> tuple[FloatArray, FloatArray]:
    """Fan speed over full speed, and share of time it runs, for the approach *target_k* [K] or the best one.

    Below the lowest speed the fans cycle, which lets through heat in proportion to the time they run.
    """
    least = design.curve.fan_speed_min
    low, high = np.full_like(state.heat_w, least), np.ones_like(state.heat_w)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        warm = approach_k(middle, state, design) > target_k
        low, high = np.where(warm, middle, low), np.where(warm, high, middle)
    warmest_k, coldest_k = approach_k(low, state, design), approach_k(high, state, design)
    part = np.clip((warmest_k - target_k) / np.maximum(warmest_k - coldest_k, 1e-12), 0.0, 1.0)
    slowest_k = approach_k(least, state, design)
    duty = np.clip(slowest_k / np.maximum(target_k, 1e-9), 0.0, 1.0)
    return low + part * (high - low), np.where(target_k > slowest_k, duty, 1.0)


def fan_power_w(speed: FloatArray, duty: FloatArray, design: DryCoolerDesign) -> FloatArray:
    """Electric power of the fans [W], duty P_d (floor + (1 - floor) speed^3)."""
    return duty * design.fan_w * (design.fan_floor + (1.0 - design.fan_floor) * speed**3)


def pad_water(speed: FloatArray, duty: FloatArray, state: CoolerState, design: DryCoolerDesign) -> Water:
    """Water that the pads evaporate and drain while the fans turn.

    E = m cp (T_db - T_in) / h_fg with the air at its own speed; blow-down E / (CoC - 1).
    """
    air_w_k = duty * speed * state.density * design.capacity_rate_w_k
    evaporation = air_w_k * state.pad_k / latent_heat_j_kg(state.intake_c)
    cycles = design.pad.cycles_of_concentration if design.pad is not None else np.inf
    return Water(evaporation, np.zeros_like(evaporation), evaporation / (cycles - 1.0))


def _pad_k(air: Weather, pad: PadDesign | None) -> FloatArray:
    """By how much wet pads cool the air [K]; 0 where they are dry.

    References: ASHRAE Handbook, HVAC Systems and Equipment, chapter Evaporative Air-Cooling Equipment.
    """
    if pad is None:
        return np.zeros_like(air.dry_bulb_c)
    distance_k = np.maximum(air.dry_bulb_c - air.wet_bulb_c, 0.0)
    return np.where(air.dry_bulb_c > pad.above_c, pad.effectiveness * distance_k, 0.0)
