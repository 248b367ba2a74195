"""What `dcplan verify theory` runs, and the ways in which it could fool itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.validation import theory
from dcplan.validation.check import Check
from dcplan.validation.theory import Case

SHORTER = 8
"""How many times fewer requests there are here than in `dcplan verify theory`."""


def settles_early(case: Case) -> bool:
    """Whether an eighth of the warm-up is enough: not for caches, and not for very many replicas with much to do."""
    return case.hit_ratio is None and case.rate < 200 * theory.RATE


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    """Shorter runs, whose wider intervals are all that is asked of them."""
    short = [replace(case, requests=case.requests // SHORTER) for case in theory.cases() if settles_early(case)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theory, "cases", lambda: short)
        patch.setattr(theory, "WITHIN", np.inf)
        return theory.checks(seed=1)


def test_every_queue_agrees_with_theory_inside_its_interval(checks: list[Check]) -> None:
    missed = [check for check in checks if not check.ok]
    assert not missed


def test_the_intervals_are_narrow_enough_to_notice_an_error_of_six_percent_in_a_mean(
    checks: list[Check],
) -> None:
    means = [check for check in checks if check.name.endswith(" mean") and "priorities" not in check.name]
    assert len(means) >= 8
    assert all(check.tolerance < 0.06 * check.expected for check in means)


@pytest.mark.slow
def test_every_queue_is_within_one_per_cent_of_theory() -> None:
    found = theory.checks(seed=1)
    assert len({check.name for check in found}) == len(found) >= 60
    assert [check for check in found if not check.ok] == []
    assert all(check.tolerance <= theory.WITHIN * check.expected for check in found)


def test_a_wrong_expectation_is_a_miss() -> None:
    check = Check("mean", ours=1.0, expected=1.0, tolerance=0.01, unit="s", source="")
    assert check.ok
    assert not replace(check, expected=1.02).ok
    assert not replace(check, ours=float("nan")).ok
