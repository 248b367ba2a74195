"""What is bought once, charged by the time it is used."""

from __future__ import annotations

import math

import numpy_financial as npf

YEAR_S = 365.0 * 86400.0


def amortised_usd(price_usd: float, life_years: float, discount_rate: float, duration_s: float) -> float:
    """Cost of owning something for a while [USD]: its annuity times the share of a year.

    annuity = price r / (1 - (1 + r)^-n), the capital recovery factor (e.g. Short, Packey & Holt 1995, NREL/TP-462-5173,
    eq. 2-5); with r = 0 it is price / n.

    >>> round(amortised_usd(1000.0, 5.0, 0.08, YEAR_S), 2)
    250.46
    """
    return annuity_usd(price_usd, life_years, discount_rate) * duration_s / YEAR_S


def annuity_usd(price_usd: float, life_years: float, discount_rate: float, per_year: int = 1) -> float:
    """Equal payments over its life that are worth the price [USD/a], in so many instalments a year.

    What lasts for ever (land) costs the interest on its price.

    >>> round(annuity_usd(72e6, 10.0, 0.05, per_year=12) / 12)
    763672
    >>> annuity_usd(1000.0, math.inf, 0.08)
    80.0
    """
    if math.isinf(life_years):
        return price_usd * discount_rate
    return -per_year * float(npf.pmt(discount_rate / per_year, life_years * per_year, price_usd))
