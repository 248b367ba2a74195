"""What is out of service when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcplan.engine.incidents import Loss, instants_s, lost_at, out_at, setback_of
from dcplan.engine.resolve import resolve
from dcplan.errors import ScenarioError
from dcplan.profiles.library import default_library, shipped
from dcplan.scenario.incidents import Incident, RideThrough
from dcplan.scenario.load import load
from dcplan.signals.clock import Clock

SCENARIO = Path(__file__).parents[3] / "scenarios" / "chiller_failure.yaml"
CLOCK = Clock(datetime(2025, 7, 15, 13, 0), "America/New_York")
ROOM: dict[str, Any] = {"throttling": {"begins": "32 degC", "ends": "42 degC"}, "restart": "5 min"}


def incident(lost: str, **more: Any) -> Incident:
    return Incident.model_validate({"lost": lost, "at": datetime(2025, 7, 15, 14, 0), "lasts": "20 min"} | more)


def lost(incidents: list[Incident]) -> list[Loss]:
    room = RideThrough.model_validate(ROOM)
    return [loss for each in incidents for loss in setback_of(each, room, CLOCK, None).losses]


def test_some_units_are_gone_from_when_the_clock_says_until_they_are_back() -> None:
    losses = lost([incident("chillers", count=1)])
    assert instants_s(losses) == [3600.0, 4800.0]
    out = out_at(losses, np.array([3599.0, 3600.0, 4799.0, 4800.0]))
    np.testing.assert_array_equal(out.chillers, [0.0, 1.0, 1.0, 0.0])
    assert not np.any(out.room_units)
    assert [lost_at(losses, at_s) for at_s in (3599.0, 3600.0, 4800.0)] == [False, True, False]


def test_losses_at_the_same_time_add_up() -> None:
    both = [incident("cells", count=1), incident("cells", count=2), incident("condenser_pumps")]
    out = out_at(lost(both), np.array([4000.0]))
    np.testing.assert_array_equal(out.cells, [3.0])
    assert np.all(out.condenser_pumps)


@pytest.mark.parametrize(("generators_s", "plant_back_s"), [(None, 4800.0), (15.0, 3615.0)])
def test_without_the_utility_the_plant_stands_until_generators_run_and_chillers_restart(
    generators_s: float | None, plant_back_s: float
) -> None:
    room = RideThrough.model_validate(ROOM | {"on_ups": ["room_units", "chilled_water_pumps"]})
    losses = setback_of(incident("utility"), room, CLOCK, generators_s).losses
    out = out_at(losses, np.array([3600.0, plant_back_s, plant_back_s + 300.0]))
    np.testing.assert_array_equal(out.chillers, [np.inf, np.inf, 0.0])
    np.testing.assert_array_equal(out.condenser_pumps, [True, False, False])
    assert not np.any(out.room_units)
    assert not np.any(out.chilled_water_pumps)


def test_servers_without_a_ups_and_a_lost_utility_do_not_go_together() -> None:
    changes = (
        "incidents.both-chillers={lost: utility, at: 2025-07-15 13:15, lasts: 10 min}",
        "facility.power.ups.share=0.5",
    )
    with pytest.raises(ScenarioError, match="servers without a UPS fall at once"):
        load(shipped("scenarios") / "chiller_failure.yaml", changes)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("incidents.both-chillers.count=9", "there are 2 chillers"),
        ("incidents.both-chillers.lost=cdus", "this building has no cdus"),
        ("incidents.both-chillers.lasts=20 h", "beyond the end of the run"),
        ("incidents.both-chillers.at=2025-07-15 09:00", "outside of what is simulated"),
        ("facility.power.generators={rating: 5 kW}", "they carry 5 kW"),
        ("facility.cooling.terminal=rear_door_passive", None),
        ("facility.cooling={terminal: rear_door, economiser: airside}", "doors at the rear"),
    ],
)
def test_what_cannot_be_is_told(setting: str, said: str | None) -> None:
    def resolved() -> object:
        return resolve(load(SCENARIO, [setting]), default_library())

    if said is None:
        resolved()
    else:
        with pytest.raises(ScenarioError, match=said):
            resolved()
