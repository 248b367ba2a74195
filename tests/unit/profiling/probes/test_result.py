"""Intervals and verdicts from trials that are known."""

from __future__ import annotations

import math

import pytest

from dcplan.profiling.probes.result import interval, not_measured, summarise, too_few, verdict


def test_the_interval_is_the_t_interval_of_the_trials() -> None:
    found = interval([98.0, 99.0, 100.0, 101.0, 102.0])
    half = 2.776 * 2.5**0.5 / 5**0.5  # t for 4 degrees of freedom, variance 2.5
    assert (found.mean, found.low, found.high) == pytest.approx((100, 100 - half, 100 + half))


def test_equal_trials_leave_no_doubt() -> None:
    assert summarise("x", "s", [2.0] * 5, "", {}).verdict == "VALID"


def test_no_rate_is_below_zero() -> None:
    assert interval([1.0, 100.0, 1.0]).low == 0


def test_one_trial_tells_nothing_of_its_error() -> None:
    assert math.isinf(interval([3.0]).high)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, 1.0, 1.0, 1.0], "INVALID: 4 trials; 5 needed"),
        ([1.0, 1.0, 1.0, 1.0, 0.0], "INVALID: a trial gave no positive number"),
        ([1.0, 1.0, 1.0, 1.0, math.inf], "INVALID: a trial gave no positive number"),
        ([1.0, 9.0, 1.0, 9.0, 1.0], "INVALID: the 95 % interval is"),
        ([10.0, 11.0, 9.0, 10.5, 9.5], "UNSTABLE: the 95 % interval is"),
        ([10.0, 10.0, 10.0, 10.0, 10.1], "VALID"),
    ],
)
def test_trials_are_judged(values: list[float], said: str) -> None:
    assert verdict(values).startswith(said)


def test_a_slow_drift_is_told() -> None:
    assert "drifts by +" in verdict([100.0 + 0.6 * i for i in range(16)])


def test_a_problem_makes_a_result_invalid_whatever_the_trials_say() -> None:
    assert summarise("x", "s", [2.0] * 5, "", {}, "tmpfs is memory").verdict == "INVALID: tmpfs is memory"


def test_what_was_not_measured_has_no_value_but_a_reason() -> None:
    found = not_measured("decode_jpeg", "1/s", "needs Pillow")
    assert not found.measured
    assert found.verdict == "INVALID: not measured: needs Pillow"


def test_a_99th_percentile_wants_662_calls() -> None:
    assert too_few([662, 5000]) == ""
    assert "661" in too_few([662, 661])
