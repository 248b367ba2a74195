"""Names and loads of machines, from readings made up here."""

from __future__ import annotations

import threading

import pytest

from dcplan.profiling import machine
from dcplan.profiling.machine import (
    CpuTimes,
    Hardware,
    Load,
    Switches,
    context_switches,
    default_sku,
    load_between,
    power_source,
)


def hardware(cpu_model: str, cpus: int, hypervisor: bool) -> Hardware:
    """A machine with that processor."""
    return Hardware(cpu_model, "", cpus, cpus, hypervisor, 0)


@pytest.mark.parametrize(
    ("cpu_model", "cpus", "hypervisor", "sku"),
    [
        ("AMD EPYC", 2, True, "epyc-2-vcpu"),
        ("AMD EPYC 7763 64-Core Processor", 128, False, "epyc-7763-128-cpu"),
        ("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", 4, True, "xeon-platinum-8370c-4-vcpu"),
        ("", 8, False, "unknown-8-cpu"),
    ],
)
def test_a_machine_is_named_after_its_processor(cpu_model: str, cpus: int, hypervisor: bool, sku: str) -> None:
    assert default_sku(hardware(cpu_model, cpus, hypervisor)) == sku


def test_own_work_does_not_count_as_the_work_of_others() -> None:
    load = load_between(CpuTimes(100, 50, 1, 10), CpuTimes(300, 200, 3, 130))
    assert (load.others_percent, load.steal_percent) == (15, 1)


def test_readings_too_close_together_tell_nothing() -> None:
    assert load_between(CpuTimes(100, 50, 1, 10), CpuTimes(100.02, 50.02, 1, 10)) == Load(0, 0)


def test_a_busy_or_robbed_machine_is_contended() -> None:
    assert not Load(others_percent=1, steal_percent=0.5).contended
    assert Load(others_percent=20, steal_percent=0).contended
    assert Load(others_percent=0, steal_percent=3).contended


def test_power_is_never_made_up() -> None:
    assert power_source()["source"] == "none"


def test_a_machine_that_stays_busy_is_watched_until_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = (CpuTimes(i, i, 0, 0) for i in range(1000))
    monkeypatch.setattr(machine, "cpu_times", lambda: next(readings))
    assert machine.idle_load(0.01, patience_s=0.05).others_percent == 100
    assert 6 <= next(readings).total_s <= 20


def test_a_thread_that_waits_is_switched_out_of_its_own_will() -> None:
    before = context_switches()
    waiting = threading.Thread(target=threading.Event().wait, args=(0.01,))
    waiting.start()
    waiting.join()
    since = context_switches().since(before)
    assert since.voluntary >= 1
    assert since.involuntary >= 0


def test_switches_are_counted_from_a_reading_on() -> None:
    assert Switches(10, 7).since(Switches(4, 2)) == Switches(6, 5)
