"""The bill of a year."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dcplan.economics.bill import itemised, totals
from dcplan.economics.meter import Metered, WallClock
from dcplan.profiles.library import default_library
from dcplan.profiles.tariff import read_tariff

TARIFF, ZONE = "sce-tou-8-d", "America/Los_Angeles"
POWER_FACTOR = 0.95
STEP_S = 900.0
MEAN_W, SWING_W = 8e5, 2e5


def year() -> Callable[[], object]:
    """A year of a load that swings daily, through the tariff that asks for most."""
    wall = pd.date_range("2025-01-01", "2026-01-01", freq=f"{STEP_S:g}s", inclusive="left", tz=ZONE)
    clock = WallClock.of(wall)
    tariff = read_tariff(default_library().load("tariff", TARIFF))
    time_s = STEP_S * np.arange(len(wall), dtype=np.float64)
    power_w = MEAN_W + SWING_W * np.sin(time_s * 2.0 * np.pi / 86400.0)
    metered = Metered(time_s, np.full_like(time_s, STEP_S), power_w, clock, POWER_FACTOR)
    return lambda: totals(itemised(tariff, metered))
