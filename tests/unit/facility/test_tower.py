from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.domain import FloatArray
from dcplan.facility.sizing import PlantCurves
from dcplan.facility.tower import (
    Approach,
    TowerDesign,
    approach,
    evaporation_kg_s,
    fan_power_w,
    fan_speed,
    nominal_approach_k,
    water_use,
    york_polynomial,
)
from dcplan.signals.weather import Weather


@pytest.fixture
def tower(curves: PlantCurves) -> TowerDesign:
    return TowerDesign(curves.tower, 1.0e6, 12e3, 0.05, 8e-5, 3.0)


def at(tower: TowerDesign, heat: FloatArray | float, wet_bulb_c: FloatArray | float, flow: float = 1.0) -> Approach:
    heat_w, wet_bulb = np.broadcast_arrays(np.atleast_1d(heat) * tower.capacity_w, np.atleast_1d(wet_bulb_c))
    return approach(heat_w, np.full(heat_w.shape, flow * tower.flow_kg_s), wet_bulb.astype(float), tower)


def reached_k(state: Approach, speed: FloatArray) -> FloatArray:
    a0, a1, a2 = state.polynomial
    ratio = state.water_flow / speed
    return (a0 + ratio * (a1 + ratio * a2)) * state.scale


def test_nominal_approach(tower: TowerDesign) -> None:
    assert nominal_approach_k(tower.curve) == pytest.approx(3.84, abs=0.01)
    assert at(tower, 1.0, 25.55).full_k == pytest.approx([3.85], abs=0.05)


def test_a_generous_tower_comes_closer_to_the_wet_bulb(tower: TowerDesign) -> None:
    generous = replace(tower, approach_factor=0.7)
    wet_bulb_c = np.array([5.0, 15.0, 25.0])
    plain_k, closer_k = (at(each, 0.9, wet_bulb_c).full_k for each in (tower, generous))
    assert closer_k == pytest.approx(0.7 * plain_k)


def test_the_fan_speed_reaches_the_target(tower: TowerDesign) -> None:
    wet_bulb_c = np.array([0.0, 5.0, 10.0, 15.0, 20.0])
    state = at(tower, 0.8, wet_bulb_c, 0.8)
    target_k = np.array([15.0, 12.0, 10.0, 9.0, 6.0])
    speed, duty = fan_speed(target_k, state, tower.curve)
    assert np.all((speed > 0.3) & (speed < 1.0))
    assert np.all(duty == 1.0)
    assert reached_k(state, speed) == pytest.approx(target_k, rel=1e-9)


def test_a_target_below_the_best_approach_gets_full_speed(tower: TowerDesign) -> None:
    state = at(tower, 1.0, [20.0, 20.0])
    speed, duty = fan_speed(np.array([-300.0, state.full_k[1]]), state, tower.curve)
    assert speed.tolist() == [1.0, 1.0]
    assert fan_power_w(speed, duty, tower) == pytest.approx([12e3, 12e3])


def test_in_the_cold_the_fans_cycle_and_then_stop(tower: TowerDesign) -> None:
    state = at(tower, np.full(3, 0.9), -15.0, 0.9)
    slowest_k = reached_k(state, np.full(3, 0.3))
    target_k = np.array([slowest_k[0] - 1e-6, 0.5 * (slowest_k[1] + state.off_k[1]), state.off_k[2] + 1.0])
    speed, duty = fan_speed(target_k, state, tower.curve)
    assert speed == pytest.approx([0.3, 0.3, 0.3], rel=1e-6)
    assert duty == pytest.approx([1.0, 0.5, 0.0])


def test_fan_power_follows_the_cube_with_a_floor(tower: TowerDesign) -> None:
    power_w = fan_power_w(np.array([1.0, 0.5, 0.3]), np.array([1.0, 1.0, 0.0]), tower)
    assert power_w == pytest.approx([12e3, 12e3 * (0.05 + 0.95 / 8.0), 0.0])


