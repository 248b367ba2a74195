"""How training scales over workers: the arithmetic with made-up times, and real workers that exchange gradients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from dcplan.profiling import machine, run
from dcplan.profiling.measure import Plan
from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.point import Key
from dcplan.profiling.run import Recording, Settings
from dcplan.profiling.training_scaling import Job, blocks, row, step_times_s, training_scaling, with_efficiency
from dcplan.profiling.workloads.cnn import CNN_CIFAR10

TINY = Plan(idle_s=0.05, warm_up_window_s=0.01, warm_up_windows=(3, 3), settle_s=0, window_s=0.02, windows=(5, 5))
SMALL = replace(CNN_CIFAR10, tasks={"train": {"batch": (8,)}}, quick={"train": {"batch": (8,)}})
JOB = Job("cnn-cifar10", Key("train", 8), longest_s=0.2)
FOUND = {"reason": "made up"}


def recorded(folder: Path, monkeypatch: pytest.MonkeyPatch, *, quick: bool) -> tuple[list[Job], dict[str, object]]:
    """The jobs that a profile asks for, and its header."""
    jobs: list[Job] = []
    monkeypatch.setattr(run, "training_scaling", lambda job: jobs.append(job) or FOUND)
    chosen = Settings(sku="test-box", threads=(1,), quick=quick)
    Recording(SMALL, chosen, chosen.sweep(1, SMALL), machine.identify(), NoMeter(), folder).run(TINY)
    header = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    return jobs, header


def test_a_step_ends_with_its_slowest_worker() -> None:
    first, second = [0.0, 3.0, 6.0, 7.0, 9.0], [0.5, 2.5, 5.5, 8.0, 8.5]
    times_s = step_times_s([first, second], 1)
    assert times_s.tolist() == [[[2.5], [2.0]], [[3.0], [1.0]]]


def test_steps_with_and_without_exchange_are_told_apart() -> None:
    ends_s = np.cumsum([0.0, *([2.0, 2.0, 1.5, 1.5] * 3)])
    exchanging, apart = step_times_s([ends_s.tolist()], 2)
    assert exchanging.tolist() == [[2.0, 2.0]] * 3
    assert apart.tolist() == [[1.5, 1.5]] * 3


def test_a_row_has_rate_interval_and_exchange() -> None:
    times_s = np.array([[[1.9, 2.1], [2.0, 2.2], [1.8, 2.0]], [[1.5, 1.5]] * 3])
    found = row(4, 32, times_s)
    assert found["workers"] == 4
    assert found["step_s"] == pytest.approx(2.0)
    assert found["step_low_s"] < found["step_s"] < found["step_high_s"]
    assert found["exchange_s"] == pytest.approx(0.5)
    assert found["samples_per_s"] == pytest.approx(64.0)


def test_efficiency_is_relative_to_one_worker() -> None:
    rows = [{"workers": 1, "samples_per_s": 10.0}, {"workers": 4, "samples_per_s": 30.0}]
    assert [each["efficiency"] for each in with_efficiency(rows)] == [1.0, 0.75]


@pytest.mark.parametrize("step_s", [1e-4, 0.01, 0.3, 0.7, 60.0])
def test_blocks_take_the_time_they_may_or_are_the_fewest(step_s: float) -> None:
    number, steps = blocks(step_s, 6.0)
    assert number >= 3
    assert 2 * number * steps * step_s <= 6.0 or (number, steps) == (3, 1)


def test_real_workers_exchange_gradients() -> None:
    pytest.importorskip("torch")
    found = training_scaling(JOB, most=2)
    assert found is not None
    assert (found["backend"], found["batch_per_worker"]) == ("gloo", 8)
    assert found["threads_per_worker"] >= 1
    assert "tokens" not in found
    assert "reason" not in found
    assert [each["workers"] for each in found["workers"]] == [1, 2]
    for each in found["workers"]:
        assert each["step_low_s"] <= each["step_s"] <= each["step_high_s"]
        assert each["samples_per_s"] == pytest.approx(each["workers"] * 8 / each["step_s"])
    assert found["workers"][0]["efficiency"] == 1.0


def test_a_worker_that_fails_is_told_and_nothing_else_is_lost() -> None:
    pytest.importorskip("torch")
    found = training_scaling(replace(JOB, workload="nothing"), most=2)
    assert found is not None
    assert list(found) == ["reason"]
    assert found["reason"].startswith("workers 1: a process failed: ")
    assert "no workload 'nothing'" in found["reason"]


def test_what_was_measured_before_a_failure_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")

    def measured_s(workers: int, _: Job) -> np.ndarray:
        if workers > 2:
            raise RuntimeError("no memory\nleft")
        return np.ones((2, 3, 1))

    monkeypatch.setattr("dcplan.profiling.training_scaling._measured_s", measured_s)
    found = training_scaling(JOB, most=8)
    assert found is not None
    assert [each["workers"] for each in found["workers"]] == [1, 2]
    assert found["reason"] == "workers 4: no memory left"


def test_one_worker_alone_does_not_scale() -> None:
    assert training_scaling(JOB, most=1) is None


def test_a_profile_asks_for_the_step_that_it_divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    jobs, header = recorded(tmp_path, monkeypatch, quick=False)
    assert jobs == [Job("cnn-cifar10", Key("train", 8))]
    assert header["training_scaling"] == FOUND


def test_a_quick_profile_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    jobs, header = recorded(tmp_path, monkeypatch, quick=True)
    assert not jobs
    assert "training_step" in header
    assert "training_scaling" not in header
