from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dcplan.scenario.endpoint import Endpoint, Slo

PLAIN: dict[str, Any] = {
    "service": {"kind": "deterministic", "mean": "1 s"},
    "replicas": 1,
    "demand": {"kind": "poisson", "rate": "1 /s"},
}


ZONES: dict[str, Any] = {
    "replicas": 3,
    "hop": "1 ms",
    "zones": {"a": {"replicas": 2, "share": 2}, "b": {"replicas": 1, "share": 1}},
}


SESSIONS: dict[str, Any] = {"count": 9, "skew": 1.0}
WARM = {"keeps": "1 min", "saves": 0.3}
AFFINE: dict[str, Any] = {"routing": "affinity", "sessions": SESSIONS}


def endpoint(**changes: object) -> Endpoint:
    return Endpoint.model_validate({key: value for key, value in (PLAIN | changes).items() if value is not None})


def test_the_defaults_are_single_requests_to_the_better_of_two_replicas() -> None:
    plain = endpoint()
    assert plain.policy == "power_of_two"
    assert (plain.batching.max_batch, plain.batching.max_delay) == (1, 0.0)
    assert (plain.queue.kind, plain.queue.limit) == ("per_replica", None)


def test_a_routing_policy_is_used_as_written() -> None:
    assert endpoint(routing="random").policy == "random"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"service": None}, "give either 'workload'"),
        ({"workload": "w", "on": "n"}, "not both"),
        ({"service": None, "workload": "w"}, "a workload runs on servers"),
        ({"samples_per_request": 2}, "samples_per_request needs a measured workload"),
        ({"queue": {"kind": "shared"}, "routing": "random"}, "a shared queue has no routing"),
        ({"queue": {"limit": -1}}, "greater than or equal to 0"),
        ({"batching": {"max_batch": 0}}, "greater than or equal to 1"),
        ({"batching": {"max_delay": "-1 s"}}, "greater than or equal to 0"),
        ({"replicas": 0}, "greater than or equal to 1"),
        ({"routing": "best"}, "Input should be"),
        ({"on": "a.b"}, "pattern"),
        ({"queue": {"discipline": "priority"}}, "name at least two in 'classes'"),
        ({"queue": {"discipline": "deadline"}, "classes": {"a": {}, "b": {}}}, "discipline: deadline needs a deadline"),
        ({"queue": {"timeout": "5 ms"}, "batching": {"max_delay": "5 ms"}}, "a request gives up after 0.005 s, before"),
        (
            {"classes": {"a": {"timeout": "1 ms"}}, "batching": {"max_delay": "5 ms"}},
            "class a gives up after 0.001 s, before",
        ),
        ({"classes": {"a": {"share": 0}}}, "greater than 0"),
        ({"retry": {"attempts": 1}}, "greater than or equal to 2"),
        ({"retry": {}}, "retry: no attempt can fail; add a timeout or a limit"),
        ({"retry": {"backoff": "1 min", "longest": "1 s"}}, r"backoff \(60 s\) is more than longest"),
        ({"queue": {"on_timeout": "serve_in_vain"}}, "on_timeout: serve_in_vain needs a timeout"),
        ({"admission": {"burst": 3}}, "rate"),
        (
            {"autoscaling": {"kind": "utilisation", "target": 0.5, "least": 0}},
            r"without any replica requests can only wait in a queue that all share; use queue: \{kind: shared\}",
        ),
        (
            {"autoscaling": {"kind": "scheduled", "steps": [{"at": "20:00", "replicas": 0}]}},
            "the step at 20:00 has 0 replicas, fewer than the 1 of 'least'; lower 'least'",
        ),
        (
            {"autoscaling": {"kind": "utilisation", "target": 0.5, "least": 999}, "replicas": 9},
            "autoscaling asks for 999 replicas, but there are 9 at most",
        ),
        ({"spill_over": 3}, "spill_over is about zones; name them in 'zones', or remove 'spill_over'"),
        ({"hop": "1 ms"}, "hop is about zones; name them in 'zones', or remove 'hop'"),
        (ZONES | {"hop": None}, "zones need the time from one to another; add e.g. 'hop: 1 ms'"),
        (ZONES | {"replicas": 4}, "the zones have 3 replicas, but 'replicas' says 4; make them equal"),
        (ZONES | {"queue": {"kind": "shared"}}, r"with a queue each; remove queue: \{kind: shared\}, or 'zones'"),
        (
            ZONES
            | {"service": None, "workload": "w", "on": "n"}
            | {"autoscaling": {"kind": "utilisation", "target": 0.5, "idle_servers": "switch_off"}},
            "idle_servers: switch_off cannot be combined with zones yet",
        ),
        ({"routing": "affinity"}, "routing: affinity needs 'sessions', e.g."),
        ({"sessions": SESSIONS}, "without routing: affinity, sessions would change nothing"),
        ({"sessions": SESSIONS | {"warm": WARM, "bound": 2}}, "without routing: affinity, their 'bound' would change"),
        (ZONES | AFFINE, "sessions cannot be combined with zones yet"),
        ({"routing": "power_of_d"}, "power_of_d goes with the number of replicas that it compares"),
        ({"routing": "power_of_d", "choices": 3, "replicas": 2}, "choices: 3 of 2 replicas are all; use least_loaded"),
        ({"choices": 3}, "power_of_d goes with the number of replicas that it compares"),
        ({"also": [{"on": "n", "replicas": 2}]}, "the first ones are named by 'on'"),
        (
            {"service": None, "workload": "w", "on": "n", "also": [{"on": "n", "replicas": 2}]},
            "'also' names servers named before",
        ),
        ({"batching": {"kind": "adaptive", "max_batch": 8}}, "kind: adaptive needs the time that a batch may take"),
        ({"batching": {"latency": "1 s"}}, "kind: dynamic does not look at 'latency'; remove it"),
        ({"batching": {"kind": "static", "max_delay": "1 s"}}, "static batches wait until they are full"),
        ({"batching": {"kind": "static"}, "queue": {"timeout": "1 s"}}, "whoever gives up; use kind: dynamic"),
        ({"failures": {"every": "1 h"}}, "repair"),
        (
            {
                "demand": {"kind": "pipelines"},
                "cache": {"kind": "lru", "objects": 9, "skew": 1, "size": 3, "hit": "1 ms"},
            },
            "a stage of a pipeline cannot stand behind a cache yet",
        ),
        (
            {"demand": {"kind": "pipelines"}, "sharing": {"instances": 1}},
            "sharing cannot be combined with demand: {kind: pipelines} yet",
        ),
        (
            {
                "autoscaling": {
                    "kind": "scheduled",
                    "steps": [{"at": "20:00", "replicas": 1}, {"at": "08:00", "replicas": 1}],
                }
            },
            "the times of the steps must rise",
        ),
        (
            {"autoscaling": {"kind": "utilisation", "target": 0.5, "idle_servers": "switch_off"}},
            "idle_servers: switch_off needs servers; add 'on: <a key of fleet>', or remove it",
        ),
        (
            {"autoscaling": {"kind": "predictive", "target": 0.5, "start_up": "24 h"}},
            r"looking 86400 s ahead, every 30 s, leads beyond what was seen a day ago",
        ),
    ],
)
def test_an_endpoint_that_contradicts_itself_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        endpoint(**changes)


