"""Intervals, quantiles and verdicts, against known values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import stdtrit

from dcplan.profiling.machine import Load
from dcplan.profiling.measure import Point, Series, Window
from dcplan.profiling.statistics import batch_means, drift, lag_one, summarise, t95

Array = NDArray[np.float64]


def series(*window_s: list[float], settled: bool = True, others_percent: float = 0.0) -> Series:
    """A measured point whose windows hold the timings *window_s*, at batch 4."""
    windows = [Window(0.0, np.array(calls), 2 * sum(calls), Load(others_percent, 0.0)) for calls in window_s]
    return Series(Point("infer", 4, lambda: None), [], settled, windows)


def autocorrelated(rng: np.random.Generator, n: int, r: float) -> Array:
    """A first-order autoregressive series of mean 10 and variance 1."""
    noise = rng.normal(0, (1 - r * r) ** 0.5, n)
    values = np.zeros(n)
    for i in range(1, n):
        values[i] = r * values[i - 1] + noise[i]
    return values + 10


@pytest.mark.parametrize("freedom", [1, 4, 11, 30, 31, 40, 60, 1000])
def test_t_agrees_with_scipy(freedom: int) -> None:
    assert t95(freedom) == pytest.approx(stdtrit(freedom, 0.975), abs=5e-4)


def test_interval_of_uncorrelated_means_is_the_textbook_one() -> None:
    means = [10.0, 12.0, 11.0, 9.0, 13.0]
    interval = batch_means([np.array([mean, mean]) for mean in means])
    assert interval.mean == 11
    assert interval.high - 11 == pytest.approx(2.776 * np.sqrt(2.5 / 5))
    assert 11 - interval.low == pytest.approx(2.776 * np.sqrt(2.5 / 5))


def test_autocorrelated_calls_give_a_wider_interval_than_independent_ones() -> None:
    rng = np.random.default_rng(1)
    independent = batch_means(np.array_split(autocorrelated(rng, 10_000, 0.0), 20))
    correlated = batch_means(np.array_split(autocorrelated(rng, 10_000, 0.95), 20))
    assert correlated.relative_half_width > 3 * independent.relative_half_width


def test_drifting_window_means_give_a_wider_interval_than_shuffled_ones() -> None:
    means = [np.array([mean]) for mean in np.linspace(9, 11, 12)]
    shuffled = [means[i] for i in (0, 11, 2, 9, 4, 7, 6, 5, 8, 3, 10, 1)]
    assert batch_means(means).relative_half_width > 1.5 * batch_means(shuffled).relative_half_width


def test_the_interval_covers_the_true_mean_of_a_correlated_series() -> None:
    rng = np.random.default_rng(2)
    intervals = [batch_means(np.array_split(autocorrelated(rng, 1200, 0.8), 12)) for _ in range(300)]
    assert np.mean([interval.low <= 10 <= interval.high for interval in intervals]) >= 0.93


def test_lag_one_of_an_alternating_series_is_negative() -> None:
    assert lag_one(np.array([1.0, -1.0] * 50)) == pytest.approx(-0.99)
    assert lag_one(np.ones(5)) == 0


def test_drift_compares_the_last_third_with_the_first() -> None:
    assert drift([1.0, 1.0, 2.0, 2.0, 3.0, 3.0]) == pytest.approx(1.0)


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
