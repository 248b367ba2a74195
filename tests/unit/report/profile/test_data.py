"""Measured numbers with as many digits as they deserve."""

from __future__ import annotations

import doctest

import pytest

from dcplan.report.profile import data
from dcplan.report.profile.data import interval, rate


def test_the_examples_hold() -> None:
    assert doctest.testmod(data).failed == 0


@pytest.mark.parametrize(
    ("low_s", "high_s", "shown"),
    [(0.0112, 0.0129, "14,300"), (0.0119, 0.01192, "14,269"), (float("nan"), float("nan"), "14,300")],
)
def test_a_rate_that_is_not_known_to_one_per_cent_has_three_digits(low_s: float, high_s: float, shown: str) -> None:
    assert rate(14_269.0, low_s, high_s) == shown


def test_the_ends_of_a_wide_interval_have_three_digits() -> None:
    assert interval(11.234, 12.944, "s") == "11.2 to 12.9 s"
    assert interval(2345.0, 2694.0, "1/s") == "2,340 to 2,690 /s"
    assert interval(0.011865, 0.011902, "s") == "11.865 to 11.902 ms"
    assert interval(1.0, 1.0, "s") == ""
