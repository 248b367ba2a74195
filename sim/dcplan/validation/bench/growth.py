"""How the time of the serving kernel grows with requests and with replicas, at the same load of each replica."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dcplan.validation.bench.dynamic_batch import REPLICAS, kernel_s
from dcplan.validation.bench.result import REPEATS, Result
from dcplan.workload.arrivals import BLOCK

BLOCKS = (6, 60, 600)
"""Blocks of requests."""
GROUPS = (4, 16, 64, 256, 1024, 4096)
"""Replicas."""
STEADY_BLOCKS = 60
"""Blocks of requests for each number of replicas."""


def measured() -> Iterator[Result]:
    """Exponents of the time over requests and over replicas: 1 and 0 would be growth in proportion, and none."""
    kernel_s(1)  # compile, or load from the cache
    yield _growth("growth_requests", "requests", [(blocks, REPLICAS, blocks * BLOCK) for blocks in BLOCKS])
    yield _growth("growth_replicas", "replicas", [(STEADY_BLOCKS, replicas, replicas) for replicas in GROUPS])


def _growth(name: str, axis: str, runs: Sequence[tuple[int, int, int]]) -> Result:
    """The exponent of the time over a size, from runs of (blocks, replicas, size)."""
    sizes = [size for _, _, size in runs]
    taken_s = [min(kernel_s(blocks, replicas)[0] for _ in range(REPEATS)) for blocks, replicas, _ in runs]
    each_ns = [1e9 * taken / (blocks * BLOCK) for (blocks, _, _), taken in zip(runs, taken_s, strict=True)]
    curve = ", ".join(f"{size:.4g}: {each:.3g} ns" for size, each in zip(sizes, each_ns, strict=True))
    exponent = float(np.polyfit(np.log(sizes), np.log(taken_s), 1)[0])
    return Result(name, exponent, "-", f"exponent of time over {axis}; a request at {curve}")
