"""Requests that pass through several endpoints, against a single SimPy environment on shared draws."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.serving.class_state import ClassRules
from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import FloatArray, IntArray, bins_of
from dcplan.serving.pipeline import ARRIVED, FAILED, SERVED, WITHIN_SLO, Pipeline, StagedEndpoint, Step
from dcplan.validation import class_oracle, pipeline_oracle
from unit.serving.test_class_kernel import CALM, alike, make_requests, make_rules

COUNT = 300
SLO_S = 0.15


class Chances:
    """The draws of the requests of an endpoint, one after the other."""

    def __init__(self, all_of_them: Requests) -> None:
        self.rest = all_of_them

    def __call__(self, times_s: FloatArray, labels: IntArray) -> Requests:
        count = len(times_s)
        first = Requests(*(array[:count] for array in self.rest))
        self.rest = Requests(*(array[count:] for array in self.rest))
        return first._replace(times_s=times_s, labels=labels)


def pipeline_of(
    steps: tuple[Step, ...], times_s: FloatArray, rules: ClassRules, chances: dict[str, Requests]
) -> Pipeline:
    """A pipeline whose endpoints have two replicas each."""
    pipeline = Pipeline(steps, SLO_S, iter([times_s[:100], times_s[100:]]))
    for name, own in chances.items():
        endpoint = StagedEndpoint.new(rules, iter(()), alike(2))
        endpoint.name, endpoint.dress, endpoint.pipelines = name, Chances(own), [pipeline]
        pipeline.endpoints[name] = endpoint
    return pipeline


STEPS = [
    (Step(("a",), 1, 0.0), Step(("b",), 1, 0.0)),
    (Step(("a",), 1, 0.002), Step(("b", "c"), 2, 0.001), Step(("d",), 1, 0.0)),
    (Step(("a", "b", "c"), 2, 0.0), Step(("d",), 1, 0.004)),
    (Step(("a", "b"), 1, 0.0), Step(("c", "d"), 1, 0.0)),
]
ENDPOINTS = st.fixed_dictionaries(
    {
        "shared": st.booleans(),
        "max_batch": st.sampled_from([1, 3]),
        "delay_s": st.sampled_from([0.0, 0.004]),
        "spell_s": st.sampled_from([0.0, 0.05]),
        "timeouts": st.booleans(),
        "unaware": st.booleans(),
        "limit": st.sampled_from([-1, 2]),
        "attempts": st.sampled_from([1, 3]),
    }
)


def chances_of(steps: tuple[Step, ...], seed: int, rules: ClassRules) -> dict[str, Requests]:
    names = [name for step in steps for name in step.endpoints]
    return {name: make_requests(COUNT, 1.0, seed + 1 + place, rules) for place, name in enumerate(names)}


@settings(max_examples=40, deadline=None)
@given(ENDPOINTS, st.sampled_from(STEPS), st.floats(0.3, 1.3), st.integers(0, 10_000), st.lists(st.floats(0, 5)))
def test_a_pipeline_equals_a_single_simulation(
    endpoint: dict[str, Any], steps: tuple[Step, ...], load: float, seed: int, cuts_s: list[float]
) -> None:
    if endpoint["max_batch"] > 1:  # so that requests that come at one instant do what they do in the oracle
        endpoint = endpoint | {"delay_s": 0.004, "limit": -1}
    rules = make_rules(**(CALM | endpoint | {"jitter": 1.0, "reports": True}))
    times_s = make_requests(COUNT, load * 2 * 60.0, seed, rules).times_s
    chances = chances_of(steps, seed, rules)
    places = {
        name: (
            partial(
                class_oracle.opened,
                rules=rules,
                discipline="fifo",
                routing="power_of_two",
                hardware=[0, 0],
                count=COUNT,
            ),
            own,
        )
        for name, own in chances.items()
    }
    expected_s = pipeline_oracle.simulate(steps, times_s, places)
    ours = pipeline_of(steps, times_s, rules, chances)
    for until_s in sorted(cuts_s):
        ours.advance(until_s)
    ours.advance(1e6)
    answered_s = expected_s[~np.isnan(expected_s)]
    assert ours.counts[[ARRIVED, SERVED, FAILED]].tolist() == [COUNT, len(answered_s), COUNT - len(answered_s)]
    assert ours.in_system == 0
    assert ours.latency_s == pytest.approx(answered_s.sum(), rel=1e-9)
    assert ours.counts[WITHIN_SLO] == pytest.approx((answered_s <= SLO_S).sum(), abs=1)
    moved = np.abs(np.cumsum(ours.latency - np.bincount(bins_of(answered_s), minlength=len(ours.latency))))
    assert moved.max(initial=0) <= 1


@pytest.mark.parametrize("steps", STEPS)
def test_a_pipeline_cut_anywhere_equals_the_uncut_one(steps: tuple[Step, ...]) -> None:
    rules = make_rules(**(CALM | {"timeouts": True, "attempts": 2, "limit": 4, "reports": True, "max_batch": 3}))
    times_s = make_requests(COUNT, 150.0, 3, rules).times_s
    whole, cut = (pipeline_of(steps, times_s, rules, chances_of(steps, 5, rules)) for _ in range(2))
    rng = np.random.default_rng(1)
    for until_s in np.sort(rng.uniform(0, 3, 200)):
        if rng.random() < 0.5:
            cut.advance(float(until_s))
        else:  # an autoscaler looks at one endpoint alone
            list(cut.endpoints.values())[rng.integers(len(cut.endpoints))].advance(float(until_s))
    whole.advance(1e6)
    cut.advance(1e6)
    assert cut.counts.tolist() == whole.counts.tolist()
    assert cut.latency.tolist() == whole.latency.tolist()
    assert cut.latency_s == pytest.approx(whole.latency_s, rel=1e-12)
    for name in whole.endpoints:
        assert cut.stays[name] == pytest.approx(whole.stays[name], rel=1e-12)
        np.testing.assert_array_equal(cut.endpoints[name].detail.counts, whole.endpoints[name].detail.counts)


def test_requests_of_two_pipelines_share_an_endpoint() -> None:
    rules = make_rules(**(CALM | {"reports": True}))
    shared = StagedEndpoint.new(rules, iter(()), alike(3))
    rates, pipelines = (60.0, 120.0), []
    for place, rate in enumerate(rates):
        times_s = make_requests(4000, rate, place, rules).times_s
        pipeline = Pipeline(
            (Step(("both",), 1, 0.0),), SLO_S, iter([times_s[times_s < 30.0]]), endpoints={"both": shared}
        )
        pipelines.append(pipeline)
    shared.name, shared.pipelines = "both", pipelines
    shared.dress = Chances(make_requests(8000, 1.0, 9, rules))
    for pipeline in pipelines:
        pipeline.advance(1e6)
    arrived = [int(pipeline.counts[ARRIVED]) for pipeline in pipelines]
    assert arrived == [int(pipeline.counts[SERVED]) for pipeline in pipelines]
    assert arrived[1] / arrived[0] == pytest.approx(2.0, rel=0.1)
    assert sum(arrived) == shared.totals.counts[0]
    means_s = [pipeline.latency_s / pipeline.counts[SERVED] for pipeline in pipelines]
    assert means_s[0] == pytest.approx(means_s[1], rel=0.1)
