"""Replicas that fail, are missed, and come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.studies.replicate import replicate

FRAGILE = tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 40 /s").replace("horizon: 30 min", "horizon: 5 h")
"""A service of 20 ms, asked 40 times a second."""


def failing(plan_of: Callable[..., Plan], failures: str, *settings: str) -> Plan:
    return plan_of(FRAGILE, "endpoints.web.replicas=4", f"endpoints.web.failures={{{failures}}}", *settings)


def test_replicas_are_out_of_order_for_the_share_of_the_time_that_repair_takes(plan_of: Callable[..., Plan]) -> None:
    settings = ("replications=20", "endpoints.web.demand.rate=1 /s")
    kpis = replicate(failing(plan_of, "every: 10 min, repair: 5 min, detection: 0 s", *settings)).kpis["kpis"]
    availability = kpis["endpoints.web.availability"]
    assert availability["value"] == pytest.approx(10 / 15, abs=0.03)
    failures = kpis["endpoints.web.failures"]["value"]
    assert failures == pytest.approx(4 * 300 / 15, rel=0.1)


def test_every_outage_is_noted_and_ends_after_it_began(plan_of: Callable[..., Plan]) -> None:
    outages = simulate(failing(plan_of, "every: 10 min, repair: 2 min"), 0)["outages"]
    over = outages.dropna()
    assert (over["repaired_s"] > over["failed_s"]).all()
    for _, own in outages.groupby("replica"):
        assert (own["failed_s"].to_numpy()[1:] > own["repaired_s"].to_numpy()[:-1]).all()
    assert set(outages["replica"]) == {0, 1, 2, 3}


def lost(plan: Plan) -> int:
    return int(simulate(plan, 0)["classes"]["lost"].sum())


def test_nobody_sends_requests_to_a_replica_that_is_known_to_be_down(plan_of: Callable[..., Plan]) -> None:
    seen = lost(failing(plan_of, "every: 10 min, repair: 30 s, detection: 0 s"))
    unseen = lost(failing(plan_of, "every: 10 min, repair: 30 s, detection: 5 min"))
    assert 0 < seen < 500
    assert unseen > 20 * seen


def test_the_least_loaded_replica_may_be_the_one_that_answers_nothing(plan_of: Callable[..., Plan]) -> None:
    """A replica that fails what it gets is always idle: it draws requests until somebody notices."""
    dead = "every: 20 min, repair: 30 s, detection: 5 min"
    attracted, spread = (
        lost(failing(plan_of, dead, f"endpoints.web.routing={routing}")) for routing in ("least_loaded", "random")
    )
    assert attracted > 1.5 * spread


def test_a_shared_queue_loses_only_what_is_in_service(plan_of: Callable[..., Plan]) -> None:
    settings = ("endpoints.web.queue.kind=shared",)
    tables = simulate(failing(plan_of, "every: 10 min, repair: 1 min, detection: 2 min", *settings), 0)
    assert tables["classes"]["lost"].sum() <= len(tables["outages"])


def test_lost_requests_may_come_back(plan_of: Callable[..., Plan]) -> None:
    retry = "endpoints.web.retry={attempts: 20, backoff: 10 s, factor: 1, longest: 10 s}"
    tables = simulate(failing(plan_of, "every: 10 min, repair: 1 min", retry), 0)
    assert tables["classes"]["lost"].sum() > 0
    assert tables["endpoints"]["dropped"].sum() == 0
