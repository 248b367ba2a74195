"""A device that warms up, on a clock that only calls move."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp

import pytest

from dcplan.profiling.machine import CpuTimes
from dcplan.profiling.measure import Clock
from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.meters.protocol import Energy, Mark
from dcplan.profiling.point import Key, Point
from dcplan.profiling.soak import soak


@dataclass
class Device(NoMeter):
    """Warms up with a time constant; draws a little more when warm."""

    constant_s: float = 20.0
    now_s: float = 0.0
    thermometer: bool = True
    calls: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def warmth(self) -> float:
        return 1.0 - exp(-self.now_s / self.constant_s)

    def mark(self) -> Mark:
        return Mark(self.now_s, self.now_s, None, (self.now_s * 300.0,))

    def energy(self, first: Mark, last: Mark) -> Energy:
        joules = (last.monotonic_s - first.monotonic_s) * (280.0 + 20.0 * self.warmth)
        return Energy(joules, 0.9 * joules, 1.1 * joules, "nvml", ())

    def conditions(self, first: Mark, last: Mark) -> dict[str, float | str]:
        return {"temperature_end_c": 30.0 + 40.0 * self.warmth} if self.thermometer else {}

    def point(self) -> Point:
        def call() -> None:
            self.now_s += 0.5
            self.calls.append(self.now_s)

        return Point(Key("infer", 64), lambda: call)

    def clock(self) -> Clock:
        idle = CpuTimes(0.0, 0.0, 0.0, 0.0)
        return Clock(lambda: int(self.now_s * 1e9), lambda: idle, lambda seconds: None)


@pytest.mark.parametrize(("constant_s", "steady"), [(20.0, True), (2000.0, False)])
def test_a_device_runs_until_it_is_warm_or_time_is_up(constant_s: float, steady: bool) -> None:
    device = Device(constant_s=constant_s)
    assert soak(device.point(), device, device.clock()) is steady
    assert (device.now_s < 300.0) is steady
    assert device.now_s >= 120.0


def test_without_a_thermometer_there_is_nothing_to_wait_for() -> None:
    device = Device(thermometer=False)
    assert soak(device.point(), device, device.clock()) is None
    assert device.now_s < 10.0
