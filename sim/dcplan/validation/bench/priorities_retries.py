"""Classes, time-outs and retries beside a SimPy process per request, a little above what the replicas can serve."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import numpy as np

from dcplan.errors import ConservationError
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.class_state import ClassRules, kinds_of
from dcplan.serving.disciplines import DISCIPLINES
from dcplan.serving.endpoint import Requests
from dcplan.validation import class_oracle
from dcplan.validation.bench import dynamic_batch
from dcplan.validation.bench.result import Result, against_oracle
from dcplan.workload.arrivals import BLOCK
from dcplan.workload.streams import Streams

SHARES = (0.2, 0.3, 0.5)
LOAD = 1.1
HARDWARE = np.zeros(dynamic_batch.REPLICAS, dtype=np.int64)
"""All replicas are alike."""
KERNEL_BLOCKS = 60
ORACLE_BLOCKS = 1


def measured() -> Result:
    """The kernel against its oracle, after both have been seen to do the same work."""
    _kernel_s(1)  # compile, or load from the cache
    _same_work()
    work = (
        f"{dynamic_batch.REPLICAS} replicas, power of two, dynamic batch <= {dynamic_batch.MAX_BATCH}, three classes "
        f"by strict priority, time-out 50 ms, 3 attempts, Poisson, load {LOAD:g}, histogram on"
    )
    return against_oracle(
        "priorities_retries",
        lambda: KERNEL_BLOCKS * BLOCK / _kernel_s(KERNEL_BLOCKS)[0],
        lambda: ORACLE_BLOCKS * BLOCK / _oracle_s(ORACLE_BLOCKS)[0],
        work,
    )


def rules() -> ClassRules:
    """The replicas of `dynamic_batch`, for impatient requests of three classes."""
    kinds = len(SHARES)
    return ClassRules(
        base=dynamic_batch.rules(),
        rows=dynamic_batch.MAX_BATCH + 1,
        choices=2,
        adapt_s=np.inf,
        shared=False,
        discipline=DISCIPLINES["priority"],
        kinds=kinds_of(
            priority=np.arange(kinds),
            deadline_s=np.inf,
            weight=1.0,
            units=np.ones(kinds),
            timeout_s=0.05,
            limit=-1,
            slo_s=0.1,
        ),
        unaware=False,
        attempts=3,
        backoff_s=0.05,
        factor=2.0,
        longest_s=1.0,
        jitter=1.0,
        rate_per_s=np.inf,
        burst=0.0,
        users=0,
        reports=False,
        spill_over=0,
        hop_s=0.0,
        bound=np.inf,
        salt=0,
        sessions=0,
        keeps_s=0.0,
        saves=0.0,
    )


def requests() -> Iterator[Requests]:
    """The requests of `dynamic_batch`, closer together, each with a class."""
    kind = Streams(seed=1, replication=0).stream("classes/bench")
    for block in dynamic_batch.requests():
        kinds = np.searchsorted(np.cumsum(SHARES)[:-1], kind.random(len(block.times_s)), side="right")
        yield block._replace(times_s=block.times_s * dynamic_batch.LOAD / LOAD, kinds=kinds)


def _kernel_s(blocks: int) -> tuple[float, ClassEndpoint]:
    start = time.perf_counter()
    endpoint = ClassEndpoint.new(rules(), islice(requests(), blocks), HARDWARE)
    endpoint.advance(1e9)
    return time.perf_counter() - start, endpoint


def _oracle_s(blocks: int) -> tuple[float, class_oracle.Outcome]:
    start = time.perf_counter()
    given = Requests(*(np.concatenate(parts) for parts in zip(*islice(requests(), blocks), strict=True)))
    outcome = class_oracle.simulate(rules(), "priority", "power_of_two", HARDWARE.tolist(), given)
    return time.perf_counter() - start, outcome


def _same_work() -> None:
    """Kernel and oracle must count the same answers, refusals and retries."""
    _, endpoint = _kernel_s(1)
    _, outcome = _oracle_s(1)
    if not np.array_equal(endpoint.detail.counts, outcome.counts):
        raise ConservationError(f"kernel and oracle disagree: {endpoint.detail.counts} and {outcome.counts}")
