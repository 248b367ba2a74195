"""Classes, disciplines, time-outs, retries, rate limits and users against their SimPy twin on shared streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.scenario.clients import Discipline
from dcplan.scenario.endpoint import Routing
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.class_state import (
    ARRIVED,
    BUSY_S,
    ENERGY_J,
    GIVEN_UP,
    LATENCY_S,
    LIMITED,
    REFUSED,
    SERVED,
    SPILLED,
    TIMED_OUT,
    WASTED,
    ClassRules,
    kinds_of,
)
from dcplan.serving.disciplines import DISCIPLINES
from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import BINS, IntArray, bin_of, bins_of
from dcplan.serving.policies import ROUTING
from dcplan.serving.rules import bends
from dcplan.serving.state import Rules
from dcplan.serving.throttle import Throttle
from dcplan.validation import class_oracle

KINDS = 3
UNITS = np.array([1, 2, 3])
CALM = {
    "routing": "power_of_two", "shared": False, "discipline": "fifo", "max_batch": 2, "delay_s": 0.0,
    "from_pickup": False, "spell_s": 0.0, "timeouts": False, "unaware": False, "limit": -1, "attempts": 1,
    "jitter": 1.0, "rate_per_s": np.inf, "users": 0, "adapt_s": np.inf, "spill_over": 2, "hop_s": 0.0,
    "bound": np.inf, "saves": 0.0,
}  # fmt: skip


def make_rules(
    routing: str,
    shared: bool,
    discipline: str,
    max_batch: int,
    delay_s: float,
    from_pickup: bool,
    spell_s: float,
    timeouts: bool,
    unaware: bool,
    limit: int,
    attempts: int,
    jitter: float,
    rate_per_s: float,
    users: int,
    adapt_s: float,
    spill_over: int,
    hop_s: float,
    bound: float,
    saves: float,
    reports: bool = False,
) -> ClassRules:
    """Three classes that differ in everything, on two kinds of hardware, the second half as fast."""
    rows = 3 * max_batch + 1
    sizes = np.tile(np.arange(rows), 2)[:, None]
    grid = np.linspace(0.0, 1.0, 4 if spell_s else 2)[None, :]
    slower = np.repeat([1.0, 2.0], rows)[:, None]
    service_s = slower * (0.01 + 0.002 * sizes) * (0.5 + grid**2 if spell_s else grid)
    pause_s = np.array([0.0, 0.001, 0.01])
    base = Rules(
        ROUTING[routing], max_batch, delay_s, from_pickup and not shared, -1, np.inf, service_s, 10.0 * slower[:, 0] +
        sizes[:, 0], pause_s, bends(pause_s, (0.001 + 0.0005 * sizes) * np.sqrt(pause_s)), np.linspace(0.2, 1.0,
        len(sizes)), spell_s,
    )  # fmt: skip
    return ClassRules(
        base=base,
        rows=rows,
        choices=3,
        adapt_s=adapt_s,
        shared=shared,
        discipline=DISCIPLINES[discipline],
        kinds=kinds_of(
            priority=[1.0, 0.0, 2.0],
            deadline_s=[0.1, 0.05, np.inf],
            weight=[1.0, 2.0, 0.5],
            units=UNITS,
            timeout_s=[0.02, np.inf, 0.05] if timeouts else np.inf,
            limit=[limit, -1, 2 * limit],
            slo_s=[0.05, 0.1, np.inf],
        ),
        unaware=unaware,
        attempts=attempts,
        backoff_s=0.01,
        factor=2.0,
        longest_s=0.03,
        jitter=jitter,
        rate_per_s=rate_per_s,
        burst=3.0,
        users=users,
        reports=reports,
        spill_over=spill_over,
        hop_s=hop_s,
        bound=bound,
        salt=0,
        sessions=70 if saves else 0,
        keeps_s=0.1,
        saves=saves,
    )


def make_requests(count: int, rate: float, seed: int, rules: ClassRules, zones: int = 0) -> Requests:
    """Arrivals at *rate*, or thoughts of a tenth of a second; classes and zones at random."""
    rng = np.random.default_rng(seed)
    spells = rules.base.spell_s > 0.0
    gaps_s = rng.standard_exponential(count)
    return Requests(
        gaps_s / 10.0 if rules.users else np.cumsum(gaps_s) / rate,
        rng.standard_normal(count) if spells else rng.standard_exponential(count),
        rng.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True),
        rng.standard_normal(count) if spells else np.empty(count),
        rng.integers(0, KINDS, count),
        np.arange(count),
        rng.integers(min(1, zones), 1 + zones, count),
    )


def alike(replicas: int) -> IntArray:
    """So many replicas of one kind."""
    return np.zeros(replicas, dtype=np.int64)


def in_blocks(requests: Requests, size: int) -> list[Requests]:
    starts = range(0, len(requests.times_s), size)
    return [Requests(*(array[start : start + size] for array in requests)) for start in starts]


ENDPOINTS = st.fixed_dictionaries(
    {
        "routing": st.sampled_from(get_args(Routing)),
        "shared": st.booleans(),
        "discipline": st.sampled_from(get_args(Discipline)),
        "max_batch": st.sampled_from([1, 2, 5]),
        "delay_s": st.sampled_from([0.0, 0.004]),
        "from_pickup": st.booleans(),
        "spell_s": st.sampled_from([0.0, 0.05]),
        "timeouts": st.booleans(),
        "unaware": st.booleans(),
        "limit": st.sampled_from([-1, 0, 3]),
        "attempts": st.sampled_from([1, 3]),
        "jitter": st.sampled_from([0.0, 0.5, 1.0]),
        "rate_per_s": st.sampled_from([np.inf, 100.0]),
        "users": st.sampled_from([0, 0, 1, 40]),
        "adapt_s": st.sampled_from([np.inf, 0.02]),
        "reports": st.booleans(),
        "spill_over": st.sampled_from([1, 3, 1 << 62]),
        "hop_s": st.sampled_from([0.0, 0.003]),
        "bound": st.sampled_from([np.inf, 1.25]),
        "saves": st.sampled_from([0.0, 0.4]),
    }
)
RUNS = st.fixed_dictionaries(
    {
        "replicas": st.integers(1, 5),
        "mixed": st.booleans(),
        "zones": st.integers(0, 3),
        "changing": st.booleans(),
        "throttled": st.booleans(),
        "load": st.floats(0.1, 1.8),
        "seed": st.integers(0, 10_000),
    }
)


@settings(max_examples=80, deadline=None)
@given(ENDPOINTS, RUNS)
def test_everything_equals_the_oracle(endpoint: dict[str, Any], run: dict[str, Any]) -> None:
    compare_with_oracle(endpoint, **run, count=300)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(ENDPOINTS, RUNS)
def test_everything_equals_the_oracle_on_long_streams(endpoint: dict[str, Any], run: dict[str, Any]) -> None:
    compare_with_oracle(endpoint, **run, count=2000)


def compare_with_oracle(
    endpoint: dict[str, Any],
    replicas: int,
    mixed: bool,
    zones: int,
    changing: bool,
    throttled: bool,
    load: float,
    seed: int,
    count: int,
) -> None:
    """Same counts by class and cause, same latencies, same busy time, same energy."""
    if changing:  # who comes back at one instant, several at once, may do so in any order
        endpoint = endpoint | {"jitter": max(0.5, endpoint["jitter"])}
    rules = make_rules(**endpoint)
    sessions = endpoint["routing"] == "affinity" or endpoint["saves"] > 0.0
    zones = 0 if rules.shared or sessions else min(zones, replicas)
    requests = make_requests(count, load * replicas * 60.0, seed, rules, zones)
    if sessions:
        rules = rules._replace(hop_s=0.0)
        requests = requests._replace(sources=1 + requests.routes.astype(np.int64) % 50)
    hardware = np.arange(replicas) % 2 if mixed else alike(replicas)
    zoned = np.arange(replicas)[::-1] % zones + 1 if zones else alike(replicas)
    changes = some_changes(replicas, float(requests.times_s[-1]), seed, rules.shared) if changing else []
    throttling = some_throttling(float(requests.times_s[-1]), seed) if throttled else []
    expected = class_oracle.simulate(
        rules,
        endpoint["discipline"],
        endpoint["routing"],
        hardware.tolist(),
        requests,
        changes,
        zoned.tolist(),
        throttling,
    )
    ours = ClassEndpoint.new(rules, iter(in_blocks(requests, 97)), hardware, zones=zoned)
    change(ours, sorted([*changes, *((at_s, "throttle", longer) for at_s, longer in throttling)]))
    ours.advance(1e6)
    np.testing.assert_array_equal(ours.detail.counts, expected.counts)
    assert ours.in_system == 0
    work = ours.detail.work.sum(axis=0)[[BUSY_S, ENERGY_J]]
    np.testing.assert_allclose(work, [expected.busy_s, expected.energy_j], rtol=1e-9, atol=1e-12)
    if rules.reports:
        left = ours.departures()
        assert sorted(left["label"]) == list(range(count))
        answered = np.zeros(count, dtype=bool)
        answered[left["label"]] = left["answered"]
        np.testing.assert_array_equal(answered, ~np.isnan(expected.latency_s))
        assert (np.diff(left["at_s"]) >= 0.0).all()
        if not rules.users:
            done_s = (requests.times_s + expected.latency_s)[left["label"]]
            np.testing.assert_allclose(left["at_s"][left["answered"]], done_s[left["answered"]], rtol=0, atol=1e-9)
    for kind in range(KINDS):
        latency_s = expected.latency_s[(requests.kinds == kind) & ~np.isnan(expected.latency_s)]
        assert ours.detail.sums[kind, LATENCY_S] == pytest.approx(latency_s.sum(), rel=1e-9)
        moved = np.abs(np.cumsum(ours.detail.latency[kind] - histogram(latency_s)))
        assert moved.max(initial=0) <= near_an_edge(latency_s)


def some_changes(replicas: int, until_s: float, seed: int, to_zero: bool = False) -> class_oracle.Changes:
    """Replicas are added and taken away, perhaps all, fail, are noticed, and are repaired; all are up in the end."""
    rng = np.random.default_rng(seed)
    least = 0 if to_zero else 1
    changes = [(at_s, "scale", int(rng.integers(least, replicas + 1))) for at_s in rng.uniform(0, 0.8 * until_s, 3)]
    changes.append((0.9 * until_s, "scale", replicas))
    for replica in range(replicas):
        at_s = rng.uniform(0, 0.5 * until_s)
        seen_s, back_s = rng.uniform(0, 0.1 * until_s), rng.uniform(0.1 * until_s, 0.4 * until_s)
        changes += [(at_s, "crash", replica), (at_s + seen_s, "exclude", replica), (at_s + back_s, "repair", replica)]
    return sorted(changes)


def change(endpoint: ClassEndpoint, changes: Sequence[tuple[float, str, float]]) -> None:
    """Bring *endpoint* up to each change, and make it."""
    for at_s, verb, argument in changes:
        endpoint.advance(at_s)
        if verb == "throttle":
            endpoint.throttle(Throttle(np.array([argument]), np.ones(1)))
        else:
            getattr(endpoint, verb)(argument)


def some_throttling(until_s: float, seed: int) -> list[tuple[float, float]]:
    """Four changes of speed before *until_s*."""
    rng = np.random.default_rng(seed + 1)
    return list(zip(np.sort(rng.uniform(0.0, until_s, 4)).tolist(), rng.uniform(0.5, 3.0, 4).tolist(), strict=True))


def histogram(latency_s: np.ndarray[Any, np.dtype[np.float64]]) -> IntArray:
    """The kernel's histogram of *latency_s*."""
    return np.bincount(bins_of(latency_s), minlength=BINS)


