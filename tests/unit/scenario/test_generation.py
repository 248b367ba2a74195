from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dcplan.scenario.endpoint import Endpoint
from dcplan.scenario.generation import Generation, Tokens

GENERATION: dict[str, Any] = {
    "prompt": {"mean": 100, "most": 200},
    "output": {"mean": 50, "most": 100},
    "max_batch": 4,
    "kv_tokens": 2000,
}
ENDPOINT: dict[str, Any] = {
    "workload": "lm",
    "on": "n",
    "replicas": 2,
    "demand": {"kind": "poisson", "rate": "1 /s"},
    "generation": GENERATION,
}
SWAP = {"kind": "swap", "bandwidth": "25 GB/s", "memory": "64 GB"}
SPLIT = {"prefill_replicas": 2, "bandwidth": "25 GB/s"}
SESSIONS = {"count": 100, "skew": 0.0}
TALKS = {"turns": 5, "most": 50}
HANDED_OVER = GENERATION | {"kv_per_token": "128 kB", "disaggregated": SPLIT}


def test_a_cache_for_all_sequences_never_preempts() -> None:
    assert not Generation.model_validate(GENERATION).may_preempt
    assert Generation.model_validate(GENERATION | {"kv_tokens": 1000}).may_preempt


def test_nothing_starts_over_where_host_memory_holds_a_whole_batch() -> None:
    small = GENERATION | {"kv_tokens": 1000, "kv_per_token": "1 kB"}
    assert Generation.model_validate(small).may_start_over
    for memory, may in (("1.2 MB", True), ("1.3 MB", False)):
        assert Generation.model_validate(small | {"preempt": SWAP | {"memory": memory}}).may_start_over == may


def test_a_cache_that_cannot_hold_one_sequence_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="the longest sequence has 300 tokens, and a KV cache of 310 cannot hold it"
    ):
        Generation.model_validate(GENERATION | {"kv_tokens": 310})


@pytest.mark.parametrize("tokens", [{"mean": 10, "most": 9}, {"mean": 10, "least": 11, "most": 20}])
def test_a_mean_lies_between_the_ends(tokens: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="must lie between least"):
        Tokens.model_validate(tokens)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"disaggregated": SPLIT}, "disaggregated moves the KV cache; say how large it is"),
        ({"preempt": SWAP}, "say how large it is, e.g. 'kv_per_token: 128 kB'"),
        (
            {"preempt": SWAP | {"memory": "1 MB"}, "kv_per_token": "128 kB"},
            r"host memory of 1e\+06 B cannot hold a block of 16 tokens \(2.048e\+06 B\)",
        ),
    ],
)
def test_a_cache_that_is_moved_has_a_size(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Generation.model_validate(GENERATION | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"workload": None, "on": None, "service": {"kind": "exponential", "mean": "1 s"}},
            "generation needs a workload",
        ),
        ({"batching": {"max_batch": 4}}, "cannot be combined with batching yet"),
        ({"samples_per_request": 2}, "cannot be combined with samples_per_request yet"),
        ({"classes": {"a": {}, "b": {}}}, "cannot be combined with classes, admission or users yet"),
        ({"generation": HANDED_OVER}, "2 prefill_replicas of 2 replicas leave none that writes answers"),
        (
            {"generation": HANDED_OVER, "replicas": 3, "autoscaling": {"kind": "per_replica", "least": 1, "target": 2}},
            "disaggregated replicas cannot come and go yet",
        ),
        ({"queue": {"kind": "shared"}}, "cannot be combined with queue: {kind: shared} yet"),
        ({"sessions": SESSIONS}, "sessions go with generation's 'conversations'"),
        ({"generation": GENERATION | {"conversations": TALKS, "kv_tokens": 400}}, "sessions go with"),
        (
            {"sessions": SESSIONS | {"warm": {"keeps": "1 min", "saves": 0.5}}, "routing": "affinity"},
            "cannot be combined with sessions: {warm: ...} yet",
        ),
        (
            {"queue": {"timeout": "1 s", "on_timeout": "serve_in_vain"}},
            "cannot be combined with on_timeout: serve_in_vain yet",
        ),
        (
            {"generation": HANDED_OVER, "replicas": 3, "retry": {}, "failures": {"every": "1 h", "repair": "1 min"}},
            "what disaggregated replicas lose as they fail cannot come back yet",
        ),
        ({"routing": "weighted"}, "cannot be combined with routing: weighted yet"),
        (
            {"generation": HANDED_OVER, "replicas": 3, "hop": "1 ms"}
            | {"zones": {"a": {"replicas": 2, "share": 1}, "b": {"replicas": 1, "share": 1}}},
            "disaggregated replicas cannot be in zones yet",
        ),
    ],
)
def test_what_text_generation_cannot_do_yet_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Endpoint.model_validate(ENDPOINT | changes)


def test_a_prefix_cache_needs_something_to_know() -> None:
    with pytest.raises(ValidationError, match="prefix_cache needs prompts that begin alike"):
        Generation.model_validate(GENERATION | {"prefix_cache": True})


def test_the_longest_prompt_holds_what_was_said_before() -> None:
    talking = Generation.model_validate(GENERATION | {"conversations": TALKS, "prefix_cache": True})
    assert (talking.longest_prompt, talking.longest) == (250, 350)
    for routing in ("affinity", "random"):
        changes = {"generation": GENERATION | {"conversations": TALKS}, "sessions": SESSIONS, "routing": routing}
        assert Endpoint.model_validate(ENDPOINT | changes).sessions is not None
    with pytest.raises(ValidationError, match="without routing: affinity, their 'bound' would change nothing"):
        Endpoint.model_validate(ENDPOINT | changes | {"sessions": SESSIONS | {"bound": 1.5}})


def test_a_promise_of_the_first_token_is_a_promise() -> None:
    assert not Endpoint.model_validate(ENDPOINT).promises
    assert Endpoint.model_validate(ENDPOINT | {"generation": GENERATION | {"ttft": "1 s"}}).promises
