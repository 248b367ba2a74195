"""One GPU behind a made-up driver."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dcplan.profiling.meters.gpu import Gpu, Sample, named


def test_sensors_are_read_in_si_units(nvml: Any, gpu: Any) -> None:
    one = Gpu(nvml(gpu(instant_mw=412_500, reasons=4)), 0)
    assert one.sample(7.0) == Sample(7.0, 412.5, 60, 1980, 2619, 90, 4)
    assert one.energy_j() == 1000
    assert one.power_limit_w == 700


def test_without_instant_power_the_reading_of_the_driver_is_taken_and_named(nvml: Any, gpu: Any) -> None:
    for missing in (None, 0):
        one = Gpu(nvml(gpu(instant_mw=missing, power_mw=300_000)), 0)
        assert one.sample(0.0).power_w == 300
        assert str(one.facts()["power_reading"]).startswith("of the driver")
    assert Gpu(nvml(gpu()), 0).facts()["power_reading"] == "instant"


def test_what_a_gpu_does_not_tell_is_not_known(nvml: Any, gpu: Any) -> None:
    silent = gpu(energy_mj=None, power_mw=None, instant_mw=None, temperature_c=None, busy_percent=None, reasons=None)
    one = Gpu(nvml(silent), 0)
    sample = one.sample(0.0)
    assert math.isnan(one.energy_j())
    assert all(math.isnan(value) for value in (sample.power_w, sample.temperature_c, sample.utilisation_percent))
    assert sample.reasons is None
    assert one.facts()["energy_counter"] is False
    assert one.facts()["application_clock_sm_mhz"] is None


def test_an_old_library_without_field_values_is_no_obstacle(nvml: Any, gpu: Any, monkeypatch: Any) -> None:
    monkeypatch.delattr(nvml, "nvmlDeviceGetFieldValues")
    one = Gpu(nvml(gpu(power_mw=250_000)), 0)
    assert (one.instant, one.sample(0.0).power_w) == (False, 250)


def test_the_new_name_of_the_reasons_is_preferred(nvml: Any, gpu: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(nvml, "nvmlDeviceGetCurrentClocksEventReasons", lambda self, gpu: 0x40, raising=False)
    assert Gpu(nvml(gpu(reasons=1)), 0).sample(0.0).reasons == 0x40


def test_facts_hide_the_uuid_and_tell_settings(nvml: Any, gpu: Any) -> None:
    facts = Gpu(nvml(gpu(mig=1)), 0).facts()
    assert "GPU-aaaa" not in str(facts)
    assert len(str(facts["uuid_sha256"])) == 16
    assert facts["uuid_sha256"] != Gpu(nvml(gpu(uuid="GPU-bbbb")), 0).facts()["uuid_sha256"]
    assert (facts["persistence"], facts["ecc"], facts["mig"], facts["vbios"]) == ("on", "on", "on", "96.00")
    assert Gpu(nvml(gpu(mig=None)), 0).facts()["mig"] is None


def test_of_two_gpus_the_right_one_is_read(nvml: Any, gpu: Any) -> None:
    assert Gpu(nvml(gpu(), gpu(energy_mj=5000)), 1).energy_j() == 5


@pytest.mark.parametrize(
    ("bits", "names"),
    [(0, []), (0x1, ["idle"]), (0x28, ["hw slowdown", "sw thermal slowdown"]), (0x84, ["power cap", "hw power brake"])],
)
def test_reasons_have_names(bits: int, names: list[str]) -> None:
    assert named(bits) == names