def near_an_edge(latency_s: np.ndarray[Any, np.dtype[np.float64]]) -> int:
    """How many of *latency_s* lie within 1e-9 s of the edge of a bin."""
    return sum(bin_of(max(0.0, each - 1e-9)) != bin_of(each + 1e-9) for each in latency_s)


@pytest.mark.parametrize("zones", [0, 2])
@pytest.mark.parametrize(
    "changed", [{}, {"unaware": True}, {"users": 30}, {"shared": True, "spell_s": 0.1}, {"saves": 0.3}]
)
def test_a_run_cut_anywhere_equals_the_uncut_run(changed: dict[str, Any], zones: int) -> None:
    busy = {"discipline": "fair", "timeouts": True, "attempts": 3, "limit": 6, "delay_s": 0.004, "rate_per_s": 400.0}
    rules = make_rules(**(CALM | busy | changed | {"hop_s": 0.01 if zones else 0.0}))
    requests = make_requests(3000, 500.0, 7, rules, zones)
    zoned = alike(4) if zones == 0 or rules.shared else np.array([1, 2, 1, 2])
    whole = ClassEndpoint.new(rules, iter([requests]), alike(4), zones=zoned)
    cut = ClassEndpoint.new(rules, iter(in_blocks(requests, 501)), alike(4), zones=zoned)
    for until_s in np.sort(np.random.default_rng(1).uniform(0, 5, 200)):
        cut.advance(float(until_s))
    whole.advance(5.0)
    cut.advance(5.0)
    np.testing.assert_array_equal(cut.detail.counts, whole.detail.counts)
    np.testing.assert_array_equal(cut.detail.latency, whole.detail.latency)
    np.testing.assert_array_equal(cut.detail.sums, whole.detail.sums)
    np.testing.assert_allclose(cut.detail.work, whole.detail.work, rtol=1e-12)
    np.testing.assert_array_equal(cut.state.pool, whole.state.pool)


