from __future__ import annotations

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.economics.returns import break_even_rates, internal_rate, payback_years, present_usd

money = st.floats(-1e6, 1e6).filter(lambda usd: abs(usd) > 1.0)


def test_without_interest_a_present_value_is_a_sum() -> None:
    assert present_usd(np.array([-100.0, 60.0, 70.0]), 0.0) == pytest.approx(30.0)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.floats(0.0, 1.0))
def test_a_present_value_is_each_flow_over_its_interest(flows_usd: list[float], rate: float) -> None:
    expected = sum(usd / (1 + rate) ** year for year, usd in enumerate(flows_usd))
    assert present_usd(np.array(flows_usd), rate) == pytest.approx(expected, rel=1e-9, abs=1e-3)


@given(st.floats(1.0, 1e9), st.lists(st.floats(1.0, 1e6), min_size=1, max_size=30))
def test_who_pays_first_and_gets_later_has_one_rate_as_numpy_financial_has(price_usd: float, got: list[float]) -> None:
    flows_usd = np.array([-price_usd, *got])
    rate = internal_rate(flows_usd)
    assert rate is not None
    worth = sum(usd / (1 + rate) ** year for year, usd in enumerate(got, start=1))
    assert worth == pytest.approx(price_usd, rel=1e-6)
    theirs = npf.irr(flows_usd)
    if np.isfinite(theirs) and rate > -0.5:
        assert rate == pytest.approx(theirs, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("flows_usd", [[-1.0, -2.0], [1.0, 2.0], [0.0, 0.0], [-5.0], [0.0, 3.0], []])
def test_where_nothing_changes_sign_no_rate_makes_it_break_even(flows_usd: list[float]) -> None:
    assert break_even_rates(np.array(flows_usd)) == ()
    assert internal_rate(np.array(flows_usd)) is None


def test_a_rate_of_zero_is_a_rate() -> None:
    assert internal_rate(np.array([-100.0, 50.0, 50.0])) == pytest.approx(0.0, abs=1e-9)


def test_two_rates_are_no_internal_rate() -> None:
    """(1 + r) = 1.1 and 1.3: -100 + 240 v - 143 v^2."""
    flows_usd = np.array([-100.0, 240.0, -143.0])
    assert break_even_rates(flows_usd) == pytest.approx((0.1, 0.3))
    assert internal_rate(flows_usd) is None


def test_a_change_of_sign_that_no_rate_mends_has_none() -> None:
    assert break_even_rates(np.array([1.0, -1.0, 1.0])) == ()


@given(st.lists(money, min_size=2, max_size=12))
def test_the_present_value_is_nothing_at_every_rate_that_is_found(flows_usd: list[float]) -> None:
    for rate in break_even_rates(np.array(flows_usd)):
        if -0.5 < rate < 10.0:
            worth = [usd / (1 + rate) ** year for year, usd in enumerate(flows_usd)]
            assert abs(sum(worth)) <= 1e-5 * sum(map(abs, worth))


@pytest.mark.parametrize(
    ("flows_usd", "years"),
    [
        ([-100.0, 40.0, 40.0, 40.0], 2.5),
        ([-100.0, 40.0, 40.0], None),
        ([5.0, 1.0], 0.0),
        ([-100.0, 150.0, -100.0, 100.0], 2.5),
        ([-100.0, 100.0], 1.0),
    ],
)
def test_payback_is_when_the_sum_is_no_longer_negative_for_good(flows_usd: list[float], years: float | None) -> None:
    assert payback_years(np.array(flows_usd)) == (None if years is None else pytest.approx(years))
