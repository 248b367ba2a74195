"""KPIs of incidents and caps from made-up tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dcplan.kpis.incidents import incident_kpis


def scenario(incidents: bool = True, warm_up: float = 0.0) -> Any:
    lost = {"a": None} if incidents else {}
    return SimpleNamespace(incidents=lost, facility=None, warm_up=warm_up, horizon=3600.0)


SITE = pd.DataFrame({"server_inlet_c": [24.0, 26.0]})
ROOM = pd.DataFrame(
    {
        "time_s": [900.0, 1800.0, 2700.0, 3000.0],
        "inlet_c": [30.0, 46.0, 40.0, 26.0],
        "speed": [0.8, 0.0, 0.5, 1.0],
    }
)


def test_time_is_counted_from_a_look_to_the_next() -> None:
    found = dict(incident_kpis(scenario(), {"site": SITE, "room": ROOM}))
    assert found == pytest.approx({"inlet_max_c": 46.0, "hours_throttled": 1200 / 3600, "hours_shut_down": 900 / 3600})


def test_the_warm_up_does_not_count() -> None:
    found = dict(incident_kpis(scenario(warm_up=2100.0), {"site": SITE, "room": ROOM}))
    assert found == pytest.approx({"inlet_max_c": 40.0, "hours_throttled": 300 / 3600, "hours_shut_down": 600 / 3600})


def test_a_room_that_was_never_looked_at_is_as_warm_as_the_plant_makes_it() -> None:
    found = dict(incident_kpis(scenario(), {"site": SITE}))
    assert found == {"inlet_max_c": 26.0, "hours_throttled": 0.0, "hours_shut_down": 0.0}


def test_a_cap_counts_while_any_group_is_slow() -> None:
    rows = [(10.0, "a", 1.0), (10.0, "b", 0.9), (20.0, "a", 0.8), (20.0, "b", 1.0), (30.0, "a", 1.0), (30.0, "b", 1.0)]
    capping = pd.DataFrame(rows, columns=["time_s", "group", "speed"])
    found = dict(incident_kpis(scenario(incidents=False), {"site": SITE, "capping": capping}))
    assert found == {"hours_power_capped": pytest.approx(20.0 / 3600.0)}
