"""Text generation where queueing theory knows the answer."""

from __future__ import annotations

import numpy as np

from dcplan.kpis.interval import student_t
from dcplan.scenario.generation import Conversations
from dcplan.serving.generation_endpoint import GenerationEndpoint, Prompts
from dcplan.serving.generation_state import ASKED, KNOWN, SERVED, TTFT_S, GenerationRules
from dcplan.serving.policies import ROUTING
from dcplan.validation import queues
from dcplan.workload.conversations import Talks

PROMPT, OUTPUT = 100, 3
PREFILL_S = 0.02
RUNS, REQUESTS = 10, 200_000


def rules() -> GenerationRules:
    """Two replicas for prompts, which take as long for each, and three for answers."""
    longest = PROMPT + OUTPUT
    prefill_s = np.full(longest + 1, PREFILL_S)
    decode_s = np.tile(np.arange(longest + 3.0) * 1e-3, (9, 1))
    powers_w = np.zeros(longest + 1), np.zeros(9)
    tables = prefill_s * (np.arange(longest + 1) > 0), decode_s, *powers_w
    return GenerationRules(
        ROUTING["random"], 8, -1, 16, 1000, longest, *tables, np.inf, np.inf, np.inf, prefill_replicas=2, move_s=1e-5
    )


def ttft_s(load: float, seed: int) -> float:
    """Mean time to the first token."""
    rng = np.random.default_rng(seed)
    times_s = np.cumsum(rng.standard_exponential(REQUESTS)) * PREFILL_S / (2 * load)
    routes = rng.integers(0, 2**64 - 1, REQUESTS, dtype=np.uint64, endpoint=True)
    prompts = Prompts(times_s, routes, np.full(REQUESTS, PROMPT), np.full(REQUESTS, OUTPUT))
    endpoint = GenerationEndpoint.new(rules(), 5, iter([prompts]))
    endpoint.advance(float(times_s[-1]) + 1e6)
    assert endpoint.detail.counts[SERVED] == REQUESTS
    return float(endpoint.detail.sums[TTFT_S]) / REQUESTS


def test_replicas_for_prompts_are_queues_with_a_fixed_service_time() -> None:
    """Poisson arrivals, split at random over two: M/D/1 (Erlang 1909), whatever the others do with the answers."""
    means_s = [ttft_s(0.8, seed) for seed in range(RUNS)]
    half_s = student_t(RUNS - 1, 0.999) * np.std(means_s, ddof=1) / np.sqrt(RUNS)
    expected_s = queues.md1(0.8 / PREFILL_S, PREFILL_S).mean_s
    assert abs(np.mean(means_s) - expected_s) < half_s
    assert half_s < 0.02 * expected_s


SESSIONS, TURNS, NEW, ANSWER = 30, 5.0, 20, 11


def hit_ratio(seed: int, routing: str = "affinity", replicas: int = 4) -> float:
    """Of the tokens of prompts, those in a prefix cache that forgets nothing, in blocks of one token."""
    rng, count = np.random.default_rng(seed), 20_000
    news, answers = np.full(count, NEW), np.full(count, ANSWER)
    sessions = rng.integers(0, SESSIONS, count)
    texts, known = Talks(Conversations(turns=TURNS, most=2000), rng).turns(sessions, news, answers)
    routes = rng.integers(0, 2**64 - 1, count, dtype=np.uint64)
    prompts = Prompts(np.arange(count) * 10.0, routes, known + news, answers, texts, known)
    longest = 2000 + NEW + ANSWER
    times_s = (
        np.full(longest + 1, 1e-3) * (np.arange(longest + 1) > 0),
        np.tile(np.arange(longest + 3.0) * 1e-3, (9, 1)),
    )
    powers_w = np.zeros(longest + 1), np.zeros(9)
    rules = GenerationRules(
        ROUTING[routing], 8, -1, 1, 10_000_000, longest, *times_s, *powers_w, np.inf, np.inf, np.inf, keeps=True
    )
    endpoint = GenerationEndpoint.new(rules, replicas, iter([prompts]))
    endpoint.advance(10.0 * count)
    return float(endpoint.detail.counts[KNOWN] / endpoint.detail.counts[ASKED])


def test_a_conversation_finds_all_but_its_last_token_where_it_always_goes_to_the_same_replica() -> None:
    """Of T turns on average, geometric, a turn has T - 1 before it on average, and is no first one with 1 - 1/T.

    So its prompt holds (T - 1) (new + answer) + new tokens, and all of the first part but one are known where there are
    turns before.
    """
    before = (TURNS - 1.0) * (NEW + ANSWER)
    expected = (before - (1.0 - 1.0 / TURNS)) / (before + NEW)
    ratios = [hit_ratio(seed) for seed in range(RUNS)]
    half = student_t(RUNS - 1, 0.999) * np.std(ratios, ddof=1) / np.sqrt(RUNS)
    assert abs(np.mean(ratios) - expected) < half
    assert half < 0.01 * expected


def test_a_conversation_finds_less_where_its_turns_go_anywhere() -> None:
    assert hit_ratio(1, "random") < 0.8 * hit_ratio(1)
    assert hit_ratio(1, "random", replicas=1) == hit_ratio(1, replicas=1)