@pytest.mark.parametrize("changed", [{}, {"timeouts": True, "attempts": 3}, {"users": 50}, {"limit": 2, "attempts": 3}])
@pytest.mark.parametrize("until_s", [0.3, 1.0, 3.0])
def test_no_request_is_lost(changed: dict[str, Any], until_s: float) -> None:
    rules = make_rules(**(CALM | changed))
    endpoint = ClassEndpoint.new(rules, iter([make_requests(2000, 400.0, 3, rules)]), alike(2))
    endpoint.advance(until_s)
    total = endpoint.detail.counts.sum(axis=0)
    assert total[ARRIVED] == total[SERVED] + total[GIVEN_UP] + endpoint.in_system
    assert total[ARRIVED] > 0


def test_strict_priority_serves_the_lowest_number_first() -> None:
    rules = make_rules(**(CALM | {"discipline": "priority", "max_batch": 1}))
    endpoint = ClassEndpoint.new(rules, iter([make_requests(20_000, 130.0, 3, rules)]), alike(2))
    endpoint.advance(1e6)
    means_s = endpoint.detail.sums[:, LATENCY_S] / endpoint.detail.counts[:, SERVED]
    assert means_s[1] < means_s[0] < means_s[2]


def test_fair_queueing_gives_each_class_its_share_while_all_wait() -> None:
    """Weights 1, 2, 0.5 per unit, requests of 1, 2, 3 units: 1, 1 and 1/6 requests in the same time."""
    rules = make_rules(**(CALM | {"discipline": "fair", "max_batch": 1, "shared": True}))
    requests = make_requests(30_000, 30_000.0, 3, rules)
    endpoint = ClassEndpoint.new(rules, iter([requests]), alike(1))
    endpoint.advance(100.0)
    served = endpoint.detail.counts[:, SERVED].astype(float)
    assert served[1] / served[0] == pytest.approx(1.0, rel=0.02)
    assert served[2] / served[0] == pytest.approx(1 / 6, rel=0.02)


