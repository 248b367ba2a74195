from __future__ import annotations

import pytest

from dcplan.profiles.library import Library, shipped
from dcplan.validation.facility.frontier import CDU_W, CDUS, checks, frontier_w


def test_idle_hpl_and_peak_are_those_of_the_published_configuration() -> None:
    found = checks()
    assert [check.name for check in found] == ["Frontier, idle", "Frontier, HPL", "Frontier, peak"]
    assert all(check.ok for check in found)
    assert [round(check.ours, 3) for check in found] == [7.307, 22.954, 28.228]


def test_a_twin_that_is_half_a_per_cent_off_would_not_pass() -> None:
    for check in checks():
        assert abs(1.005 * check.expected - check.expected) > check.tolerance


def test_power_is_linear_in_both_utilisations() -> None:
    library = Library([shipped("profiles")])
    ends = [frontier_w(u, u, library) for u in (0.0, 0.5, 1.0)]
    assert ends[1] == pytest.approx((ends[0] + ends[2]) / 2)
    assert ends[0] > CDUS * CDU_W
