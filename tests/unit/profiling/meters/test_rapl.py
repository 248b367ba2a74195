"""CPU energy from a made-up tree of counters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dcplan.profiling.meters.protocol import Energy, Mark, Meter
from dcplan.profiling.meters.rapl import RaplMeter

Add = Callable[..., Path]


def count(folder: Path, energy_uj: int) -> None:
    """Move a counter."""
    (folder / "energy_uj").write_text(f"{energy_uj}\n", encoding="ascii")


def over(meter: RaplMeter, elapsed_s: float, *moves: tuple[Path, int]) -> Energy:
    """Energy between two marks *elapsed_s* apart, with the counters moved in between."""
    first = meter.mark()
    for folder, energy_uj in moves:
        count(folder, energy_uj)
    return meter.energy(first, replace(meter.mark(), monotonic_s=first.monotonic_s + elapsed_s))


def test_packages_and_memory_are_added_up(tmp_path: Path, domain: Add) -> None:
    package, core = domain("intel-rapl:0", "package-0", 5_000_000), domain("intel-rapl:0:0", "core", 1)
    memory = domain("intel-rapl:0:1", "dram", 0)
    energy = over(RaplMeter(tmp_path), 10, (package, 1_005_000_000), (core, 800_000_000), (memory, 100_000_000))
    assert energy.joules == pytest.approx(1100)
    assert (energy.source, energy.flags) == ("rapl", ())


def test_the_range_is_a_tick_of_the_counter(tmp_path: Path, domain: Add) -> None:
    package = domain("intel-rapl:0", "package-0", 0)
    energy = over(RaplMeter(tmp_path), 10, (package, 1_000_000_000))
    assert (energy.low_j, energy.high_j) == (pytest.approx(1000 - 0.1), pytest.approx(1000 + 0.1))


def test_a_counter_that_wraps_goes_on(tmp_path: Path, domain: Add) -> None:
    package = domain("intel-rapl:0", "package-0", 990_000_000, range_uj=1_000_000_000)
    assert over(RaplMeter(tmp_path), 1, (package, 20_000_000)).joules == pytest.approx(30)


def test_polling_misses_no_turn(tmp_path: Path, domain: Add) -> None:
    package = domain("intel-rapl:0", "package-0", 0, range_uj=1_000_000)
    meter = RaplMeter(tmp_path)
    first = meter.mark()
    for energy_uj in (900_000, 500_000, 100_000, 900_000):  # two turns; only the start and stop of polling see them
        count(package, energy_uj)
        meter.start()
        meter.stop()
    assert meter.energy(first, meter.mark()).joules == pytest.approx(0.9 + 0.6 + 0.6 + 0.8)


def test_it_polls_in_the_background_between_start_and_stop(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl:0", "package-0", 0)
    meter = RaplMeter(tmp_path)
    meter.start()
    assert "dcplan-meter" in {thread.name for thread in threading.enumerate()}
    meter.stop()
    assert "dcplan-meter" not in {thread.name for thread in threading.enumerate()}


def test_a_package_that_stands_still_is_not_known_rather_than_zero(tmp_path: Path, domain: Add) -> None:
    moving, still = domain("intel-rapl:0", "package-0", 0), domain("intel-rapl:1", "package-1", 7)
    energy = over(RaplMeter(tmp_path), 1, (moving, 1_000_000), (still, 7))
    assert (energy.joules, energy.flags) == (None, ("package-1 did not advance",))


def test_memory_that_stands_still_is_left_out_and_that_is_said(tmp_path: Path, domain: Add) -> None:
    package = domain("intel-rapl:0", "package-0", 0)
    domain("intel-rapl:0:0", "dram", 0)
    energy = over(RaplMeter(tmp_path), 1, (package, 2_000_000))
    assert (energy.joules, energy.flags) == (2, ("package-0/dram did not advance, left out",))


def test_a_counter_that_vanishes_makes_the_energy_unknown(tmp_path: Path, domain: Add) -> None:
    package = domain("intel-rapl:0", "package-0", 0)
    meter = RaplMeter(tmp_path)
    first = meter.mark()
    (package / "energy_uj").unlink()
    energy = meter.energy(first, meter.mark())
    assert (energy.joules, energy.flags) == (None, ("package-0 could not be read",))


def test_it_describes_its_counters_in_plain_values(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl:0", "package-0", 0, range_uj=65_000_000_000)
    meter: Meter = RaplMeter(tmp_path)
    sheet: dict[str, Any] = yaml.safe_load(yaml.safe_dump(meter.describe()))
    assert sheet["devices"] == [{"device": "package-0", "wraps_after_j": 65_000.0}]
    assert sheet["accuracy"].startswith("not stated by the vendors")


def test_it_sees_no_conditions(tmp_path: Path, domain: Add, mark: Callable[..., Mark]) -> None:
    domain("intel-rapl:0", "package-0", 0)
    assert RaplMeter(tmp_path).conditions(mark(0), mark(1)) == {}