def test_a_rate_limit_admits_its_rate_and_its_burst() -> None:
    rules = make_rules(**(CALM | {"rate_per_s": 100.0}))
    endpoint = ClassEndpoint.new(rules, iter([make_requests(10_000, 1000.0, 3, rules)]), alike(3))
    endpoint.advance(5.0)
    total = endpoint.detail.counts.sum(axis=0)
    assert total[ARRIVED] - total[LIMITED] == pytest.approx(5.0 * 100.0 + 3, abs=1)


def test_clients_who_hang_up_unnoticed_waste_the_work_of_replicas() -> None:
    hasty = CALM | {"timeouts": True, "attempts": 3}
    served = {}
    for unaware in (False, True):
        rules = make_rules(**(hasty | {"unaware": unaware}))
        endpoint = ClassEndpoint.new(rules, iter([make_requests(5000, 300.0, 3, rules)]), alike(2))
        endpoint.advance(1e6)
        total = endpoint.detail.counts.sum(axis=0)
        assert total[TIMED_OUT] > 0
        assert total[WASTED] == (total[TIMED_OUT] if unaware else 0)
        served[unaware] = total[SERVED]
    assert served[True] < served[False]


def test_a_burst_of_a_million_at_one_instant_is_counted_to_the_last() -> None:
    count = 1_000_000
    rules = make_rules(**(CALM | {"limit": 100, "attempts": 1}))
    zeros = np.zeros(count, dtype=np.int64)
    burst = Requests(np.full(count, 2.0), np.ones(count), zeros.astype(np.uint64), np.empty(0), zeros)
    endpoint = ClassEndpoint.new(rules, iter(in_blocks(burst, 1 << 15)), alike(8))
    endpoint.advance(1e5)
    total = endpoint.detail.counts.sum(axis=0)
    assert total[ARRIVED] == count == total[SERVED] + total[REFUSED]
    assert endpoint.in_system == 0


