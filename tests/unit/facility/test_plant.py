from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from dcplan.facility.balance import balance_residual
from dcplan.facility.design import FacilityDesign
from dcplan.facility.plant import simulate
from dcplan.signals.weather import Weather


def test_every_array_has_the_shape_of_the_load(building: FacilityDesign, mild: Weather) -> None:
    result = simulate(np.array([1e5, 2e5, 3e5]), mild, building)
    for field in fields(result):
        value = getattr(result, field.name)
        assert value.shape == (3,), field.name
        assert value.dtype == (np.bool_ if value.dtype == np.bool_ else np.float64)
    assert result.extrapolated.shape == (3,)


def test_the_input_is_echoed_and_psu_losses_are_inside_it(building: FacilityDesign, mild: Weather) -> None:
    result = simulate(np.array([6e5]), mild, building)
    assert result.server_w[0] == 6e5
    assert 0.03 < result.psu_loss_w[0] / 6e5 < 0.10


def test_a_plant_that_is_too_small_says_so_and_still_balances(building: FacilityDesign) -> None:
    small = replace(building.rejection.chiller, capacity_w=3e5, standby=0)
    design = replace(building, rejection=replace(building.rejection, chiller=small))
    result = simulate(np.array([2e5, 9e5]), Weather(np.array(35.0), np.array(26.0), np.array(101325.0)), design)
    assert result.cooling_shortfall_w[0] == 0.0
    assert result.cooling_shortfall_w[1] > 4e5
    assert result.chiller_redundancy_lost.tolist() == [False, True]
    assert balance_residual(result) < 1e-9


def test_a_standby_chiller_prevents_the_shortfall(building: FacilityDesign) -> None:
    design_day = Weather(np.array(35.0), np.array(26.0), np.array(101325.0))
    half = replace(building.rejection.chiller, capacity_w=0.6 * building.rejection.chiller.capacity_w)
    design = replace(building, rejection=replace(building.rejection, chiller=half))
    result = simulate(np.array([1.0e6]), design_day, design)
    assert result.cooling_shortfall_w[0] == 0.0
    assert result.chillers_running[0] == 2.0
    assert result.chiller_redundancy_lost[0]


def test_without_servers_the_building_still_draws_power(building: FacilityDesign, mild: Weather) -> None:
    result = simulate(np.array([0.0]), mild, building)
    assert result.facility_w[0] > 2e4
    assert balance_residual(result) < 1e-9


@pytest.mark.parametrize("it_w", [[-1.0], [np.nan], [np.inf], [[1.0], [2.0]], []])
def test_impossible_loads_are_refused(building: FacilityDesign, mild: Weather, it_w: list[float]) -> None:
    with pytest.raises(ValueError, match="it_w must be one row"):
        simulate(np.array(it_w), mild, building)


def test_economiser_supply_lies_between_return_and_supply(building: FacilityDesign) -> None:
    wet_bulb_c = np.array([0.0, 12.0, 25.0])
    result = simulate(np.full(3, 6e5), Weather(wet_bulb_c + 3.0, wet_bulb_c, np.array(101325.0)), building)
    assert result.economiser_supply_c[0] == pytest.approx(15.0)
    assert 15.0 < result.economiser_supply_c[1] < result.chilled_water_return_c[1]
    assert result.economiser_supply_c[2] == result.chilled_water_return_c[2]


def test_water_on_the_coils_is_heat_that_the_chillers_remove_too(building: FacilityDesign) -> None:
    summer = Weather(np.array(33.0), np.array(25.0), np.array(101325.0))
    humid = replace(building, room=replace(building.room, sensible_share=0.9))
    dry, wet = (simulate(np.array([8e5]), summer, each) for each in (building, humid))
    assert wet.moisture_heat_w == pytest.approx(wet.room_heat_w / 9.0)
    assert wet.evaporator_heat_w[0] > 1.1 * dry.evaporator_heat_w[0]
    assert balance_residual(wet) < 1e-9
