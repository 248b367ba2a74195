"""The kernel against its SimPy twin on shared streams: every batch, every departure, every drop."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm

from dcplan.scenario.endpoint import EqualRouting, Routing
from dcplan.serving.endpoint import Endpoint, Requests
from dcplan.serving.policies import ROUTING
from dcplan.serving.rules import bends
from dcplan.serving.state import (
    ARRIVED,
    BUSY_S,
    DROPPED,
    ENERGY_J,
    LATENCY_S,
    SERVED,
    WAIT_S,
    WITHIN_SLO,
    Rules,
    copy,
)
from dcplan.serving.throttle import Throttle
from dcplan.validation import serving_oracle

POLICIES = (*get_args(EqualRouting), "shared")


def make_rules(
    policy: str,
    max_batch: int,
    delay_s: float,
    limit: int,
    pieces: int = 1,
    pauses: int = 0,
    from_pickup: bool = False,
    spell_s: float = 0.0,
) -> Rules:
    """Service times that grow with the batch; *pieces* > 1 makes them bend with the draw, *pauses* with idleness."""
    sizes = np.arange(max_batch + 1)[:, None]
    grid = np.linspace(0.0, 1.0, pieces + 1)[None, :]
    service_s = (0.01 + 0.002 * sizes) * (grid if pieces == 1 else 0.5 + grid**2)
    power_w = 10.0 + np.arange(max_batch + 1.0)
    pause_s = np.array([0.0, 0.001, 0.01, 0.1])[: pauses + 1]
    bent = bends(pause_s, (0.001 + 0.0005 * sizes) * np.sqrt(pause_s))
    code = ROUTING.get(policy, 0)
    pickup = from_pickup and policy != "shared"
    slow = np.linspace(0.2, 1.0, max_batch + 1)
    return Rules(code, max_batch, delay_s, pickup, limit, 0.05, service_s, power_w, pause_s, bent, slow, spell_s)


def make_requests(count: int, rate: float, seed: int, uniform: bool = False, spells: bool = False) -> Requests:
    rng = np.random.default_rng(seed)
    draws = rng.random(count) if uniform else rng.standard_exponential(count)
    routes = rng.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True)
    times_s = np.cumsum(rng.standard_exponential(count)) / rate
    if spells:
        return Requests(times_s, rng.standard_normal(count), routes, rng.standard_normal(count))
    return Requests(times_s, draws, routes, np.empty(count))


def in_blocks(requests: Requests, size: int) -> list[Requests]:
    starts = range(0, len(requests.times_s), size)
    return [Requests(*(array[start : start + size] for array in requests)) for start in starts]


ENDPOINTS = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(POLICIES),
        "replicas": st.integers(1, 7),
        "max_batch": st.sampled_from([1, 2, 5, 8]),
        "delay_s": st.sampled_from([0.0, 0.004, 0.05]),
        "limit": st.sampled_from([-1, 0, 1, 6]),
        "load": st.floats(0.1, 1.6),
        "pieces": st.sampled_from([1, 6]),
        "pauses": st.sampled_from([0, 1, 3]),
        "from_pickup": st.booleans(),
        "spell_s": st.sampled_from([0.0, 0.005, 0.5]),
        "throttled": st.booleans(),
        "seed": st.integers(0, 10_000),
    }
)


@settings(max_examples=60, deadline=None)
@given(ENDPOINTS)
def test_every_departure_equals_the_oracle(endpoint: dict[str, Any]) -> None:
    compare_with_oracle(**endpoint, count=400)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(ENDPOINTS)
def test_every_departure_equals_the_oracle_on_long_streams(endpoint: dict[str, Any]) -> None:
    compare_with_oracle(**endpoint, count=3000)


def compare_with_oracle(
    policy: str,
    replicas: int,
    max_batch: int,
    delay_s: float,
    limit: int,
    load: float,
    pieces: int,
    pauses: int,
    from_pickup: bool,
    spell_s: float,
    throttled: bool,
    seed: int,
    count: int,
) -> None:
    rules = make_rules(policy, max_batch, delay_s, limit, pieces, pauses, from_pickup, spell_s)
    rate = load * replicas * max_batch / (0.01 + 0.002 * max_batch)
    requests = make_requests(count, rate, seed, uniform=pieces > 1, spells=spell_s > 0)
    shared = policy == "shared"
    throttling = some_throttling(float(requests.times_s[-1]), seed) if throttled else []
    expected = serving_oracle.simulate(rules, policy, replicas, shared, requests, throttling=throttling)
    endpoint = Endpoint.new(rules, replicas, shared, iter(in_blocks(requests, 97)))

    for batch in sorted(expected.batches, key=lambda each: each.start_s + each.done_s):
        middle_s = (batch.start_s + batch.done_s) / 2
        while throttling and throttling[0][0] < middle_s:
            change_at_s, longer = throttling.pop(0)
            endpoint.advance(change_at_s)
            endpoint.throttle(Throttle(np.array([longer]), np.ones(1)))
        endpoint.advance(middle_s)
        arrivals_s = requests.times_s[list(batch.requests)]
        in_service = endpoint.state.batch_s[:, : len(arrivals_s)]
        holds = (np.abs(in_service - arrivals_s) < 1e-12).all(axis=1) & (endpoint.state.serving == len(arrivals_s))
        assert holds.any(), f"no replica serves {batch}"
        assert np.abs(endpoint.state.done_s[holds] - batch.done_s).min() < 1e-9

    endpoint.advance(1e6)
    served = ~np.isnan(expected.done_s)
    latency_s = (expected.done_s - requests.times_s)[served]
    starts_s = np.full(len(served), np.nan)
    for batch in expected.batches:
        starts_s[list(batch.requests)] = batch.start_s
    counts, sums = endpoint.totals.counts, endpoint.totals.sums
    assert counts[ARRIVED] == count
    assert counts[DROPPED] == expected.dropped
    assert counts[SERVED] == served.sum() == endpoint.totals.latency.sum()
    assert counts[WITHIN_SLO] == (latency_s <= 0.05).sum()
    assert endpoint.in_system == 0
    np.testing.assert_allclose(sums[LATENCY_S], latency_s.sum(), rtol=1e-9)
    np.testing.assert_allclose(sums[WAIT_S], (starts_s - requests.times_s)[served].sum(), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(sums[[BUSY_S, ENERGY_J]], [expected.busy_s, expected.energy_j], rtol=1e-9)


def some_throttling(until_s: float, seed: int) -> list[tuple[float, float]]:
    """Four changes of speed before *until_s*."""
    rng = np.random.default_rng(seed)
    return list(zip(np.sort(rng.uniform(0.0, until_s, 4)).tolist(), rng.uniform(0.5, 3.0, 4).tolist(), strict=True))


def test_power_follows_a_throttle_at_once_and_service_time_from_the_next_batch_on() -> None:
    rules = make_rules("round_robin", 1, 0.0, -1)
    two = Requests(np.array([0.0, 0.0]), np.full(2, 100.0), np.zeros(2, dtype=np.uint64))
    endpoint = Endpoint.new(rules, 1, False, iter([two]))
    once_s, power_w = 100.0 * rules.service_s[1, 1], rules.power_w[1]
    endpoint.advance(once_s / 2)
    endpoint.throttle(Throttle(np.array([2.0]), np.array([0.25])))
    endpoint.advance(10.0)
    assert endpoint.totals.sums[BUSY_S] == pytest.approx(3.0 * once_s)
    assert endpoint.totals.sums[ENERGY_J] == pytest.approx((0.5 + 2.5 * 0.25) * once_s * power_w)
    endpoint.throttle(Throttle(np.ones(1), np.ones(1)))
    np.testing.assert_array_equal(endpoint.rules.service_s, rules.service_s)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("spell_s", [0.0, 0.1])
def test_a_run_cut_anywhere_equals_the_uncut_run(policy: str, spell_s: float) -> None:
    rules = make_rules(policy, 4, 0.004, 20, spell_s=spell_s)
    requests = make_requests(3000, 900.0, 7, spells=spell_s > 0)
    whole = Endpoint.new(rules, 5, policy == "shared", iter([requests]))
    cut = Endpoint.new(rules, 5, policy == "shared", iter(in_blocks(requests, 501)))
    for until_s in np.sort(np.random.default_rng(1).uniform(0, 5, 200)):
        cut.advance(float(until_s))
    whole.advance(5.0)
    cut.advance(5.0)
    np.testing.assert_array_equal(cut.totals.counts, whole.totals.counts)
    np.testing.assert_array_equal(cut.totals.latency, whole.totals.latency)
    np.testing.assert_allclose(cut.totals.sums, whole.totals.sums, rtol=1e-12)


def test_spells_keep_the_distribution_of_service_times_and_make_neighbours_alike() -> None:
    rules = make_rules("round_robin", 1, 0.0, -1, pieces=50, spell_s=10.0)._replace(slow=np.full(2, 0.5))
    count = 20_000
    requests = make_requests(count, 1.0, 5, spells=True)._replace(times_s=np.arange(1.0, count + 1))
    endpoint = Endpoint.new(rules, 1, False, iter([requests]))
    busy_s = []
    for time_s in np.arange(0.5, count + 1):
        endpoint.advance(time_s)
        busy_s.append(endpoint.totals.sums[BUSY_S])
    draws = np.interp(np.diff(busy_s), rules.service_s[1], np.linspace(0.0, 1.0, 51))
    assert kstest(draws, "uniform").statistic < 0.05
    scores = norm.ppf(draws)
    for lag in (1, 10):
        assert np.corrcoef(scores[lag:], scores[:-lag])[0, 1] == pytest.approx(0.5 * np.exp(-lag / 10), abs=0.04)


def test_busy_time_is_booked_up_to_the_cut() -> None:
    rules = make_rules("round_robin", 1, 0.0, -1)
    requests = Requests(np.array([1.0]), np.array([1000.0]), np.zeros(1, dtype=np.uint64))
    endpoint = Endpoint.new(rules, 2, False, iter([requests]))
    endpoint.advance(4.0)
    assert endpoint.totals.sums[BUSY_S] == pytest.approx(3.0)
    assert endpoint.totals.counts[SERVED] == 0
    assert endpoint.in_system == 1


def test_a_burst_at_one_instant_is_served_and_nothing_is_lost() -> None:
    rules = make_rules("power_of_two", 8, 0.004, -1)
    count = 100_000
    rng = np.random.default_rng(3)
    routes = rng.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True)
    burst = Requests(np.full(count, 2.0), np.ones(count), routes)
    endpoint = Endpoint.new(rules, 8, False, iter([burst]))
    endpoint.advance(3.0)
    counts = endpoint.totals.counts
    assert counts[ARRIVED] == count == counts[SERVED] + endpoint.in_system
    endpoint.advance(1e5)
    assert counts[SERVED] == count


def test_no_requests_leave_nothing() -> None:
    endpoint = Endpoint.new(make_rules("random", 2, 0.01, -1), 3, False, iter(()))
    endpoint.advance(100.0)
    assert endpoint.totals.counts.sum() == 0
    assert endpoint.totals.latency.sum() == 0


def test_a_snapshot_does_not_change_with_the_endpoint() -> None:
    endpoint = Endpoint.new(make_rules("random", 2, 0.01, -1), 3, False, iter([make_requests(100, 50.0, 1)]))
    before = copy(endpoint.state)
    endpoint.advance(1.0)
    assert before.waiting.sum() == 0
    assert endpoint.state.head.sum() > 0


def test_every_routing_kind_of_the_spec_has_a_policy() -> None:
    assert set(get_args(Routing)) == set(ROUTING)


@pytest.mark.parametrize("policy", get_args(EqualRouting))
def test_replicas_that_come_and_go_equal_the_oracle(policy: str) -> None:
    scaling = [(0.5, 2), (1.0, 5), (1.5, 1), (2.0, 4)]
    rules, requests = make_rules(policy, 4, 0.004, 20), make_requests(3000, 900.0, 7)
    expected = serving_oracle.simulate(rules, policy, 5, False, requests, scaling)
    endpoint = Endpoint.new(rules, 5, False, iter(in_blocks(requests, 501)))
    held = []
    for from_s, active in scaling:
        endpoint.advance(from_s)
        endpoint.scale(active)
        held.append(endpoint.occupied)
    endpoint.advance(1e6)
    assert 0 < max(held) <= 5
    assert endpoint.occupied == 0
    latency_s = (expected.done_s - requests.times_s)[~np.isnan(expected.done_s)]
    assert endpoint.totals.counts[SERVED] == len(latency_s)
    np.testing.assert_allclose(endpoint.totals.sums[LATENCY_S], latency_s.sum(), rtol=1e-9)
    np.testing.assert_allclose(endpoint.totals.sums[BUSY_S], expected.busy_s, rtol=1e-9)
