from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcplan.workload.rate import RateCurve, constant, repeated

HOUR_S = 3600.0


def curve(edges_s: list[float], rate_per_s: list[float]) -> RateCurve:
    return RateCurve(np.array(edges_s), np.array(rate_per_s))


def test_expected_requests_are_the_integral_of_the_rate() -> None:
    assert curve([0, 10, 20, 30], [1, 0, 3]).expected.tolist() == [0.0, 10.0, 10.0, 40.0]


def test_the_time_of_a_count_is_exact_between_breakpoints() -> None:
    times = curve([0, 10, 20], [1, 3]).when(np.array([0.0, 5.0, 10.0, 11.0, 40.0]))
    assert times.tolist() == [0.0, 5.0, 10.0, 10.0 + 1 / 3, 20.0]


def test_no_request_comes_while_the_rate_is_zero() -> None:
    times = curve([0, 10, 20, 30], [1, 0, 1]).when(np.array([9.5, 10.5, 11.0]))
    assert times.tolist() == [9.5, 20.5, 21.0]


def test_a_rate_of_zero_at_the_start_delays_the_first_request() -> None:
    assert curve([0, 10, 20], [0, 1]).when(np.array([0.5])).tolist() == [10.5]


def test_past_the_last_breakpoint_nothing_comes() -> None:
    assert np.isinf(curve([0, 10, 20], [1, 1]).when(np.array([20.5]))).all()
    assert np.isinf(curve([0, 10, 20], [1, 0]).when(np.array([10.5]))).all()
    assert np.isinf(curve([0, 10, 20], [0, 0]).when(np.array([0.5]))).all()


def test_a_single_stretch_without_requests_stays_silent() -> None:
    assert np.isinf(curve([0, 3600], [0]).when(np.array([0.5, 1e9]))).all()


def test_a_constant_rate_never_ends() -> None:
    assert constant(4.0).when(np.array([1.0, 1e9])).tolist() == [0.25, 2.5e8]


@given(
    rates=st.lists(st.one_of(st.just(0.0), st.floats(0, 1e6)), min_size=2, max_size=20),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=20),
)
def test_the_expected_count_at_the_time_of_a_count_is_that_count(rates: list[float], shares: list[float]) -> None:
    rate = curve([float(edge) for edge in range(len(rates) + 1)], rates)
    counts = np.sort(np.array(shares) * rate.expected[-1])
    times = rate.when(counts)
    assert (np.diff(times) >= 0).all()
    back = np.interp(times, rate.edges_s, rate.expected)
    np.testing.assert_allclose(back, counts, rtol=1e-9, atol=1e-9 * max(1.0, rate.expected[-1]))


def test_a_pattern_is_repeated_with_the_mean_asked_for() -> None:
    rate = repeated(HOUR_S, np.array([1.0, 3.0]), mean_per_s=10.0, offset_s=0.0, horizon_s=4 * HOUR_S)
    assert rate.edges_s.tolist() == [0.0, HOUR_S, 2 * HOUR_S, 3 * HOUR_S, 4 * HOUR_S]
    assert rate.rate_per_s.tolist() == [5.0, 15.0, 5.0, 15.0]


def test_a_pattern_is_entered_where_the_run_starts() -> None:
    rate = repeated(HOUR_S, np.array([1.0, 2.0, 3.0]), mean_per_s=2.0, offset_s=1.5 * HOUR_S, horizon_s=2 * HOUR_S)
    assert rate.edges_s.tolist() == [0.0, 0.5 * HOUR_S, 1.5 * HOUR_S, 2.5 * HOUR_S]
    assert rate.rate_per_s.tolist() == [2.0, 3.0, 1.0]


def test_an_offset_of_whole_patterns_changes_nothing() -> None:
    factors = np.array([1.0, 2.0, 3.0])
    here = repeated(HOUR_S, factors, 2.0, 0.0, 5 * HOUR_S)
    later = repeated(HOUR_S, factors, 2.0, 30 * HOUR_S, 5 * HOUR_S)
    assert later.edges_s.tolist() == here.edges_s.tolist()
    assert later.rate_per_s.tolist() == here.rate_per_s.tolist()


@given(offset_s=st.floats(0, 1e6), horizon_s=st.floats(1, 1e6), count=st.integers(1, 30))
def test_a_repeated_pattern_covers_the_horizon(offset_s: float, horizon_s: float, count: int) -> None:
    rate = repeated(HOUR_S, np.arange(1.0, count + 1), 1.0, offset_s, horizon_s)
    assert rate.edges_s[0] == 0.0
    assert (np.diff(rate.edges_s) > 0).all()
    assert rate.edges_s[-1] >= horizon_s * (1 - 1e-12)
    assert len(rate.edges_s) == len(rate.rate_per_s) + 1
