"""Device time of calls, by events whose times are made up."""

from __future__ import annotations

from functools import partial

import pytest

from dcplan.profiling.stopwatch import Stopwatch
from made_up_events import FakeEvent


class Device:
    """A device whose time only its work moves; counts the events made for it."""

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.events = 0

    def event(self) -> FakeEvent:
        """Another event."""
        self.events += 1
        return FakeEvent(lambda: self.now_ms)

    def work(self, duration_ms: float) -> None:
        """Be busy."""
        self.now_ms += duration_ms


def test_what_lies_between_calls_is_not_counted() -> None:
    device = Device()
    stopwatch, durations_ms = Stopwatch(device.event), iter((1.0, 2.0, 6.0))
    call = stopwatch.around(lambda: device.work(next(durations_ms)))
    for _ in range(3):
        call()
        device.work(50.0)
    assert stopwatch.means_s([3]) == pytest.approx([0.003])
    assert stopwatch.means_s([1, 2]) == pytest.approx([0.001, 0.004])


def test_every_row_starts_anew_and_uses_the_same_events() -> None:
    device = Device()
    stopwatch = Stopwatch(device.event)
    for duration_ms, calls in ((5.0, 4), (1.0, 2)):
        call = stopwatch.around(partial(device.work, duration_ms))
        for _ in range(calls):
            call()
        assert stopwatch.means_s([calls]) == pytest.approx([duration_ms / 1e3])
    assert device.events == 2 * 4


def test_a_window_that_failed_leaves_nothing_behind() -> None:
    device = Device()
    stopwatch = Stopwatch(device.event)

    def full() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        stopwatch.around(full)()
    stopwatch.around(lambda: device.work(2.0))()
    assert stopwatch.means_s([1]) == pytest.approx([0.002])
