"""Devices that are shared by several models: from the scenario to the tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.errors import ScenarioError
from dcplan.serving.sharing_state import SharingRules
from dcplan.studies.replicate import replicate

SHARED = """\
name: shared
horizon: 1 h
step: 15 min
replications: 2
fleet:
  node: {server: tiny-server, count: 3}
endpoints:
  web:
    on: node
    replicas: 4
    sharing: {instances: 2}
    classes:
      fast: {workload: tiny, share: 3, batching: {max_batch: 4, max_delay: 5 ms}}
      slow: {workload: tiny, size: 4, instances: 1}
    demand: {kind: poisson, rate: 20 /s}
    slo: {p95: 100 ms}
"""
THEORY = """\
name: theory
horizon: 1 h
replications: 2
endpoints:
  web:
    replicas: 1
    sharing: {instances: 9}
    classes:
      a: {service: {kind: deterministic, mean: 10 ms}}
      b: {service: {kind: exponential, mean: 20 ms}}
    demand: {kind: poisson, rate: 5 /s}
"""


def rules_of(plan: Plan) -> SharingRules:
    rules = plan.endpoints["web"].rules
    assert isinstance(rules, SharingRules)
    return rules


def test_each_class_has_its_own_times(plan_of: Callable[..., Plan]) -> None:
    rules = rules_of(plan_of(SHARED))
    times_s = rules.base.service_s
    means_s = np.trapezoid(times_s, np.linspace(0, 1, times_s.shape[1]), axis=1)
    assert means_s == pytest.approx([0.0, 0.010, 0.012, 0.016, 0.020, 0.0, 0.020])
    assert rules.kinds["row"].tolist() == [0, 5]
    assert rules.kinds["max_batch"].tolist() == [4, 1]
    assert rules.kinds["instances"].tolist() == [2, 1]
    assert rules.kinds["max_delay_s"].tolist() == [0.005, 0.0]


def test_it_is_said_that_equal_shares_are_a_model(plan_of: Callable[..., Plan]) -> None:
    (row,) = [row for row in plan_of(SHARED).assumptions if "n times as long" in str(row["value"])]
    assert not row["verified"]
    assert "Kleinrock" in row["source"]


def test_classes_have_their_own_numbers_and_all_requests_are_accounted_for(plan_of: Callable[..., Plan]) -> None:
    kpis = replicate(plan_of(SHARED)).kpis["kpis"]
    fast, slow = (kpis[f"endpoints.web.classes.{name}.requests"]["value"] for name in ("fast", "slow"))
    assert fast / slow == pytest.approx(3.0, rel=0.05)
    assert fast + slow == kpis["endpoints.web.requests"]["value"]
    latency_s = {name: kpis[f"endpoints.web.classes.{name}.latency_mean_s"]["value"] for name in ("fast", "slow")}
    assert 0.010 < latency_s["fast"] < latency_s["slow"] < 0.030
    assert 0.0 < kpis["endpoints.web.utilisation"]["value"] < 1.0


def test_a_class_with_an_unknown_workload_is_told_where(plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(ScenarioError, match=r"classes\.slow\.workload: 'tyni' was not measured"):
        plan_of(SHARED.replace("slow: {workload: tiny", "slow: {workload: tyni"))


def test_services_of_classes_are_drawn_each_from_its_own_law(plan_of: Callable[..., Plan]) -> None:
    kpis = replicate(plan_of(THEORY)).kpis["kpis"]
    factor = 1.0 / (1.0 - 5 * 0.015)
    for name, mean_s in (("a", 0.010), ("b", 0.020)):
        ours = kpis[f"endpoints.web.classes.{name}.latency_mean_s"]
        assert ours["value"] == pytest.approx(mean_s * factor, rel=0.03)


def test_the_uncertainty_of_profiles_is_drawn_for_each_workload(plan_of: Callable[..., Plan]) -> None:
    latency_s = [
        replicate(plan_of(SHARED, f"draw_profiles={drawn}")).kpis["kpis"]["endpoints.web.latency_mean_s"]["value"]
        for drawn in ("false", "true")
    ]
    assert latency_s[0] != latency_s[1]
    assert latency_s[1] == pytest.approx(latency_s[0], rel=0.05)


def test_devices_come_and_go_with_the_demand(plan_of: Callable[..., Plan]) -> None:
    scaled = SHARED.replace("    slo:", "    autoscaling: {kind: utilisation, target: 0.5, every: 1 min}\n    slo:")
    tables = replicate(plan_of(scaled)).tables
    assert set(tables["scaling"]["active"]) - {4}
    steps = tables["endpoints"]
    assert steps["served"].sum() > 0.99 * steps["arrived"].sum()


def test_devices_need_slots_like_any_replica(tmp_path: Path) -> None:
    known = tiny.library(tiny.write_library(tmp_path / "profiles"))
    with pytest.raises(ScenarioError, match=r"13 \(web\) slots are needed, but 3 servers hold 12"):
        tiny.planned(SHARED.replace("replicas: 4", "replicas: 13"), tmp_path, known)
