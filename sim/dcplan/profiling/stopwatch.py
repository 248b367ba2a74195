"""How long an accelerator itself is busy with each call, by events that it stamps when it gets to them.

An event before a call and one behind it go through the same queue as the call's own work, so the time between them
leaves out what comes before the device begins and after it is done: launching the first kernel, and waiting for the
last. Gaps in which the device waits for the next kernel of the same call are in it. Recording an event waits for
nothing; the times are read when the windows are over and the device is done.

Source: NVIDIA, "CUDA Driver API", cuEventElapsedTime: ms, "with a resolution of around 0.5 microseconds"; an error
before the device has reached both events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from statistics import fmean
from typing import Protocol, Self


class Event(Protocol):
    """A mark in the queue of a device, such as `torch.cuda.Event(enable_timing=True)`."""

    def record(self) -> object:
        """Queue the mark, again if it was queued before; do not wait."""

    def elapsed_time(self, later: Self, /) -> float:
        """Time from this mark to the *later* one [ms]; the device must have reached both."""


class Stopwatch:
    """Device time of the calls of windows in a row.

    Events are used again in every row, so there are as many pairs as the longest row had calls.

    Args:
        event: Makes an event.
    """

    def __init__(self, event: Callable[[], Event]) -> None:
        self._event = event
        self._pairs: list[tuple[Event, Event]] = []
        self._calls = 0

    def around(self, call: Callable[[], object]) -> Callable[[], None]:
        """*call* between two events; the calls of a new row, so earlier ones are forgotten."""
        self._calls = 0

        def timed() -> None:
            first, last = self._next()
            first.record()
            call()
            last.record()

        return timed

    def means_s(self, calls: Sequence[int]) -> list[float]:
        """Mean device time [s] of the first so many calls since `around`, of the next so many, and so on; all done."""
        ends = list(accumulate(calls))
        return [self._mean_s(self._pairs[first:end]) for first, end in zip([0, *ends], ends, strict=False)]

    @staticmethod
    def _mean_s(pairs: Sequence[tuple[Event, Event]]) -> float:
        return fmean(first.elapsed_time(last) for first, last in pairs) / 1e3

    def _next(self) -> tuple[Event, Event]:
        if self._calls == len(self._pairs):
            self._pairs.append((self._event(), self._event()))
        self._calls += 1
        return self._pairs[self._calls - 1]