def test_no_requests_leave_nothing() -> None:
    endpoint = ClassEndpoint.new(make_rules(**CALM), iter(()), alike(3))
    endpoint.advance(100.0)
    assert endpoint.detail.counts.sum() == 0
    assert endpoint.totals.latency.sum() == 0


def test_a_backlog_that_never_ends_is_told() -> None:
    rules = make_rules(**CALM)
    endless = iter(lambda: make_requests(1 << 15, 1e6, 1, rules), None)
    endpoint = ClassEndpoint.new(rules, (block._replace(times_s=np.zeros(1 << 15)) for block in endless), alike(1))
    with pytest.raises(OverflowError, match="let requests give up"):
        endpoint.advance(1.0)


def test_every_discipline_of_the_spec_has_a_code() -> None:
    assert set(get_args(Discipline)) == set(DISCIPLINES)


@pytest.mark.parametrize("routing", get_args(Routing))
def test_replicas_that_come_and_go_equal_the_oracle(routing: str) -> None:
    changes = [(at_s, "scale", active) for at_s, active in [(0.5, 2), (1.0, 5), (1.5, 1), (2.0, 4)]]
    busy = {"routing": routing, "timeouts": True, "attempts": 3, "limit": 6, "discipline": "priority"}
    rules = make_rules(**(CALM | busy))
    requests = make_requests(2000, 500.0, 7, rules)
    requests = requests._replace(sources=requests.labels % 70)
    expected = class_oracle.simulate(rules, "priority", routing, [0] * 5, requests, changes)
    endpoint = ClassEndpoint.new(rules, iter(in_blocks(requests, 501)), alike(5))
    held = []
    for each in changes:
        change(endpoint, [each])
        held.append(endpoint.occupied)
    endpoint.advance(1e6)
    assert max(held) == 5
    assert endpoint.occupied == 4  # nobody holds a request, but four would get some
    np.testing.assert_array_equal(endpoint.detail.counts, expected.counts)
    assert endpoint.detail.sums[:, LATENCY_S].sum() == pytest.approx(np.nansum(expected.latency_s), rel=1e-9)


