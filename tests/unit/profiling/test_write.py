"""The written folder holds what was measured, and says what each column means."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from dcplan.profiling.machine import Load, Switches
from dcplan.profiling.measure import Series, Window
from dcplan.profiling.point import Key, Point, nothing
from dcplan.profiling.summary import summarise
from dcplan.profiling.write import digest, histogram, significant
from dcplan.profiling.write import write as write_all


def series(task: str, batch: int, start_s: float, idle_s: float = 0.0) -> Series:
    """A steady point with one warm-up window and five measured ones."""
    calls = np.full(3, batch / 3000)
    measured = [Window(start_s + i, calls, 0.004, Load(0.0, 0.0), 0.1) for i in range(1, 6)]
    warm_up = [Window(start_s, calls * 2, 0.008, Load(0.0, 0.0), 0.1)]
    return Series(Point(Key(task, batch, idle_s=idle_s), lambda: nothing), warm_up, True, measured)


MEASURED = [series("infer", 2, 0.2), series("infer", 1, 0.1), series("train", 8, 0.3), series("infer", 1, 0.4, 0.02)]


def write(folder: Path, header: dict[str, object], measured: list[Series]) -> Path:
    """The profile of *measured*, without a meter."""
    return write_all(folder, header, measured, [summarise(one) for one in measured], {("infer", 0, 0): 9})


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_tables_round_trip(tmp_path: Path) -> None:
    folder = write(tmp_path / "compute" / "here" / "cnn", {"schema": 1}, MEASURED)
    infer, train = read(folder / "infer.csv"), read(folder / "train.csv")
    assert [row["batch"] for row in infer] == ["1", "2"]
    assert [row["batch"] for row in train] == ["8"]
    assert infer[0]["time_mean_s"] == infer[0]["q050_s"] == "0.000333333"
    assert (infer[0]["verdict"], infer[0]["calls"], infer[1]["samples"]) == ("VALID", "15", "30")
    assert float(train[0]["throughput_per_s"]) == 3000


def test_every_window_is_kept_in_order_of_time(tmp_path: Path) -> None:
    rows = read(write(tmp_path, {}, MEASURED) / "windows.csv")
    assert len(rows) == 24
    assert [row["phase"] for row in rows].count("warm_up") == 4
    assert {row["point"] for row in rows} == {"0", "1", "2", "3"}
    starts = [float(row["start_s"]) for row in rows]
    assert starts == sorted(starts)


def test_the_header_explains_every_column(tmp_path: Path) -> None:
    folder = write(tmp_path, {"schema": 1, "peak": 0.123456789}, MEASURED)
    header = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    assert header["peak"] == 0.123457
    for name in header["files"]:
        assert set(read(folder / name)[0]) <= set(header["columns"])
        assert header["files"][name]["sha256"] == digest(folder / name)


def test_the_same_measurement_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", {"x": 1}, MEASURED), write(tmp_path / "b", {"x": 1}, MEASURED)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_six_digits_are_kept() -> None:
    assert significant(1234567.0) == 1234570
    assert significant(float("inf")) == float("inf")


def test_points_after_a_pause_have_a_table_of_their_own(tmp_path: Path) -> None:
    folder = write(tmp_path, {}, MEASURED)
    (row,) = read(folder / "after_idle.csv")
    assert (row["task"], row["batch"], row["idle_s"], row["throughput_per_s"]) == ("infer", "1", "0.02", "")
    assert "idle_s" not in read(folder / "infer.csv")[0]


def test_operations_achieved_follow_from_those_counted(tmp_path: Path) -> None:
    rows = read(write(tmp_path, {}, MEASURED) / "infer.csv")
    assert float(rows[0]["flop_per_s"]) == 9 * 3000
    assert read(tmp_path / "train.csv")[0]["flop_per_s"] == ""


def test_a_histogram_keeps_every_call_within_half_a_percent() -> None:
    calls = np.random.default_rng(1).lognormal(-6, 1, 5000)
    bins = histogram(calls)
    assert sum(count for _, count in bins) == 5000
    edges = np.array([low for low, _ in bins])
    place = np.searchsorted(edges, calls, side="right") - 1
    assert np.all(calls / edges[place] < 1.0101)


def test_tables_of_an_earlier_measurement_are_removed(tmp_path: Path) -> None:
    write(tmp_path, {}, MEASURED)
    write(tmp_path, {}, MEASURED[:2])
    assert not (tmp_path / "train.csv").exists()


def accelerated(one: Series) -> Series:
    """*one*, had it been measured on an accelerator, with its switches counted."""
    windows = [replace(window, switches=Switches(8, 1), device_s=2e-4) for window in one.measured]
    return replace(one, measured=windows)


def test_every_window_has_its_switches_where_they_were_counted(tmp_path: Path) -> None:
    windows = read(write(tmp_path, {}, [accelerated(MEASURED[0])]) / "windows.csv")
    counts = {(row["phase"], row["voluntary_switches"], row["involuntary_switches"]) for row in windows}
    assert counts == {("measured", "8", "1"), ("warm_up", "", "")}


def test_device_time_has_a_column_only_where_some_row_has_it(tmp_path: Path) -> None:
    folder = write(tmp_path, {}, [accelerated(MEASURED[0]), *MEASURED[1:]])
    infer, windows = read(folder / "infer.csv"), read(folder / "windows.csv")
    assert [row["device_mean_s"] for row in infer] == ["", "0.0002"]
    assert {row["device_mean_s"] for row in windows} == {"", "0.0002"}
    assert "device_mean_s" not in read(folder / "train.csv")[0]
    header = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    assert "launch and synchronisation" in header["columns"]["device_mean_s"]["meaning"]


def test_on_a_processor_nothing_is_said_of_device_time(tmp_path: Path) -> None:
    folder = write(tmp_path, {}, MEASURED)
    assert all("device_mean_s" not in path.read_text(encoding="utf-8") for path in folder.iterdir())
