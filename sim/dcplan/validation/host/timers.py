"""Wake up on time: Linux rounds every sleep up by 50 us unless a thread asks it not to."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

SPIN_S = 60e-6
"""The last stretch before an instant is spun, not slept: waking takes about as long (median 50 us on a VM) [s]."""

_SET_TIMER_SLACK = 29
_GET_TIMER_SLACK = 30


@contextmanager
def exact_timers() -> Iterator[None]:
    """Sleeps of this thread end within nanoseconds of when they should, as far as the machine can wake it."""
    control = ctypes.CDLL(None).prctl
    before_ns = control(_GET_TIMER_SLACK, 0, 0, 0, 0)
    control(_SET_TIMER_SLACK, 1, 0, 0, 0)
    try:
        yield
    finally:
        control(_SET_TIMER_SLACK, max(before_ns, 0), 0, 0, 0)


def go_first() -> bool:
    """Let this process run as soon as it wakes, whoever runs (SCHED_FIFO, inherited by no child); False if not allowed.

    Without it a sender that wakes on the processor that serves is late by up to 3 ms, a time slice of the scheduler.
    It takes root or CAP_SYS_NICE.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        return False
    return True


def wait_until(instant_s: float) -> None:
    """Sleep, then spin for the last 60 us, until CLOCK_MONOTONIC shows *instant_s* [s]; at once if that is past."""
    while (left_s := instant_s - SPIN_S - time.monotonic()) > 0:
        time.sleep(left_s)
    while time.monotonic() < instant_s:
        pass
