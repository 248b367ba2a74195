from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.balance import balance_residual
from dcplan.facility.design import FacilityDesign
from dcplan.facility.outage import OutOfService
from dcplan.facility.plant import simulate
from dcplan.facility.result import FacilityResult
from dcplan.signals.weather import Weather

SUMMER = Weather(np.array(33.0), np.array(25.0), np.array(101325.0))


def run(building: FacilityDesign, out: OutOfService, steps: int = 1, load: float = 0.9) -> FacilityResult:
    result = simulate(np.full(steps, load * 1e6), SUMMER, building, out)
    assert balance_residual(result) < 1e-9
    for value in vars(result).values():
        assert np.all(np.isfinite(value))
    return result


def test_nothing_out_of_service_changes_nothing(building: FacilityDesign) -> None:
    with_it, without = run(building, OutOfService()), simulate(np.array([9e5]), SUMMER, building)
    for name, value in vars(without).items():
        assert np.array_equal(value, getattr(with_it, name)), name


def test_the_spare_chiller_carries_the_load_and_the_last_one_out_leaves_it_all(building: FacilityDesign) -> None:
    result = run(building, OutOfService(chillers=np.array([0.0, 1.0, 2.0])), 3)
    assert result.cooling_shortfall_w[:2].tolist() == [0.0, 0.0]
    assert result.chiller_redundancy_lost.tolist() == [False, True, True]
    assert result.cooling_shortfall_w[2] == pytest.approx(result.room_heat_w[2] + result.chilled_water_pump_w[2])
    assert result.chiller_w[2] == 0.0 < result.chilled_water_pump_w[2]


def test_room_units_that_remain_turn_faster_and_then_lack_air(building: FacilityDesign) -> None:
    result = run(building, OutOfService(room_units=np.arange(4.0)), 4)
    assert result.crah_fan_w[1] > 1.3 * result.crah_fan_w[0]
    assert result.cooling_shortfall_w[:2].tolist() == [0.0, 0.0]
    assert result.airflow_exceeded.tolist() == [False, False, True, True]
    wanted = 0.9 * 2  # units needed at 90 % load
    assert result.cooling_shortfall_w[2] == pytest.approx(result.room_heat_w[2] * (1 - 1 / wanted), rel=0.02)
    assert result.cooling_shortfall_w[3] == pytest.approx(result.room_heat_w[3])
    assert result.crah_fan_w[3] == result.chiller_w[3] == 0.0


def test_fewer_cells_make_warmer_water_and_none_makes_none(building: FacilityDesign) -> None:
    sink = replace(building.rejection.sink, cells=4)
    design = replace(building, rejection=replace(building.rejection, sink=sink))
    result = run(design, OutOfService(cells=np.arange(5.0)), 5, load=0.5)
    assert np.all(np.diff(result.tower_water_c[:4]) > 0.0)
    assert np.all(np.diff(result.chiller_w[:4]) > 0.0)
    assert result.tower_fan_w[3] <= 0.25 * sink.fan_w + 1e-9
    assert result.cooling_shortfall_w[4] > 5e5 > result.cooling_shortfall_w[3]


@pytest.mark.parametrize("pumps", ["chilled_water_pumps", "condenser_pumps"])
def test_without_pumps_no_heat_leaves_the_room(building: FacilityDesign, pumps: str) -> None:
    result = run(building, OutOfService(**{pumps: np.array([False, True])}), 2)
    assert result.cooling_shortfall_w[0] == 0.0
    assert result.cooling_shortfall_w[1] >= result.room_heat_w[1]
    assert result.condenser_pump_w[1] == result.chiller_w[1] == result.tower_fan_w[1] == 0.0
