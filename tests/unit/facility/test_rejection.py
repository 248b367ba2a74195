from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility import rejection
from dcplan.facility.design import FacilityDesign
from dcplan.facility.rejection import RejectionState, reject
from dcplan.signals.weather import Weather


def at(building: FacilityDesign, load_w: float, wet_bulb_c: list[float]) -> RejectionState:
    n = len(wet_bulb_c)
    air = Weather(np.array(wet_bulb_c) + 3.0, np.array(wet_bulb_c), np.full(n, 101325.0))
    return reject(np.full(n, load_w), 15.0, np.full(n, 21.0), air, building.rejection)


def test_modes_follow_the_wet_bulb(building: FacilityDesign) -> None:
    state = at(building, 700e3, [0.0, 12.0, 25.0])
    assert state.economiser_share[0] == 1.0
    assert 0.0 < state.economiser_share[1] < 1.0
    assert state.economiser_share[2] == 0.0
    assert state.chiller.power_w[0] == 0.0 < state.chiller.power_w[1] < state.chiller.power_w[2]


def test_full_mode_holds_the_supply_and_off_mode_the_set_point(building: FacilityDesign) -> None:
    state = at(building, 700e3, [-5.0, 14.8])
    assert state.tower_c[0] == pytest.approx(15.0 - 2.2)
    none = replace(building, rejection=replace(building.rejection, economiser=None))
    assert at(none, 700e3, [-5.0]).tower_c == pytest.approx([18.0])


def test_a_valve_keeps_the_condenser_from_cold_water(building: FacilityDesign) -> None:
    cold = replace(building, rejection=replace(building.rejection, setpoint_c=6.0, economiser=None))
    state = at(cold, 700e3, [-15.0])
    assert state.tower_c == pytest.approx([6.0])
    assert state.condenser_c == pytest.approx([12.78])


def test_nothing_runs_without_load(building: FacilityDesign) -> None:
    state = at(building, 0.0, [-5.0, 12.0, 30.0])
    for value in (state.rejected_w, state.fan_w, state.pump.power_w, state.chiller.power_w):
        assert value == pytest.approx([0.0, 0.0, 0.0])
    assert state.water.evaporation_kg_s == pytest.approx([0.0, 0.0, 0.0])


def test_three_passes_are_enough(building: FacilityDesign, monkeypatch: pytest.MonkeyPatch) -> None:
    wet_bulb_c = list(np.linspace(-15.0, 32.0, 200))
    quick = at(building, 900e3, wet_bulb_c)
    monkeypatch.setattr(rejection, "PASSES", 30)
    exact = at(building, 900e3, wet_bulb_c)
    assert quick.chiller.power_w == pytest.approx(exact.chiller.power_w, abs=20.0)  # of 900 kW of heat
    assert quick.tower_c == pytest.approx(exact.tower_c, abs=2e-3)


def test_the_set_point_must_be_possible(building: FacilityDesign) -> None:
    with pytest.raises(ValueError, match="condenser setpoint_c = 3"):
        replace(building.rejection, setpoint_c=3.0)
