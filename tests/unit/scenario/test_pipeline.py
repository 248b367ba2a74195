"""Chains of endpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

import tiny
from dcplan.engine.plan import Plan
from dcplan.errors import ScenarioError
from dcplan.scenario.pipeline import Pipeline

DEMAND = {"kind": "poisson", "rate": "5 /s"}

CHAIN = """\
name: chain
horizon: 10 min
replications: 2
endpoints:
  a: {service: {kind: exponential, mean: 20 ms}, replicas: 1, demand: {kind: pipelines}}
  b: {service: {kind: exponential, mean: 20 ms}, replicas: 1, demand: {kind: pipelines}}
pipelines:
  both:
    stages: [a, b]
    demand: {kind: poisson, rate: 20 /s}
    slo: {p95: 1 s}
"""


def test_what_is_fetched_belongs_to_the_endpoint_behind_it() -> None:
    fetch = {"fetch": "1 MB", "storage": "disk"}
    pipeline = Pipeline.model_validate(
        {"stages": ["a", fetch, {"of": ["b", "c"], "wait_for": 1}, "d"], "demand": DEMAND}
    )
    assert [(len(fetched), several.of, several.needed) for fetched, several in pipeline.steps] == [
        (0, ("a",), 1),
        (1, ("b", "c"), 1),
        (0, ("d",), 1),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stages": []}, "at least 1 item"),
        ({"stages": [{"fetch": "1 MB", "storage": "disk"}]}, "a pipeline needs an endpoint"),
        ({"stages": ["a", "a"]}, "asks each endpoint once"),
        ({"stages": [{"of": ["a", "a"]}]}, "asks each endpoint once"),
        ({"stages": [{"of": ["a", "b"], "wait_for": 3}]}, "wait_for: 3 answers, but there are 2 endpoints"),
        ({"demand": {"kind": "closed", "users": 3, "think": "1 s"}}, "cannot have a demand of kind closed"),
        ({"demand": {"kind": "pipelines"}}, "cannot have a demand of kind pipelines"),
    ],
)
def test_a_pipeline_that_contradicts_itself_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Pipeline.model_validate({"stages": ["a", "b"], "demand": DEMAND} | changes)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("stages: [a, b]", "stages: [a, c]", r"there is no endpoint 'c' \(known: a, b\)"),
        ("stages: [a, b]", "stages: [a]", "no pipeline names endpoint b among its stages"),
        (
            "1, demand: {kind: pipelines}}\npipelines",
            "1, demand: {kind: poisson, rate: 1 /s}}\npipelines",
            "endpoint b has a demand of its own",
        ),
        (
            "pipelines:\n",
            "pipelines:\n  back: {stages: [b, a], demand: {kind: poisson, rate: 1 /s}}\n",
            "requests would go round in circles: [ab] -> [ab] -> [ab]",
        ),
        (
            "stages: [a, b]",
            "stages: [a, {fetch: 1 MB, storage: nothing}, b]",
            "'nothing'",
        ),
    ],
)
def test_pipelines_and_endpoints_must_fit(before: str, after: str, said: str, plan_of: Callable[..., Plan]) -> None:
    assert before in CHAIN
    with pytest.raises(ScenarioError, match=said):
        plan_of(CHAIN.replace(before, after))


def test_a_data_sheet_and_a_measurement_tell_how_long_a_fetch_takes(plan_of: Callable[..., Plan]) -> None:
    for storage, takes_s in (
        ("nvme-pcie4-enterprise", 80e-6 + 600e3 / 6.8e9),
        ("epyc-2-vcpu-vda", 6.85196e-05 + 600e3 / 4185990000.0),
    ):
        plan = plan_of(CHAIN.replace("[a, b]", f"[{{fetch: 600 kB, storage: {storage}}}, a, b]\n    hop: 1 ms"))
        first, second = plan.pipelines["both"].steps
        assert first.before_s == pytest.approx(takes_s, rel=1e-6)
        assert second.before_s == pytest.approx(0.001)
        assert any(storage in str(row) for row in plan.assumptions)


def test_storage_that_does_not_say_how_fast_it_reads_is_told(plan_of: Callable[..., Plan], profiles: Path) -> None:
    tiny.write_header(profiles / "storage" / "slow", values={})
    with pytest.raises(ScenarioError, match="'slow' does not say how fast it reads"):
        plan_of(CHAIN.replace("[a, b]", "[{fetch: 600 kB, storage: slow}, a, b]"))


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("{of: [a, b], wait_fro: 1}", r"stages.1.wait_fro: unknown key; did you mean 'wait_for'\?"),
        ("{of: [a]}", "stages.1.of: "),
        ("3", "stages.1: expected text"),
        ("{fetch: 600, storage: x}", "stages.1.fetch: a bare number has no unit"),
        ("{fetch: 600 kB}", "stages.1.storage: this key is required"),
    ],
)
def test_a_stage_that_is_wrong_has_one_problem(stage: str, said: str, plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(ScenarioError, match=said) as refused:
        plan_of(CHAIN.replace("stages: [a, b]", f"stages: [a, {stage}]"))
    assert len(str(refused.value).splitlines()) == 1
