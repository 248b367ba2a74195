"""Outdoor air instead of compressors: straight through the room, with wetted pads or not, or behind a heat exchanger.

Straight (airside): air colder than wanted is mixed with returning air and carries all heat; air between the supply and
the return carries part of it, and coils do the rest; and all within a window of humidity. Pads cool warm dry air as far
as the window lets them. Indirect: the room's air goes round, outdoor air cools it through a heat exchanger that is dry
while that is enough, and wetted when it is not.

A room without compressors takes whatever the weather gives: its supply air is then warmer than wanted, and the window
is not kept. Modes follow from the same step, or from the step before inside a dead band (see `economiser.started`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dcplan.facility.ashrae import Envelope
from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.duty import Duty
from dcplan.facility.economiser import started
from dcplan.facility.fluids import AIR_HEAT_CAPACITY_J_KG_K, air_density_kg_m3, latent_heat_j_kg
from dcplan.signals.weather import Weather

Humidifier = Literal["none", "steam", "adiabatic"]
HUMIDIFIER_J_PER_KG = {"none": 0.0, "steam": 2.7e6, "adiabatic": 1.0e4}


@dataclass(frozen=True)
class Exhaust:
    """Fans that move the outdoor air, beside those of the room; they stand outdoors."""

    airflow_m3_s: float
    """Design flow [m3/s]."""
    pressure_pa: float
    """Pressure rise at design flow [Pa]."""
    efficiency: float
    """Air power over electric power [-]."""

    def __post_init__(self) -> None:
        require("exhaust airflow_m3_s", self.airflow_m3_s, 1e-6, 1e6)
        require("exhaust pressure_pa", self.pressure_pa, 0.0, 3000.0)
        require("exhaust efficiency", self.efficiency, 0.05, 0.95)

    def power_w(self, flow: FloatArray) -> FloatArray:
        """Electric power [W] at *flow* over design flow, V dp / eta by the cube law."""
        return self.airflow_m3_s * self.pressure_pa / self.efficiency * flow**3


@dataclass(frozen=True, kw_only=True)
class SwitchedDesign:
    """Outdoor air that is switched on and off beside compressors."""

    exhaust: Exhaust
    margin_k: float
    """How much colder than it returns the room's air must become to start [K]."""
    dead_band_k: float
    """Once started, it goes on until the air becomes this much less cold [K]."""
    kept_steps: int = 1
    """Time steps for which it stays on or off at least, once switched, but for air that may not enter the room."""
    cycles_of_concentration: float
    """Dissolved solids in the water that evaporates over those in the make-up water [-]."""

    def __post_init__(self) -> None:
        require("economiser margin_k", self.margin_k, 0.0, 10.0)
        require("economiser dead_band_k", self.dead_band_k, 0.0, self.margin_k)
        require("economiser kept_steps", self.kept_steps, 1, 1e6)
        require("economiser cycles_of_concentration", self.cycles_of_concentration, 1.2, 50.0)


@dataclass(frozen=True, kw_only=True)
class AirsideDesign(SwitchedDesign):
    """Outdoor air blown through the room."""

    window: Envelope
    """Humidity that the room's air must keep; its temperatures are not used."""
    pad_effectiveness: float
    """Fall of the dry bulb over the pads by its distance to the wet bulb [-]; 0: there are none."""
    humidifier: Humidifier
    """What moistens air that is too dry; with none such air is kept out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require("pad effectiveness", self.pad_effectiveness, 0.0, 0.98)


@dataclass(frozen=True, kw_only=True)
class IndirectDesign(SwitchedDesign):
    """A heat exchanger between the room's air and outdoor air, which can be wetted."""

    dry_effectiveness: float
    """Fall of the room's air over its distance to the outdoor dry bulb [-]."""
    wet_effectiveness: float
    """Fall of the room's air over its distance to the outdoor wet bulb, when wetted [-]."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require("indirect dry_effectiveness", self.dry_effectiveness, 0.1, 0.95)
        require("indirect wet_effectiveness", self.wet_effectiveness, 0.1, 0.95)


AirEconomiser = AirsideDesign | IndirectDesign


@dataclass(frozen=True)
class RoomAir:
    """The room's air that asks for cooling, arrays of one shape."""

    heat_w: FloatArray
    flow_kg_s: FloatArray
    supply_c: float
    """Air wanted by the servers' side [degC]."""
    inlet_c: float
    """That air at the servers' inlets, some of their own exhaust mixed in [degC]."""

    @property
    def rise_k(self) -> FloatArray:
        """Return above supply [K]."""
        return self.heat_w / np.maximum(self.flow_kg_s * AIR_HEAT_CAPACITY_J_KG_K, 1e-9)