def test_requests_wait_in_a_shared_queue_while_there_is_no_replica() -> None:
    rules = make_rules(**(CALM | {"shared": True, "max_batch": 1}))
    requests = make_requests(200, 100.0, 7, rules)
    endpoint = ClassEndpoint.new(rules, iter([requests]), alike(3))
    endpoint.scale(0)
    assert endpoint.occupied == 0
    endpoint.advance(10.0)
    assert endpoint.in_system == 200
    assert endpoint.totals.sums[LATENCY_S] == 0.0
    endpoint.scale(3)
    endpoint.advance(1e6)
    assert endpoint.in_system == 0
    assert endpoint.detail.sums[:, LATENCY_S].sum() > (10.0 - requests.times_s).sum()


def test_weighted_routing_splits_a_poisson_stream_by_speed() -> None:
    """Two kinds of M/M/1, the second half as fast, 2/3 and 1/3 of the requests: latencies of 1 / (rate - arrivals)."""
    rules = simple(routing="weighted")
    fast = 1.0 / 0.012  # see make_rules: a request of one unit takes 12 ms, on the second kind 24 ms
    rate = 0.7 * 1.5 * fast
    requests = make_requests(400_000, rate, 3, rules)
    endpoint = ClassEndpoint.new(rules, iter([requests]), np.array([0, 1]))
    endpoint.advance(1e9)
    mean_s = endpoint.detail.sums[:, LATENCY_S].sum() / endpoint.detail.counts[:, SERVED].sum()
    expected_s = 2 / 3 / (0.3 * fast) + 1 / 3 / (0.3 * fast / 2)
    assert mean_s == pytest.approx(expected_s, rel=0.02)
    assert endpoint.work[0, BUSY_S] == pytest.approx(endpoint.work[1, BUSY_S], rel=0.01)


def simple(**changed: Any) -> ClassRules:
    """Single requests of 12 ms on average, exponential, whatever their class and the pause before, see make_rules."""
    rules = make_rules(**(CALM | {"max_batch": 1} | changed))
    same = kinds_of(
        priority=0.0, deadline_s=np.inf, weight=1.0, units=np.ones(KINDS), timeout_s=np.inf, limit=-1, slo_s=np.inf
    )
    return rules._replace(kinds=same, base=rules.base._replace(pause_bends=np.zeros_like(rules.base.pause_bends)))


def test_zones_that_never_spill_are_queues_of_their_own() -> None:
    """Two M/M/1, of which the first gets 3/4 of the requests."""
    rules = simple(routing="random", spill_over=1 << 62, hop_s=1.0)
    service, rate = 1.0 / 0.012, 0.8 / 0.012
    requests = make_requests(400_000, rate, 3, rules)
    sources = 1 + (np.random.default_rng(4).random(400_000) > 0.75)
    requests = requests._replace(sources=sources, kinds=sources - 1)
    endpoint = ClassEndpoint.new(rules, iter([requests]), alike(2), zones=np.array([1, 2]))
    endpoint.advance(1e9)
    means_s = (endpoint.detail.sums[:, LATENCY_S] / np.maximum(endpoint.detail.counts[:, SERVED], 1))[:2]
    assert means_s == pytest.approx([1 / (service - 0.75 * rate), 1 / (service - 0.25 * rate)], rel=0.02)
    assert endpoint.detail.counts[:, SPILLED].sum() == 0


def test_sessions_with_a_replica_of_their_own_split_a_poisson_stream() -> None:
    """Uniform sessions, hashed to three M/M/1: each replica gets the share of its sessions."""
    rules = simple(routing="affinity")
    service, rate = 1.0 / 0.012, 1.5 / 0.012
    requests = make_requests(600_000, rate, 3, rules)
    sources = np.random.default_rng(4).integers(0, 30, 600_000)
    replicas = np.array([class_oracle.jump(class_oracle.mixed(session, 1), 3) for session in range(30)])
    endpoint = ClassEndpoint.new(rules, iter([requests._replace(sources=sources, kinds=replicas[sources])]), alike(3))
    endpoint.advance(1e9)
    shares = np.bincount(replicas, minlength=3) / 30
    assert rate * shares.max() < service
    means_s = endpoint.detail.sums[:, LATENCY_S] / endpoint.detail.counts[:, SERVED]
    assert means_s == pytest.approx(1 / (service - rate * shares), rel=0.04)


