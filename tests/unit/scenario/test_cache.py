from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dcplan.scenario.cache import Cache, Lru, Ttl
from dcplan.scenario.endpoint import Endpoint

COMMON: dict[str, Any] = {"objects": 1000, "skew": 0.9, "hit": "2 ms"}
LRU = COMMON | {"kind": "lru", "size": 100}
TTL = COMMON | {"kind": "ttl", "ttl": "10 min"}
ENDPOINT = {"service": {"kind": "deterministic", "mean": "1 s"}, "replicas": 1}


def cache(data: dict[str, Any]) -> Cache:
    made: Cache = TypeAdapter(Cache).validate_python(data)
    return made


def test_the_kind_says_what_must_be_given() -> None:
    lru, ttl = cache(LRU), cache(TTL)
    assert isinstance(lru, Lru)
    assert isinstance(ttl, Ttl)
    assert (lru.places, lru.hit) == (100, 0.002)
    assert (ttl.places, ttl.ttl, ttl.ttl_from) == (1000, 600.0, "put")
    assert cache(TTL | {"size": 50}).places == 50


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (LRU | {"size": 1001}, "a cache of 1001 is larger than all 1000 objects; lower 'size'"),
        (TTL | {"size": 1001}, "a cache of 1001 is larger than all 1000 objects"),
        (COMMON | {"kind": "lru"}, "size"),
        (COMMON | {"kind": "ttl"}, "ttl"),
        (LRU | {"size": 0}, "greater than or equal to 1"),
        (LRU | {"skew": -0.1}, "greater than or equal to 0"),
        (LRU | {"ttl": "1 s"}, "Extra inputs are not permitted"),
        (LRU | {"kind": "fifo"}, "does not match any of the expected tags"),
        (TTL | {"ttl": "0 s"}, "greater than 0"),
        (TTL | {"hit": 2}, "a bare number has no unit"),
    ],
)
def test_a_cache_that_cannot_be_is_refused(data: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        cache(data)


def test_users_who_wait_for_their_answers_cannot_have_a_cache_yet() -> None:
    users = {"kind": "closed", "users": 3, "think": "1 s"}
    with pytest.raises(ValidationError, match="users who wait for their answers yet"):
        Endpoint.model_validate(ENDPOINT | {"demand": users, "cache": LRU})
    assert Endpoint.model_validate(ENDPOINT | {"demand": {"kind": "poisson", "rate": "1 /s"}, "cache": LRU}).cache
