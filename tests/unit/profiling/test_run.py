"""A tiny real measurement, end to end, and what bad arguments are told."""

from __future__ import annotations

import csv
import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from dcplan.errors import InputError
from dcplan.profiles.validate import problems
from dcplan.profiling import machine, run, session
from dcplan.profiling.journal import NAME
from dcplan.profiling.measure import BRIEF, Plan
from dcplan.profiling.meters.model import ModelMeter
from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.meters.protocol import Meter
from dcplan.profiling.run import Recording, Settings, command, profile
from dcplan.profiling.stopwatch import Stopwatch
from dcplan.profiling.workloads.cnn import CNN_CIFAR10
from made_up_events import FakeEvent

TINY = Plan(idle_s=0.05, warm_up_window_s=0.01, warm_up_windows=(3, 3), settle_s=0, window_s=0.02, windows=(5, 5))
SMALL = replace(CNN_CIFAR10, tasks={"infer": {"batch": (1, 4)}, "train": {"batch": (8,)}})


@pytest.fixture(autouse=True)
def _without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes that exchange gradients: `test_training_scaling.py` starts them."""
    monkeypatch.setattr(run, "training_scaling", lambda job: {"reason": "left out"})


def recording(folder: Path, **settings: object) -> Recording:
    """A measurement of a few calls."""
    chosen = replace(Settings(sku="test-box", threads=(1,)), **settings)  # type: ignore[arg-type]
    return Recording(SMALL, chosen, chosen.sweep(1, SMALL), machine.identify(), NoMeter(), folder)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_unknown_workload_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no workload 'cnn-cifar100' to measure; known are .*cnn-cifar10"):
        profile("cnn-cifar100", tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(sku="../My Machine"), "not a folder name"),
        (Settings(threads=(0,)), "0 threads"),
        (Settings(precision=("fp8",)), "there is no precision 'fp8'; known are fp32, tf32"),
        (Settings(precision=("tf32",)), "tf32 needs a CUDA device"),
        (Settings(graphs=True), "CUDA graphs needs a CUDA device"),
        (Settings(streams=(0,)), "0 streams"),
        (Settings(processes=(65,)), "65 processes"),
        (Settings(task=("decode",)), "cnn-cifar10 has no task 'decode'; it has infer, train"),
        (Settings(device="cuda"), "torch sees no CUDA device"),
        (Settings(device="tpu"), "no device 'tpu'"),
        (Settings(data=Path("nowhere")), "--data is for --accuracy"),
        (Settings(weight_decay=0.1), "--weight-decay is for --accuracy"),
        (Settings(accuracy=True, folds=1), "1 folds make no cross-validation"),
        (Settings(accuracy=True, data=Path("nowhere")), "nowhere"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(tmp_path: Path, settings: Settings, message: str) -> None:
    torch = pytest.importorskip("torch")
    if settings.device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(InputError, match=message):
        profile("cnn-cifar10", tmp_path, settings)
    assert not list(tmp_path.iterdir())


def test_a_tiny_measurement_writes_a_whole_profile(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = recording(tmp_path / "p").run(TINY)
    header = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    assert (header["schema"], header["kind"], header["power"]["source"]) == (2, "measured", "none")
    assert "idle_w" not in header["power"]
    assert header["work"]["parameters"] == 122_570
    assert header["work"]["flop_per_sample_infer"] == 9_097_216
    assert header["recipe"]["batch"] == 32
    assert set(header["mlperf"]) == {"single_stream", "offline"}
    assert header["training_step"]["batch"] == 8
    assert all(header["training_step"][f"{part}_s"] > 0 for part in ("forward", "backward", "optimizer"))
    assert isinstance(header["conditions"]["contended"], bool)
    infer = rows(folder / "infer.csv")
    assert [row["batch"] for row in infer] == ["1", "4"]
    assert all(0 < float(row["q000_s"]) <= float(row["time_mean_s"]) <= float(row["q100_s"]) for row in infer)
    assert all(row["verdict"].split(":")[0] in {"VALID", "UNSTABLE", "INVALID"} for row in infer)
    assert all(row["power_w"] == "" for row in infer)
    assert {row["idle_s"] for row in rows(folder / "after_idle.csv")} == {"0.001", "0.005", "0.02", "0.1"}
    assert not (folder / NAME).exists()


@pytest.mark.parametrize("accelerated", [False, True])
def test_device_time_and_switches_make_a_profile_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accelerated: bool
) -> None:
    pytest.importorskip("torch")
    ticks_ms = itertools.count()
    stopwatch = Stopwatch(lambda: FakeEvent(lambda: float(next(ticks_ms)))) if accelerated else None
    monkeypatch.setattr(session, "stopwatch_of", lambda device, variant: stopwatch)
    folder = recording(tmp_path / "compute" / "test-box" / "cnn-cifar10", task=("infer",)).run(TINY)
    assert problems(folder) == []
    windows = rows(folder / "windows.csv")
    assert all(int(row["voluntary_switches"]) >= 0 and int(row["involuntary_switches"]) >= 0 for row in windows)
    for row in (*rows(folder / "infer.csv"), *rows(folder / "after_idle.csv"), *windows):
        assert row.get("device_mean_s") == ("0.001" if accelerated else None)


def test_a_meter_tells_what_the_machine_draws_at_rest_before_and_after(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    chosen = Settings(sku="test-box", threads=(1,), task=("infer",))
    meter = ModelMeter((100.0, 200.0), 0.1)
    folder = Recording(SMALL, chosen, chosen.sweep(1, SMALL), machine.identify(), meter, tmp_path).run(TINY)
    power = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))["power"]
    assert power["source"] == "model"
    assert power["idle_w"] > 0
    assert power["idle_after_w"] > 0


@pytest.mark.parametrize(("quick", "idle_s"), [(False, 60.0), (True, 20.0)])
def test_an_instrument_watches_the_resting_machine_longer(quick: bool, idle_s: float) -> None:
    metered = SimpleNamespace(source="nvml")
    assert Settings(quick=quick).plan(cast(Meter, metered)).idle_s == idle_s
    assert Settings(quick=quick).plan(NoMeter()).idle_s < idle_s


def test_several_ways_of_running_are_measured_side_by_side(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    folder = recording(tmp_path, precision=("fp32", "bf16", "int8"), streams=(1, 2), task=("infer",)).run(TINY)
    infer = rows(folder / "infer.csv")
    assert {(row["precision"], row["streams"]) for row in infer} == {
        (precision, streams) for precision in ("fp32", "bf16", "int8") for streams in ("1", "2")
    }
    assert not (folder / "train.csv").exists()
    header = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    assert (header["conditions"]["precision"], header["conditions"]["streams"]) == ("fp32", 1)


def test_an_interrupted_measurement_goes_on_where_it_stopped(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    seen: list[int] = []

    def interrupt(stage: str, done: int, total: int) -> None:
        seen.append(done)
        if stage == "measure" and done == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recording(tmp_path).run(TINY, interrupt)
    assert not (tmp_path / "profile.yaml").exists()
    journal = (tmp_path / NAME).read_text().splitlines()
    assert sum('"measured"' in line for line in journal) == 12
    (tmp_path / NAME).write_text("\n".join([*journal, journal[-1][:40]]))
    again: list[tuple[str, int]] = []
    folder = recording(tmp_path).run(TINY, lambda stage, done, total: again.append((stage, done)))
    assert min(done for stage, done in again if stage == "measure") == 12
    assert (folder / "infer.csv").exists()
    assert not (folder / NAME).exists()


def test_a_journal_of_other_settings_is_not_used(tmp_path: Path) -> None:
    pytest.importorskip("torch")

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "measure" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recording(tmp_path).run(TINY, interrupt)
    again: list[int] = []
    recording(tmp_path, seed=2).run(TINY, lambda stage, done, total: again.append(done) if stage == "measure" else None)
    assert again[0] == 0


def test_the_command_line_of_a_profile_measures_the_same_again() -> None:
    settings = Settings(sku="x", threads=(1, 2), precision=("bf16",), quick=True, budget_s=600.0)
    line = command("resnet50", settings)
    assert line == (
        "python -m dcplan.profiling --workload resnet50 --sku x --quick --budget 600s --threads 1 2 --precision bf16"
    )


def test_the_command_line_of_a_brief_profile_names_its_axes() -> None:
    settings = Settings(brief=True, at=("infer.batch=1,8", "train.batch=32"), device="cuda")
    assert command("unet", settings).endswith("--brief --at infer.batch=1,8 train.batch=32 --device cuda")


def test_a_brief_measurement_is_as_short_with_a_meter() -> None:
    metered = SimpleNamespace(source="nvml")
    settings = Settings(brief=True, device="cuda")
    assert settings.plan(cast(Meter, metered)) == replace(BRIEF, half_width=0.02)
    assert settings.mode == "brief"


def test_asking_for_help_does_not_import_torch() -> None:
    program = "import sys, dcplan.profiling.run, dcplan.profiling.__main__; sys.exit('torch' in sys.modules)"
    path = str(Path(machine.__file__).parents[2])
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": path})


@pytest.mark.parametrize(
    ("mode", "how", "name"),
    [
        ("full", {"quick": True}, "kind-quick"),
        ("full", {"brief": True}, "kind-brief"),
        ("full", {}, "kind"),
        ("quick", {"quick": True}, "kind"),
        (None, {"quick": True}, "kind"),
    ],
)
def test_a_shorter_measurement_never_replaces_a_full_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str | None, how: dict[str, Any], name: str
) -> None:
    place = tmp_path / "compute" / "kind" / "cnn-cifar10"
    if mode is not None:
        place.mkdir(parents=True)
        (place / "profile.yaml").write_text(f"conditions: {{mode: {mode}}}")
    monkeypatch.setattr(Recording, "run", lambda self, plan, progress: self.folder)
    found = profile("cnn-cifar10", tmp_path, Settings(sku="kind", meter="none", **how))
    assert found == tmp_path / "compute" / name / "cnn-cifar10"
