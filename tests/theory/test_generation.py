"""Text generation where queueing theory knows the answer."""

from __future__ import annotations

import numpy as np

from dcplan.kpis.interval import student_t
from dcplan.serving.generation_endpoint import GenerationEndpoint, Prompts
from dcplan.serving.generation_state import SERVED, TTFT_S, GenerationRules
from dcplan.serving.policies import ROUTING
from dcplan.validation import queues

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
