"""GPU energy through a made-up driver, at instants set by hand."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from dcplan.errors import InputError
from dcplan.profiling.meters.nvml import NvmlMeter
from dcplan.profiling.meters.protocol import Energy, Mark, Meter

Marks = Callable[..., Mark]


class Bench:
    """A meter with a clock that is moved by hand, in steps of a poll; GPUs draw what their sensors say."""

    def __init__(self, library: Any, devices: list[int] | None = None, **environment: str) -> None:
        self.library, self.now_s = library, 0.0
        self.meter = NvmlMeter(devices, library=library, environment=environment, steady_clock=lambda: self.now_s)

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds * 10)):
            self.meter.poll()
            self.now_s += 0.1
            for gpu in self.library.gpus:
                if gpu.energy_mj is not None:
                    gpu.energy_mj += int((gpu.instant_mw or gpu.power_mw or 0) * 0.1)
        self.meter.poll()

    def mark(self) -> Mark:
        """A mark at the time set."""
        return Mark(self.now_s, 0.0, None, self.meter.mark().counters)

    def over(self, seconds: float) -> Energy:
        """Energy over so many seconds from now."""
        first = self.mark()
        self.pass_s(seconds)
        return self.meter.energy(first, self.mark())


def test_energy_is_what_the_counter_moved(nvml: Any, gpu: Any) -> None:
    energy = Bench(nvml(gpu(instant_mw=400_000))).over(10)
    assert energy.joules == pytest.approx(4000)
    assert (energy.source, energy.flags) == ("nvml", ())
    assert energy.power_w(10) == pytest.approx(400)


def test_a_window_is_cut_out_of_a_longer_run(nvml: Any, gpu: Any) -> None:
    bench = Bench(nvml(gpu(instant_mw=100_000)))
    bench.pass_s(10)
    bench.library.gpus[0].instant_mw = 500_000
    busy = bench.over(8)
    bench.library.gpus[0].instant_mw = 100_000
    bench.pass_s(10)
    assert (busy.joules, busy.flags) == (pytest.approx(4000), ())


def test_visible_gpus_are_added_up_and_hidden_ones_are_not(nvml: Any, gpu: Any) -> None:
    library = nvml(gpu(instant_mw=100_000), gpu(uuid="GPU-b", instant_mw=200_000), gpu(uuid="GPU-c", instant_mw=50_000))
    assert Bench(library).over(10).joules == pytest.approx(3500)
    assert Bench(library, CUDA_VISIBLE_DEVICES="1,2").over(10).joules == pytest.approx(2500)
    assert Bench(library, [1], CUDA_VISIBLE_DEVICES="1,2").over(10).joules == pytest.approx(500)


def test_ranges_of_several_gpus_add_up(nvml: Any, gpu: Any) -> None:
    one, two = Bench(nvml(gpu())).over(10), Bench(nvml(gpu(), gpu())).over(10)
    assert one.low_j is not None
    assert one.high_j is not None
    assert (two.low_j, two.high_j) == (pytest.approx(2 * one.low_j), pytest.approx(2 * one.high_j))


def test_one_gpu_that_is_not_known_makes_the_sum_unknown(nvml: Any, gpu: Any) -> None:
    energy = Bench(nvml(gpu(), gpu(uuid="GPU-b", instant_mw=0, power_mw=0))).over(10)
    assert (energy.joules, energy.flags) == (None, ("gpu 1: sensor reads 0 W throughout",))


def test_a_gpu_without_a_counter_is_integrated_and_labelled(nvml: Any, gpu: Any) -> None:
    energy = Bench(nvml(gpu(energy_mj=None, instant_mw=300_000))).over(10)
    assert (energy.joules, energy.flags) == (pytest.approx(3000), ("integrated",))


def test_a_window_between_two_polls_takes_its_power_from_both(nvml: Any, gpu: Any) -> None:
    bench = Bench(nvml(gpu(energy_mj=None, instant_mw=100_000)))
    bench.meter.poll()
    bench.now_s, bench.library.gpus[0].instant_mw = 0.1, 300_000
    bench.meter.poll()
    energy = bench.meter.energy(Mark(0.04, 0, None, (math.nan,)), Mark(0.06, 0, None, (math.nan,)))
    assert energy.joules == pytest.approx(200 * 0.02)


def test_a_counter_that_wraps_or_stands_still_is_not_known(nvml: Any, gpu: Any) -> None:
    bench = Bench(nvml(gpu()))
    first = bench.mark()
    bench.pass_s(10)
    bench.library.gpus[0].energy_mj = 17
    assert bench.meter.energy(first, bench.mark()).flags == (
        "gpu 0: energy counter went backwards (it wrapped, or the driver was reset)",
    )
    second = bench.mark()
    bench.pass_s(10)
    bench.library.gpus[0].energy_mj = 17
    stuck = bench.meter.energy(second, bench.mark())
    assert (stuck.joules, stuck.flags) == (None, ("gpu 0: energy counter did not advance",))


def test_a_short_window_is_flagged(nvml: Any, gpu: Any) -> None:
    bench = Bench(nvml(gpu()))
    assert bench.over(4.5).flags == ("window shorter than 5 s",)
    assert bench.over(5.5).flags == ()


@pytest.mark.parametrize(
    ("reasons", "flags"),
    [
        (0x00, ()),
        (0x01, ()),
        (0x04, ("power capped",)),
        (0x08, ("throttled: hw slowdown",)),
        (0x20, ("throttled: sw thermal slowdown",)),
        (0x48, ("throttled: hw slowdown, hw thermal slowdown",)),
        (0x84, ("throttled: hw power brake", "power capped")),
    ],
)
def test_throttling_is_flagged_and_the_power_limit_apart_from_it(
    nvml: Any, gpu: Any, reasons: int, flags: tuple[str, ...]
) -> None:
    bench = Bench(nvml(gpu()))
    first = bench.mark()
    bench.pass_s(3)
    bench.library.gpus[0].reasons = reasons
    bench.pass_s(0.1)  # a single poll is enough
    bench.library.gpus[0].reasons = 0
    bench.pass_s(3)
    energy = bench.meter.energy(first, bench.mark())
    assert energy.joules is not None
    assert energy.flags == flags


def test_throttling_belongs_to_its_window_alone(nvml: Any, gpu: Any) -> None:
    bench = Bench(nvml(gpu(reasons=0x40)))
    assert bench.over(6).flags == ("throttled: hw thermal slowdown",)
    bench.library.gpus[0].reasons = 0
    bench.pass_s(1)
    assert bench.over(6).flags == ()


def test_a_partitioned_gpu_is_flagged(nvml: Any, gpu: Any) -> None:
    assert Bench(nvml(gpu(mig=1))).over(6).flags == ("MIG: energy of the whole gpu",)


def test_conditions_tell_temperatures_clocks_and_limits(nvml: Any, gpu: Any) -> None:
    library = nvml(gpu(temperature_c=50), gpu(uuid="GPU-b", temperature_c=40, sm_mhz=1000))
    bench = Bench(library)
    bench.pass_s(1)
    first = bench.mark()
    bench.pass_s(5)
    library.gpus[1].temperature_c, library.gpus[1].sm_mhz, library.gpus[1].reasons = 70, 1200, 0x44
    bench.pass_s(5)
    seen = bench.meter.conditions(first, bench.mark())
    assert (seen["temperature_start_c"], seen["temperature_end_c"]) == (50, 70)
    assert (seen["sm_clock_min_mhz"], seen["sm_clock_max_mhz"]) == (1000, 1980)
    assert 1200 < float(seen["sm_clock_mean_mhz"]) < 1980
    assert seen["mem_clock_mean_mhz"] == 2619
    assert seen["utilisation_mean_percent"] == 90
    assert seen["power_limit_w"] == 1400
    assert seen["throttle_reasons"] == "power cap, hw thermal slowdown"


def test_conditions_leave_out_what_is_not_told(nvml: Any, gpu: Any) -> None:
    bench = Bench(nvml(gpu(temperature_c=None, reasons=None)))
    first = bench.mark()
    bench.pass_s(5)
    seen = bench.meter.conditions(first, bench.mark())
    assert "temperature_start_c" not in seen
    assert seen["throttle_reasons"] == "not known"


def test_without_polling_the_counter_still_counts(nvml: Any, gpu: Any, mark: Marks) -> None:
    bench = Bench(nvml(gpu()))
    energy = bench.meter.energy(mark(0, 100.0), mark(10, 4100.0))
    assert (energy.joules, energy.flags) == (4000, ("not cross-checked: power was not polled throughout",))
    assert bench.meter.conditions(mark(0), mark(10)) == {}


def test_it_polls_in_the_background_until_stopped(nvml: Any, gpu: Any) -> None:
    meter: Meter = NvmlMeter(library=nvml(gpu(energy_mj=None)), environment={}, period_s=0.01)
    meter.start()
    first = meter.mark()
    time.sleep(0.3)
    last = meter.mark()
    meter.stop()
    assert "dcplan-meter" not in {thread.name for thread in threading.enumerate()}
    energy = meter.energy(first, last)
    assert energy.flags == ("integrated", "window shorter than 5 s")
    assert energy.joules == pytest.approx(400 * (last.monotonic_s - first.monotonic_s))


def test_nothing_of_the_gpu_is_ever_set(nvml: Any, gpu: Any) -> None:
    library = nvml(gpu())
    bench = Bench(library)
    bench.over(6)
    bench.meter.describe()
    assert "nvmlDeviceGetTotalEnergyConsumption" in library.asked
    assert [name for name in library.asked if "Get" not in name] == ["nvmlInit"]


def test_the_description_is_plain_and_tells_limits_settings_and_what_was_seen(nvml: Any, gpu: Any) -> None:
    bench = Bench(nvml(gpu(reasons=0x04)))
    bench.over(6)
    sheet: dict[str, Any] = yaml.safe_load(yaml.safe_dump(bench.meter.describe()))
    assert sheet["devices"][0]["name"] == "NVIDIA H100"
    assert sheet["devices"][0]["power_limit_w"] == 700
    assert sheet["driver"] == "999.1"
    assert "not verified here" in sheet["accuracy"]
    assert sheet["thermal"]["temperature_max_c"] == 60
    assert sheet["throttle"] == "power cap"
    assert sheet["clocks"]["sm_clock_mean_mhz"] == 1980
    assert sheet["polled_every_s"] == 0.1


def test_the_description_warns_of_several_and_of_different_gpus(nvml: Any, gpu: Any) -> None:
    def notes(library: Any, **environment: str) -> str:
        return str(Bench(library, **environment).meter.describe()["notes"])

    alike, unlike = nvml(gpu(), gpu()), nvml(gpu(), gpu(name="NVIDIA L4"))
    assert "energy of 2 GPUs is added up" in notes(alike)
    assert "added up" not in notes(alike, CUDA_VISIBLE_DEVICES="0")
    assert "CUDA_DEVICE_ORDER" not in notes(alike)
    assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in notes(unlike, CUDA_VISIBLE_DEVICES="0")
    assert "CUDA_DEVICE_ORDER" not in notes(unlike, CUDA_DEVICE_ORDER="PCI_BUS_ID")


def test_a_missing_driver_is_an_error_with_a_remedy(nvml: Any) -> None:
    with pytest.raises(InputError, match="NVML does not work: Driver Not Loaded; check that nvidia-smi"):
        NvmlMeter(library=nvml(driver=False), environment={})


def test_a_machine_without_a_gpu_has_none_to_see(nvml: Any) -> None:
    with pytest.raises(InputError, match="no GPU is visible"):
        NvmlMeter(library=nvml(), environment={})


def test_a_missing_library_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(InputError, match="pynvml is missing; pip install nvidia-ml-py"):
        NvmlMeter()


def test_the_library_and_the_environment_are_those_of_this_process(
    nvml: Any, gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(gpu(), gpu(energy_mj=8000)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert NvmlMeter().mark().counters == (8.0,)
