"""Replicas that come and go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tiny
from dcplan.engine.autoscaler import Crew
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


SHARED = {"endpoints.web.queue": "{kind: shared}"}
SELDOM = SHARED | {"endpoints.web.demand": "{kind: constant, rate: 0.002 /s}"}  # one request in 500 s


def test_replicas_of_a_shared_queue_come_and_go(plan_of: Callable[..., Plan]) -> None:
    rule = "kind: utilisation, target: 0.5, every: 1 min, cool_down: 2 min"
    changes = scaling(plan_with(plan_of, rule, **SHARED))
    assert changes[0] == (0.0, 10, 0)
    assert 4 <= changes[-1][1] <= 5


@pytest.mark.parametrize(
    "rule", ["kind: utilisation, target: 0.5", "kind: predictive, target: 0.5", "kind: per_replica, target: 3"]
)
def test_a_request_starts_the_first_replica_and_waits_for_it(plan_of: Callable[..., Plan], rule: str) -> None:
    rule = f"{rule}, least: 0, every: 30 s, start_up: 20 s, cool_down: 1 min"
    tables = simulate(plan_with(plan_of, rule, **SELDOM), 0)
    changes = tables["scaling"][["time_s", "active", "starting"]].to_numpy().tolist()
    assert changes[:5] == [[0, 10, 0], [60, 0, 0], [510, 0, 1], [530, 1, 0], [570, 0, 0]]
    steps = tables["endpoints"]
    assert steps["served"].sum() == steps["arrived"].sum() == 3
    latency_s = steps["latency_s"].sum()
    assert 3 * (10 + 20) < latency_s < 3 * (30 + 20) + 1


def test_who_gives_up_before_the_next_decision_still_has_a_replica_started(plan_of: Callable[..., Plan]) -> None:
    rule = "kind: utilisation, target: 0.5, least: 0, every: 30 s, cool_down: 1 min"
    hasty = SELDOM | {"endpoints.web.queue": "{kind: shared, timeout: 1 s}"}
    assert (510.0, 1, 0) in scaling(plan_with(plan_of, rule, **hasty))


def test_a_clock_that_says_zero_is_followed_whoever_waits(plan_of: Callable[..., Plan]) -> None:
    steps = "steps: [{at: '00:00', replicas: 0}, {at: '00:20', replicas: 2}]"
    rule = f"kind: scheduled, least: 0, every: 60 s, cool_down: 0 s, {steps}"
    assert scaling(plan_with(plan_of, rule, **SHARED)) == [(0.0, 10, 0), (60.0, 0, 0), (1200.0, 0, 2), (1200.0, 2, 0)]


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


WAVE = """\
name: wave
horizon: 3 days
warm_up: 25 h
replications: 1
endpoints:
  web:
    service: {kind: deterministic, mean: 1 s}
    replicas: 40
    demand: {kind: diurnal, mean: 8 /s, daily: [%s]}
"""
DAILY = [round(float(1 - 0.8 * np.cos(np.pi * hour / 12)), 3) for hour in range(24)]
"""A day whose demand is a sine, hour by hour."""


def late_replica_s(changes: list[tuple[float, int, int]]) -> float:
    """Replica-seconds missing from the second day on, where each hour needs its mean demand over a target of 0.6."""
    times_s = np.array([time_s for time_s, _, _ in changes])
    active = np.array([active for _, active, _ in changes])
    seen_s = np.arange(25 * 3600.0, 72 * 3600.0, 10.0)
    serving = active[np.searchsorted(times_s, seen_s, side="right") - 1]
    rate = 8.0 * np.array(DAILY) / np.mean(DAILY)
    needed = rate[(seen_s // 3600 % 24).astype(int)] / 0.6
    return float(np.maximum(needed - serving, 0.0).sum() * 10.0)


def test_who_forecasts_is_ready_when_the_rush_comes(plan_of: Callable[..., Plan]) -> None:
    late_s = {}
    text = WAVE % ", ".join(map(str, DAILY))
    for kind in ("utilisation", "predictive"):
        rule = f"kind: {kind}, target: 0.6, every: 1 min, start_up: 15 min, cool_down: 10 min"
        plan = plan_of(text, f"endpoints.web.autoscaling={{{rule}}}")
        late_s[kind] = late_replica_s(scaling(plan))
    assert late_s["predictive"] < 0.2 * late_s["utilisation"]


def test_without_a_day_behind_it_a_forecast_is_utilisation(plan_of: Callable[..., Plan]) -> None:
    rule = "target: 0.5, every: 1 min, start_up: 2 min"
    predicted, followed = (
        scaling(plan_with(plan_of, f"kind: {kind}, {rule}")) for kind in ("predictive", "utilisation")
    )
    assert predicted == followed


ON_SERVERS = """\
name: on servers
horizon: 40 min
step: 5 min
replications: 1
fleet:
  node: {server: tiny-server, count: 3}
