"""An LRU cache beside an ordered dictionary in plain Python, in front of replicas that are not simulated here."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from dcplan.errors import ConservationError
from dcplan.serving import zipf
from dcplan.serving.cache_kernel import BoolArray, CacheRules, look_up, new_cache
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.serving.zipf import Zipf
from dcplan.validation import cache_oracle
from dcplan.validation.bench.result import Result, against_oracle
from dcplan.workload.arrivals import BLOCK
from dcplan.workload.streams import Streams

LAW = Zipf(1_000_000, 0.9)
RULES = CacheRules(size=50_000, ttl_s=np.inf, from_request=False)
KERNEL_BLOCKS = 300
ORACLE_BLOCKS = 30


def measured() -> Result:
    """The kernel against its oracle, after both have been seen to find the same."""
    if not np.array_equal(kernel_s(1)[1], _oracle_s(1)[1]):  # which also compiles, or loads from the cache
        raise ConservationError("kernel and oracle find different objects in the cache")
    work = f"LRU of {RULES.size:,} among {LAW.objects:,} objects, Zipf {LAW.skew:g}, drawn on both sides"
    return against_oracle(
        "cache",
        lambda: KERNEL_BLOCKS * BLOCK / kernel_s(KERNEL_BLOCKS)[0],
        lambda: ORACLE_BLOCKS * BLOCK / _oracle_s(ORACLE_BLOCKS)[0],
        work,
        twin="an ordered dictionary in Python",
    )


def _asked(blocks: int) -> Iterator[tuple[FloatArray, IntArray]]:
    """When requests come [s], and what they ask for."""
    which = Streams(seed=1, replication=0).stream("objects/bench")
    for block in range(blocks):
        yield np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.float64), zipf.draw(LAW, which, BLOCK)


def kernel_s(blocks: int) -> tuple[float, BoolArray]:
    """Time to look up so many blocks [s], and what the last one found."""
    start = time.perf_counter()
    state, hit = new_cache(RULES, LAW.objects), np.empty(BLOCK, dtype=np.bool_)
    for times_s, objects in _asked(blocks):
        look_up(RULES, state, times_s, objects, hit, 0, np.inf)
    return time.perf_counter() - start, hit


def _oracle_s(blocks: int) -> tuple[float, BoolArray]:
    start = time.perf_counter()
    times_s, objects = (np.concatenate(parts) for parts in zip(*_asked(blocks), strict=True))
    hit = cache_oracle.simulate(RULES, times_s, objects)
    return time.perf_counter() - start, hit[-BLOCK:]
