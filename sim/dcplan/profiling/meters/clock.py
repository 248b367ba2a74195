"""Take a mark: both clocks of this machine, and how long its processors have been busy."""

from __future__ import annotations

import time

from dcplan.profiling import machine
from dcplan.profiling.meters.protocol import Mark


def now(counters: tuple[float, ...] = ()) -> Mark:
    """Take a mark, with *counters* that were read just before."""
    return Mark(time.monotonic(), time.time(), busy_s(), counters)


def busy_s() -> float | None:
    """CPU time that the whole machine was busy since boot [s]; None if psutil is missing or may not look."""
    try:
        return machine.cpu_times().busy_s
    except (ImportError, OSError):
        return None
