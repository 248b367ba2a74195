"""Every scenario that is shipped loads, opens with its question, and runs (over a shortened horizon)."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dcplan.engine.resolve import resolve
from dcplan.profiles.library import default_library, shipped
from dcplan.results.store import Run
from dcplan.scenario.load import load
from dcplan.studies.replicate import replicate

SCENARIOS = sorted(shipped("scenarios").glob("*.yaml"))
SHORTER = ("horizon=4 h", "warm_up=30 min", "replications=2")
PROMISED = {
    "pue", "wue_l_per_kwh", "cue_kg_per_kwh", "it_energy_kwh", "facility_energy_kwh", "peak_power_kw", "cost_total_usd",
    "carbon_kg",
}  # fmt: skip
"""KPIs of every scenario with a building."""
BUILDING = {"pue", "wue_l_per_kwh"}
"""Those of them that need it."""
ENDPOINT = {
    "requests", "throughput_rps", "latency_mean_s", "latency_p50_s", "latency_p95_s", "latency_p99_s", "wait_mean_s",
    "utilisation", "slo_attainment", "dropped", "energy_j_per_request", "cost_usd_per_1k_requests",
}  # fmt: skip
PIPELINE = {kpi for kpi in ENDPOINT if not kpi.endswith(("request", "requests"))} - {"wait_mean_s", "utilisation"}
TRAINING = {"jobs", "wait_mean_s", "makespan_s", "goodput", "gpu_hours"}


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda path: path.stem)
def scenario(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def run(scenario: Path) -> Run:
    long = load(scenario).scenario.horizon > 4 * 3600.0
    settings = SHORTER if long else ("replications=2",)
    return replicate(resolve(load(scenario, settings), default_library(scenario.parent)))


def test_it_opens_with_the_editor_hint_and_its_question(scenario: Path) -> None:
    first, second, *_ = scenario.read_text(encoding="utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=schema.json"
    assert second.startswith("# ")
    assert second.endswith("?")


def test_every_kpi_that_applies_is_there_and_finite(run: Run) -> None:
    kpis = run.kpis["kpis"]
    names = set(kpis)
    sited, built = "cost_total_usd" in names, "pue" in names
    assert names >= (PROMISED if built else PROMISED - BUILDING if sited else {"it_energy_kwh"})
    pipelines = {name.split(".")[1] for name in names if name.startswith("pipelines.")}
    for name in pipelines:  # the promise is theirs, and so is what servers their stages have
        assert {f"pipelines.{name}.{kpi}" for kpi in PIPELINE} <= names
    for name in {name.split(".")[1] for name in names if name.startswith("endpoints.")}:
        expected = PIPELINE - {"slo_attainment"} if pipelines else ENDPOINT
        assert {f"endpoints.{name}.{kpi}" for kpi in expected if sited or "usd" not in kpi} <= names
    for name in {name.split(".")[1] for name in names if name.startswith("training.")}:
        assert {f"training.{name}.{kpi}" for kpi in TRAINING} <= names
    for name, kpi in kpis.items():
        assert math.isfinite(kpi["value"]), name
        assert kpi["unit"], name
        assert kpi["low"] <= kpi["value"] <= kpi["high"], name


def test_energy_money_and_requests_balance(run: Run) -> None:
    kpis, tables = run.kpis["kpis"], run.tables
    assert kpis.get("pue", {"value": 1.5})["value"] > 1.0
    attributed = tables["attribution"][["idle_j", "active_j"]].sum().sum() / 3.6e6
    assert attributed / 2 == pytest.approx(kpis["it_energy_kwh"]["value"], rel=1e-9)
    if "costs" in tables:
        assert tables["costs"]["usd"].sum() / 2 == pytest.approx(kpis["cost_total_usd"]["value"], rel=1e-9)
    steps = tables["endpoints"]
    answered = tables["latency"].groupby("endpoint")["count"].sum()
    assert answered.to_dict() == steps.groupby("endpoint")["served"].sum().to_dict()
