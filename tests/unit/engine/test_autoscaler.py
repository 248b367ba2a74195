"""Replicas that come and go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.errors import InputError

TEN = tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 100 /s")
"""A service of 20 ms, asked 100 times a second: two replicas are busy on average."""


def scaling(plan: Plan) -> list[tuple[float, int, int]]:
    """Every change: when [s], how many are active, how many are being started."""
    table = simulate(plan, 0)["scaling"]
    return list(table[["time_s", "active", "starting"]].itertuples(index=False, name=None))


def plan_with(plan_of: Callable[..., Plan], scaling: str, **settings: Any) -> Plan:
    more = [f"{name}={value}" for name, value in settings.items()]
    return plan_of(TEN, "endpoints.web.replicas=10", f"endpoints.web.autoscaling={{{scaling}}}", *more)


def test_utilisation_settles_at_what_keeps_replicas_as_busy_as_asked(plan_of: Callable[..., Plan]) -> None:
    changes = scaling(plan_with(plan_of, "kind: utilisation, target: 0.5, every: 1 min, cool_down: 2 min"))
    assert changes[0] == (0.0, 10, 0)
    assert 4 <= changes[-1][1] <= 5
    assert all(time_s % 60.0 == 0.0 for time_s, _, _ in changes)


def test_requests_in_the_system_are_shared_out(plan_of: Callable[..., Plan]) -> None:
    changes = scaling(plan_with(plan_of, "kind: per_replica, target: 1.0, every: 10 s, cool_down: 0 s, least: 2"))
    assert min(active for _, active, _ in changes) == 2
    assert len(changes) > 20


def test_a_replica_takes_time_to_start(plan_of: Callable[..., Plan]) -> None:
    steps = "steps: [{at: '00:00', replicas: 2}, {at: '00:10', replicas: 6}]"
    changes = scaling(plan_with(plan_of, f"kind: scheduled, every: 60 s, start_up: 90 s, cool_down: 0 s, {steps}"))
    assert changes == [(0.0, 10, 0), (60.0, 2, 0), (600.0, 2, 4), (690.0, 6, 0)]


def test_no_request_is_lost_when_replicas_stop(plan_of: Callable[..., Plan]) -> None:
    plan = plan_with(plan_of, "kind: per_replica, target: 1.0, every: 1 s, cool_down: 0 s")
    steps = simulate(plan, 0)["endpoints"]
    assert steps["arrived"].sum() == pytest.approx(steps["served"].sum(), abs=20)
    assert steps["dropped"].sum() == 0


def test_hits_that_wait_for_their_answer_need_no_replicas(plan_of: Callable[..., Plan]) -> None:
    cache = "endpoints.web.cache={kind: lru, objects: 5, size: 5, skew: 1, hit: 10 s}"  # a thousand hits at a time
    scaled = "endpoints.web.autoscaling={kind: per_replica, target: 1.0, every: 10 s, cool_down: 0 s}"
    changes = scaling(plan_of(TEN, "endpoints.web.replicas=10", scaled, cache))
    assert changes == [(0.0, 10, 0), (10.0, 1, 0)]


def test_an_endless_backlog_is_told_whoever_meets_it_first(
    plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcplan.serving.endpoint.MAX_PLACES", 1000)
    plan = plan_with(plan_of, "kind: utilisation, target: 0.5, every: 1 s", **{"endpoints.web.demand.rate": "9000 /s"})
    with pytest.raises(InputError, match="endpoint web is overloaded"):
        simulate(plan, 0)
