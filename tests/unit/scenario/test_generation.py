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


def test_a_cache_for_all_sequences_never_preempts() -> None:
    assert not Generation.model_validate(GENERATION).may_preempt
    assert Generation.model_validate(GENERATION | {"kv_tokens": 1000}).may_preempt


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
        (
            {"workload": None, "on": None, "service": {"kind": "exponential", "mean": "1 s"}},
            "generation needs a workload",
        ),
        ({"batching": {"max_batch": 4}}, "cannot be combined with batching yet"),
        ({"samples_per_request": 2}, "cannot be combined with samples_per_request yet"),
        ({"classes": {"a": {}, "b": {}}}, "cannot be combined with classes, retry, admission, timeout or users yet"),
        ({"queue": {"kind": "shared"}}, "cannot be combined with queue: {kind: shared} yet"),
    ],
)
def test_what_text_generation_cannot_do_yet_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Endpoint.model_validate(ENDPOINT | changes)


def test_a_promise_of_the_first_token_is_a_promise() -> None:
    assert not Endpoint.model_validate(ENDPOINT).promises
    assert Endpoint.model_validate(ENDPOINT | {"generation": GENERATION | {"ttft": "1 s"}}).promises
