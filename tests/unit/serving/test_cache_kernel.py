"""The cache against its plain twin: every request, whatever the kind, the size and the cuts."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dcplan.scenario.cache import Cache
from dcplan.serving.cache_kernel import (
    ABSENT,
    NEWER,
    OLDER,
    BoolArray,
    CacheRules,
    CacheState,
    cache_rules,
    look_up,
    new_cache,
)
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.serving.zipf import Zipf, draw
from dcplan.validation import cache_oracle

OBJECTS = 40
RULES = st.builds(
    CacheRules,
    size=st.sampled_from([1, 2, 7, OBJECTS - 1, OBJECTS]),
    ttl_s=st.sampled_from([np.inf, 0.05, 1.0, 3.0]),
    from_request=st.booleans(),
)


def asked(count: int, skew: float, seed: int, rate: float = 50.0) -> tuple[FloatArray, IntArray]:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.standard_exponential(count)) / rate, draw(Zipf(OBJECTS, skew), rng, count)


def looked_up(
    rules: CacheRules, times_s: FloatArray, objects: IntArray, cuts_s: list[float]
) -> tuple[BoolArray, CacheState]:
    state, hit, first = new_cache(rules, OBJECTS), np.zeros(len(times_s), dtype=np.bool_), 0
    for until_s in [*sorted(cuts_s), np.inf]:
        first = look_up(rules, state, times_s, objects, hit, first, until_s)
    assert first == len(times_s)
    return hit, state


def newest_first(state: CacheState) -> list[int]:
    """The objects in the cache, by the links in one direction, which those in the other must confirm."""
    found = {}
    for way in (OLDER, NEWER):
        found[way], at = [], int(state.link[0, way])
        while at:
            found[way].append(at)
            at = int(state.link[at, way])
    assert found[OLDER] == found[NEWER][::-1]
    return found[OLDER]


@settings(max_examples=150, deadline=None)
@given(RULES, st.floats(0.0, 2.0), st.integers(0, 10_000), st.lists(st.floats(0.0, 12.0), max_size=5))
def test_every_request_finds_what_it_finds_in_a_dictionary(
    rules: CacheRules, skew: float, seed: int, cuts_s: list[float]
) -> None:
    times_s, objects = asked(500, skew, seed)
    hit, _ = looked_up(rules, times_s, objects, cuts_s)
    np.testing.assert_array_equal(hit, cache_oracle.simulate(rules, times_s, objects))


@settings(max_examples=50, deadline=None)
@given(RULES, st.integers(0, 10_000), st.lists(st.floats(0.0, 12.0), max_size=20))
def test_a_run_cut_anywhere_leaves_the_same_cache(rules: CacheRules, seed: int, cuts_s: list[float]) -> None:
    times_s, objects = asked(500, 0.9, seed)
    for ours, whole in zip(
        looked_up(rules, times_s, objects, cuts_s)[1], looked_up(rules, times_s, objects, [])[1], strict=True
    ):
        np.testing.assert_array_equal(ours, whole)


@settings(max_examples=50, deadline=None)
@given(RULES, st.integers(0, 10_000))
def test_the_cache_holds_what_was_asked_for_last_and_no_more_than_fits(rules: CacheRules, seed: int) -> None:
    times_s, objects = asked(300, 0.9, seed)
    _, state = looked_up(rules, times_s, objects, [])
    latest_first = list(dict.fromkeys(objects[::-1].tolist()))
    kept = newest_first(state)
    assert kept == latest_first[: rules.size]
    assert state.entries[0] == len(kept)
    assert np.flatnonzero(state.link[1:, NEWER] != ABSENT).size == len(kept)


def test_an_answer_expires_just_when_its_time_is_over() -> None:
    objects = np.ones(5, dtype=np.int64)
    times_s = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    for from_request, expected in ((False, [0, 1, 0, 1, 0]), (True, [0, 1, 1, 1, 1])):
        rules = CacheRules(1, 1.0, from_request)
        assert looked_up(rules, times_s, objects, [])[0].tolist() == [bool(each) for each in expected]


def test_a_request_at_the_very_cut_is_not_looked_up_yet() -> None:
    rules = CacheRules(1, np.inf, False)
    hit = np.zeros(2, dtype=np.bool_)
    at = np.array([1.0, 2.0])
    assert look_up(rules, new_cache(rules, 3), at, np.array([3, 3]), hit, 0, 2.0) == 1


@pytest.mark.parametrize(
    "kind", [get_args(spec.model_fields["kind"].annotation)[0] for spec in get_args(get_args(Cache)[0])]
)
def test_every_kind_of_the_spec_has_its_rules(kind: str) -> None:
    data = {"kind": kind, "objects": 10, "skew": 1.0, "hit": "1 ms", "size": 3} | (
        {} if kind == "lru" else {"ttl": "5 s"}
    )
    rules = cache_rules(TypeAdapter(Cache).validate_python(data))
    assert rules == CacheRules(3, np.inf if kind == "lru" else 5.0, False)
