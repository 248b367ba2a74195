"""What `dcplan verify theory` runs, and the ways in which it could fool itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcplan.validation import theory
from dcplan.validation.check import Check


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    return theory.checks(seed=1)


def test_every_queue_agrees_with_theory_inside_its_interval(checks: list[Check]) -> None:
    missed = [check for check in checks if not check.ok]
    assert not missed


def test_the_intervals_are_narrow_enough_to_notice_an_error_of_six_percent_in_a_mean(
    checks: list[Check],
) -> None:
    means = [check for check in checks if check.name.endswith(" mean")]
    assert len(means) >= 8
    assert all(check.tolerance < 0.06 * check.expected for check in means)


def test_a_wrong_expectation_is_a_miss() -> None:
    check = Check("mean", ours=1.0, expected=1.0, tolerance=0.01, unit="s", source="")
    assert check.ok
    assert not replace(check, expected=1.02).ok
    assert not replace(check, ours=float("nan")).ok
