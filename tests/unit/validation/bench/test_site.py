"""Benchmarks of the site: that they do what they say. Nothing here is timed."""

from __future__ import annotations

import pytest

from dcplan.validation.bench import bill


def test_the_bill_is_that_of_a_year() -> None:
    items = bill.year()()
    assert isinstance(items, dict)
    kwh = bill.MEAN_W / 1000.0 * 8760
    energy_usd = sum(usd for item, usd in items.items() if item.startswith("energy, "))
    assert 0.08973 * kwh < energy_usd < 0.15186 * kwh
    assert items["fixed fee"] == pytest.approx(12 * 447.44)
    assert items["reactive demand"] > 0.0
