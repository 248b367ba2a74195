"""The cheapest dispatch of a year."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dcplan.energy.battery import Battery
from dcplan.energy.optimum import Charges, Demand, cheapest

HOURS, KWH = 8760, 3.6e6


def year() -> Callable[[], object]:
    """8,760 hours of a load that swings by day and week, sun, two prices, and demand charges of twelve months."""
    rng, hour = np.random.default_rng(1), np.arange(HOURS)
    load_w = 8e5 + 1.5e5 * np.sin(hour * 2 * np.pi / 24) + 5e4 * rng.standard_normal(HOURS)
    sun_w = 5e5 * np.maximum(0.0, -np.cos(hour * 2 * np.pi / 24)) * rng.uniform(0.2, 1.0, HOURS)
    price = np.where((hour % 24 >= 7) & (hour % 24 < 22), 0.09, 0.05)
    month = pd.date_range("2025-01-01", periods=HOURS, freq="h").month.to_numpy()
    demands = tuple(Demand(month == each, 14.0) for each in range(1, 13))
    charges = Charges(price, np.zeros(HOURS), hour, demands)
    battery = Battery(1000 * KWH, 200 * KWH, 500 * KWH, 250e3, 0.948, 0.948)
    return lambda: cheapest(load_w, sun_w, np.full(HOURS, 3600.0), battery, charges)
