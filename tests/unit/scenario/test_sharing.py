from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dcplan.scenario.endpoint import Endpoint

SHARED: dict[str, Any] = {
    "on": "nodes",
    "replicas": 2,
    "precision": "bf16",
    "samples_per_request": 3,
    "sharing": {"instances": 2},
    "batching": {"max_batch": 4},
    "slo": {"p99": "1 s"},
    "queue": {"limit": 7},
    "classes": {
        "images": {"workload": "cnn", "size": 2, "instances": 5, "slo": {"p99": "2 s"}},
        "texts": {"workload": "bert", "tokens": 128, "precision": "fp32", "batching": {"max_batch": 8}, "limit": 3},
    },
    "demand": {"kind": "poisson", "rate": "1 /s"},
}
MEAN = {"kind": "deterministic", "mean": "1 s"}


def endpoint(**changes: object) -> Endpoint:
    return Endpoint.model_validate({key: value for key, value in (SHARED | changes).items() if value is not None})


def test_each_class_is_a_model_with_what_the_endpoint_says_unless_it_says_another() -> None:
    models = endpoint().models
    images, texts = models["images"], models["texts"]
    assert (images.workload, images.precision, images.batching.max_batch) == ("cnn", "bf16", 4)
    assert (images.samples_per_request, images.tokens, images.slo and images.slo.latency_s) == (6, None, 2.0)
    assert (texts.workload, texts.precision, texts.batching.max_batch) == ("bert", "fp32", 8)
    assert (texts.samples_per_request, texts.tokens, texts.slo and texts.slo.latency_s) == (3, 128, 1.0)
    assert [each.limit for each in endpoint().kinds.values()] == [7, 3]


def test_without_classes_there_is_one_model() -> None:
    models = endpoint(classes=None, workload="cnn").models
    assert [(name, each.workload) for name, each in models.items()] == [("all", "cnn")]


def test_a_class_may_have_the_workload_of_the_endpoint() -> None:
    models = endpoint(workload="cnn", classes={"a": {}, "b": {"workload": "bert"}}).models
    assert [each.workload for each in models.values()] == ["cnn", "bert"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"sharing": None},
            "class images has its own 'workload', so its batches are apart",
        ),
        ({"sharing": {}}, "instances"),
        ({"sharing": {"instances": 0}}, "greater than or equal to 1"),
        ({"classes": {"a": {}}}, "class a: give either 'workload'"),
        ({"classes": {"a": {"workload": "w", "service": MEAN}}}, "class a: give either 'workload'"),
        ({"classes": None}, "give either 'workload'"),
        ({"on": None}, "a workload runs on servers"),
        ({"classes": {"a": {"service": MEAN}}}, "class a: precision, tokens, size and samples_per_request need"),
        (
            {
                "classes": {"a": {"workload": "w"}, "b": {"service": MEAN}},
                "precision": None,
                "samples_per_request": None,
            },
            "some classes have a 'workload' and some a 'service'",
        ),
        ({"queue": {"kind": "shared"}}, "sharing cannot be combined with queue: {kind: shared} yet"),
        ({"queue": {"timeout": "1 s"}}, "sharing cannot be combined with timeout yet"),
        ({"queue": {"discipline": "priority"}}, "sharing cannot be combined with discipline: priority yet"),
        ({"retry": {}}, "sharing cannot be combined with retry yet"),
        ({"admission": {"rate": "1 /s"}}, "sharing cannot be combined with admission yet"),
        ({"routing": "weighted"}, "sharing cannot be combined with routing: weighted yet"),
        ({"also": [{"on": "more", "replicas": 1}]}, "sharing cannot be combined with also yet"),
        ({"failures": {"every": "1 h", "repair": "1 min"}}, "sharing cannot be combined with failures yet"),
        ({"cache": {"kind": "lru", "objects": 9, "skew": 1, "size": 3, "hit": "1 ms"}}, "combined with cache yet"),
        ({"demand": {"kind": "closed", "users": 3, "think": "1 s"}}, r"combined with demand: {kind: closed} yet"),
        ({"batching": {"delay_from": "pickup"}}, "combined with delay_from: pickup yet"),
        (
            {"classes": {"a": {"workload": "w", "batching": {"kind": "adaptive", "latency": "1 s"}}}},
            "combined with batching: {kind: adaptive} yet",
        ),
    ],
)
def test_what_devices_that_are_shared_cannot_do_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        endpoint(**changes)
    assert said in str(refused.value)
