"""Modelled energy: a wide range, and a label."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from dcplan.errors import InputError
from dcplan.profiling.meters.model import ModelMeter
from dcplan.profiling.meters.protocol import Mark, Meter


def test_the_range_is_that_of_design_power_and_of_what_load_may_do(mark: Callable[..., Mark]) -> None:
    meter: Meter = ModelMeter((200.0, 300.0), vcpu_share=0.25, cpus=4)
    energy = meter.energy(mark(0, cpu_s=100.0), mark(10, cpu_s=120.0))  # 20 of 40 CPU seconds: half busy
    assert (energy.low_j, energy.high_j) == (200 * 0.25 * 0.5 * 10, 300 * 0.25 * 10)
    assert energy.joules == 500
    assert (energy.source, energy.flags) == ("model", ("modelled, not measured",))


def test_without_a_share_the_processors_are_all_ours_and_that_is_said(mark: Callable[..., Mark]) -> None:
    meter = ModelMeter((100.0, 100.0), cpus=2)
    assert meter.energy(mark(0), mark(10, cpu_s=20.0)).high_j == 1000
    assert "no vCPU share given" in yaml.safe_dump(meter.describe())
    assert "no vCPU share given" not in yaml.safe_dump(ModelMeter((100.0, 100.0), 0.5).describe())


def test_rounding_of_cpu_time_never_makes_a_machine_more_than_busy(mark: Callable[..., Mark]) -> None:
    energy = ModelMeter((100.0, 100.0), cpus=1).energy(mark(0), mark(1, cpu_s=1.02))
    assert (energy.low_j, energy.joules, energy.high_j) == (100, 100, 100)


def test_without_cpu_time_energy_is_not_known(mark: Callable[..., Mark]) -> None:
    energy = ModelMeter((100.0, 200.0)).energy(mark(0, cpu_s=None), mark(1))
    assert energy.joules is None
    assert energy.flags == ("modelled, not measured", "CPU time of the machine is not known")


@pytest.mark.parametrize("tdp_w", [(0.0, 100.0), (200.0, 100.0), (-1.0, 5.0), (1.0, math.inf), (math.nan, 1.0)])
def test_a_design_power_that_is_no_range_is_refused(tdp_w: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="is no range"):
        ModelMeter(tdp_w)


@pytest.mark.parametrize("share", [0.0, 1.5, -0.1, math.nan])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="not in"):
        ModelMeter((100.0, 200.0), share)


def test_the_description_states_what_is_assumed() -> None:
    sheet: dict[str, Any] = ModelMeter((180.0, 240.0), 0.1).describe()
    assert sheet["devices"] == [{"device": "cpu", "tdp_low_w": 180.0, "tdp_high_w": 240.0, "vcpu_share": 0.1}]
    assert sheet["notes"][0].startswith("modelled, not measured")
