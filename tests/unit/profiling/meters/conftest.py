"""A GPU driver, a tree of CPU counters, and marks, all made up: no test here needs a GPU or a counter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from dcplan.profiling.meters.protocol import Mark


class FakeNvmlError(Exception):
    """What the driver raises for what it does not support."""


@dataclass
class FakeGpu:
    """The state of a GPU; None for what it does not support."""

    name: str = "NVIDIA H100"
    uuid: str = "GPU-aaaa"
    energy_mj: int | None = 1_000_000
    power_mw: int | None = 400_000
    instant_mw: int | None = 400_000
    temperature_c: int | None = 60
    sm_mhz: int = 1980
    memory_mhz: int = 2619
    busy_percent: int | None = 90
    reasons: int | None = 0
    power_limit_mw: int = 700_000
    mig: int | None = 0


class FakeNvml(ModuleType):
    """The module pynvml of a machine with *gpus*; *asked* names every function that was used."""

    NVMLError = FakeNvmlError
    NVML_TEMPERATURE_GPU, NVML_CLOCK_SM, NVML_CLOCK_MEM = 0, 1, 2

    def __init__(self, *gpus: FakeGpu, driver: bool = True) -> None:
        super().__init__("pynvml")
        self.gpus, self.driver = gpus, driver
        self.asked: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml"):
            self.asked.add(name)
        return super().__getattribute__(name)

    def nvmlInit(self) -> None:  # noqa: N802
        if not self.driver:
            raise FakeNvmlError("Driver Not Loaded")

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "999.1"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        return self.gpus[index]

    def nvmlDeviceGetName(self, gpu: FakeGpu) -> str:  # noqa: N802
        return gpu.name

    def nvmlDeviceGetUUID(self, gpu: FakeGpu) -> str:  # noqa: N802
        return gpu.uuid

    def nvmlDeviceGetVbiosVersion(self, gpu: FakeGpu) -> bytes:  # noqa: N802
        return b"96.00"

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: FakeGpu) -> int:  # noqa: N802
        return supported(gpu.energy_mj)

    def nvmlDeviceGetPowerUsage(self, gpu: FakeGpu) -> int:  # noqa: N802
        return supported(gpu.power_mw)

    def nvmlDeviceGetFieldValues(self, gpu: FakeGpu, fields: list[int]) -> list[SimpleNamespace]:  # noqa: N802
        assert fields == [186]
        known = gpu.instant_mw is not None
        return [SimpleNamespace(nvmlReturn=0 if known else 3, value=SimpleNamespace(uiVal=gpu.instant_mw or 0))]

    def nvmlDeviceGetTemperature(self, gpu: FakeGpu, sensor: int) -> int:  # noqa: N802
        return supported(gpu.temperature_c)

    def nvmlDeviceGetClockInfo(self, gpu: FakeGpu, kind: int) -> int:  # noqa: N802
        return {1: gpu.sm_mhz, 2: gpu.memory_mhz}[kind]

    def nvmlDeviceGetApplicationsClock(self, gpu: FakeGpu, kind: int) -> int:  # noqa: N802
        raise FakeNvmlError("Not Supported")

    def nvmlDeviceGetUtilizationRates(self, gpu: FakeGpu) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(gpu=supported(gpu.busy_percent), memory=10)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, gpu: FakeGpu) -> int:  # noqa: N802
        return supported(gpu.reasons)

    def nvmlDeviceGetEnforcedPowerLimit(self, gpu: FakeGpu) -> int:  # noqa: N802
        return gpu.power_limit_mw

    def nvmlDeviceGetPowerManagementDefaultLimit(self, gpu: FakeGpu) -> int:  # noqa: N802
        return 700_000

    def nvmlDeviceGetPersistenceMode(self, gpu: FakeGpu) -> int:  # noqa: N802
        return 1

    def nvmlDeviceGetEccMode(self, gpu: FakeGpu) -> list[int]:  # noqa: N802
        return [1, 0]

    def nvmlDeviceGetMigMode(self, gpu: FakeGpu) -> list[int]:  # noqa: N802
        return [supported(gpu.mig), 1]


def supported(value: int | None) -> int:
    """*value*, or the driver's error if there is none."""
    if value is None:
        raise FakeNvmlError("Not Supported")
    return value


@pytest.fixture
def gpu() -> type[FakeGpu]:
    """Makes the state of a GPU."""
    return FakeGpu


@pytest.fixture
def nvml() -> type[FakeNvml]:
    """Makes the module pynvml of a machine."""
    return FakeNvml


@pytest.fixture
def mark() -> Callable[..., Mark]:
    """Makes a mark at so many seconds, where both clocks agree but for 1000 s."""

    def make(at_s: float, *counters: float, cpu_s: float | None = 0.0) -> Mark:
        return Mark(at_s, 1000 + at_s, cpu_s, counters)

    return make


@pytest.fixture
def domain(tmp_path: Path) -> Callable[..., Path]:
    """Adds a CPU energy counter to a tree at `tmp_path`, and gives its folder."""

    def add(folder: str, name: str, energy_uj: int | str, range_uj: int = 262_143_000_000) -> Path:
        place = tmp_path / folder
        place.mkdir()
        for file, text in (("name", name), ("energy_uj", energy_uj), ("max_energy_range_uj", range_uj)):
            (place / file).write_text(f"{text}\n", encoding="ascii")
        return place

    return add
