"""What is bought once, charged by the time it is used."""

from __future__ import annotations

import numpy_financial as npf

YEAR_S = 365.0 * 86400.0


def amortised_usd(price_usd: float, life_years: float, discount_rate: float, duration_s: float) -> float:
    """Cost of owning something for a while [USD]: its annuity times the share of a year.

    annuity = price r / (1 - (1 + r)^-n), the capital recovery factor (e.g. Short, Packey & Holt 1995, NREL/TP-462-5173,
    eq. 2-5); with r = 0 it is price / n.

    >>> round(amortised_usd(1000.0, 5.0, 0.08, YEAR_S), 2)
    250.46
    """
    annuity_usd = float(-npf.pmt(discount_rate, life_years, price_usd))
    return annuity_usd * duration_s / YEAR_S
