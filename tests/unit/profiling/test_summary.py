"""Rows and verdicts, against known values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dcplan.profiling.machine import Load
from dcplan.profiling.measure import Series, Window
from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.meters.protocol import Energy, Mark
from dcplan.profiling.point import Key, Point, nothing
from dcplan.profiling.summary import effective, percentiles, stretches, summarise


def series(
    *window_s: list[float],
    settled: bool = True,
    others_percent: float = 0.0,
    marks: Sequence[tuple[Mark, Mark] | None] = (),
) -> Series:
    """A measured point whose windows hold the timings *window_s*, at batch 4."""
    marks = marks or [None] * len(window_s)
    windows = [
        Window(0.0, np.array(calls), 2 * sum(calls), Load(others_percent, 0.0), sum(calls), pair)
        for calls, pair in zip(window_s, marks, strict=True)
    ]
    return Series(Point(Key("infer", 4), lambda: nothing), [], settled, windows)


def test_a_summary_keeps_every_call() -> None:
    summary = summarise(series([1.0, 2.0, 3.0], [1.0, 2.0, 9.0], [1, 2, 3], [1, 2, 3], [1, 2, 3]))
    assert (summary.calls, summary.windows) == (15, 5)
    assert (summary.quantiles_s["q000_s"], summary.quantiles_s["q050_s"], summary.quantiles_s["q100_s"]) == (1, 2, 9)
    assert summary.cpu_s_per_sample == pytest.approx(2 * 36 / (15 * 4))


def test_steady_windows_are_valid() -> None:
    assert summarise(series(*[[1.0, 1.01, 0.99]] * 5)).verdict == "VALID"


def test_a_wide_interval_or_drift_or_cold_windows_are_unstable() -> None:
    noisy = [[mean] * 3 for mean in (1.0, 1.1, 0.9, 1.1, 0.9, 1.1, 1.0)]
    assert summarise(series(*noisy)).verdict.startswith("UNSTABLE: interval +-")
    rising = [[1 + 0.01 * i] * 3 for i in range(12)]
    assert "drift +7" in summarise(series(*rising)).verdict
    assert summarise(series(*[[1.0] * 3] * 5, settled=False)).verdict == "UNSTABLE: warm-up windows never agreed"


def test_disturbed_windows_are_unstable() -> None:
    verdict = summarise(series(*[[1.0] * 3] * 5, others_percent=30.0)).verdict
    assert verdict == "UNSTABLE: 5 of 5 windows disturbed by other processes"


def test_too_few_windows_or_calls_or_gross_noise_are_invalid() -> None:
    assert summarise(series(*[[1.0] * 3] * 4)).verdict == "INVALID: 4 windows; 5 needed"
    assert summarise(series(*[[1.0] * 2] * 5)).verdict == "INVALID: a window has fewer than 3 calls"
    assert summarise(series(*[[mean] * 3 for mean in (1.0, 5.0, 1.0, 5.0, 1.0)])).verdict.startswith(
        "INVALID: interval"
    )


def test_percentiles_need_enough_calls() -> None:
    rng = np.random.default_rng(1)
    assert set(percentiles(rng.random(60))) == {"p50"}
    assert set(percentiles(rng.random(600))) == {"p50", "p90", "p95"}
    assert set(percentiles(rng.random(2000))) == {"p50", "p90", "p95", "p99"}
    value, low, high = percentiles(rng.random(2000))["p90"]
    assert low < value < high


def test_calls_that_are_alike_count_for_less() -> None:
    rng = np.random.default_rng(1)
    alike = [list(np.full(100, mean)) for mean in rng.normal(1, 0.01, 10)]
    mixed = [list(rng.normal(1, 0.01, 100)) for _ in range(10)]
    assert summarise(series(*alike)).effective_calls < 20
    assert summarise(series(*mixed)).effective_calls > 300
    assert effective(np.ones(50), summarise(series(*[[1.0] * 10] * 5)).time_s, 5) == 50


class Metered(NoMeter):
    """A meter that reads 100 W, give or take 5 %."""

    source = "nvml"  # type: ignore[assignment]

    def energy(self, first: Mark, last: Mark) -> Energy:
        """What the counters say."""
        joules = last.counters[0] - first.counters[0]
        return Energy(joules, 0.95 * joules, 1.05 * joules, "nvml", ("throttled: power",))


def test_energy_is_per_sample_with_chance_and_the_meters_error() -> None:
    windows = [[1.0, 1.0, 1.0]] * 5
    marks = [(Mark(0.0, 0.0, None, (0.0,)), Mark(3.0, 3.0, None, (300.0,)))] * 5
    power = summarise(series(*windows, marks=marks), Metered()).power
    assert power is not None
    assert power.power_w.mean == pytest.approx(100)
    assert (power.power_w.low, power.power_w.high) == pytest.approx((95, 105))
    assert power.joules_per_sample.mean == pytest.approx(300 / 12)
    assert power.flags == ("throttled: power",)


def windows_of(*spans_s: tuple[float, float]) -> list[tuple[Mark, Mark]]:
    """Marks of windows, as a meter that reads 100 W takes them."""
    return [(Mark(a, a, None, (100 * a,)), Mark(b, b, None, (100 * b,))) for a, b in spans_s]


def test_windows_without_a_break_are_one_stretch_to_the_meter() -> None:
    marks = windows_of((0.0, 3.0), (3.001, 6.0), (20.0, 23.0), (23.001, 26.0), (26.001, 29.0))
    found = stretches(series(*[[1.0] * 3] * 5, marks=marks).measured)
    assert [(first.monotonic_s, last.monotonic_s) for first, last in found] == [(0.0, 6.0), (20.0, 29.0)]


def test_the_tick_of_a_counter_counts_once_in_a_stretch() -> None:
    class Ticking(Metered):
        def energy(self, first: Mark, last: Mark) -> Energy:
            joules = last.counters[0] - first.counters[0]
            return Energy(joules, joules - 30.0, joules + 30.0, "nvml")

    apart = windows_of(*((10.0 * i, 10.0 * i + 3.0) for i in range(5)))
    joined = windows_of(*((3.0 * i, 3.0 * i + 3.0) for i in range(5)))
    wide, narrow = (summarise(series(*[[1.0] * 3] * 5, marks=marks), Ticking()).power for marks in (apart, joined))
    assert wide is not None
    assert narrow is not None
    assert wide.power_w.relative_half_width == pytest.approx(0.1)
    assert narrow.power_w.relative_half_width == pytest.approx(0.02)


def test_without_a_meter_there_is_no_power() -> None:
    assert summarise(series(*[[1.0] * 3] * 5), NoMeter()).power is None


def test_device_time_is_the_mean_of_the_windows_that_know_it() -> None:
    known = series(*[[1.0] * 3] * 5)
    assert summarise(known).device_s is None
    times_s = (0.7, 0.8, 0.9, None, None)
    known.measured = [replace(window, device_s=time_s) for window, time_s in zip(known.measured, times_s, strict=True)]
    assert summarise(known).device_s == pytest.approx(0.8)
