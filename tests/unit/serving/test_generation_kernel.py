"""Continuous batching against its SimPy twin on shared arrivals and lengths."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.scenario.endpoint import EqualRouting
from dcplan.serving.generation_endpoint import GenerationEndpoint, Prompts
from dcplan.serving.generation_state import (
    ARRIVED,
    ASKED,
    ATTEMPTED,
    BUSY_S,
    ENERGY_J,
    GIVEN_UP,
    IDLE,
    KNOWN,
    LATENCY_S,
    LOST,
    PREEMPTED,
    REFUSED,
    SERVED,
    SPILLED,
    STARTED,
    SWAPPED,
    TIMED_OUT,
    TOKENS_IN,
    TOKENS_OUT,
    TTFT_S,
    WITHIN_SLO,
    GenerationRules,
)
from dcplan.serving.histogram import FloatArray
from dcplan.serving.policies import ROUTING
from dcplan.serving.state import DROPPED
from dcplan.serving.throttle import Throttle
from dcplan.validation import generation_oracle

LONGEST = 200


def step_tables(max_batch: int) -> tuple[FloatArray, FloatArray]:
    """Step times that grow with sequences and lengths."""
    tokens, sequences = np.arange(LONGEST + 2.0), np.arange(max_batch + 1.0)[:, None]
    steps_s = 0.02 + 0.003 * sequences + 2e-6 * sequences * tokens
    decode_s = np.zeros((max_batch + 1, LONGEST + 3))
    np.cumsum(steps_s, axis=1, out=decode_s[:, 1:])
    prefill_s = 0.01 + 0.0005 * tokens + 1e-7 * tokens**2
    prefill_s[0] = 0.0
    return prefill_s, decode_s


def make_rules(
    routing: str,
    max_batch: int,
    limit: int,
    block: int,
    room: int,
    chunk: int,
    host: float = 0.0,
    prefill: int = 0,
    keeps: bool = False,
    bound: float = np.inf,
    spill_over: int = 0,
    timeout_s: float = np.inf,
    attempts: int = 1,
) -> GenerationRules:
    """*room*: how many of the longest sequences the KV cache holds; *host*: how many the host memory does.

    *prefill*: replicas that process prompts only; *spill_over*: 0 without zones.
    """
    blocks = room * -(-LONGEST // block)
    host_blocks = int(host * -(-LONGEST // block))
    times_s = step_tables(max_batch)
    powers_w = 300.0 + 0.5 * np.arange(len(times_s[0])), 50.0 + 7.0 * np.arange(max_batch + 1)
    return GenerationRules(
        ROUTING[routing],
        max_batch,
        limit,
        block,
        blocks,
        chunk,
        *times_s,
        *powers_w,
        0.5,
        0.05,
        3.0,
        host_blocks,
        0.0007 * block,
        prefill,
        0.0004,
        keeps,
        spill_over > 0,
        spill_over,
        0.05,
        bound,
        timeout_s,
        attempts,
        0.5,
        2.0,
        1.5,
        0.7,
    )


def make_prompts(count: int, rate: float, seed: int, shortest: int = 1) -> Prompts:
    rng = np.random.default_rng(seed)
    return Prompts(
        np.cumsum(rng.standard_exponential(count)) / rate,
        rng.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True),
        rng.integers(shortest, LONGEST // 2, count),
        rng.integers(shortest, LONGEST // 2, count),
    )


def in_conversations(prompts: Prompts, conversations: int, seed: int) -> Prompts:
    """The same requests, each of them a turn of some conversation, whose text is a part of its prompt."""
    rng, count = np.random.default_rng(seed), len(prompts.times_s)
    sources = rng.integers(0, conversations, count)
    known = (prompts.prompts * rng.choice([0.0, 0.5, 0.99], count)).astype(np.int64)
    return prompts._replace(sources=sources + seed, known=known)


def in_blocks(prompts: Prompts, size: int) -> list[Prompts]:
    starts = range(0, len(prompts.times_s), size)
    return [Prompts(*(array[start : start + size] for array in prompts)) for start in starts]


ENDPOINTS = st.fixed_dictionaries(
    {
        "routing": st.sampled_from(get_args(EqualRouting)),
        "max_batch": st.sampled_from([1, 3, 8]),
        "limit": st.sampled_from([-1, 0, 4]),
        "block": st.sampled_from([1, 4, 16]),
        "room": st.sampled_from([1, 2, 100]),
        "chunk": st.sampled_from([7, 64, LONGEST]),
        "host": st.sampled_from([0.0, 0.5, 3.0]),
        "prefill": st.sampled_from([0, 1, 3]),
    }
)
RUNS = st.fixed_dictionaries(
    {
        "replicas": st.integers(1, 4),
        "throttled": st.booleans(),
        "rate": st.sampled_from([0.3, 1.0, 5.0]),
        "seed": st.integers(0, 10_000),
    }
)


CONVERSATIONS = st.fixed_dictionaries(
    {
        "keeps": st.sampled_from([True, False]),
        "bound": st.sampled_from([np.inf, 1.2]),
        "conversations": st.sampled_from([2, 20]),
        "changes": st.booleans(),
        "timeout_s": st.sampled_from([np.inf, 0.3, 2.0]),
        "attempts": st.sampled_from([1, 4]),
    }
)


@settings(max_examples=60, deadline=None)
@given(ENDPOINTS, RUNS)
def test_every_token_equals_the_oracle(endpoint: dict[str, Any], run: dict[str, Any]) -> None:
    compare_with_oracle(endpoint, **run, count=80)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(ENDPOINTS, RUNS)
def test_every_token_equals_the_oracle_on_long_streams(endpoint: dict[str, Any], run: dict[str, Any]) -> None:
    compare_with_oracle(endpoint, **run, count=500)


@settings(max_examples=60, deadline=None)
@given(ENDPOINTS, RUNS, CONVERSATIONS)
def test_conversations_and_failures_equal_the_oracle(
    endpoint: dict[str, Any], run: dict[str, Any], talk: dict[str, Any]
) -> None:
    own = {"routing": "affinity" if talk["bound"] > 1 and run["seed"] % 3 else endpoint["routing"]}
    own |= {key: talk[key] for key in ("keeps", "bound", "timeout_s", "attempts")}
    if talk["changes"] and talk["attempts"] > 1:
        own["prefill"] = 0
    compare_with_oracle(endpoint | own, **run, count=120, conversations=talk["conversations"], changing=talk["changes"])


@settings(max_examples=30, deadline=None)
@given(ENDPOINTS, RUNS, st.sampled_from([1, 3, 1000]), st.booleans())
def test_zones_equal_the_oracle(endpoint: dict[str, Any], run: dict[str, Any], spill_over: int, changing: bool) -> None:
    compare_with_oracle(
        endpoint | {"prefill": 0, "spill_over": spill_over}, **run, count=100, zones=2, changing=changing
    )


def drawn_changes(seed: int, replicas: int, prefill: int, end_s: float) -> list[tuple[float, str, int]]:
    """Failures, and where nobody processes prompts for others replicas that come and go."""
    rng, found = np.random.default_rng(seed), []
    for at_s in np.sort(rng.uniform(0.0, end_s, 6)).tolist():
        replica = int(rng.integers(replicas))
        found += [(at_s, "crash", replica), (at_s + 0.7, "exclude", replica), (at_s + 1.9, "repair", replica)]
        found += [] if prefill else [(at_s + 0.3, "scale", int(rng.integers(1, replicas + 1)))]
    return sorted(found)


def compare_with_oracle(
    endpoint: dict[str, Any],
    replicas: int,
    throttled: bool,
    rate: float,
    seed: int,
    count: int,
    conversations: int = 0,
    changing: bool = False,
    zones: int = 0,
) -> None:
    """Same answers, first tokens, steps by batch size, preemptions, busy time, energy; cut at random or not."""
    rules = make_rules(**endpoint)
    replicas += rules.prefill_replicas
    prompts = make_prompts(count, rate * replicas, seed)
    if conversations:
        prompts = in_conversations(prompts, conversations, seed)
    end_s, rng = float(prompts.times_s[-1]) + 1.0, np.random.default_rng(seed)
    changes = drawn_changes(seed, replicas, rules.prefill_replicas, end_s) if changing else []
    of = None
    if zones:
        prompts = prompts._replace(sources=rng.integers(1, 1 + zones, count))
        of = np.resize(np.arange(1, 1 + zones), replicas)
        of[-1] = zones
    cuts_s = np.sort(rng.uniform(0.0, end_s, 20)).tolist()
    throttling = [(until_s, float(rng.uniform(0.5, 3.0))) for until_s in cuts_s[::4]] if throttled else []
    expected = generation_oracle.simulate(
        rules, endpoint["routing"], replicas, prompts, changes, [] if of is None else of.tolist(), throttling
    )
    ours = GenerationEndpoint.new(rules, replicas, iter(in_blocks(prompts, 29)), of)
    for until_s, verb, argument in sorted([*changes, *((at_s, "", 0) for at_s in cuts_s)]):
        ours.advance(until_s)
        if verb:
            getattr(ours, verb)(argument)
        elif until_s in dict(throttling):
            ours.throttle(Throttle(np.array([dict(throttling)[until_s]]), np.ones(1)))
    ours.advance(1e6)
    answered = ~np.isnan(expected.done_s)
    total = ours.detail
    assert total.counts[ARRIVED] == count
    assert total.counts[SERVED] == answered.sum() == total.latency.sum()
    assert total.ttft.sum() == len(expected.ttft_s)
    assert total.counts[REFUSED] == expected.refused
    assert total.counts[LOST] == expected.lost
    assert total.counts[TIMED_OUT] == expected.timed_out
    assert total.counts[ATTEMPTED] == expected.attempted
    assert total.counts[GIVEN_UP] == expected.given_up == count - answered.sum()
    assert total.counts[SPILLED] == expected.spilled
    assert total.counts[KNOWN] == expected.known
    assert total.counts[STARTED] == answered.sum() or changing
    assert total.counts[PREEMPTED] == expected.preempted
    assert total.counts[SWAPPED] == expected.swapped
    assert total.counts[TOKENS_IN] == expected.prefilled
    assert total.counts[TOKENS_OUT] == prompts.outputs[answered].sum()
    np.testing.assert_array_equal(total.batches, expected.batches)
    latency_s, ttft_s = (times_s - prompts.times_s for times_s in (expected.done_s, expected.first_s))
    np.testing.assert_allclose(
        total.sums[[LATENCY_S, TTFT_S, BUSY_S, ENERGY_J]],
        [np.nansum(latency_s), sum(expected.ttft_s), expected.busy_s, expected.energy_j],
        rtol=1e-9,
    )
    latency_s, ttft_s = latency_s[answered], ttft_s[answered]
    tpot_s = (latency_s - ttft_s) / np.maximum(1, prompts.outputs[answered] - 1)
    kept = (latency_s <= rules.slo_s) & (ttft_s <= rules.ttft_slo_s)
    kept &= (tpot_s <= rules.tpot_slo_s) | (prompts.outputs[answered] == 1)
    assert total.counts[WITHIN_SLO] == kept.sum()
    assert ours.in_system == 0
    assert not ours.state.replica["blocks"].any()
    assert not ours.state.replica["tokens"].any()
    assert not ours.state.replica["host"].any()
    assert ours.state.pool[0]["newer"] == ours.state.pool[0]["older"] == 0
    assert (ours.state.replica["idle"] <= rules.blocks).all()


@pytest.mark.parametrize(
    ("host", "prefill", "counted"),
    [(0.0, 0, PREEMPTED), (1.0, 0, SWAPPED), (0.0, 1, PREEMPTED), (0.0, 0, KNOWN), (0.0, 1, KNOWN)],
)
def test_a_run_cut_anywhere_equals_the_uncut_run(host: float, prefill: int, counted: int) -> None:
    keeps = counted == KNOWN
    rules = make_rules("affinity" if keeps else "power_of_two", 8, -1, 4, 2, 64, host, prefill, keeps)
    prompts = make_prompts(1000, 4.0, 7)
    prompts = in_conversations(prompts, 30, 3) if keeps else prompts
    whole = GenerationEndpoint.new(rules, 3, iter([prompts]))
    cut = GenerationEndpoint.new(rules, 3, iter(in_blocks(prompts, 501)))
    for until_s in np.sort(np.random.default_rng(1).uniform(0, 200, 500)).tolist():
        cut.advance(until_s)
    whole.advance(200.0)
    cut.advance(200.0)
    np.testing.assert_array_equal(cut.detail.counts, whole.detail.counts)
    for name in ("latency", "ttft", "tpot", "batches"):
        np.testing.assert_array_equal(getattr(cut.detail, name), getattr(whole.detail, name))
    np.testing.assert_array_equal(cut.state.replica["ends_s"], whole.state.replica["ends_s"])
    np.testing.assert_allclose(cut.detail.sums, whole.detail.sums, rtol=1e-12)
    np.testing.assert_array_equal(cut.state.kept, whole.state.kept)
    assert whole.detail.counts[counted] > 0


def test_one_request_takes_its_prefill_and_its_steps() -> None:
    rules = make_rules("random", 4, -1, 16, 10, LONGEST)
    alone = Prompts(np.array([1.0]), np.zeros(1, dtype=np.uint64), np.array([50]), np.array([11]))
    endpoint = GenerationEndpoint.new(rules, 1, iter([alone]))
    endpoint.advance(100.0)
    ttft_s, steps_s = rules.prefill_s[50], rules.decode_s[1, 61] - rules.decode_s[1, 51]
    assert endpoint.detail.sums[TTFT_S] == pytest.approx(ttft_s)
    assert endpoint.detail.sums[LATENCY_S] == pytest.approx(ttft_s + steps_s)
    assert endpoint.detail.batches[1] == 10


def test_a_prompt_that_is_handed_over_has_its_first_token_before_it_moves() -> None:
    rules = make_rules("random", 4, -1, 16, 10, LONGEST, prefill=1)
    alone = Prompts(np.array([1.0]), np.zeros(1, dtype=np.uint64), np.array([50]), np.array([11]))
    endpoint = GenerationEndpoint.new(rules, 2, iter([alone]))
    endpoint.advance(1.0 + rules.prefill_s[50] + 0.01)
    assert (endpoint.detail.sums[TTFT_S], endpoint.in_system) == (pytest.approx(rules.prefill_s[50]), 1)
    assert endpoint.state.replica["phase"].tolist() == [IDLE, IDLE]
    endpoint.advance(100.0)
    steps_s = rules.decode_s[1, 61] - rules.decode_s[1, 51]
    assert endpoint.detail.sums[LATENCY_S] == pytest.approx(rules.prefill_s[50] + 50 * rules.move_s + steps_s)
    assert endpoint.detail.sums[BUSY_S] == pytest.approx(rules.prefill_s[50] + steps_s)


def test_the_link_takes_in_one_cache_after_another() -> None:
    """Two prompts are handed over at the same time, to the same replica."""
    rules = make_rules("random", 4, -1, 16, 10, LONGEST, prefill=2)._replace(
        routing=ROUTING["round_robin"], move_s=0.01
    )
    both = Prompts(np.zeros(2), np.zeros(2, dtype=np.uint64), np.array([50, 50]), np.array([2, 2]))
    endpoint = GenerationEndpoint.new(rules, 3, iter([both]))
    endpoint.advance(100.0)
    waits_s = rules.move_s * 50, rules.move_s * 100
    steps_s = 2 * (rules.decode_s[1, 52] - rules.decode_s[1, 51])
    assert endpoint.detail.sums[LATENCY_S] == pytest.approx(2 * rules.prefill_s[50] + sum(waits_s) + steps_s)


def test_chunks_let_others_go_on_and_delay_the_first_token() -> None:
    """A long prompt stalls those that run; in chunks it takes turns with them."""
    long_prompt = Prompts(np.array([0.0, 0.5]), np.zeros(2, dtype=np.uint64), np.array([10, 99]), np.array([40, 2]))
    ttft_s = {}
    for chunk in (10, LONGEST):
        endpoint = GenerationEndpoint.new(make_rules("random", 4, -1, 16, 10, chunk), 1, iter([long_prompt]))
        endpoint.advance(100.0)
        ttft_s[chunk] = endpoint.detail.sums[TTFT_S]
        assert endpoint.detail.counts[SERVED] == 2
    assert ttft_s[10] > ttft_s[LONGEST]


def test_a_burst_at_one_instant_is_served_and_no_block_is_lost() -> None:
    rules = make_rules("least_loaded", 8, -1, 16, 3, LONGEST)
    prompts = make_prompts(5000, 1.0, 3)._replace(times_s=np.full(5000, 2.0))
    endpoint = GenerationEndpoint.new(rules, 4, iter([prompts]))
    endpoint.advance(3.0)
    assert endpoint.detail.counts[ARRIVED] == 5000 == endpoint.detail.counts[SERVED] + endpoint.in_system
    endpoint.advance(1e6)
    assert endpoint.detail.counts[SERVED] == 5000
    assert not endpoint.state.replica["blocks"].any()


def test_no_requests_leave_nothing() -> None:
    endpoint = GenerationEndpoint.new(make_rules("random", 2, -1, 16, 3, LONGEST), 3, iter(()))
    endpoint.advance(100.0)
    assert endpoint.detail.counts.sum() == 0
    assert endpoint.totals.sums.sum() == 0.0


def test_a_backlog_that_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcplan.serving.generation_endpoint.MAX_PLACES", 1000)
    endpoint = GenerationEndpoint.new(
        make_rules("random", 2, -1, 16, 3, LONGEST), 1, iter([make_prompts(5000, 1e6, 1)])
    )
    with pytest.raises(OverflowError, match="limit the queue"):
        endpoint.advance(10.0)


def test_a_sequence_that_is_swapped_out_waits_for_both_transfers() -> None:
    """Two sequences of 11 blocks in a cache of 20: the second leaves and comes back; nothing is processed twice."""
    rules = make_rules("random", 2, -1, 10, 1, LONGEST, host=1.0)
    prompts = Prompts(np.zeros(2), np.zeros(2, dtype=np.uint64), np.array([50, 50]), np.array([60, 60]))
    endpoint = GenerationEndpoint.new(rules, 1, iter([prompts]))
    endpoint.advance(100.0)
    total = endpoint.detail
    assert (total.counts[SWAPPED], total.counts[PREEMPTED], total.counts[TOKENS_IN]) == (1, 0, 100)
    together_s = rules.decode_s[2, 100] - rules.decode_s[2, 51]
    alone_s = rules.decode_s[1, 110] - rules.decode_s[1, 100]
    assert total.sums[BUSY_S] == pytest.approx(
        2 * rules.prefill_s[50] + together_s + 2 * alone_s + 2 * 10 * rules.swap_s
    )


@pytest.mark.parametrize("routing", get_args(EqualRouting))
def test_replicas_that_come_and_go_equal_the_oracle(routing: str) -> None:
    scaling = [(5.0, 2), (10.0, 4), (15.0, 1), (20.0, 3)]
    changes = [(at_s, "scale", active) for at_s, active in scaling]
    rules, prompts = make_rules(routing, 8, -1, 16, 2, 64), make_prompts(200, 8.0, 5)
    expected = generation_oracle.simulate(rules, routing, 4, prompts, changes)
    endpoint = GenerationEndpoint.new(rules, 4, iter(in_blocks(prompts, 29)))
    held = []
    for from_s, active in scaling:
        endpoint.advance(from_s)
        endpoint.scale(active)
        held.append(endpoint.occupied)
    endpoint.advance(1e6)
    assert 0 < max(held) <= 4
    assert endpoint.occupied == 0
    np.testing.assert_array_equal(endpoint.detail.batches, expected.batches)
    assert endpoint.detail.sums[LATENCY_S] == pytest.approx((expected.done_s - prompts.times_s).sum(), rel=1e-9)


def in_turns(times_s: list[float], sources: list[int], prompts: list[int], known: list[int]) -> Prompts:
    """Requests for one further token each."""
    count = len(times_s)
    routes, outputs = np.zeros(count, dtype=np.uint64), np.full(count, 2)
    return Prompts(np.array(times_s), routes, np.array(prompts), outputs, np.array(sources), np.array(known))


def served(rules: GenerationRules, prompts: Prompts) -> GenerationEndpoint:
    endpoint = GenerationEndpoint.new(rules, 1, iter([prompts]))
    endpoint.advance(100.0)
    return endpoint


def test_what_was_said_before_is_not_processed_again() -> None:
    """40 tokens and an answer, of which the last is in no block, are 2 whole blocks of 16, and 8 of 5."""
    prompts = in_turns([0.0, 10.0], [1, 1], [40, 60], [0, 42])
    for block, found in ((16, 32), (5, 40)):
        rules = make_rules("random", 4, -1, block, 10, LONGEST, keeps=True)
        endpoint = served(rules, prompts)
        assert endpoint.detail.counts[KNOWN] == found
        assert endpoint.detail.counts[ASKED] == 100 == endpoint.detail.counts[TOKENS_IN] + found
        rest_s = max(rules.prefill_s[60] - rules.prefill_s[found], rules.prefill_s[60 - found])
        assert endpoint.detail.sums[TTFT_S] == pytest.approx(rules.prefill_s[40] + rest_s)
    assert served(make_rules("random", 4, -1, 16, 10, LONGEST), prompts).detail.counts[KNOWN] == 0


def test_another_conversation_finds_nothing_and_takes_the_blocks_of_the_oldest_from_its_end() -> None:
    """13 blocks of 16: two texts of 6 and of 4 blocks leave 3, so a sequence of 5 blocks takes 2 of the older one."""
    rules = make_rules("random", 4, -1, 16, 1, LONGEST, keeps=True)
    endpoint = served(rules, in_turns([0.0, 1.0, 2.0], [1, 2, 3], [95, 70, 70], [0, 0, 0]))
    assert endpoint.detail.counts[KNOWN] == 0
    kept = endpoint.state.kept[0]
    assert {int(each["text"]): int(each["blocks"]) for each in kept[1:4]} == {1: 4, 2: 4, 3: 4}
    assert endpoint.state.replica["idle"].tolist() == [12]


@pytest.mark.parametrize("forgets", ["crash", "scale"])
def test_a_replica_that_fails_or_is_started_anew_knows_nothing(forgets: str) -> None:
    rules = make_rules("least_loaded", 4, -1, 16, 10, LONGEST, keeps=True)
    prompts = in_turns([0.0, 20.0], [1, 1], [40, 60], [0, 42])
    prompts = prompts._replace(times_s=np.array([0.0, 20.0]))
    endpoint = GenerationEndpoint.new(rules, 2, iter([prompts]))
    endpoint.advance(10.0)
    assert endpoint.state.replica["idle"].tolist() == [2, 0]
    if forgets == "crash":
        endpoint.crash(0)
        endpoint.repair(0)
    else:
        endpoint.exclude(0)
        endpoint.repair(0)
    endpoint.advance(100.0)
    assert endpoint.detail.counts[[SERVED, KNOWN]].tolist() == [2, 0]


def test_a_replica_that_is_down_loses_what_it_holds_and_what_it_gets() -> None:
    rules, prompts = make_rules("round_robin", 2, -1, 16, 3, LONGEST), make_prompts(200, 20.0, 2)
    endpoint = GenerationEndpoint.new(rules, 2, iter([prompts]))
    endpoint.advance(2.0)
    held, came = endpoint.in_system, int(endpoint.detail.counts[ARRIVED])
    endpoint.crash(0)
    lost = int(endpoint.detail.counts[LOST])
    assert 0 < lost < held == lost + endpoint.in_system
    endpoint.advance(4.0)
    assert abs((endpoint.detail.counts[ARRIVED] - came) / 2 - (endpoint.detail.counts[LOST] - lost)) <= 1
    endpoint.exclude(0)
    lost = int(endpoint.detail.counts[LOST])
    endpoint.advance(1e4)
    assert endpoint.detail.counts[LOST] == lost
    assert endpoint.detail.counts[SERVED] == 200 - lost
    assert endpoint.totals.counts[DROPPED] == lost


def test_who_waits_longest_gives_up_first_and_comes_back() -> None:
    """One at a time: the second waits for the first, gives up after 0.3 s, and is served when it comes back."""
    rules = make_rules("random", 1, -1, 16, 10, LONGEST, timeout_s=0.3, attempts=2)._replace(jitter=0.0, backoff_s=1.5)
    prompts = Prompts(np.array([0.0, 0.01]), np.zeros(2, dtype=np.uint64), np.full(2, 50), np.full(2, 40))
    endpoint = GenerationEndpoint.new(rules, 1, iter([prompts]))
    endpoint.advance(0.32)
    assert (endpoint.detail.counts[TIMED_OUT], endpoint.in_system) == (1, 2)
    endpoint.advance(1e3)
    counts = endpoint.detail.counts
    assert counts[[SERVED, ATTEMPTED, TIMED_OUT, GIVEN_UP]].tolist() == [2, 3, 1, 0]
    alone_s = rules.prefill_s[50] + rules.decode_s[1, 90] - rules.decode_s[1, 51]
    assert endpoint.detail.sums[LATENCY_S] == pytest.approx(2 * alone_s + 0.3 + 1.5)


def test_without_any_replica_requests_are_lost() -> None:
    endpoint = GenerationEndpoint.new(make_rules("random", 2, -1, 16, 3, LONGEST), 1, iter([make_prompts(10, 1.0, 1)]))
    endpoint.crash(0)
    endpoint.exclude(0)
    endpoint.advance(1e4)
    assert endpoint.detail.counts[[ARRIVED, LOST]].tolist() == [10, 10]


def test_an_answer_from_another_zone_takes_two_hops_longer() -> None:
    rules = make_rules("random", 4, -1, 16, 10, LONGEST, spill_over=1)
    latency_s = []
    for zone in (1, 2):
        alone = Prompts(np.array([1.0]), np.zeros(1, dtype=np.uint64), np.array([50]), np.array([11]), np.array([zone]))
        endpoint = GenerationEndpoint.new(rules, 1, iter([alone]), np.array([2]))
        endpoint.advance(100.0)
        assert endpoint.detail.counts[SPILLED] == 2 - zone
        latency_s.append(endpoint.detail.sums[[TTFT_S, LATENCY_S]])
    np.testing.assert_allclose(latency_s[0] - latency_s[1], 2 * rules.hop_s)
