"""Intervals and bounds of percentiles, against known values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import stdtrit
from scipy.stats import binom

from dcplan.profiling.statistics import (
    batch_means,
    drift,
    early_stopping_index,
    lag_one,
    percentile_bounds,
    t95,
    time_scale,
)

Array = NDArray[np.float64]


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


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_bounds_hold_the_true_percentile_as_often_as_they_say(level: float) -> None:
    rng = np.random.default_rng(3)
    true = -np.log(1 - level)
    bounds = [percentile_bounds(rng.standard_exponential(2000), level) for _ in range(400)]
    held = np.mean([found is not None and found[0] <= true <= found[1] for found in bounds])
    assert 0.92 <= held <= 0.99


def test_bounds_that_would_lie_outside_the_values_are_not_given() -> None:
    assert percentile_bounds(np.arange(100.0), 0.99) is None
    assert percentile_bounds(np.arange(100.0), 0.5) == (39.0, 60.0)


@pytest.mark.parametrize(("level", "least"), [(0.9, 64), (0.99, 662)])
def test_early_stopping_wants_as_many_calls_as_mlperf(level: float, least: int) -> None:
    assert early_stopping_index(least - 1, level) is None
    assert early_stopping_index(least, level) == 2


@pytest.mark.parametrize("calls", [64, 500, 6747, 100_000])
@pytest.mark.parametrize("level", [0.9, 0.99])
def test_early_stopping_takes_the_largest_place_with_confidence(calls: int, level: float) -> None:
    index = early_stopping_index(calls, level)
    assert index is None or binom.cdf(index - 1, calls, 1 - level) <= 0.01 < binom.cdf(index, calls, 1 - level)


@pytest.mark.parametrize(("kept", "steps"), [(0.0, 0.5), (0.5, 1.5), (0.9, 9.5)])
def test_the_time_scale_is_the_sum_of_the_autocorrelation(kept: float, steps: float) -> None:
    """An autoregressive series of order one: correlation kept^k at lag k; half a step for lag zero."""
    noise = np.random.default_rng(2).standard_normal(50_000)
    values = lfilter([1.0], [1.0, -kept], noise)
    assert time_scale(values) == pytest.approx(steps, rel=0.15, abs=0.1)


def test_a_constant_series_remembers_nothing() -> None:
    assert time_scale(np.ones(10)) == 0.5
