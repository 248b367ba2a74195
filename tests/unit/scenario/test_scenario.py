from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

import tiny
from dcplan.scenario import source
from dcplan.scenario.scenario import Scenario, crossings


def changed(**keys: object) -> dict[str, Any]:
    return {key: value for key, value in ({**source.scalar(tiny.WHOLE)} | keys).items() if value is not None}


def told(**keys: object) -> list[tuple[tuple[Any, ...], str]]:
    return list(crossings(Scenario.model_validate(changed(**keys))))


def test_a_consistent_scenario_has_no_problems() -> None:
    assert told() == []


def test_the_defaults_are_five_replications_on_a_grid_of_five_minutes() -> None:
    scenario = Scenario.model_validate({"name": "a", "horizon": "1 h"})
    assert (scenario.replications, scenario.seed, scenario.step, scenario.warm_up) == (5, 1, 300.0, 0.0)
    assert scenario.start == datetime(2025, 1, 1)


@pytest.mark.parametrize("start", ["2025-07-07", "2025-07-07 08:30", "2025-07-07T08:30:00"])
def test_a_start_is_a_day_or_a_time_on_the_wall(start: str) -> None:
    scenario = Scenario.model_validate({"name": "a", "horizon": "1 h", "start": start})
    assert scenario.start.date() == datetime(2025, 7, 7).date()


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"warm_up": "2 h"}, ("warm_up",)),
        ({"warm_up": "3 h"}, ("warm_up",)),
        ({"step": "3 h"}, ("step",)),
        ({"step": "1 us"}, ("step",)),
        ({"horizon": "1 us", "step": "1 us"}, ("horizon",)),
        ({"endpoints": {}, "training": {}}, ()),
        ({"site": None}, ("facility",)),
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_told_at_its_place(keys: dict[str, object], path: tuple[str, ...]) -> None:
    assert [place for place, _ in told(**keys)] == [path]


def test_a_building_without_servers_is_told() -> None:
    synthetic = source.scalar(tiny.SYNTHETIC)["endpoints"]
    assert told(fleet={}, endpoints=synthetic, training={}) == [((), "a building or site needs servers; add 'fleet'")]


def test_servers_that_nobody_bought_are_told_with_those_that_are_known() -> None:
    endpoints = source.scalar(tiny.WHOLE)["endpoints"]
    endpoints["web"]["on"] = "nodes"
    assert told(endpoints=endpoints) == [
        (("endpoints", "web", "on"), "there are no servers 'nodes' in fleet (known: node)")
    ]


def test_a_step_may_be_as_long_as_the_horizon() -> None:
    assert told(step="2 h") == []


def test_an_autoscaler_must_see_every_request() -> None:
    endpoints = source.scalar(tiny.WHOLE)["endpoints"]
    endpoints["web"]["autoscaling"] = {"kind": "utilisation", "target": 0.5, "least": 1, "start_up": "1 min"}
    assert told(endpoints=endpoints, requests="sampled") == [
        (("requests",), "endpoint web scales by what it sees every few seconds; use 'requests: every'")
    ]


def test_a_cache_that_forgets_by_the_clock_must_see_every_request() -> None:
    endpoints = source.scalar(tiny.WHOLE)["endpoints"]
    cache = {"objects": 9, "skew": 1, "hit": "1 ms"}
    endpoints["web"]["cache"] = cache | {"kind": "lru", "size": 3}
    assert told(endpoints=endpoints, requests="sampled") == []
    endpoints["web"]["cache"] = cache | {"kind": "ttl", "ttl": "1 min"}
    ((path, sentence),) = told(endpoints=endpoints, requests="sampled")
    assert path == ("requests",)
    assert sentence.startswith("the cache of endpoint web forgets by the clock")


def test_replicas_that_forget_by_the_clock_must_see_every_request() -> None:
    endpoints = source.scalar(tiny.WHOLE)["endpoints"]
    endpoints["web"]["sessions"] = {"count": 9, "skew": 0.0, "warm": {"keeps": "1 min", "saves": 0.3}}
    ((path, sentence),) = told(endpoints=endpoints, requests="sampled")
    assert path == ("requests",)
    assert sentence.startswith("replicas of endpoint web forget sessions by the clock")


def test_a_share_to_sample_needs_sampling() -> None:
    assert told(one_in=50) == [(("one_in",), "one_in needs 'requests: sampled'")]
    assert told(one_in=50, requests="sampled") == []
