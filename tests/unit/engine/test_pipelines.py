"""Pipelines in whole runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.studies.replicate import replicate
from unit.scenario.test_pipeline import CHAIN

SHARED = (
    tiny.MEASURED.replace("demand: {kind: poisson, rate: 2 /s}", "demand: {kind: pipelines}")
    + "pipelines:\n"
    + "  one: {stages: [web], demand: {kind: poisson, rate: 3 /s}}\n"
    + "  other: {stages: [web], demand: {kind: poisson, rate: 1 /s}}\n"
)


def test_a_request_takes_the_time_of_both_endpoints_and_of_the_hop(plan_of: Callable[..., Plan]) -> None:
    kpis = replicate(plan_of(CHAIN.replace("stages: [a, b]", "stages: [a, b]\n    hop: 10 ms"))).kpis["kpis"]
    means_s = [kpis[f"endpoints.{name}.latency_mean_s"]["value"] for name in "ab"]
    assert kpis["pipelines.both.latency_mean_s"]["value"] == pytest.approx(sum(means_s) + 0.01, rel=1e-3)
    assert kpis["pipelines.both.slo_attainment"]["value"] > 0.95
    assert kpis["pipelines.both.requests"]["value"] == pytest.approx(20 * 600, rel=0.05)


def test_every_request_of_a_pipeline_is_at_its_endpoints(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(CHAIN), 0)
    arrived = tables["endpoints"].groupby("endpoint")["arrived"].sum()
    assert arrived["a"] == tables["pipelines"]["arrived"].sum()
    assert arrived["b"] == pytest.approx(arrived["a"], abs=20)
    stays = tables["stays"].set_index("endpoint")
    assert stays.loc["a", "sent"] == arrived["a"]
    assert list(stays["stage"]) == [0, 1]


def test_who_fails_at_one_endpoint_is_dropped_by_the_pipeline(plan_of: Callable[..., Plan]) -> None:
    full = CHAIN.replace("20 ms}, replicas: 1, demand", "20 ms}, replicas: 1, queue: {limit: 0}, demand")
    tables = simulate(plan_of(full), 0)
    dropped = tables["endpoints"].groupby("endpoint")["dropped"].sum()
    assert dropped["a"] > 0 < dropped["b"]
    assert tables["pipelines"]["dropped"].sum() == dropped.sum()


def test_energy_is_shared_by_requests(plan_of: Callable[..., Plan]) -> None:
    kpis = replicate(plan_of(SHARED)).kpis["kpis"]
    each_j = [kpis[f"pipelines.{name}.energy_j_per_request"]["value"] for name in ("one", "other")]
    assert each_j == pytest.approx([kpis["endpoints.web.energy_j_per_request"]["value"]] * 2, rel=1e-3)
    requests = [kpis[f"pipelines.{name}.requests"]["value"] for name in ("one", "other")]
    assert sum(requests) == kpis["endpoints.web.requests"]["value"]


def test_sampled_requests_of_a_pipeline_stand_for_all(plan_of: Callable[..., Plan]) -> None:
    long = CHAIN.replace("10 min", "5 h")
    every, sampled = replicate(plan_of(long)), replicate(plan_of(long, "requests=sampled", "one_in=10"))
    for name in ("throughput_rps", "latency_mean_s", "latency_p95_s"):
        whole, part = (run.kpis["kpis"][f"pipelines.both.{name}"]["value"] for run in (every, sampled))
        assert part == pytest.approx(whole, rel=0.05), name


def test_replicas_of_a_stage_may_fail_and_scale(plan_of: Callable[..., Plan]) -> None:
    busy = CHAIN.replace(
        "replicas: 1, demand", "replicas: 4, failures: {every: 1 min, repair: 10 s, detection: 5 s}, "
        "autoscaling: {kind: utilisation, target: 0.5, every: 10 s}, demand",
    )  # fmt: skip
    tables = simulate(plan_of(busy), 0)
    assert len(tables["outages"]) > 10
    pipelines = tables["pipelines"]
    assert pipelines["dropped"].sum() == tables["endpoints"]["dropped"].sum() > 0
    assert pipelines["served"].sum() > 0.8 * pipelines["arrived"].sum()
