"""Minutes to overheat: a store first, then the racks."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.facility.thermal import RackMass, chilled_water_store_j, time_to_rise_s
from dcplan.kpis.overheating import minutes_to_overheat, overheating
from dcplan.scenario.scenario import Scenario

ROOM = (
    "facility.ride_through={throttling: {begins: 32 degC, ends: 42 degC}}",
    "fleet.node.rack={size: 2, limit: 2 kW}",
)
TABLE = pd.DataFrame({"it_w": [800.0, 1600.0], "duration_s": [60.0, 60.0], "server_inlet_c": [24.0, 24.0]})


@pytest.fixture
def scenario_of(plan_of: Callable[..., Plan]) -> Callable[..., Scenario]:
    return lambda *settings: plan_of(tiny.WHOLE, *ROOM, *settings).scenario


def minutes(scenario: Scenario) -> float:
    return dict(minutes_to_overheat(scenario, TABLE))["minutes_to_overheat"]


def test_racks_warm_by_what_is_left_to_the_limit(scenario_of: Callable[..., Scenario]) -> None:
    scenario = scenario_of()
    racks = sum(each.racks for each in scenario.fleet.values())
    assert racks >= 1
    assert minutes(scenario) * 60.0 == pytest.approx(time_to_rise_s(1200.0 / racks, 18.0, RackMass()))


def test_a_shutdown_is_the_limit_if_there_is_one(scenario_of: Callable[..., Scenario]) -> None:
    assert minutes(scenario_of("facility.ride_through.shutdown=50 degC")) > minutes(scenario_of())


def test_a_store_is_used_up_first(scenario_of: Callable[..., Scenario]) -> None:
    stored = minutes(scenario_of("facility.ride_through.store=0.1 m^3"))
    bridged_s = chilled_water_store_j(0.1, 8.0) / 1200.0
    assert stored - minutes(scenario_of()) == pytest.approx(bridged_s / 60.0)


def test_courses_reach_the_limit_when_the_kpi_says(scenario_of: Callable[..., Scenario]) -> None:
    scenario = scenario_of("facility.ride_through.throttling.ends=36 degC")
    table = overheating(scenario, TABLE)
    assert table is not None
    mean, peak = (table[table["case"] == case] for case in ("mean", "peak"))
    over = mean[mean["inlet_c"] >= 36.0]["time_s"].iloc[0]
    step_s = mean["time_s"].iloc[1]
    assert over == pytest.approx(60.0 * minutes(scenario), abs=step_s)
    assert (peak["inlet_c"].to_numpy() >= mean["inlet_c"].to_numpy()).all()
    assert peak["rack_w"].iloc[0] == pytest.approx(mean["rack_w"].iloc[0] * 4 / 3)


def test_without_a_room_there_is_nothing_to_say(plan_of: Callable[..., Plan]) -> None:
    scenario = plan_of(tiny.WHOLE).scenario
    assert list(minutes_to_overheat(scenario, TABLE)) == []
    assert overheating(scenario, TABLE) is None
