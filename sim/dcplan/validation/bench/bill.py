"""The bill of a year."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dcplan.economics.bill import electricity_bill
from dcplan.economics.meter import WallClock
from dcplan.profiles.library import default_library
from dcplan.profiles.tariff import read_tariff

TARIFF, ZONE = "dominion-gs-3", "America/New_York"
STEP_S = 900.0
MEAN_W, SWING_W = 8e5, 2e5


def year() -> Callable[[], object]:
    """A year of a load that swings daily, through the tariff."""
    wall = pd.date_range("2025-01-01", "2026-01-01", freq=f"{STEP_S:g}s", inclusive="left", tz=ZONE)
    clock = WallClock.of(wall)
    tariff = read_tariff(default_library().load("tariff", TARIFF))
    time_s = STEP_S * np.arange(len(wall), dtype=np.float64)
    power_w = MEAN_W + SWING_W * np.sin(time_s * 2.0 * np.pi / 86400.0)
    return lambda: electricity_bill(tariff, time_s, np.full_like(time_s, STEP_S), power_w, clock)
