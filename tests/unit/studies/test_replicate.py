from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

import tiny
from dcplan.engine.plan import Plan
from dcplan.results import store
from dcplan.scenario.load import load
from dcplan.scenario.scenario import Scenario
from dcplan.studies import replicate as study
from dcplan.studies.replicate import folder, manifest, replicate, scenario_text

KINDS = """\
name: "1e3"
question: "yes: 'a' # b"
start: 2025-07-07 08:30
horizon: 33.3 min
step: 7 min
warm_up: 0.1 min
endpoints:
  "5": {service: {kind: erlang, mean: 3.3 us, shape: 3}, replicas: 1,
        demand: {kind: gamma, rate: 0.14285714285714285 /s, cv: 0.1}}
  on: {service: {kind: hyperexponential, mean: 0.1 ms, cv: 2}, replicas: 1, queue: {kind: shared, limit: 0},
       demand: {kind: mmpp, rates: [0 /s, 3.7 /s], dwell: [1 min, 7 s]}}
  ü: {service: {kind: lognormal, mean: 1 s, cv: 0.5}, replicas: 3, routing: random, slo: {p99: 3.3 s},
      demand: {kind: diurnal, mean: 1e-3 /s, daily: [0, 1, 2, 3, 4, 5,
      6, 7, 8, 9, 1, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1]}}
  t: {service: {kind: deterministic, mean: 1 s}, replicas: 1, demand: {kind: trace, shape: two-level, mean: 1 /s}}
"""


def json_of(plan: Plan, workers: int | None = None) -> str:
    return store.to_json(replicate(plan, workers).kpis)


def again(scenario: Scenario, path: Path) -> Scenario:
    path.write_text(scenario_text(scenario), encoding="utf-8")
    return load(path).scenario


@pytest.mark.parametrize(
    "text", [tiny.SYNTHETIC, tiny.MEASURED, tiny.WHOLE, KINDS], ids=["synthetic", "measured", "whole", "kinds"]
)
def test_the_resolved_scenario_is_the_scenario(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    scenario = load(tmp_path / "a.yaml").scenario
    assert again(scenario, tmp_path / "b.yaml") == scenario
    assert scenario_text(again(scenario, tmp_path / "c.yaml")) == scenario_text(scenario)


@pytest.mark.parametrize(
    "name", ["08", "1e3", "true", "null", "~", "<script>", "a: b", "# c", "é\U0001f600", "'", '"', "- a", "+.5"]
)
def test_any_name_survives_being_written(name: str, tmp_path: Path) -> None:
    scenario = Scenario.model_validate(yaml.safe_load(tiny.SYNTHETIC) | {"name": name})
    assert again(scenario, tmp_path / "a.yaml").name == name


def test_every_default_is_written_out(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(tiny.SYNTHETIC)
    written = yaml.safe_load(scenario_text(load(tmp_path / "a.yaml").scenario))
    assert written["step"] == "300.0 s"
    batching = {"kind": "dynamic", "max_batch": 1, "max_delay": "0.0 s", "delay_from": "arrival"}
    assert written["endpoints"]["web"]["batching"] == batching


@pytest.mark.parametrize("text", [tiny.SYNTHETIC, tiny.WHOLE], ids=["synthetic", "whole"])
def test_the_number_of_workers_does_not_change_a_byte(text: str, plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(text, "replications=4")
    assert json_of(plan, 1) == json_of(plan, 2) == json_of(plan, 9)


def test_another_seed_is_another_run(plan_of: Callable[..., Plan]) -> None:
    assert json_of(plan_of(tiny.SYNTHETIC)) != json_of(plan_of(tiny.SYNTHETIC, "seed=2"))


def test_the_first_replications_stay_when_more_are_added(plan_of: Callable[..., Plan]) -> None:
    few, many = (replicate(plan_of(tiny.SYNTHETIC, f"replications={count}")).tables["endpoints"] for count in (2, 3))
    pd.testing.assert_frame_equal(many[many["replication"] < 2], few)


def test_intervals_come_from_two_replications_on(plan_of: Callable[..., Plan]) -> None:
    one = replicate(plan_of(tiny.SYNTHETIC, "replications=1")).kpis["kpis"]["endpoints.web.latency_mean_s"]
    two = replicate(plan_of(tiny.SYNTHETIC, "replications=2")).kpis["kpis"]["endpoints.web.latency_mean_s"]
    assert (one["low"], one["high"]) == (None, None)
    assert two["low"] < two["value"] < two["high"]


def test_progress_is_told_for_every_replication(plan_of: Callable[..., Plan]) -> None:
    told: dict[int, list[float]] = {0: [], 1: [], 2: []}
    replicate(plan_of(tiny.SYNTHETIC, "replications=3"), 2, lambda number, share: told[number].append(share))
    assert all(shares == sorted(shares) and shares[-1] == 1.0 for shares in told.values())


def test_the_manifest_holds_nothing_that_changes_from_one_time_to_the_next(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.SYNTHETIC)
    assert manifest(plan) == manifest(plan)
    assert manifest(plan)["seed"] == 1
    assert set(manifest(plan)["versions"]) == set(study.LIBRARIES)  # type: ignore[call-overload]


def test_a_run_is_kept_below_its_name_and_read_back(plan_of: Callable[..., Plan], tmp_path: Path) -> None:
    plan = plan_of(tiny.SYNTHETIC)
    run = replicate(plan, base=tmp_path / "reports")
    kept = folder(plan, tmp_path / "reports")
    assert kept.parent.name == "synthetic"
    assert store.read(kept).kpis == run.kpis
    assert not (kept / "parts").exists()


def test_what_was_finished_before_an_interruption_is_not_run_again(
    plan_of: Callable[..., Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(tiny.SYNTHETIC, "replications=3")
    whole = store.to_json(replicate(plan).kpis)
    simulate, started = study.simulate, []

    def interrupted(
        plan: Plan, number: int, progress: Callable[[float], None] | None = None
    ) -> dict[str, pd.DataFrame]:
        started.append(number)
        if number == 2 and started.count(2) == 1:
            raise KeyboardInterrupt
        return simulate(plan, number, progress)

    monkeypatch.setattr(study, "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replicate(plan, 1, base=tmp_path)
    assert sorted(path.name for path in (folder(plan, tmp_path) / "parts").iterdir()) == ["0", "1"]
    started.clear()
    started.append(2)
    assert store.to_json(replicate(plan, 1, base=tmp_path).kpis) == whole
    assert started == [2, 2]


def test_an_error_in_one_replication_stops_the_others(
    plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()

    def broken(plan: Plan, number: int, progress: Callable[[float], None]) -> dict[str, pd.DataFrame]:
        if number == 0:
            failed.set()
            raise ZeroDivisionError
        failed.wait()
        while True:
            progress(0.5)

    monkeypatch.setattr(study, "simulate", broken)
    with pytest.raises(ZeroDivisionError):
        replicate(plan_of(tiny.SYNTHETIC, "replications=50"), 2)


def test_a_scenario_that_only_trains_has_kpis(plan_of: Callable[..., Plan]) -> None:
    text = tiny.MEASURED.partition("endpoints:")[0] + "training:" + tiny.MEASURED.partition("training:")[2]
    assert replicate(plan_of(text)).kpis["kpis"]["training.nightly.jobs"]["value"] == 6.0
