"""The serving kernel beside a SimPy process per request: the same endpoint, the same streams, in one run.

Both sides pay for everything a run needs: drawing arrivals and routing bits, routing, batching, recording latencies.
The oracle gets fewer requests, because it is slow; that both did the same work is checked on those.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import numpy as np

from dcplan.errors import ConservationError
from dcplan.scenario.demand import Poisson
from dcplan.serving.endpoint import Endpoint, Requests
from dcplan.serving.policies import ROUTING
from dcplan.serving.state import LATENCY_S, SERVED, Rules
from dcplan.validation import serving_oracle
from dcplan.validation.bench.result import Result, against_oracle
from dcplan.workload.arrivals import BLOCK, arrivals
from dcplan.workload.streams import Streams

REPLICAS = 64
MAX_BATCH = 32
LOAD = 0.7
KERNEL_BLOCKS = 600
ORACLE_BLOCKS = 3


def measured() -> Result:
    """The kernel against its oracle, after both have been seen to do the same work."""
    kernel_s(1)  # compile, or load from the cache
    _same_work()
    work = f"{REPLICAS} replicas, power of two, dynamic batch <= {MAX_BATCH}, Poisson, load {LOAD:g}, histogram on"
    return against_oracle(
        "dynamic_batch",
        lambda: KERNEL_BLOCKS * BLOCK / kernel_s(KERNEL_BLOCKS)[0],
        lambda: ORACLE_BLOCKS * BLOCK / _oracle_s(ORACLE_BLOCKS)[0],
        work,
    )


def rules() -> Rules:
    """Replicas that batch."""
    sizes = np.arange(MAX_BATCH + 1)
    service_s = np.stack((np.zeros(MAX_BATCH + 1), 0.004 + 0.001 * sizes), axis=1)
    zeros = np.zeros(MAX_BATCH + 1)
    return Rules(
        routing=ROUTING["power_of_two"],
        max_batch=MAX_BATCH,
        max_delay_s=0.005,
        from_pickup=False,
        limit=-1,
        slo_s=0.1,
        service_s=service_s,
        power_w=zeros,
        pause_s=zeros[:1],
        pause_bends=zeros[:, None],
        slow=zeros,
        spell_s=0.0,
    )


def requests(replicas: int = REPLICAS) -> Iterator[Requests]:
    """Blocks without end, so many that each replica has the same load."""
    streams = Streams(seed=1, replication=0)
    route = streams.stream("routing/bench")
    rate = LOAD * replicas * MAX_BATCH / (0.004 + 0.001 * MAX_BATCH)
    for times_s in arrivals(Poisson(kind="poisson", rate=f"{rate} /s"), streams.stream("arrivals/bench"), np.inf):
        routes = route.integers(0, 2**64 - 1, len(times_s), dtype=np.uint64, endpoint=True)
        yield Requests(times_s, np.ones(len(times_s)), routes)


def kernel_s(blocks: int, replicas: int = REPLICAS) -> tuple[float, Endpoint]:
    """Time to serve so many *blocks* [s], and the endpoint that did."""
    start = time.perf_counter()
    endpoint = Endpoint.new(rules(), replicas, False, islice(requests(replicas), blocks))
    endpoint.advance(1e9)
    return time.perf_counter() - start, endpoint


def _oracle_s(blocks: int) -> tuple[float, float]:
    start = time.perf_counter()
    given = Requests(*(np.concatenate(parts) for parts in zip(*islice(requests(), blocks), strict=True)))
    outcome = serving_oracle.simulate(rules(), "power_of_two", REPLICAS, False, given)
    latency_s = outcome.done_s - given.times_s
    return time.perf_counter() - start, float(latency_s.sum())


def _same_work() -> None:
    """Kernel and oracle must give the same total latency for the same requests."""
    _, endpoint = kernel_s(1)
    _, latency_s = _oracle_s(1)
    ours_s = float(endpoint.totals.sums[LATENCY_S])
    if endpoint.totals.counts[SERVED] != BLOCK or not np.isclose(ours_s, latency_s, rtol=1e-9):
        raise ConservationError(f"kernel and oracle disagree: {ours_s} s and {latency_s} s of latency")
