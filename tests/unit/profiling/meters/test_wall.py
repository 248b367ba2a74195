"""Energy at the wall, from files written here; marks at t s stand at 1000 + t s since 1970."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dcplan.errors import InputError
from dcplan.profiling.meters.protocol import Mark, Meter
from dcplan.profiling.meters.wall import WallMeter

Marks = Callable[..., Mark]


def log(folder: Path, *values: float, column: str = "power_w", every_s: float = 1.0, first_s: float = 1000.0) -> Path:
    """A file with a reading every so often."""
    path = folder / "wall.csv"
    rows = [f"{first_s + every_s * i},{value}" for i, value in enumerate(values)]
    path.write_text("\n".join([f"epoch_s,{column}", *rows, ""]), encoding="utf-8")
    return path


def test_power_is_integrated_between_the_marks(tmp_path: Path, mark: Marks) -> None:
    meter: Meter = WallMeter(log(tmp_path, 0, 100, 200, 300))
    energy = meter.energy(mark(0.5), mark(2.5))
    assert energy.joules == pytest.approx(300)
    assert (energy.low_j, energy.high_j) == (pytest.approx(0 * 0.5 + 100 + 200 * 0.5), pytest.approx(50 + 200 + 150))
    assert (energy.source, energy.flags) == ("wall", ())


def test_the_offset_is_added_to_the_times_of_the_file(tmp_path: Path, mark: Marks) -> None:
    late = WallMeter(log(tmp_path, 0, 0, 100, 100, first_s=900), offset_s=100)
    assert late.energy(mark(2), mark(3)).joules == 100


def test_a_counter_gives_the_difference_of_its_interpolated_values(tmp_path: Path, mark: Marks) -> None:
    meter = WallMeter(log(tmp_path, 5000.0, 5100.0, 5300.0, 5600.0, column="energy_j"))
    energy = meter.energy(mark(0.5), mark(2.5))
    assert energy.joules == pytest.approx(5450 - 5050)
    # Least: between the readings inside, most: between those around; a step of 0.1 J is what the file can show.
    assert (energy.low_j, energy.high_j) == (pytest.approx(200 - 0.1), pytest.approx(600 + 0.1))


def test_a_coarse_counter_widens_the_range_by_its_step(tmp_path: Path, mark: Marks) -> None:
    meter = WallMeter(log(tmp_path, 7.01, 7.02, 7.03, column="energy_kwh", every_s=4))
    energy = meter.energy(mark(0), mark(8))
    assert energy.joules == pytest.approx(0.02 * 3.6e6)
    assert (energy.low_j, energy.high_j) == (pytest.approx(0.01 * 3.6e6), pytest.approx(0.03 * 3.6e6))


@pytest.mark.parametrize(
    ("values", "flag"),
    [((50.0, 50.0, 50.0), "energy column did not advance"), ((50.0, 60.0, 1.0), "energy column went backwards")],
)
def test_a_counter_that_stands_still_or_turns_back_tells_nothing(
    tmp_path: Path, mark: Marks, values: tuple[float, ...], flag: str
) -> None:
    energy = WallMeter(log(tmp_path, *values, column="energy_j")).energy(mark(0), mark(2))
    assert (energy.joules, energy.flags) == (None, (flag,))


@pytest.mark.parametrize(("begin_s", "end_s"), [(-0.1, 2), (1, 3.1), (-5, -4), (7, 8)])
def test_marks_outside_the_file_tell_nothing(tmp_path: Path, mark: Marks, begin_s: float, end_s: float) -> None:
    energy = WallMeter(log(tmp_path, 1, 1, 1, 1)).energy(mark(begin_s), mark(end_s))
    assert (energy.joules, energy.flags) == (None, ("marks outside the file",))


def test_a_gap_tells_nothing_unless_the_window_keeps_clear_of_it(tmp_path: Path, mark: Marks) -> None:
    path = tmp_path / "wall.csv"
    path.write_text("epoch_s,power_w\n1000,10\n1001,10\n1007,10\n1012,10\n", encoding="utf-8")
    meter = WallMeter(path)
    assert meter.energy(mark(0.5), mark(1.5)).flags == ("gap of 6.0 s in the file",)
    assert meter.energy(mark(0), mark(1)).joules == 10
    assert meter.energy(mark(7), mark(12)).joules == 50


def test_a_meter_that_reads_nothing_but_zero_tells_nothing(tmp_path: Path, mark: Marks) -> None:
    meter = WallMeter(log(tmp_path, 0, 0, 0, 8))
    assert meter.energy(mark(0), mark(2)).flags == ("meter reads 0 W throughout",)
    assert meter.energy(mark(0), mark(3)).joules == 4


def test_a_clock_that_was_set_during_the_window_is_flagged(tmp_path: Path) -> None:
    meter = WallMeter(log(tmp_path, *[10.0] * 9))
    forward = meter.energy(Mark(0, 1000, None), Mark(2, 1005, None))
    assert (forward.joules, forward.flags) == (50, ("clock of this machine was set by +3.0 s",))
    back = meter.energy(Mark(0, 1005, None), Mark(2, 1001, None))
    assert (back.joules, back.flags) == (None, ("clock of this machine was set by -6.0 s",))


def test_the_file_is_read_late_and_again_when_it_grows(tmp_path: Path, mark: Marks) -> None:
    meter = WallMeter(tmp_path / "wall.csv")
    meter.start()
    meter.stop()
    with pytest.raises(InputError, match=r"wall.csv: cannot be read"):
        meter.energy(mark(0), mark(1))
    log(tmp_path, 10, 10)
    assert meter.energy(mark(0), mark(2)).joules is None
    log(tmp_path, 10, 10, 10)
    assert meter.energy(mark(0), mark(2)).joules == 20


def test_a_file_that_has_not_changed_is_read_once(tmp_path: Path, mark: Marks) -> None:
    path = log(tmp_path, 10, 10)
    meter = WallMeter(path)
    status = path.stat()
    assert meter.energy(mark(0), mark(1)).joules == 10
    path.write_text(path.read_text(encoding="utf-8").replace(",10", ",99"), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert meter.energy(mark(0), mark(1)).joules == 10


def test_what_is_wrong_already_is_said_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        WallMeter(tmp_path / "missing" / "wall.csv")
    path = tmp_path / "wall.csv"
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"wall.csv:1: needs one time column"):
        WallMeter(path)
    path.write_text("", encoding="utf-8")
    assert WallMeter(path).source == "wall"


def test_it_describes_the_sampling_in_plain_values(tmp_path: Path, mark: Marks) -> None:
    meter = WallMeter(log(tmp_path, 1.5, 2.5, 3.5, every_s=2), offset_s=-1)
    sheet: dict[str, Any] = yaml.safe_load(yaml.safe_dump(meter.describe()))
    (device,) = sheet["devices"]
    assert (device["file"], device["column"], device["readings"], device["period_s"]) == ("wall.csv", "power_w", 3, 2)
    assert device["offset_s"] == -1
    assert sheet["resolution"] == "a reading every 2 s in steps of 0.1 W"
    assert meter.conditions(mark(0), mark(1)) == {}


def test_a_description_does_not_fail_for_want_of_a_file(tmp_path: Path) -> None:
    sheet: dict[str, Any] = WallMeter(tmp_path / "wall.csv").describe()
    assert sheet["resolution"].startswith("not known: ")