endpoints:
  web:
    workload: tiny
    on: node
    replicas: 10
    demand: {kind: poisson, rate: 20 /s}
    autoscaling:
      kind: scheduled
      idle_servers: switch_off
      every: 1 min
      start_up: 2 min
      cool_down: 0 s
      steps: [{at: '00:00', replicas: 10}, {at: '00:10', replicas: 1}, {at: '00:25', replicas: 6}]
"""
"""Ten replicas on three servers of four slots, of which the third holds two."""


def test_a_server_is_off_while_all_its_replicas_are_given_up(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(ON_SERVERS), 0)
    # given up at 10 min, found empty a minute later; 9 of 10 fill two servers; 6 of 10 leave one off from 25 min on
    off_s = 2 * 4 * 14 * 60.0 + 4 * 15 * 60.0
    attribution = tables["attribution"].groupby("owner")[["off_slot_s", "idle_j", "active_j"]].sum()
    assert attribution.loc["endpoint web", "off_slot_s"] == pytest.approx(off_s, abs=8 * 60.0)
    idle_w = tables["servers"]["idle_w"].to_list()
    assert idle_w[:2] == [300.0, 300.0]
    assert idle_w[3:5] == [100.0, 100.0]
    assert idle_w[5:] == [200.0] * 3
    metered_j = float((tables["servers"]["it_w"] * tables["servers"]["duration_s"]).sum())
    assert attribution[["idle_j", "active_j"]].sum(axis=None) == pytest.approx(metered_j, rel=1e-12)


def test_with_all_servers_off_nothing_is_drawn(plan_of: Callable[..., Plan]) -> None:
    steps = "[{at: '00:00', replicas: 12}, {at: '00:10', replicas: 0}, {at: '00:25', replicas: 6}]"
    rule = {"autoscaling.steps": steps, "autoscaling.least": "0", "queue": "{kind: shared}", "replicas": "12"}
    tables = simulate(plan_of(ON_SERVERS, *(f"endpoints.web.{key}={value}" for key, value in rule.items())), 0)
    servers, steps_ = tables["servers"], tables["attribution"]
    assert servers["it_w"].to_list()[3:5] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert (servers["it_w"] >= 0.0).all()
    metered_j = float((servers["it_w"] * servers["duration_s"]).sum())
    assert steps_[["idle_j", "active_j"]].sum(axis=None) == pytest.approx(metered_j, rel=1e-12)


def test_what_a_server_draws_while_it_starts_is_told_as_an_assumption(plan_of: Callable[..., Plan]) -> None:
    told = [row for row in plan_of(ON_SERVERS).assumptions if row["name"] == "power while a server starts"]
    assert [row["verified"] for row in told] == [False]


def test_servers_stay_on_unless_told_otherwise(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(ON_SERVERS, "endpoints.web.autoscaling.idle_servers=keep_on"), 0)
    assert (tables["servers"]["idle_w"] == 300.0).all()
    assert (tables["attribution"]["off_slot_s"] == 0.0).all()


def test_a_server_stays_on_until_its_replicas_have_finished() -> None:
    crew = Crew(most=8, active=2, per_server=4)
    crew.switch(occupied=7, now_s=100.0)
    assert crew.off_slot_s(200.0) == 0.0
    crew.switch(occupied=3, now_s=200.0)
    crew.active = 8
    crew.switch(occupied=0, now_s=260.0)
    assert crew.off_slot_s(1000.0) == 4 * 60.0
