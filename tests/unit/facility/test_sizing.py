from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.chain import PowerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.plant import simulate
from dcplan.facility.sizing import PlantCounts, PlantCurves, size_facility
from dcplan.profiles.cooling import ChilledWaterDefaults
from dcplan.signals.weather import Weather

DESIGN_DAY = Weather(np.array(33.0), np.array(25.5), np.array(101325.0))


def test_the_plant_carries_its_design_load_on_the_design_day(building: FacilityDesign) -> None:
    result = simulate(np.array([1.0e6]), DESIGN_DAY, building)
    assert result.cooling_shortfall_w[0] == 0.0
    for flag in ("airflow_exceeded", "water_flow_exceeded", "chiller_redundancy_lost"):
        assert not getattr(result, flag)[0], flag


def test_chiller_margin_is_what_is_available_on_the_design_day(
    building: FacilityDesign, defaults: ChilledWaterDefaults
) -> None:
    lean = replace(building.rejection.chiller, duty=1, standby=0)
    result = simulate(
        np.array([1.6e6]), DESIGN_DAY, replace(building, rejection=replace(building.rejection, chiller=lean))
    )
    design = simulate(np.array([1.0e6]), DESIGN_DAY, building)
    design_load_w = design.room_heat_w + design.chilled_water_pump_w
    served = result.evaporator_heat_w / (design_load_w * lean.curve.plr_max)
    assert served == pytest.approx([defaults.chiller_margin], rel=0.03)


def test_counts_split_the_capacity_and_keep_the_total(
    power: PowerDesign, curves: PlantCurves, defaults: ChilledWaterDefaults
) -> None:
    one, four = (
        size_facility(
            1e6, power, curves, defaults, wet_bulb_design_c=25.5, counts=PlantCounts(n, 1, n, 1), economiser=False
        )
        for n in (1, 4)
    )
    assert four.rejection.chiller.capacity_w * 4 == pytest.approx(one.rejection.chiller.capacity_w)
    assert four.room.airflow_m3_s == pytest.approx(one.room.airflow_m3_s)
    assert four.rejection.economiser is None


def test_altitude_needs_larger_fans(power: PowerDesign, curves: PlantCurves, defaults: ChilledWaterDefaults) -> None:
    low, high = (
        size_facility(1e6, power, curves, defaults, wet_bulb_design_c=18.0, pressure_pa=p).room.airflow_m3_s
        for p in (101325.0, 83400.0)
    )
    assert high / low == pytest.approx(101325.0 / 83400.0)


@pytest.mark.parametrize("it_w", [0.0, float("nan")])
def test_a_building_for_nothing_is_refused(
    power: PowerDesign, curves: PlantCurves, defaults: ChilledWaterDefaults, it_w: float
) -> None:
    with pytest.raises(ValueError, match="it_rated_w"):
        size_facility(it_w, power, curves, defaults, wet_bulb_design_c=25.5)
