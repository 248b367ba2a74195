"""The written folder holds what was measured, and says what each column means."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import yaml

from dcplan.profiling.machine import Load
from dcplan.profiling.measure import Point, Series, Task, Window
from dcplan.profiling.write import significant, write


def series(task: Task, batch: int, start_s: float) -> Series:
    """A steady point with one warm-up window and five measured ones."""
    calls = np.full(3, batch / 3000)
    measured = [Window(start_s + i, calls, 0.004, Load(0.0, 0.0)) for i in range(1, 6)]
    return Series(Point(task, batch, lambda: None), [Window(start_s, calls * 2, 0.008, Load(0.0, 0.0))], True, measured)


MEASURED = [series("infer", 2, 0.2), series("infer", 1, 0.1), series("train", 8, 0.3)]


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
    assert len(rows) == 18
    assert [row["phase"] for row in rows].count("warm_up") == 3
    starts = [float(row["start_s"]) for row in rows]
    assert starts == sorted(starts)


def test_the_header_explains_every_column(tmp_path: Path) -> None:
    folder = write(tmp_path, {"schema": 1, "peak": 0.123456789}, MEASURED)
    header = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    assert header["peak"] == 0.123457
    for name in header["files"]:
        assert set(read(folder / name)[0]) <= set(header["columns"])


def test_the_same_measurement_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", {"x": 1}, MEASURED), write(tmp_path / "b", {"x": 1}, MEASURED)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_six_digits_are_kept() -> None:
    assert significant(1234567.0) == 1234570
    assert significant(float("inf")) == float("inf")
