"""A tiny real measurement, end to end, and what bad arguments are told."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dcplan.errors import InputError
from dcplan.profiling import machine
from dcplan.profiling.measure import Plan
from dcplan.profiling.run import Settings, profile, record
from dcplan.profiling.workloads import CNN_CIFAR10

TINY = Plan(idle_s=0.05, warm_up_window_s=0.01, warm_up_windows=(3, 3), settle_s=0, window_s=0.02, windows=5)


def test_an_unknown_workload_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no workload 'cnn-cifar100' to measure; known are cnn-cifar10"):
        profile("cnn-cifar100", tmp_path)


def test_bad_arguments_are_refused_before_anything_runs(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(InputError, match="not a folder name"):
        profile("cnn-cifar10", tmp_path, sku="../My Machine")
    with pytest.raises(InputError, match="0 threads"):
        profile("cnn-cifar10", tmp_path, threads=0)
    assert not list(tmp_path.iterdir())


def test_a_tiny_measurement_writes_a_whole_profile(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    workload = replace(CNN_CIFAR10, infer_batches=(1, 4), train_batches=(8,))
    settings = Settings(sku="test-box", seed=1, threads=1, quick=True)
    folder = record(workload, settings, TINY, machine.identify(), tmp_path)
    assert folder == tmp_path / "compute" / "test-box" / "cnn-cifar10"
    header = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    assert (header["schema"], header["kind"], header["power"]["source"]) == (1, "measured", "none")
    assert header["work"]["parameters"] == 122_570
    assert header["recipe"]["batch"] == 32
    assert isinstance(header["conditions"]["contended"], bool)
    with (folder / "infer.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["batch"] for row in rows] == ["1", "4"]
    assert all(0 < float(row["q000_s"]) <= float(row["time_mean_s"]) <= float(row["q100_s"]) for row in rows)
    assert all(row["verdict"].split(":")[0] in {"VALID", "UNSTABLE", "INVALID"} for row in rows)


def test_asking_for_help_does_not_import_torch() -> None:
    program = "import sys, dcplan.profiling.run, dcplan.profiling.__main__; sys.exit('torch' in sys.modules)"
    path = str(Path(machine.__file__).parents[2])
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": path})
