"""What is read from a resolved scenario."""

from __future__ import annotations

from datetime import datetime

import pytest

from dcplan.report.facts import Promise, facts
from dcplan.results.store import Run

TEXT = """\
name: room
question: Why?
start: '2025-07-07T06:00:00'
horizon: 604800.0 s
warm_up: 3600.0 s
replications: 5
step: 300.0 s
facility:
  power: {utility: {limit: 20000.0 W}}
endpoints:
  vision:
    replicas: 160
    batching: {max_batch: 4, max_delay: 0.1 s}
    slo: {p95: 0.25 s}
  chat: {replicas: 2}
"""


def read(text: str) -> Run:
    return Run(text, {}, {"scenario": "room", "kpis": {}}, {})


def test_the_facts_of_a_scenario() -> None:
    known = facts(read(TEXT))
    assert known.question == "Why?"
    assert known.start == datetime(2025, 7, 7, 6)
    assert known.counted_s == 601_200.0
    assert known.utility_limit_w == 20_000.0
    assert known.replicas == {"vision": 160, "chat": 2}
    assert known.max_batch == {"vision": 4, "chat": 1}
    assert known.promises == {"vision": Promise(0.95, 0.25)}


def test_the_largest_batch_is_that_of_any_model() -> None:
    models = "classes: {a: {batching: {max_batch: 8}}, b: {batching: null}}"
    assert facts(read(TEXT.replace("replicas: 2", f"replicas: 2, {models}"))).max_batch == {"vision": 4, "chat": 8}


def test_a_scenario_without_the_rest_has_facts_too() -> None:
    known = facts(read("name: room\nhorizon: 60.0 s\n"))
    assert known.counted_s == 60.0
    assert known.utility_limit_w is None
    assert known.promises == {}


@pytest.mark.parametrize(("share", "name"), [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")])
def test_a_promise_names_its_percentile(share: float, name: str) -> None:
    assert Promise(share, 1.0).percentile == name
