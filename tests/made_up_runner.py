"""What runs in each process of a crew in tests: a module of its own, so that those processes can import it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from dcplan.profiling.point import Key, Variant
from dcplan.profiling.workloads.workload import Call, Workload

RESTS_S = 0.3


@dataclass(frozen=True)
class Runner:
    """Rests at batch 1, works at batch 2, runs out of memory at batch 3 and dies at batch 4."""

    workload: Workload
    variant: Variant
    device: str
    seed: int
    largest: int

    def enter(self) -> None:
        """Nothing to set."""
        assert self.variant.processes == 1

    def wait(self) -> None:
        """Nothing to wait for."""

    def call(self, key: Key) -> Call:
        """See the class."""
        assert key.processes == 1
        return {1: lambda: time.sleep(RESTS_S), 2: _work, 3: _run_out, 4: lambda: os._exit(1)}[key.batch]


def _work() -> None:
    end_s = time.process_time() + RESTS_S
    while time.process_time() < end_s:
        pass


def _run_out() -> None:
    raise MemoryError("no memory left")