@dataclass(frozen=True)
class FreeCooling:
    """What outdoor air does, arrays of one shape."""

    share: FloatArray
    """Share of the heat it carries [-]."""
    supply_c: FloatArray
    """Air supplied to the servers [degC]; above what was wanted only without compressors."""
    outdoor: BoolArray
    """Outdoor air is in the room."""
    humidity_ratio_kg_kg: FloatArray
    """Water vapour per dry air in the supply where *outdoor* [kg/kg]."""
    duty: Duty


def free_cool(room: RoomAir, air: Weather, design: AirEconomiser, compressors: bool) -> FreeCooling:
    """Cool the room with outdoor air as far as it goes; *compressors* do the rest, if there are any."""
    if isinstance(design, AirsideDesign):
        return _airside(room, air, design, compressors)
    return _indirect(room, air, design, compressors)


def _airside(room: RoomAir, air: Weather, design: AirsideDesign, compressors: bool) -> FreeCooling:
    """Air in at T = T_db - k, k limited by pads and humidity; share (T_ret - T) / (T_ret - T_sup) within 0 to 1.

    References: N. Lei, E. Masanet, "Climate- and technology-specific PUE and WUE estimations for U.S. data centers",
    Resources, Conservation and Recycling 182, 2022; Modelica Buildings library,
    `Applications.DataCenters.DXCooled.Controls.CoolingMode`.
    """
    low, _ = design.window.humidity_limits_kg_kg(room.inlet_c, air.pressure_pa)
    _, high = design.window.humidity_limits_kg_kg(room.supply_c, air.pressure_pa)
    pad_k, moistened = _pads(room.supply_c, air, high, design)
    entering_c = air.dry_bulb_c - pad_k
    humidity = air.humidity_ratio_kg_kg + moistened
    lacking = np.maximum(low - humidity, 0.0)
    gain_k = room.supply_c + room.rise_k - entering_c
    lets_in = (
        started(gain_k, design.margin_k, design.dead_band_k, design.kept_steps) & (gain_k > 0.0) & (humidity <= high)
    )
    lets_in &= (lacking == 0.0) | (design.humidifier != "none")
    outdoor = (lets_in if compressors else np.ones_like(lets_in)) & (room.heat_w > 0.0)
    share = _share(gain_k, room, outdoor, compressors)
    part = np.where(outdoor, np.clip(room.rise_k / np.maximum(np.maximum(gain_k, room.rise_k), 1e-9), 0.0, 1.0), 0.0)
    flow_kg_s = part * room.flow_kg_s
    added = lacking if design.humidifier != "none" else np.zeros_like(lacking)
    pad_kg_s = flow_kg_s * moistened
    volume = flow_kg_s / air_density_kg_m3(air.pressure_pa, air.dry_bulb_c) / design.exhaust.airflow_m3_s
    carried_w = room.heat_w * share
    return FreeCooling(
        share=share,
        supply_c=_supply_c(entering_c, room, compressors),
        outdoor=outdoor,
        humidity_ratio_kg_kg=humidity + added,
        duty=Duty(
            economiser_fan_w=design.exhaust.power_w(volume),
            humidification_w=flow_kg_s * added * HUMIDIFIER_J_PER_KG[design.humidifier],
            economiser_heat_w=carried_w,
            rejected_w=carried_w,
            evaporation_kg_s=pad_kg_s + flow_kg_s * added,
            blowdown_kg_s=pad_kg_s / (design.cycles_of_concentration - 1.0),
        ),
    )


