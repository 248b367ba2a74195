from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from dcplan.profiles.timing import DRAW_STEPS, LEVELS, Pauses, Timing


def timing(slow: float = 1.0, spread: float = 0.2) -> Timing:
    """The tiny workload, with quantiles evenly spread around the mean."""
    batch = np.array(list(tiny.INFER), dtype=float)
    mean_s = np.array(list(tiny.INFER.values()))
    quantile_s = mean_s[:, None] * (1 - spread + 2 * spread * np.array(list(LEVELS.values())))
    return Timing(batch, mean_s, mean_s, mean_s, quantile_s, np.full(4, slow), ("VALID",) * 4)


@pytest.mark.parametrize(
    ("samples", "mean_s"), [(1, 0.010), (2, 0.012), (3, 0.016), (4, 0.020), (6, 0.026), (8, 0.032)]
)
def test_between_measured_batches_time_is_linear(samples: float, mean_s: float) -> None:
    assert timing().work_s(np.array([float(samples)]))[0] == pytest.approx(mean_s, rel=1e-12)


@pytest.mark.parametrize(("samples", "mean_s"), [(16, 0.064), (17, 0.074), (20, 0.084), (24, 0.096), (800, 3.2)])
def test_a_batch_above_the_largest_runs_as_several_calls(samples: float, mean_s: float) -> None:
    assert timing().work_s(np.array([float(samples)]))[0] == pytest.approx(mean_s, rel=1e-12)


def test_a_batch_below_the_smallest_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a batch of 0.5 is below the smallest measured batch of 1"):
        timing().work_s(np.array([0.5]))


@given(samples=st.lists(st.integers(1, 500), min_size=1, max_size=5), slow=st.floats(0, 1), spread=st.floats(0, 0.9))
def test_the_mean_over_all_draws_is_the_measured_mean(samples: list[int], slow: float, spread: float) -> None:
    point = timing(slow, spread)
    table = point.by_draw_s(np.array(samples, dtype=float))
    assert table.shape == (len(samples), DRAW_STEPS + 1)
    draws = np.linspace(0.0, 1.0, DRAW_STEPS + 1)
    mean_s = np.trapezoid(table, draws, axis=1)
    np.testing.assert_allclose(mean_s, point.work_s(np.array(samples, dtype=float)), rtol=1e-9)


@given(samples=st.integers(1, 500), slow=st.floats(0, 1))
def test_times_are_positive_and_rise_with_the_draw(samples: int, slow: float) -> None:
    table = timing(slow).by_draw_s(np.array([float(samples)]))[0]
    assert (table > 0).all()
    assert (np.diff(table) >= -1e-12).all()


def test_at_a_measured_batch_the_quantiles_are_the_measured_ones() -> None:
    table = timing().by_draw_s(np.array([2.0]))[0]
    for level in LEVELS.values():
        assert table[round(level * DRAW_STEPS)] == pytest.approx(0.012 * (0.8 + 0.4 * level), rel=1e-9)


def test_what_is_slow_hits_all_calls_of_a_request_alike() -> None:
    one, many = timing(slow=1.0).by_draw_s(np.array([8.0, 800.0]))
    np.testing.assert_allclose(many / many.mean(), one / one.mean(), rtol=1e-9)


def test_what_is_fast_averages_out_over_the_calls() -> None:
    one, many = timing(slow=0.0).by_draw_s(np.array([8.0, 800.0]))
    spread = (many[-1] / many.mean() - 1) / (one[-1] / one.mean() - 1)
    assert spread == pytest.approx(1 / np.sqrt(100), rel=1e-9)


def test_pauses_are_linear_in_the_batch_and_constant_outside_the_measured_ones() -> None:
    pauses = Pauses(np.array([1.0, 9.0]), np.array([0.0, 0.01]), np.array([[0.0, 0.001], [0.0, 0.003]]))
    np.testing.assert_allclose(pauses.at(np.array([1.0, 5.0, 9.0, 50.0]))[:, 1], [0.001, 0.002, 0.003, 0.003])


def test_pauses_that_were_not_measured_add_nothing() -> None:
    assert timing().pauses.at(np.array([1.0, 8.0])).tolist() == [[0.0], [0.0]]


def test_the_error_of_a_mean_is_a_standard_error() -> None:
    point = timing()
    wide = Timing(point.batch, point.mean_s, 0.9 * point.mean_s, 1.1 * point.mean_s, point.quantile_s, point.slow, ())
    np.testing.assert_allclose(wide.error(np.array([1.0, 3.0, 99.0])), 0.1 / 1.959964)


def test_the_more_calls_a_request_takes_the_more_of_its_spread_is_slow() -> None:
    one, many = timing(slow=0.3).slow_share(np.array([8.0, 800.0]))
    assert one == pytest.approx(0.3)
    assert many == pytest.approx(0.3 / (0.3 + 0.7 / 100))
