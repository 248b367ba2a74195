"""The workloads agree with what they say of themselves, and listing them costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dcplan.errors import InputError
from dcplan.profiling.workloads.catalogue import WORKLOADS, find_workload
from dcplan.profiling.workloads.workload import Workload

SOURCE = Path(__file__).resolve().parents[4] / "sim"
NAMES = ["cnn-cifar10", "resnet50", "bert-base", "gpt-small", "dlrm", "unet", "conv-autoencoder"]


def test_there_are_seven_workloads() -> None:
    assert list(WORKLOADS) == NAMES


def test_a_workload_is_found_by_its_name() -> None:
    assert all(find_workload(name).name == name for name in NAMES)
    with pytest.raises(InputError, match=r"'alexnet'.*known are bert-base, cnn-cifar10"):
        find_workload("alexnet")


def test_listing_them_does_not_load_torch() -> None:
    code = (
        "import sys\n"
        "from dcplan.profiling.workloads.catalogue import WORKLOADS\n"
        "print(*WORKLOADS)\n"
        "assert not {'torch', 'numpy', 'sklearn'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_quick_points_are_among_all_points(name: str) -> None:
    workload = WORKLOADS[name]
    assert set(workload.quick) == set(workload.tasks)
    for task, axes in workload.quick.items():
        assert set(axes) == set(workload.tasks[task])
        assert all(set(values) <= set(workload.tasks[task][axis]) for axis, values in axes.items())


@pytest.mark.parametrize("name", NAMES)
def test_axes_rise_and_batches_fit_the_pool(name: str) -> None:
    workload = WORKLOADS[name]
    for axes in workload.tasks.values():
        assert "batch" in axes
        assert set(axes) <= {"batch", "tokens", "context"}
        assert all(list(values) == sorted(set(values)) for values in axes.values())
        assert 2 * axes["batch"][-1] <= workload.pool


@pytest.mark.parametrize("name", NAMES)
def test_every_task_is_known_or_has_a_step(name: str) -> None:
    workload = WORKLOADS[name]
    assert set(workload.tasks) <= {"infer", "train"} | set(workload.steps)
    assert set(workload.steps) <= set(workload.tasks)


@pytest.mark.parametrize("name", NAMES)
def test_a_workload_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    workload: Workload = WORKLOADS[name]
    for text in (workload.stands_for, workload.description, workload.source, workload.sample):
        assert text.strip() == text != ""
    assert workload.recipe.optimizer in {"adam", "adamw", "sgd"}
    assert workload.recipe.batch <= workload.recipe.samples_per_epoch
