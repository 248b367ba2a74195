"""Two models that share devices beside a SimPy process per request and per batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

import numpy as np

from dcplan.errors import ConservationError
from dcplan.serving.class_state import LATENCY_S
from dcplan.serving.endpoint import Requests
from dcplan.serving.rules import stacked
from dcplan.serving.sharing_endpoint import SharingEndpoint
from dcplan.serving.sharing_state import SharingRules, kinds_of
from dcplan.validation import sharing_oracle
from dcplan.validation.bench import dynamic_batch
from dcplan.validation.bench.result import Result, against_oracle
from dcplan.workload.arrivals import BLOCK
from dcplan.workload.streams import Streams

INSTANCES = 2
KERNEL_BLOCKS = 60
ORACLE_BLOCKS = 1


def measured() -> Result:
    """The kernel against its oracle, after both have been seen to do the same work."""
    kernel_s(1)  # compile, or load from the cache
    _same_work()
    work = (
        f"{dynamic_batch.REPLICAS} devices, power of two, two models with {INSTANCES} instances each, dynamic batch <= "
        f"{dynamic_batch.MAX_BATCH}, Poisson, load {dynamic_batch.LOAD:g}, histogram on"
    )
    return against_oracle(
        "shared_device",
        lambda: KERNEL_BLOCKS * BLOCK / kernel_s(KERNEL_BLOCKS)[0],
        lambda: ORACLE_BLOCKS * BLOCK / _oracle_s(ORACLE_BLOCKS)[0],
        work,
    )


def rules() -> SharingRules:
    """The replicas of `dynamic_batch`, twice on each device."""
    model = dynamic_batch.rules()
    kinds = kinds_of(
        row=[0, len(model.service_s)],
        max_batch=model.max_batch,
        max_delay_s=model.max_delay_s,
        instances=INSTANCES,
        limit=-1,
        slo_s=model.slo_s,
        spell_s=0.0,
    )
    return SharingRules(stacked([model, model]), kinds)


def requests() -> Iterator[Requests]:
    """The requests of `dynamic_batch`, half of them for each model."""
    kind = Streams(seed=1, replication=0).stream("classes/bench")
    for block in dynamic_batch.requests():
        yield block._replace(kinds=kind.integers(0, 2, len(block.times_s)))


def kernel_s(blocks: int) -> tuple[float, SharingEndpoint]:
    """Time to serve so many *blocks* [s], and the endpoint that did."""
    start = time.perf_counter()
    endpoint = SharingEndpoint.new(rules(), dynamic_batch.REPLICAS, islice(requests(), blocks))
    endpoint.advance(1e9)
    return time.perf_counter() - start, endpoint


def _oracle_s(blocks: int) -> tuple[float, float]:
    start = time.perf_counter()
    given = Requests(*(np.concatenate(parts) for parts in zip(*islice(requests(), blocks), strict=True)))
    outcome = sharing_oracle.simulate(rules(), "power_of_two", dynamic_batch.REPLICAS, given)
    return time.perf_counter() - start, float((outcome.done_s - given.times_s).sum())


def _same_work() -> None:
    """Kernel and oracle must give the same total latency for the same requests."""
    _, endpoint = kernel_s(1)
    _, latency_s = _oracle_s(1)
    ours_s = float(endpoint.totals.sums[LATENCY_S])
    if endpoint.in_system or not np.isclose(ours_s, latency_s, rtol=1e-9):
        raise ConservationError(f"kernel and oracle disagree: {ours_s} s and {latency_s} s of latency")
