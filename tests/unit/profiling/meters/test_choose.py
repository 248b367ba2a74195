"""Which meter is chosen on which machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dcplan.errors import InputError
from dcplan.profiling.meters import choose as module
from dcplan.profiling.meters.choose import KINDS, choose
from dcplan.profiling.meters.rapl import RaplMeter


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither GPU nor CPU counters, whatever this machine has."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(module, "RaplMeter", lambda: RaplMeter(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def with_gpus(monkeypatch: pytest.MonkeyPatch, nvml: Any, gpu: Any) -> None:
    """Two GPUs, the second with 8 J on its counter."""
    monkeypatch.setitem(sys.modules, "pynvml", nvml(gpu(), gpu(uuid="GPU-b", energy_mj=8000)))


@pytest.fixture
def with_rapl(domain: Callable[..., Path]) -> None:
    """A readable CPU counter."""
    domain("intel-rapl:0", "package-0", 1)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """Where a meter at the wall will write."""
    return tmp_path / "wall.csv"


def missing(meter: Any) -> str:
    return str(meter.describe()["notes"])


def test_a_bare_machine_has_no_meter_and_says_why() -> None:
    meter = choose()
    assert meter.source == "none"
    assert "missing: nvml: the workload runs on cpu" in missing(meter)
    assert "missing: wall: a meter at the wall needs its log" in missing(meter)
    assert "no RAPL energy counter" in missing(meter)
    assert "never guessed" in missing(meter)


@pytest.mark.usefixtures("with_gpus", "with_rapl")
def test_on_a_gpu_its_counters_come_first(csv: Path) -> None:
    assert choose(device="cuda", wall_csv=csv, cpu_tdp_w=(100, 200)).source == "nvml"


@pytest.mark.usefixtures("with_gpus", "with_rapl")
def test_on_a_processor_gpus_are_not_looked_at(csv: Path) -> None:
    assert choose(wall_csv=csv, cpu_tdp_w=(100, 200)).source == "wall"
    assert choose(cpu_tdp_w=(100, 200)).source == "rapl"


def test_without_counters_the_model_needs_a_stated_design_power() -> None:
    assert choose(cpu_tdp_w=(100, 200), vcpu_share=0.1).source == "model"


@pytest.mark.usefixtures("with_rapl")
def test_counters_of_the_processor_do_not_stand_in_for_those_of_a_gpu(csv: Path) -> None:
    meter = choose(device="cuda:0", cpu_tdp_w=(100, 200))
    assert meter.source == "none"
    assert "missing: nvml: the Python module pynvml is missing" in missing(meter)
    assert "missing: rapl: it would see the processor only" in missing(meter)
    assert choose(device="cuda", wall_csv=csv).source == "wall"


@pytest.mark.usefixtures("with_gpus")
def test_a_device_with_a_number_is_one_gpu() -> None:
    assert choose(device="cuda").mark().counters == (1000.0, 8.0)
    assert choose(device="cuda:1").mark().counters == (8.0,)
    assert choose("nvml", device="cpu").mark().counters == (1000.0, 8.0)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nvml", "pynvml is missing; pip install"),
        ("wall", "needs its log; give the CSV"),
        ("rapl", "no RAPL energy counter .*; run on the host"),
        ("model", "never guessed; give it in watts"),
        ("sundial", "there is no energy meter 'sundial'; choose one of auto, nvml, wall, rapl, model, none"),
    ],
)
def test_a_meter_that_was_asked_for_and_is_not_there_is_an_error(kind: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose(kind)


@pytest.mark.usefixtures("with_gpus", "with_rapl")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "auto"])
def test_a_meter_that_was_asked_for_is_taken(kind: str, csv: Path) -> None:
    meter = choose(kind, device="cuda", cpu_tdp_w=(100, 200), wall_csv=csv)
    assert meter.source == kind


def test_a_mistake_of_the_users_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        choose(wall_csv=tmp_path / "missing" / "wall.csv")
    with pytest.raises(InputError, match="is no range"):
        choose(cpu_tdp_w=(200, 100))


@pytest.mark.usefixtures("with_gpus")
def test_a_device_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="'cuda:one' is no device"):
        choose(device="cuda:one")
