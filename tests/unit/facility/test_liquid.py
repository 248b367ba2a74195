from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cooling_kinds import KINDS, RATED_W, liquid
from dcplan.facility.balance import balance_residual
from dcplan.facility.liquid import LiquidDesign, coolant_c, take_heat
from dcplan.facility.outage import OutOfService
from dcplan.facility.plant import simulate
from dcplan.signals.weather import Weather

SUMMER = Weather(np.array(33.0), np.array(25.0), np.array(101325.0))


def cold_plates() -> LiquidDesign:
    design = liquid("tower").liquid
    assert design is not None
    return design


def test_pumps_take_one_per_cent_of_the_heat() -> None:
    state = take_heat(np.array([RATED_W]), cold_plates(), 0.0, False)
    assert state.heat_w == pytest.approx([0.8 * RATED_W])
    assert state.pump.power_w / state.heat_w == pytest.approx([0.010], abs=0.0005)
    assert state.carried_w == pytest.approx(state.heat_w + state.pump.power_w)


def test_coolant_is_a_few_kelvin_above_the_facility_water() -> None:
    """Equal flows and 80 % effectiveness: T_ret - T_fws = 10 K / 0.8, so the supply is 2.5 K above."""
    design = cold_plates()
    state = take_heat(np.array([RATED_W]), design, 0.0, False)
    state = replace(state, carried_w=state.heat_w)
    supply_c = coolant_c(state, np.array([32.0]), state.pump.flow_kg_s, design.cdu)
    assert supply_c == pytest.approx([34.5])
    more_water = coolant_c(state, np.array([32.0]), 2.0 * state.pump.flow_kg_s, design.cdu)
    assert more_water == pytest.approx([34.5])  # the coolant is the smaller flow


def test_heat_goes_where_it_is_said_to() -> None:
    own, shared = (simulate(np.array([9e5]), SUMMER, liquid(kind)) for kind in ("tower", None))
    assert own.liquid_heat_w == pytest.approx([7.2e5])
    assert own.evaporator_heat_w[0] < 0.35 * shared.evaporator_heat_w[0]
    assert own.chiller_w[0] < 0.4 * shared.chiller_w[0]
    assert own.coolant_c[0] > 32.0 > shared.coolant_c[0] > 15.0


def test_warm_water_floats_with_hot_weather_and_all_heat_still_leaves() -> None:
    design = liquid("dry_cooler")
    hot = simulate(np.full(2, 9e5), Weather(np.array([20.0, 42.0]), np.array([15.0, 24.0]), np.array(101325.0)), design)
    assert hot.coolant_c[1] > hot.coolant_c[0] + 8.0
    assert hot.cooling_shortfall_w.tolist() == [0.0, 0.0]


def test_lost_units_and_pumps_leave_the_heat_in_the_servers() -> None:
    out = OutOfService(cdus=np.arange(4.0), liquid_pumps=np.array([False, False, False, True]))
    result = simulate(np.full(4, 1e6), SUMMER, liquid("tower"), out)
    assert balance_residual(result) < 1e-9
    assert result.cooling_shortfall_w[:2].tolist() == [0.0, 0.0]
    assert result.cooling_shortfall_w[2] == pytest.approx(0.4e6, rel=0.01)  # one of the two needed
    assert result.cooling_shortfall_w[3] == pytest.approx(0.8e6)  # no unit runs, nor its pumps


def test_heat_is_reused_when_it_is_wanted_and_warm_enough() -> None:
    weather = Weather(np.array([5.0, 25.0]), np.array([3.0, 18.0]), np.array(101325.0))
    result = simulate(np.full(2, 9e5), weather, KINDS["liquid with reuse"]())
    assert result.heat_reused_w.tolist() == [3e5, 0.0]
    cool = liquid("dry_cooler", supply_c=20.0, reuse=True)
    assert simulate(np.full(2, 9e5), weather, cool).heat_reused_w.tolist() == [0.0, 0.0]


def test_a_heat_pump_lifts_colder_water_and_hands_its_work_over() -> None:
    weather = Weather(np.array([5.0, 25.0]), np.array([3.0, 18.0]), np.array(101325.0))
    cool = liquid("dry_cooler", supply_c=20.0, reuse=True)
    assert cool.reuse is not None
    pumped = replace(cool, reuse=replace(cool.reuse, needed_c=70.0, carnot_share=0.5))
    plain, lifted = (simulate(np.full(2, 9e5), weather, each) for each in (cool, pumped))
    assert balance_residual(lifted) < 1e-9
    assert lifted.heat_delivered_w == pytest.approx([3e5, 0.0])
    assert 2.0 < 3e5 / lifted.heat_pump_w[0] < 4.0  # half of Carnot's from 30 to 73 degC
    added_w = lifted.facility_w[0] - plain.facility_w[0]
    assert 0.8 * lifted.heat_pump_w[0] < added_w < 1.02 * lifted.heat_pump_w[0]  # fans that reject less
    small = replace(pumped, reuse=replace(cool.reuse, needed_c=70.0, carnot_share=0.5, demand_w=1e9))
    most = simulate(np.full(2, 9e5), weather, small)
    assert balance_residual(most) < 1e-9
    assert most.heat_rejected_w[0] < 0.5 * plain.heat_rejected_w[0]  # all of the liquid's heat is taken


def test_parts_that_do_not_belong_together_are_refused() -> None:
    design = liquid("tower")
    assert design.liquid is not None
    with pytest.raises(ValueError, match="come together"):
        replace(design.liquid, rejection=None)
    homeless = replace(design.liquid, loop=None, rejection=None)
    with pytest.raises(ValueError, match="need facility water of their own"):
        replace(KINDS["dx"](), liquid=homeless)
    with pytest.raises(ValueError, match="out of water only"):
        replace(KINDS["dx"](), reuse=KINDS["liquid with reuse"]().reuse)
    with pytest.raises(ValueError, match="nothing cools the room's air"):
        replace(KINDS["dx"](), dx=None)
    with pytest.raises(ValueError, match="not by both"):
        replace(design, dx=KINDS["dx"]().dx)
