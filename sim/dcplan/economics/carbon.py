"""Greenhouse gas of a site's electricity (GHG Protocol, Scope 2 Guidance, 2015), and what of it is free of carbon."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def by_source(kg: float, mix: Mapping[str, float], source_kg_per_kwh: Mapping[str, float]) -> dict[str, float]:
    """What each source of a *mix* has of a grid's *kg* (or kg/kWh), in proportion to share times its own figure.

    The parts sum to the whole, which is measured better than theirs.

    >>> by_source(0.5, {"coal": 0.5, "wind": 0.5}, {"coal": 0.99, "wind": 0.01})
    {'coal': 0.495, 'wind': 0.005}
    """
    weights = {source: share * source_kg_per_kwh.get(source, 0.0) for source, share in mix.items()}
    total = sum(weights.values())
    return {source: kg * weight / total for source, weight in weights.items()} if total > 0.0 else {}


def carbon_free_w(
    power_w: FloatArray, duration_s: FloatArray, hourly: float, annual: float, grid: FloatArray | float
) -> FloatArray:
    """How much of the power is free of carbon in the very interval in which it is used [W], [n].

    Google, "24/7 Carbon-Free Energy: Methodologies and Metrics" (2021): what contracts generate counts up to what is
    used at that time, and the rest comes from the grid, with the share of its sources that are free of carbon.

    Args:
        power_w: Power from the grid [W], [n].
        duration_s: Length of each interval [s], [n].
        hourly: Share that contracts match hour by hour [-].
        annual: Share that they cover over the year, generated evenly [-].
        grid: Carbon-free share of the grid [-], [n] or one for all.
    """
    evenly_w = annual * float((power_w * duration_s).sum()) / float(duration_s.sum())
    bought_w = hourly * power_w + np.minimum((1.0 - hourly) * power_w, evenly_w)
    return bought_w + (power_w - bought_w) * grid
