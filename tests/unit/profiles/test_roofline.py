from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tiny
from dcplan.profiles.library import Library
from dcplan.profiles.roofline import BATCHES, Work, derive, load_machine, operations_ratio

VALUES = {
    "peak_fp32": {"value": 1e12},
    "peak_bf16": {"value": 4e12},
    "memory_bandwidth": {"value": 1e11},
    "roofline_efficiency_compute": {"value": 0.5, "low": 0.25, "high": 1.0},
    "roofline_efficiency_memory": {"value": 0.8, "low": 0.5, "high": 1.0},
}


def library(folder: Path, **changes: object) -> Library:
    tiny.write_header(folder / "machine" / "m", values=VALUES | changes)
    return Library([folder])


def test_arithmetic_limits_large_batches_and_memory_small_ones(tmp_path: Path) -> None:
    machine = load_machine(library(tmp_path), "m")
    timing = derive(machine, Work(flop=1e9, weights_bytes=4e8, activation_bytes=1e6), "fp32")
    assert timing.mean_s[0] == pytest.approx((4e8 + 1e6) / (0.8 * 1e11))
    assert timing.mean_s[-1] == pytest.approx(512 * 1e9 / (0.5 * 1e12))
    assert np.all(timing.low_s <= timing.mean_s)
    assert np.all(timing.mean_s <= timing.high_s)
    assert np.all(np.diff(timing.mean_s) >= 0)
    assert "nobody has measured it" in timing.derived
    assert list(timing.batch) == list(BATCHES)


def test_half_the_bytes_move_in_half_the_precision(tmp_path: Path) -> None:
    machine = load_machine(library(tmp_path), "m")
    work = Work(flop=1.0, weights_bytes=4e8, activation_bytes=1e6)
    assert derive(machine, work, "fp32").mean_s[0] == pytest.approx(2 * derive(machine, work, "bf16").mean_s[0])


def test_what_a_machine_profile_lacks_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no peak for int8; it has fp32, bf16"):
        derive(load_machine(library(tmp_path), "m"), Work(1, 1, 1), "int8")
    with pytest.raises(ValueError, match="arithmetic peak and memory bandwidth"):
        load_machine(library(tmp_path / "a", memory_bandwidth={}), "m")
    with pytest.raises(ValueError, match="needs 'roofline_efficiency_memory' with value, low and high"):
        load_machine(library(tmp_path / "b", roofline_efficiency_memory={"value": 1}), "m")


@pytest.mark.parametrize("places", [[32.0, 128.0], [32.0, 128.0, 256.0]])
def test_operations_of_a_transformer_are_fitted_exactly(places: list[float]) -> None:
    tokens = np.array(places)
    flop = 3e6 * tokens + 2e3 * tokens**2
    expected = (3e6 * 512 + 2e3 * 512**2) / (3e6 * 128 + 2e3 * 128**2)
    assert operations_ratio(tokens, flop, 128.0, 512.0) == pytest.approx(expected)
