"""The sentence that names what limits an endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from dcplan.kpis.limits import disturbance, limit
from dcplan.scenario.endpoint import Endpoint
from dcplan.scenario.scenario import Scenario

SERVICE = {"kind": "exponential", "mean": "20 ms"}
CACHE = {"kind": "lru", "objects": 10, "size": 5, "skew": 1, "hit": "2 ms"}
FREE = {"requests": 1e6, "utilisation": 0.3, "latency_mean_s": 0.022, "wait_mean_s": 0.002, "batch_mean": 1.0}


def endpoint(**more: object) -> Endpoint:
    """An endpoint with a service time."""
    demand = {"kind": "poisson", "rate": "10 /s"}
    return Endpoint.model_validate({"service": SERVICE, "replicas": 4, "demand": demand} | more)


def chat(max_batch: int = 16, **more: Any) -> Endpoint:
    """An endpoint that generates text."""
    lengths = {"mean": 100, "cv": 1.0, "most": 500}
    generation = {"prompt": lengths, "output": lengths, "max_batch": max_batch, "kv_tokens": 16384} | more
    demand = {"kind": "poisson", "rate": "10 /s"}
    return Endpoint.model_validate(
        {"workload": "gpt-small", "on": "nodes", "replicas": 4, "demand": demand, "generation": generation}
    )


@pytest.mark.parametrize(
    ("spec", "value", "said"),
    [
        (endpoint(), {}, "The work itself: 91% of the latency is service"),
        (endpoint(), {"utilisation": 0.92}, "The replicas: they are busy 92.0% of the time"),
        (
            endpoint(),
            {"wait_mean_s": 0.015},
            "Bursts: requests wait 68% of their time, though the replicas are idle",
        ),
        (
            endpoint(queue={"kind": "shared"}, autoscaling={"kind": "utilisation", "target": 0.5, "least": 0}),
            {"wait_mean_s": 0.021, "replicas_mean": 0.4},
            "Starts from no replica at all: requests wait 95% of their time. With 'least' at 1",
        ),
        (
            endpoint(zones={"a": {"replicas": 3, "share": 1}, "b": {"replicas": 1, "share": 1}}, hop="20 ms"),
            {"latency_mean_s": 0.034, "spilled": 0.5e6},
            "The way to other zones: 59% of the latency is spent on it.",
        ),
        (endpoint(), {"requests": 0.0}, ""),
        (endpoint(), {"requests": None}, ""),
        (
            endpoint(batching={"max_batch": 32, "max_delay": "20 ms"}),
            {"wait_mean_s": 0.015},
            "The batching delay of 20 ms: requests wait 68% of their time for fuller batches",
        ),
        (
            endpoint(batching={"max_batch": 32, "max_delay": "1 ms"}),
            {"utilisation": 0.9, "batch_mean": 3.0},
            "but batches hold 3 of at most 32: they could carry more.",
        ),
        (
            endpoint(admission={"rate": "5 /s"}),
            {"rate_limited": 5e5, "attempts_per_request": 1.0, "utilisation": 0.99},
            "The rate limit of 5 /s: it refuses 50.0% of the attempts.",
        ),
        (
            endpoint(cache=CACHE),
            {"cache_hit_ratio": 0.5, "latency_mean_s": 0.012, "wait_mean_s": 0.002},
            "fewer might do. That is of the misses: 50.0% of the requests are answered by the cache.",
        ),
        (
            endpoint(cache=CACHE),
            {"cache_hit_ratio": 0.5, "latency_mean_s": 0.012, "wait_mean_s": 0.002},
            "The work itself: 91% of the latency is service",
        ),
        (
            endpoint(sharing={"instances": 2}),
            {},
            "Sharing: devices are busy 30% of the time, and batches that meet on one",
        ),
        (endpoint(sharing={"instances": 2}), {"utilisation": 0.1}, "The work itself: 91% of the latency is service"),
        (
            endpoint(sharing={"instances": 2}, classes={"a": {}, "b": {"batching": {"max_batch": 8}}}),
            {"utilisation": 0.9, "batch_mean": 3.0},
            "but batches hold 3 of at most 8: they could carry more.",
        ),
        (endpoint(cache=CACHE), {"cache_hit_ratio": 1.0}, "Nothing but the cache, which answers every request."),
        (chat(), {"preempted": 5e4, "batch_mean": 15.0}, "The KV cache: 50,000 sequences had to start over."),
        (chat(), {"swapped": 5e4, "batch_mean": 15.0}, "The KV cache: 50,000 were moved to host memory and back."),
        (
            chat(kv_per_token="1 kB", disaggregated={"prefill_replicas": 2, "bandwidth": "1 GB/s"}),
            {"wait_mean_s": 2.0, "ttft_p50_s": 2.5},
            "The 2 replicas for prompts: a request waits 2 s until one begins with it.",
        ),
        (chat(), {"batch_mean": 15.0}, "The steps: 15 of at most 16 sequences share one."),
        (chat(), {"batch_mean": 2.0}, "Nothing but the speed of a step: 2 of at most 16 sequences share one."),
    ],
)
def test_the_limit_is_the_first_that_the_numbers_point_at(
    spec: Endpoint, value: dict[str, float | None], said: str
) -> None:
    sentence = limit(spec, FREE | value)
    assert said in sentence
    assert bool(said) == bool(sentence)


def test_an_incident_is_named_before_what_limits_at_other_times() -> None:
    happened = disturbance(
        Scenario.model_construct(incidents={"both-chillers": None}),
        {"hours_throttled": {"value": 0.1}, "hours_shut_down": {"value": 0.25}, "hours_tripped": {"value": 0.0}},
    )
    assert happened == "The incident 'both-chillers': servers are slow in warm air for 6 min, off for 15 min"
    waits = {**FREE, "wait_mean_s": 0.015, "dropped": 2e5}
    assert limit(endpoint(), waits, happened) == (
        f"{happened}; 20.0% of the requests get no answer, and 68% of the time of the others is waiting."
    )
    assert limit(endpoint(), waits, "").startswith("Bursts")
    assert limit(endpoint(), {**FREE}, happened).startswith("The work itself")


def test_without_an_incident_it_was_a_limit_on_power() -> None:
    tripped = disturbance(Scenario.model_construct(incidents={}), {"hours_tripped": {"value": 0.5}})
    assert tripped == "Limits on power: servers are off behind an open breaker for 30 min"
    assert disturbance(Scenario.model_construct(incidents={}), {"hours_tripped": {"value": 0.0}}) == ""