def test_jump_consistent_hash_is_the_published_one() -> None:
    """As in the tests of github.com/lithammer/go-jump-consistent-hash."""
    known = {(1, 1): 0, (42, 57): 43, (0xDEAD10CC, 1): 0, (0xDEAD10CC, 666): 361, (256, 1024): 520}
    assert {case: class_oracle.jump(*case) for case in known} == known


def test_a_replica_that_knows_a_session_is_faster_until_it_forgets() -> None:
    """Requests of one session at 0, 50, 200 and 220 ms, remembered for 100 ms: 12 ms, of which 60 % are left."""
    rules = simple(routing="affinity", saves=0.4)
    times_s = np.array([0.0, 0.05, 0.2, 0.22])
    requests = make_requests(4, 1.0, 3, rules)._replace(times_s=times_s, draws=np.ones(4), sources=np.full(4, 7))
    known = ClassEndpoint.new(rules, iter([requests]), alike(3))
    known.advance(1.0)
    assert known.detail.sums[:, LATENCY_S].sum() == pytest.approx(0.012 * (1.0 + 0.6 + 1.0 + 0.6))
    repaired = ClassEndpoint.new(rules, iter([requests]), alike(3))
    repaired.advance(0.03)
    for replica in range(3):
        repaired.crash(replica)
        repaired.repair(replica)
    repaired.advance(1.0)
    assert repaired.detail.sums[:, LATENCY_S].sum() == pytest.approx(0.012 * (1.0 + 1.0 + 1.0 + 0.6))


def test_a_replica_more_takes_its_share_of_the_sessions_and_moves_no_others() -> None:
    keys = [class_oracle.mixed(session, 1) for session in range(20_000)]
    before, after = (np.array([class_oracle.jump(key, replicas) for key in keys]) for replicas in (9, 10))
    moved = before != after
    assert (after[moved] == 9).all()
    assert np.bincount(after) == pytest.approx(np.full(10, 2000.0), abs=5 * np.sqrt(2000))


def test_a_bound_keeps_one_busy_session_from_filling_its_replica() -> None:
    held = {}
    for bound in (np.inf, 1.25):
        rules = simple(routing="affinity", bound=bound)
        requests = make_requests(400, 1e6, 3, rules)._replace(sources=np.full(400, 7))
        endpoint = ClassEndpoint.new(rules, iter([requests]), alike(4))
        endpoint.advance(0.01)
        held[bound] = endpoint.state.queue["waiting"] + endpoint.state.replica["serving"]
    assert np.count_nonzero(held[np.inf]) == 1
    assert held[1.25].max() <= np.ceil(1.25 * 400 / 4)
    assert np.count_nonzero(held[1.25]) == 4


def test_the_sessions_of_a_replica_that_is_missing_are_spread_and_come_back() -> None:
    rules = simple(routing="affinity")
    found = []
    for excluded in ((), (1,)):
        requests = make_requests(300, 1e6, 3, rules)
        requests = requests._replace(sources=np.arange(300), draws=np.full(300, 1e6))
        endpoint = ClassEndpoint.new(rules, iter([requests]), alike(4))
        for replica in excluded:
            endpoint.exclude(replica)
        endpoint.advance(1.0)
        found.append(endpoint.state.queue["waiting"] + endpoint.state.replica["serving"])
    gained = found[1] - found[0]
    assert gained[1] == -found[0][1]
    assert (gained[[0, 2, 3]] > 0.15 * found[0][1]).all()