@pytest.mark.parametrize(
    ("promise", "share", "latency_s"),
    [
        ({"p50": "1 s"}, 0.5, 1.0),
        ({"p90": "2 s"}, 0.9, 2.0),
        ({"p95": "3 s"}, 0.95, 3.0),
        ({"p99": "4 ms"}, 0.99, 0.004),
    ],
)
def test_a_promise_is_a_share_and_a_latency(promise: dict[str, str], share: float, latency_s: float) -> None:
    slo = Slo.model_validate(promise)
    assert (slo.share, slo.latency_s) == (share, latency_s)


@pytest.mark.parametrize("promise", [{}, {"p50": "1 s", "p99": "2 s"}])
def test_a_promise_is_exactly_one(promise: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"give exactly one"):
        Slo.model_validate(promise)


def test_an_endpoint_without_classes_has_a_single_one() -> None:
    assert list(endpoint().kinds) == ["all"]
    assert list(endpoint(classes={"a": {}, "b": {}}).kinds) == ["a", "b"]


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": {"a": {}}},
        {"retry": {}, "queue": {"limit": 3}},
        {"admission": {"rate": "3 /s"}},
        {"queue": {"timeout": "1 s"}},
        {"demand": {"kind": "closed", "users": 3, "think": "1 s"}},
        {"routing": "weighted"},
        ZONES,
        AFFINE,
        {"sessions": SESSIONS | {"warm": WARM}},
        {"batching": {"kind": "adaptive", "max_batch": 8, "latency": "1 s"}},
        {"failures": {"every": "1 h", "repair": "1 min"}},
        {"autoscaling": {"kind": "utilisation", "target": 0.5, "least": 0}, "queue": {"kind": "shared"}},
        {"service": None, "workload": "w", "on": "n", "also": [{"on": "m", "replicas": 2}]},
    ],
)
def test_requests_or_replicas_that_differ_come_or_go_interact(changes: dict[str, object]) -> None:
    assert endpoint(**changes).interacts
    assert not endpoint().interacts


def test_pools_of_one_kind_of_server_are_told_apart_by_their_number_format() -> None:
    slower = {"on": "n", "precision": "fp32", "replicas": 2}
    mixed = endpoint(service=None, workload="w", on="n", precision="bf16", also=[slower, {"on": "m", "replicas": 1}])
    assert mixed.pool_names == ("n-bf16", "n-fp32", "m")
    assert mixed.all_replicas == endpoint().replicas + 3
