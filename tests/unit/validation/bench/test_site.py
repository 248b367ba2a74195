"""Benchmarks of the site: that they do what they say. Nothing here is timed."""

from __future__ import annotations

from dcplan.validation.bench import bill


def test_the_bill_is_that_of_a_year() -> None:
    items = bill.year()()
    assert isinstance(items, dict)
    kwh = bill.MEAN_W / 1000.0 * 8760
    assert 0.032979 * kwh < items["energy, off_peak"] + items["energy, on_peak"] < 0.034328 * kwh
