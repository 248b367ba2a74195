"""Text generation with continuous batching beside SimPy, one step at a time; lengths of published conversations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import numpy as np

from dcplan.errors import ConservationError
from dcplan.scenario.generation import Tokens
from dcplan.serving.generation_endpoint import GenerationEndpoint, Prompts
from dcplan.serving.generation_state import PREEMPTED, SERVED, GenerationRules
from dcplan.serving.policies import ROUTING
from dcplan.validation import generation_oracle
from dcplan.validation.bench.result import Result, against_oracle
from dcplan.workload.lengths import token_counts
from dcplan.workload.streams import Streams

REPLICAS = 16
MAX_BATCH = 32
PROMPT = Tokens(mean=161.31, cv=1.0, least=4, most=1024)
OUTPUT = Tokens(mean=337.99, cv=1.0, least=1, most=1024)
"""Means of the ShareGPT conversations (W. Kwon et al., "PagedAttention", SOSP 2023, section 6.1)."""
LONGEST = PROMPT.most + OUTPUT.most
RATE = 35.0
"""Requests per second: a replica decodes 14 sequences together on average."""
BLOCK = 1 << 13
KERNEL_BLOCKS = 40
ORACLE_REQUESTS = 2000


def measured() -> Result:
    """The kernel against its oracle, after both have been seen to do the same work."""
    _kernel_s(1)  # compile, or load from the cache
    _same_work()
    work = (
        f"{REPLICAS} replicas, power of two, continuous batch <= {MAX_BATCH}, lognormal lengths of mean "
        f"{PROMPT.mean:.0f} and {OUTPUT.mean:.0f} tokens, KV cache in blocks of 16, Poisson, histograms on"
    )
    return against_oracle(
        "continuous_batch",
        lambda: KERNEL_BLOCKS * BLOCK / _kernel_s(KERNEL_BLOCKS)[0],
        lambda: ORACLE_REQUESTS / _oracle_s()[0],
        work,
    )


def rules() -> GenerationRules:
    """Replicas about as fast as a 7-billion-parameter model on a data-centre accelerator."""
    tokens, sequences = np.arange(LONGEST + 2.0), np.arange(MAX_BATCH + 1.0)[:, None]
    decode_s = np.zeros((MAX_BATCH + 1, LONGEST + 3))
    np.cumsum(0.012 + 0.0004 * sequences + 2e-7 * sequences * tokens, axis=1, out=decode_s[:, 1:])
    prefill_s = 0.012 + 0.0001 * tokens[:-1]
    prefill_s[0] = 0.0
    return GenerationRules(
        routing=ROUTING["power_of_two"],
        max_batch=MAX_BATCH,
        limit=-1,
        block=16,
        blocks=MAX_BATCH * 640 // 16,
        chunk=LONGEST,
        prefill_s=prefill_s,
        decode_s=decode_s,
        prefill_w=np.zeros(LONGEST + 1),
        decode_w=np.zeros(MAX_BATCH + 1),
        ttft_slo_s=1.0,
        tpot_slo_s=0.05,
        slo_s=np.inf,
    )


def _prompts() -> Iterator[Prompts]:
    """Blocks without end."""
    streams = Streams(seed=1, replication=0)
    arrival, route, prompt, output = (streams.stream(f"{each}/bench") for each in ("arrivals", "routing", "in", "out"))
    last_s = 0.0
    while True:
        times_s = last_s + np.cumsum(arrival.standard_exponential(BLOCK)) / RATE
        last_s = float(times_s[-1])
        routes = route.integers(0, 2**64 - 1, BLOCK, dtype=np.uint64, endpoint=True)
        yield Prompts(times_s, routes, token_counts(PROMPT, prompt, BLOCK), token_counts(OUTPUT, output, BLOCK))


def _kernel_s(blocks: int) -> tuple[float, GenerationEndpoint]:
    start = time.perf_counter()
    endpoint = GenerationEndpoint.new(rules(), REPLICAS, islice(_prompts(), blocks))
    endpoint.advance(1e9)
    return time.perf_counter() - start, endpoint


def _first() -> Prompts:
    """As many prompts as the oracle gets."""
    return Prompts._make(each[:ORACLE_REQUESTS] for each in next(_prompts()))


def _oracle_s() -> tuple[float, generation_oracle.Outcome]:
    start = time.perf_counter()
    first = _first()
    outcome = generation_oracle.simulate(rules(), "power_of_two", REPLICAS, first)
    return time.perf_counter() - start, outcome


def _same_work() -> None:
    """Kernel and oracle must make the same steps."""
    endpoint = GenerationEndpoint.new(rules(), REPLICAS, iter([_first()]))
    endpoint.advance(1e9)
    _, outcome = _oracle_s()
    counts = endpoint.detail.counts
    same = np.array_equal(endpoint.detail.batches, outcome.batches) and counts[PREEMPTED] == outcome.preempted
    if counts[SERVED] != ORACLE_REQUESTS or not same:
        raise ConservationError("kernel and oracle made different steps")
