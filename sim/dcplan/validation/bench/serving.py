"""`dcplan bench serving`: the kernels beside SimPy, how time grows, what a control event costs, compiling, memory."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan.validation.bench import (
    cache,
    continuous_batch,
    control_event,
    dynamic_batch,
    growth,
    priorities_retries,
    processes,
    shared_device,
)
from dcplan.validation.bench.result import Result


def results() -> Iterator[Result]:
    """All results, one after the other, as they are measured."""
    yield dynamic_batch.measured()
    yield priorities_retries.measured()
    yield continuous_batch.measured()
    yield cache.measured()
    yield shared_device.measured()
    yield from growth.measured()
    yield control_event.measured()
    yield from processes.first_use()
    yield processes.memory()
