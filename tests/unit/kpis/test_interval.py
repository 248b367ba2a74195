from __future__ import annotations

import math

import numpy as np
import pytest

from dcplan.kpis.interval import Estimate, estimate, student_t


@pytest.mark.parametrize(
    ("degrees", "expected"), [(1, 12.706), (2, 4.303), (4, 2.776), (9, 2.262), (29, 2.045), (1000, 1.962)]
)
def test_student_s_quantile_is_the_tabulated_one(degrees: int, expected: float) -> None:
    assert student_t(degrees) == pytest.approx(expected, abs=5e-4)


def test_another_confidence_is_another_quantile() -> None:
    assert student_t(4, 0.99) == pytest.approx(4.604, abs=5e-4)


def test_an_interval_by_hand() -> None:
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0], "s")
    half = 2.776445 * math.sqrt(2.5) / math.sqrt(5)
    assert found.value == 3.0
    assert found.unit == "s"
    assert found.low == pytest.approx(3.0 - half, rel=1e-6)
    assert found.high == pytest.approx(3.0 + half, rel=1e-6)


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert estimate([2.0, 2.0, 2.0], "s") == Estimate(2.0, "s", 2.0, 2.0)


def test_one_replication_has_no_interval() -> None:
    assert estimate([2.0], "s") == Estimate(2.0, "s", None, None)


@pytest.mark.parametrize("values", [[], [float("nan")], [float("nan"), float("inf")]])
def test_where_there_is_nothing_to_say_nothing_is_said(values: list[float]) -> None:
    assert estimate(values, "s") == Estimate(None, "s", None, None)


def test_replications_without_a_value_are_left_out() -> None:
    assert estimate([1.0, float("nan"), 3.0], "s") == estimate([1.0, 3.0], "s")


def test_the_interval_holds_the_truth_in_95_of_100_studies() -> None:
    samples = np.random.default_rng(1).normal(10.0, 3.0, (2000, 5))
    found = [estimate(row.tolist(), "s") for row in samples]
    held = np.mean([one.low <= 10.0 <= one.high for one in found])  # type: ignore[operator]
    assert held == pytest.approx(0.95, abs=0.02)


def test_an_interval_stays_within_what_is_possible() -> None:
    found = estimate([1.0, 1.1, 3.0], "-", within=(1.0, float("inf")))
    assert found.low == 1.0
    assert found.high is not None
    assert found.high > 3.0
    share = estimate([0.2, 0.9], "-", within=(0.0, 1.0))
    assert share.value == pytest.approx(0.55)
    assert (share.low, share.high) == (0.0, 1.0)


def test_bounds_that_a_value_breaks_are_none() -> None:
    found = estimate([-1.0, 3.0], "s", within=(0.0, 2.0))
    assert found.low is not None
    assert found.high is not None
    assert found.low < -1.0
    assert found.high > 3.0