def test_a_zone_without_replicas_is_served_by_another_one_two_hops_later() -> None:
    taken = {}
    for hop_s in (0.0, 0.25):
        rules = simple(hop_s=hop_s)
        requests = make_requests(1000, 20.0, 3, rules, zones=2)
        endpoint = ClassEndpoint.new(rules, iter([requests]), alike(4), zones=np.array([1, 2, 1, 2]))
        endpoint.exclude(1)
        endpoint.exclude(3)
        endpoint.advance(1e9)
        taken[hop_s] = endpoint.detail.sums[:, LATENCY_S].sum()
        from_the_second = int((requests.sources == 2).sum())
        assert endpoint.detail.counts[:, SPILLED].sum() == from_the_second
    assert taken[0.25] - taken[0.0] == pytest.approx(0.5 * from_the_second)


def test_an_answer_on_its_way_is_in_the_system() -> None:
    rules = simple(hop_s=50.0)
    requests = make_requests(10, 100.0, 3, rules, zones=2)._replace(sources=np.full(10, 2))
    endpoint = ClassEndpoint.new(rules, iter([requests]), alike(2), zones=np.array([1, 2]))
    endpoint.exclude(1)
    endpoint.advance(90.0)
    assert endpoint.in_system == 10
    assert endpoint.detail.counts[:, SERVED].sum() == 0
    endpoint.advance(110.0)
    assert endpoint.in_system == 0
    assert endpoint.detail.counts[:, SERVED].sum() == 10


def test_batches_adapt_to_the_time_that_they_may_take() -> None:
    """A batch of b takes about 10 + 2 b units of time: in at most 50 ms fit 5 requests of 2 units on average."""
    calm = CALM | {"max_batch": 50, "adapt_s": 0.05, "shared": True}
    rules = make_rules(**calm)
    requests = make_requests(60_000, 3000.0, 3, rules)
    steady = requests._replace(draws=np.ones_like(requests.draws))
    endpoint = ClassEndpoint.new(rules, iter([steady]), alike(2))
    endpoint.advance(15.0)
    sizes = np.arange(51)
    assert np.average(sizes, weights=endpoint.detail.batches) == pytest.approx(10, abs=2)
    loose = ClassEndpoint.new(rules._replace(adapt_s=np.inf), iter([steady]), alike(2))
    loose.advance(15.0)
    assert np.average(sizes, weights=loose.detail.batches) > 45


@pytest.mark.parametrize("shared", [False, True])
def test_a_run_cut_anywhere_between_failures_equals_the_uncut_run(shared: bool) -> None:
    busy = {"timeouts": True, "attempts": 3, "limit": 6, "delay_s": 0.004, "shared": shared, "adapt_s": 0.02}
    rules = make_rules(**(CALM | busy))
    requests = make_requests(3000, 500.0, 7, rules)
    changes = some_changes(4, 5.0, 1, shared)
    whole, cut = (ClassEndpoint.new(rules, iter([requests]), np.array([0, 1, 0, 1])) for _ in range(2))
    change(whole, changes)
    whole.advance(6.0)
    stops = sorted([*changes, *((float(at_s), "", 0) for at_s in np.random.default_rng(1).uniform(0, 6, 200))])
    for at_s, verb, argument in stops:
        cut.advance(at_s)
        if verb:
            getattr(cut, verb)(argument)
    cut.advance(6.0)
    np.testing.assert_array_equal(cut.detail.counts, whole.detail.counts)
    np.testing.assert_array_equal(cut.detail.latency, whole.detail.latency)
    np.testing.assert_array_equal(cut.detail.sums, whole.detail.sums)
    np.testing.assert_array_equal(cut.state.pool, whole.state.pool)


def test_static_batches_wait_until_they_are_full() -> None:
    rules = make_rules(**(CALM | {"max_batch": 5, "delay_s": np.inf}))
    endpoint = ClassEndpoint.new(rules, iter([make_requests(1002, 100.0, 3, rules)]), alike(1))
    endpoint.advance(1e6)
    assert endpoint.detail.batches.tolist() == [0, 0, 0, 0, 0, 200]
    assert endpoint.in_system == 2