def test_fans_off_leave_an_eighth_of_the_capacity(tower: TowerDesign) -> None:
    state = at(tower, 0.9, 10.0, 0.9)
    range_k = 5.56
    free = (1.0 - 0.125) * (state.off_k + range_k) + 0.125 * state.full_k  # Modelica Buildings, YorkCalc
    assert state.off_k == pytest.approx(free)


def test_the_correlation_rises_with_the_liquid_gas_ratio_where_fans_run(tower: TowerDesign) -> None:
    ratio = np.linspace(0.75, 1.25 / 0.3, 200)
    for wet_bulb_c in (-34.0, -15.0, 0.0, 15.0, 26.7):
        for range_k in (1.1, 3.0, 5.56, 8.0):
            a0, a1, a2 = york_polynomial(np.float64(wet_bulb_c), np.float64(range_k), tower.curve)
            assert np.all(np.diff(a0 + ratio * (a1 + ratio * a2)) > 0.0)


def test_outside_the_data_the_step_is_flagged(tower: TowerDesign) -> None:
    assert at(tower, 0.8, 30.0, 0.8).extrapolated[0]  # wet bulb
    assert at(tower, 0.1, 10.0, 0.75).extrapolated[0]  # range
    assert at(tower, 0.8, 10.0, 0.5).extrapolated[0]  # water flow
    assert not at(tower, 0.8, 10.0, 0.8).extrapolated[0]
    assert not at(tower, 0.0, 30.0, 0.0).extrapolated[0]  # nothing to reject


def test_no_heat_no_approach(tower: TowerDesign) -> None:
    assert at(tower, [0.0, 1e-9], 10.0, 0.75).full_k == pytest.approx([0.0, 0.0], abs=1e-6)


def outdoors(dry_bulb_c: float, wet_bulb_c: float) -> Weather:
    return Weather(np.array([dry_bulb_c]), np.array([wet_bulb_c]), np.array([101325.0]))


def test_water_leaves_as_vapour_droplets_and_blow_down(tower: TowerDesign) -> None:
    flow_kg_s, water_c, air_kg_s, air = np.array([43.0]), np.array([25.0]), np.array([43.0]), outdoors(25.0, 20.0)
    water = water_use(np.array([1e6]), flow_kg_s, water_c, air_kg_s, air, tower)
    assert water.drift_kg_s == pytest.approx([43.0 * 8e-5])
    assert water.blowdown_kg_s == pytest.approx(water.evaporation_kg_s / 2.0 - water.drift_kg_s)
    dirty = water_use(np.array([1e3]), flow_kg_s, water_c, air_kg_s / 1e3, air, tower)
    assert dirty.blowdown_kg_s == pytest.approx([0.0])  # drift already carries the solids away


@pytest.mark.parametrize(
    ("dry_bulb_c", "wet_bulb_c", "least", "most"),
    [(-15.0, -16.0, 0.25, 0.45), (0.0, -2.0, 0.45, 0.6), (20.0, 20.0, 0.6, 0.8), (40.0, 18.0, 1.4, 1.8)],
)
def test_cold_air_takes_heat_and_hot_dry_air_brings_some(
    dry_bulb_c: float, wet_bulb_c: float, least: float, most: float
) -> None:
    heat_w, air_kg_s = np.array([1e6]), np.array([43.0])
    evaporated = evaporation_kg_s(heat_w, np.array([35.0]), air_kg_s, outdoors(dry_bulb_c, wet_bulb_c))
    assert least < evaporated[0] * 2.43e6 / heat_w[0] < most


def test_hardly_moving_air_leaves_no_warmer_than_the_water_that_enters() -> None:
    heat_w, air = np.array([1e6]), outdoors(0.0, -2.0)
    still, stiller = (evaporation_kg_s(heat_w, np.array([30.0]), np.array([x]), air) for x in (1.0, 0.0))
    assert still == pytest.approx(stiller)
    assert evaporation_kg_s(np.array([0.0]), np.array([30.0]), np.array([0.0]), air) == pytest.approx([0.0])


def test_fan_power_beyond_a_tenth_of_the_heat_is_refused(tower: TowerDesign) -> None:
    with pytest.raises(ValueError, match="tower fan_w"):
        replace(tower, fan_w=0.2e6)
