"""Marks of this machine."""

from __future__ import annotations

import time

import pytest

from dcplan.profiling import machine
from dcplan.profiling.meters import clock


def test_a_mark_holds_both_clocks_and_the_counters() -> None:
    before = time.monotonic(), time.time()
    mark = clock.now((1.0, 2.0))
    assert before[0] <= mark.monotonic_s <= time.monotonic()
    assert before[1] <= mark.epoch_s <= time.time()
    assert mark.counters == (1.0, 2.0)


def test_cpu_time_is_that_of_the_whole_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cpu_times", lambda: machine.CpuTimes(100.0, 42.0, 1.0, 3.0))
    assert clock.now().cpu_s == 42


@pytest.mark.parametrize("error", [ImportError("no psutil"), PermissionError("no /proc")])
def test_cpu_time_that_cannot_be_told_is_not_known(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> machine.CpuTimes:
        raise error

    monkeypatch.setattr(machine, "cpu_times", fail)
    assert clock.now().cpu_s is None
