from __future__ import annotations

import numpy as np
import pytest

from dcplan.economics.depreciation import FIRST_39, RecoveryYears, macrs
from dcplan.validation.site.ownership import declining_balance

TABULATED = 0.005 / 100
"""The tables round to hundredths of a per cent."""


@pytest.mark.parametrize(("years", "factor"), [(5, 2.0), (15, 1.5)])
def test_the_table_follows_the_method_that_publication_946_describes(years: RecoveryYears, factor: float) -> None:
    assert np.abs(macrs(years) - declining_balance(years, factor)).max() <= 1.05 * TABULATED


@pytest.mark.parametrize("month", range(1, 13))
def test_a_building_is_deducted_in_a_straight_line_from_the_middle_of_its_month(month: int) -> None:
    shares = macrs(39, month)
    assert len(shares) == 40
    assert shares[0] == pytest.approx((12.5 - month) / 12 / 39, abs=TABULATED)
    assert shares[1:39] == pytest.approx(np.full(38, 1 / 39), abs=TABULATED)


@pytest.mark.parametrize("years", [5, 15, 39])
@pytest.mark.parametrize("month", range(1, len(FIRST_39) + 1))
def test_the_whole_price_is_deducted_and_no_more(years: RecoveryYears, month: int) -> None:
    assert macrs(years, month).sum() == pytest.approx(1.0, abs=1.5e-4 if years == 39 else 1e-12)
