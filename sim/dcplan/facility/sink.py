"""Where water gives its heat to the outdoor air: a tower of either law or a dry cooler, asked the same two questions.

`offer` says how cold the water gets with the fans at full speed; `hold` says what it takes to hold a set point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility import dry_cooler, merkel, tower
from dcplan.facility.domain import BoolArray, FloatArray
from dcplan.facility.dry_cooler import CoolerState, DryCoolerDesign
from dcplan.facility.merkel import MerkelState
from dcplan.facility.tower import Approach, TowerDesign, Water
from dcplan.profiles.cooling import TowerCurve
from dcplan.signals.weather import Weather

Sink = TowerDesign | DryCoolerDesign


@dataclass(frozen=True)
class Offer:
    """What a sink can do with a heat and a water flow, arrays of one shape."""

    coldest_c: FloatArray
    """Water out with the fans at full speed [degC]."""
    air: Weather
    """The outdoor air."""
    air_c: FloatArray
    """What the approach is measured from [degC]: wet bulb, or air into the coil."""
    state: Approach | MerkelState | CoolerState | None
    """What `hold` goes on from; None where there is no sink."""
    extrapolated: BoolArray


def offer(heat_w: FloatArray, flow_kg_s: FloatArray, air: Weather, design: Sink, working: FloatArray) -> Offer:
    """What *design* can do with *heat_w* [W] in *flow_kg_s* [kg/s] while the share *working* of its cells runs."""
    share = np.maximum(working, 1e-9)
    heat_w, flow_kg_s = heat_w / share, flow_kg_s / share
    if isinstance(design, TowerDesign) and not isinstance(design.curve, TowerCurve):
        asked = merkel.cool(heat_w, flow_kg_s, air, design)
        full_k = merkel.approach_k(1.0, asked, design)
        return Offer(air.wet_bulb_c + full_k, air, air.wet_bulb_c, asked, asked.extrapolated)
    if isinstance(design, TowerDesign):
        state = tower.approach(heat_w, flow_kg_s, air.wet_bulb_c, design)
        return Offer(air.wet_bulb_c + state.full_k, air, air.wet_bulb_c, state, state.extrapolated)
    cooler = dry_cooler.cool(heat_w, flow_kg_s, air, design)
    coldest_c = cooler.intake_c + dry_cooler.approach_k(1.0, cooler, design)
    return Offer(coldest_c, air, cooler.intake_c, cooler, cooler.extrapolated)


@dataclass(frozen=True)
class Held:
    """What holding a set point takes, arrays of one shape."""

    fan_w: FloatArray
    water: Water


def hold(
    target_c: FloatArray,
    offered: Offer,
    heat_w: FloatArray,
    flow_kg_s: FloatArray,
    water_c: FloatArray,
    design: Sink,
    working: FloatArray,
) -> Held:
    """Fans and water for *target_c* [degC], or as close to it as they get; nothing runs without heat.

    *heat_w* [W] leaves *flow_kg_s* [kg/s] of water, which is supplied at *water_c* [degC].
    """
    target_k, any_heat = target_c - offered.air_c, heat_w > 0.0
    if isinstance(design, TowerDesign):
        speed, duty = _tower_fans(target_k, offered, design)
        fan_w = tower.fan_power_w(speed, duty, design)
        air_kg_s = working * tower.air_flow_kg_s(speed, duty, offered.air.pressure_pa, design)
        water = tower.water_use(heat_w, flow_kg_s, water_c, air_kg_s, offered.air, design)
    else:
        assert isinstance(offered.state, CoolerState)
        speed, duty = dry_cooler.fan_speed(target_k, offered.state, design)
        fan_w = dry_cooler.fan_power_w(speed, duty, design)
        water = dry_cooler.pad_water(speed, duty * working * any_heat, offered.state, design)
    return Held(np.where(any_heat, fan_w * working, 0.0), water)


def _tower_fans(target_k: FloatArray, offered: Offer, design: TowerDesign) -> tuple[FloatArray, FloatArray]:
    if isinstance(offered.state, MerkelState):
        return merkel.fan_speed(target_k, offered.state, design)
    assert isinstance(offered.state, Approach)
    assert isinstance(design.curve, TowerCurve)
    return tower.fan_speed(target_k, offered.state, design.curve)
