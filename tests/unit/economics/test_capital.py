from __future__ import annotations

import math

import pytest

from dcplan.economics.capital import YEAR_S, amortised_usd, annuity_usd


def test_the_annuity_is_the_price_times_the_capital_recovery_factor() -> None:
    factor = 0.08 / (1 - 1.08**-5)
    assert amortised_usd(1000.0, 5.0, 0.08, YEAR_S) == pytest.approx(1000.0 * factor, rel=1e-12)
    assert factor == pytest.approx(0.250456, abs=1e-6)  # tabulated


def test_without_interest_the_price_is_spread_evenly() -> None:
    assert amortised_usd(1000.0, 5.0, 0.0, YEAR_S) == pytest.approx(200.0, rel=1e-12)


def test_a_part_of_a_year_costs_that_part() -> None:
    assert amortised_usd(1000.0, 5.0, 0.08, YEAR_S / 52) == pytest.approx(amortised_usd(1000.0, 5.0, 0.08, YEAR_S) / 52)


def test_the_annuities_are_worth_the_price() -> None:
    yearly = amortised_usd(1000.0, 7.0, 0.06, YEAR_S)
    assert sum(yearly / 1.06**year for year in range(1, 8)) == pytest.approx(1000.0, rel=1e-12)


def test_what_costs_nothing_costs_nothing() -> None:
    assert amortised_usd(0.0, 5.0, 0.08, YEAR_S) == 0.0


def test_land_costs_the_interest_on_its_price() -> None:
    assert annuity_usd(1000.0, math.inf, 0.08) == 80.0
    assert annuity_usd(1000.0, math.inf, 0.0) == 0.0


def test_monthly_instalments_are_worth_the_price() -> None:
    monthly = annuity_usd(1000.0, 3.0, 0.06, per_year=12) / 12
    assert sum(monthly / 1.005**month for month in range(1, 37)) == pytest.approx(1000.0, rel=1e-12)
