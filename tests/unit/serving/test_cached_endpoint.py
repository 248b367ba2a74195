"""An endpoint behind a cache against the twins of both: hits by the dictionary, and SimPy for those that it misses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dcplan.scenario.cache import Cache
from dcplan.serving import class_state, generation_state
from dcplan.serving.cache_kernel import BoolArray, cache_rules
from dcplan.serving.cached_endpoint import CachedEndpoint, Lookups, Wanted
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.endpoint import Endpoint, Requests
from dcplan.serving.generation_endpoint import GenerationEndpoint, Prompts
from dcplan.serving.histogram import BINS, bin_of, bins_of
from dcplan.serving.state import ARRIVED, BUSY_S, DROPPED, LATENCY_S, SERVED, WITHIN_SLO
from dcplan.serving.zipf import Zipf, draw
from dcplan.validation import cache_oracle, class_oracle, generation_oracle, serving_oracle
from dcplan.validation.bench import continuous_batch, dynamic_batch, priorities_retries

OBJECTS, COUNT, REPLICAS = 50, 400, 2
HIT_S = 0.003
CACHES = st.sampled_from(
    [
        {"kind": "lru", "size": 1},
        {"kind": "lru", "size": 20},
        {"kind": "lru", "size": OBJECTS},
        {"kind": "ttl", "ttl": "50 ms"},
        {"kind": "ttl", "ttl": "1 s", "size": 10, "ttl_from": "request"},
    ]
)
CUTS = st.lists(st.floats(0.0, 2.0), max_size=6)
SEEDS = st.integers(0, 10_000)


def cache(**more: Any) -> Cache:
    data = {"objects": OBJECTS, "skew": 0.9, "hit": f"{HIT_S} s"} | more
    made: Cache = TypeAdapter(Cache).validate_python(data)
    return made


def make_requests(seed: int, rate: float, kinds: int = 0) -> Requests:
    rng = np.random.default_rng(seed)
    return Requests(
        np.cumsum(rng.standard_exponential(COUNT)) / rate,
        np.ones(COUNT),
        rng.integers(0, 2**64 - 1, COUNT, dtype=np.uint64, endpoint=True),
        kinds=rng.integers(0, kinds, COUNT) if kinds else np.empty(0, dtype=np.int64),
    )


def make_prompts(seed: int, rate: float) -> Prompts:
    rng = np.random.default_rng(seed)
    requests = make_requests(seed, rate)
    return Prompts(requests.times_s, requests.routes, rng.integers(4, 200, COUNT), rng.integers(1, 100, COUNT))


def only(requests: Any, kept: BoolArray) -> Any:
    """Those of a block that are *kept*."""
    return type(requests)(*(each[kept] if len(each) else each for each in requests))


def in_blocks(requests: Any, objects: np.ndarray[Any, Any], size: int = 61) -> Iterator[Wanted]:
    for start in range(0, COUNT, size):
        here = (np.arange(COUNT) >= start) & (np.arange(COUNT) < start + size)
        yield Wanted(only(requests, here), objects[here])


def behind(behind_it: Any, spec: Cache, requests: Any, seed: int) -> tuple[CachedEndpoint, BoolArray]:
    """The endpoint behind its cache, and who hits according to the oracle."""
    objects = draw(Zipf(OBJECTS, 0.9), np.random.default_rng(seed), COUNT)
    hit = cache_oracle.simulate(cache_rules(spec), requests.times_s, objects)
    return CachedEndpoint.new(behind_it, spec, in_blocks(requests, objects)), hit


def advanced(endpoint: CachedEndpoint, cuts_s: list[float]) -> CachedEndpoint:
    for until_s in [*sorted(cuts_s), 1e4]:
        endpoint.advance(until_s)
    return endpoint


@settings(max_examples=60, deadline=None)
@given(CACHES, st.booleans(), st.sampled_from([-1, 2]), SEEDS, CUTS)
def test_plain_requests_equal_both_oracles(
    kind: dict[str, Any], shared: bool, limit: int, seed: int, cuts_s: list[float]
) -> None:
    rules, requests = dynamic_batch.rules()._replace(limit=limit), make_requests(seed, 400.0)
    ours, hit = behind(Endpoint.new(rules, REPLICAS, shared, iter(())), cache(**kind), requests, seed)
    totals = advanced(ours, cuts_s).totals
    misses = only(requests, ~hit)
    expected = serving_oracle.simulate(rules, "power_of_two", REPLICAS, shared, misses)
    latency_s = np.append((expected.done_s - misses.times_s)[~np.isnan(expected.done_s)], np.full(hit.sum(), HIT_S))
    assert totals.counts[[ARRIVED, SERVED, DROPPED]].tolist() == [COUNT, len(latency_s), expected.dropped]
    assert totals.counts[WITHIN_SLO] == pytest.approx((latency_s <= rules.slo_s).sum(), abs=1)
    assert totals.sums[LATENCY_S] == pytest.approx(latency_s.sum(), rel=1e-9)
    assert totals.sums[BUSY_S] == pytest.approx(expected.busy_s, rel=1e-9)
    assert totals.latency.sum() == len(latency_s)
    assert totals.latency[bin_of(HIT_S)] >= hit.sum()
    assert ours.lookups.hits == hit.sum()
    assert ours.in_system == 0


@settings(max_examples=60, deadline=None)
@given(CACHES, SEEDS, CUTS)
def test_classes_equal_both_oracles(kind: dict[str, Any], seed: int, cuts_s: list[float]) -> None:
    rules, requests = priorities_retries.rules(), make_requests(seed, 900.0, 3)
    rules.kinds["slo_s"] = 0.001, 0.1, np.inf
    ours, hit = behind(
        ClassEndpoint.new(rules, iter(()), np.zeros(REPLICAS, dtype=np.int64)), cache(**kind), requests, seed
    )
    detail = advanced(ours, cuts_s).detail
    misses = only(requests, ~hit)
    expected = class_oracle.simulate(rules, "priority", "power_of_two", [0] * REPLICAS, misses)
    hits = np.bincount(requests.kinds[hit], minlength=3)
    counts = expected.counts.copy()
    for place in (class_state.ARRIVED, class_state.ATTEMPTED, class_state.SERVED):
        counts[:, place] += hits
    counts[1:, class_state.WITHIN_SLO] += hits[1:]  # to the first class less was promised than a hit takes
    assert isinstance(detail, class_state.ClassTotals)
    np.testing.assert_array_equal(detail.counts, counts)
    for number in range(3):
        latency_s = expected.latency_s[(misses.kinds == number) & ~np.isnan(expected.latency_s)]
        total_s = latency_s.sum() + hits[number] * HIT_S
        assert detail.sums[number, class_state.LATENCY_S] == pytest.approx(total_s, rel=1e-9)
    assert ours.totals.counts[SERVED] == counts[:, class_state.SERVED].sum()
    assert ours.in_system == 0


@settings(max_examples=30, deadline=None)
@given(CACHES, SEEDS, CUTS)
def test_generated_text_equals_both_oracles(kind: dict[str, Any], seed: int, cuts_s: list[float]) -> None:
    rules, prompts = continuous_batch.rules(), make_prompts(seed, 40.0)
    ours, hit = behind(GenerationEndpoint.new(rules, REPLICAS, iter(())), cache(**kind), prompts, seed)
    detail = advanced(ours, cuts_s).detail
    misses = only(prompts, ~hit)
    expected = generation_oracle.simulate(rules, "power_of_two", REPLICAS, misses)
    total_s = (expected.done_s - misses.times_s).sum() + hit.sum() * HIT_S
    assert isinstance(detail, generation_state.GenerationTotals)
    assert detail.counts[generation_state.SERVED] == COUNT == ours.totals.counts[SERVED]
    assert detail.counts[generation_state.STARTED] == (~hit).sum()
    assert detail.counts[generation_state.TOKENS_OUT] == misses.outputs.sum()
    assert detail.sums[generation_state.LATENCY_S] == pytest.approx(total_s, rel=1e-9)
    assert detail.ttft.sum() == COUNT
    assert detail.tpot.sum() == (misses.outputs > 1).sum()


@settings(max_examples=40, deadline=None)
@given(CACHES, SEEDS, CUTS)
def test_a_run_cut_anywhere_equals_the_uncut_run(kind: dict[str, Any], seed: int, cuts_s: list[float]) -> None:
    requests = make_requests(seed, 900.0, 3)
    runs = []
    for cuts in (cuts_s, []):
        endpoint = ClassEndpoint.new(priorities_retries.rules(), iter(()), np.zeros(REPLICAS, dtype=np.int64))
        runs.append(advanced(behind(endpoint, cache(**kind), requests, seed)[0], cuts))
    ours, whole = runs
    np.testing.assert_array_equal(ours.totals.counts, whole.totals.counts)
    np.testing.assert_array_equal(ours.totals.latency, whole.totals.latency)
    assert ours.totals.sums[LATENCY_S] == whole.totals.sums[LATENCY_S]
    np.testing.assert_array_equal(ours.state.link, whole.state.link)
    assert ours.lookups == whole.lookups


@settings(max_examples=40, deadline=None)
@given(CACHES, SEEDS, st.floats(0.0, 1.0))
def test_every_request_is_somewhere_at_any_time(kind: dict[str, Any], seed: int, until_s: float) -> None:
    requests = make_requests(seed, 400.0)
    endpoint = Endpoint.new(dynamic_batch.rules(), REPLICAS, False, iter(()))
    ours, hit = behind(endpoint, cache(**kind), requests, seed)
    ours.advance(until_s)
    came = requests.times_s < until_s
    counts = ours.totals.counts
    assert counts[ARRIVED] == came.sum() == counts[SERVED] + counts[DROPPED] + ours.in_system
    assert ours.lookups.hits == (hit & came).sum()
    open_hits = ours.in_system - ours.behind.in_system
    assert open_hits == (hit & came & (requests.times_s + HIT_S > until_s)).sum()


def test_a_cache_that_has_everything_asks_nobody() -> None:
    spec = cache(kind="lru", size=OBJECTS)
    times_s = np.arange(1.0, COUNT + 1.0)
    requests = make_requests(1, 1.0)._replace(times_s=times_s)
    endpoint = Endpoint.new(dynamic_batch.rules(), REPLICAS, False, iter(()))
    ours = CachedEndpoint.new(endpoint, spec, in_blocks(requests, np.ones(COUNT, dtype=np.int64)))
    ours.advance(COUNT + 1.0)
    assert ours.lookups == Lookups(hits=COUNT - 1, entries=1)
    assert ours.behind.totals.counts[ARRIVED] == 1


def test_bins_of_many_values_are_those_of_each() -> None:
    values = np.array([0.0, 1e-9, 6e-8, 0.001, 0.25, 1.0, 3.7, 1e12])
    assert bins_of(values).tolist() == [bin_of(value) for value in values]
    assert 0 <= bins_of(values).min() <= bins_of(values).max() < BINS