def _pads(supply_c: float, air: Weather, high: FloatArray, design: AirsideDesign) -> tuple[FloatArray, FloatArray]:
    """By how much the pads cool [K] and moisten [kg/kg] the outdoor air: not beyond what is asked, nor the window."""
    most_k = design.pad_effectiveness * np.maximum(air.dry_bulb_c - air.wet_bulb_c, 0.0)
    wanted_k = np.clip(air.dry_bulb_c - supply_c, 0.0, most_k)
    per_k = AIR_HEAT_CAPACITY_J_KG_K / latent_heat_j_kg(air.wet_bulb_c)
    moistened = np.minimum(wanted_k * per_k, np.maximum(high - air.humidity_ratio_kg_kg, 0.0))
    return moistened / per_k, moistened


def _indirect(room: RoomAir, air: Weather, design: IndirectDesign, compressors: bool) -> FreeCooling:
    """The exchanger stays dry where that is enough; otherwise it takes the better of dry and wet.

    Outdoor air flows in proportion to the effectiveness needed, which overstates it: less flow loses less of it.
    All heat leaves by evaporation while it is wet, an upper estimate.

    References: ASHRAE Handbook, HVAC Systems and Equipment, chapter Evaporative Air-Cooling Equipment.
    """
    return_c = room.supply_c + room.rise_k
    dry_k = design.dry_effectiveness * (return_c - air.dry_bulb_c)
    wet_k = design.wet_effectiveness * (return_c - air.wet_bulb_c)
    wetted = (dry_k < room.rise_k) & (wet_k > dry_k)
    gain_k = np.where(wetted, wet_k, dry_k)
    runs = started(gain_k, design.margin_k, design.dead_band_k, design.kept_steps) & (gain_k > 0.0)
    runs = (runs if compressors else np.ones_like(runs)) & (room.heat_w > 0.0)
    share = _share(gain_k, room, runs, compressors)
    flow = np.where(runs, np.clip(room.rise_k / np.maximum(np.maximum(gain_k, room.rise_k), 1e-9), 0.0, 1.0), 0.0)
    carried_w = room.heat_w * share
    evaporation = np.where(wetted, carried_w, 0.0) / latent_heat_j_kg(air.wet_bulb_c)
    return FreeCooling(
        share=share,
        supply_c=_supply_c(return_c - gain_k, room, compressors),
        outdoor=np.zeros_like(runs),
        humidity_ratio_kg_kg=np.zeros_like(room.heat_w),
        duty=Duty(
            economiser_fan_w=design.exhaust.power_w(flow),
            economiser_heat_w=carried_w,
            rejected_w=carried_w,
            evaporation_kg_s=evaporation,
            blowdown_kg_s=evaporation / (design.cycles_of_concentration - 1.0),
        ),
    )


def _share(gain_k: FloatArray, room: RoomAir, runs: BoolArray, compressors: bool) -> FloatArray:
    """Share of the heat carried [-]: without compressors all, because the room warms until it is."""
    if not compressors:
        return np.ones_like(gain_k)
    part = gain_k / np.maximum(room.rise_k, 1e-9)
    return np.where(runs, np.where(part >= 1.0 - 1e-12, 1.0, np.maximum(part, 0.0)), 0.0)


def _supply_c(coldest_c: FloatArray, room: RoomAir, compressors: bool) -> FloatArray:
    return np.full_like(coldest_c, room.supply_c) if compressors else np.maximum(coldest_c, room.supply_c)
