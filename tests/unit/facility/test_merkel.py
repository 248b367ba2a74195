from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dcplan.facility import merkel, tower
from dcplan.facility.domain import FloatArray
from dcplan.facility.merkel import MerkelState, approach_k, cool, fan_speed
from dcplan.facility.sink import Held, hold, offer
from dcplan.facility.sizing import PlantCurves
from dcplan.facility.tower import TowerDesign
from dcplan.profiles.cooling import MerkelCurve, tower_curve
from dcplan.profiles.library import Library
from dcplan.signals import moist_air
from dcplan.signals.weather import Weather

CURVE = tower_curve(Library([Path(__file__).parents[3] / "profiles"]).load("cooling", "tower-merkel").values)
DESIGN = TowerDesign(CURVE, 1.0e6, 12e3, 0.05, 8e-5, 3.0)
SEA_LEVEL_PA = 101325.0


def at(heat: FloatArray | float, wet_bulb_c: FloatArray | float, flow: float = 1.0) -> MerkelState:
    heat_w, wet_bulb = np.broadcast_arrays(np.atleast_1d(heat) * DESIGN.capacity_w, np.atleast_1d(wet_bulb_c) + 0.0)
    return cool(heat_w, np.full(heat_w.shape, flow * DESIGN.flow_kg_s), weather(wet_bulb), DESIGN)


def weather(wet_bulb_c: FloatArray, pressure_pa: float = SEA_LEVEL_PA) -> Weather:
    return Weather(wet_bulb_c + 5.0, wet_bulb_c, np.full(wet_bulb_c.shape, pressure_pa))


def test_the_nominal_point_is_met_exactly() -> None:
    assert isinstance(CURVE, MerkelCurve)
    state = at(1.0, CURVE.nominal_wet_bulb_c)
    assert approach_k(1.0, state, DESIGN) == pytest.approx([CURVE.nominal_approach_k], rel=1e-9)
    assert not state.extrapolated[0]
    generous = replace(DESIGN, approach_factor=0.8)
    assert approach_k(1.0, state, generous) == pytest.approx([0.8 * CURVE.nominal_approach_k], rel=1e-9)


def test_the_heat_that_the_air_gains_is_the_heat_of_the_water() -> None:
    state = at([0.4, 1.0], [10.0, 20.0])
    hot_c = state.wet_bulb_c + approach_k(1.0, state, DESIGN) + state.heat_w / (DESIGN.flow_kg_s * 4184.0)
    air_kg_s = DESIGN.flow_kg_s / 1.2
    ratio = moist_air.saturation_humidity_ratio_kg_kg(state.wet_bulb_c, SEA_LEVEL_PA)
    leaving_c = moist_air.saturated_c(
        moist_air.enthalpy_j_kg(state.wet_bulb_c, ratio) + state.heat_w / air_kg_s, SEA_LEVEL_PA
    )
    assert np.all((leaving_c > state.wet_bulb_c) & (leaving_c < hot_c))  # no warmer than the water that enters


def test_around_its_nominal_point_it_is_near_yorkcalc(curves: PlantCurves) -> None:
    york = replace(DESIGN, curve=curves.tower)
    for wet_bulb_c in (5.0, 10.0, 15.0, 20.0, 25.55):
        for heat in (0.5, 0.7, 1.0):
            heat_w, flow_kg_s = np.array([heat * 1e6]), np.array([DESIGN.flow_kg_s])
            theirs_k = tower.approach(heat_w, flow_kg_s, np.array([wet_bulb_c]), york).full_k
            assert approach_k(1.0, at(heat, wet_bulb_c), DESIGN) == pytest.approx(theirs_k, abs=0.8)


def test_more_heat_less_air_and_colder_air_raise_the_approach() -> None:
    heat = np.linspace(0.05, 1.5, 30)
    assert np.all(np.diff(approach_k(1.0, at(heat, 20.0), DESIGN)) > 0.0)
    speed = np.linspace(0.125, 1.0, 30)
    assert np.all(np.diff(approach_k(speed, at(np.full(30, 0.8), 20.0), DESIGN)) < 0.0)
    wet_bulb_c = np.linspace(1.0, 35.0, 30)
    assert np.all(np.diff(approach_k(1.0, at(0.8, wet_bulb_c), DESIGN)) < 0.0)


def test_the_fan_speed_reaches_the_target() -> None:
    state = at(0.8, np.array([5.0, 10.0, 15.0, 20.0]), 0.8)
    target_k = np.array([14.0, 10.0, 8.0, 6.0])
    speed, duty = fan_speed(target_k, state, DESIGN)
    assert np.all((speed > 0.3) & (speed < 1.0))
    assert np.all(duty == 1.0)
    assert approach_k(speed, state, DESIGN) == pytest.approx(target_k, rel=1e-4)


def test_in_the_cold_the_fans_cycle_and_then_stop() -> None:
    state = at(np.full(3, 0.5), 5.0, 0.9)
    slowest_k, off_k = approach_k(0.3, state, DESIGN), merkel.off_k(state, DESIGN)
    target_k = np.array([0.9 * slowest_k[0], 0.5 * (slowest_k[1] + off_k[1]), off_k[2] + 1.0])
    _, duty = fan_speed(target_k, state, DESIGN)
    assert duty == pytest.approx([1.0, 0.5, 0.0])


def test_at_altitude_thin_air_carries_about_as_much() -> None:
    heat_w, flow_kg_s = np.array([1e6]), np.array([DESIGN.flow_kg_s])
    high = cool(heat_w, flow_kg_s, weather(np.array([20.0]), 83.4e3), DESIGN)
    assert approach_k(1.0, high, DESIGN) == pytest.approx(approach_k(1.0, at(1.0, 20.0), DESIGN), rel=0.15)


def test_outside_the_corrections_the_step_is_flagged() -> None:
    assert at(0.8, -1.0).extrapolated[0]  # more than 25 K below the nominal wet bulb
    assert at(0.8, 20.0, 0.2).extrapolated[0]  # water flow
    assert not at(0.8, 20.0).extrapolated[0]


def test_a_sink_is_asked_the_same_two_questions() -> None:
    heat_w, flow_kg_s, all_work = np.array([0.0, 5e5]), np.full(2, DESIGN.flow_kg_s), np.ones(2)
    offered = offer(heat_w, flow_kg_s, weather(np.array([15.0, 15.0])), DESIGN, all_work)
    assert np.all(offered.coldest_c >= 15.0)
    held: Held = hold(np.full(2, 22.0), offered, heat_w, flow_kg_s, np.full(2, 22.0), DESIGN, all_work)
    assert held.fan_w[0] == 0.0
    assert 0.0 < held.fan_w[1] < DESIGN.fan_w
    assert held.water.evaporation_kg_s[0] == 0.0
    assert 0.6 < held.water.evaporation_kg_s[1] * 2.449e6 / 5e5 < 0.9  # the rest warms the air


def test_an_approach_that_the_air_cannot_give_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot reach an approach"):
        merkel.nominal_ua_w_k(replace(DESIGN, curve=replace(CURVE, water_air_ratio=3.0)))
