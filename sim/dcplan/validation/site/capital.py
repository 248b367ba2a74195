"""What is bought once, by the year."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan.economics.capital import YEAR_S, amortised_usd
from dcplan.profiles.library import Library
from dcplan.validation.check import Check

SOURCE = "Short, Packey & Holt 1995, NREL/TP-462-5173, eq. 2-5"
PRICE_USD = 1e6


def checks(_library: Library) -> Iterator[Check]:
    """Annuities in closed form, that of no interest included."""
    for rate, years in ((0.08, 5.0), (0.08, 14.0), (0.0, 4.0)):
        factor = rate / (1.0 - (1.0 + rate) ** -years) if rate > 0.0 else 1.0 / years
        ours_usd = amortised_usd(PRICE_USD, years, rate, YEAR_S)
        yield Check(f"annuity at {rate:.0%} over {years:g} years", ours_usd, PRICE_USD * factor, 0.01, "USD", SOURCE)
