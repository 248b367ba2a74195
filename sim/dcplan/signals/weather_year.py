"""One year of weather at a place, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dcplan.signals.clock import FloatArray
from dcplan.signals.sky import Sky

YEAR_H = 8760


DAYS_OF_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DESIGN_SHARE = 0.004
"""A plant is designed for what is exceeded in 0.4 % of the year's hours (ASHRAE's strictest cooling condition)."""
COINCIDENT_K = 0.5
"""How near to a temperature an hour counts as being that hot [K]."""


def months() -> NDArray[np.int64]:
    """The month, 1 to 12, of each hour of the year, shape [8760]."""
    return np.repeat(np.arange(1, 13), np.array(DAYS_OF_MONTH) * 24)


@dataclass(frozen=True)
class DesignCondition:
    """A hot day, as ASHRAE's tables of design conditions give it."""

    dry_bulb_c: float
    """Dry bulb that is seldom exceeded [degC]."""
    wet_bulb_c: float
    """Mean wet bulb when the air is about so hot [degC]."""
    daily_range_k: float
    """Mean difference between a day's highest and lowest dry bulb in the hottest month [K]."""


@dataclass(frozen=True)
class WeatherYear:
    """A year of 365 days at one place. Row i is the air at the end of hour i of local standard time."""

    dry_bulb_c: FloatArray
    """Dry bulb [degC], shape [8760]."""
    wet_bulb_c: FloatArray
    """Wet bulb [degC], shape [8760]."""
    pressure_pa: FloatArray
    """Pressure of the air [Pa], shape [8760]."""
    utc_offset_h: float
    """Local standard time minus UTC [h]."""
    zone: str
    """Time zone of the wall clock, e.g. "America/New_York"."""
    sky: Sky | None = None
    """Sunlight and wind; None if the year does not tell them."""

    def exceeded_c(self, column: str, share: float) -> float:
        """The value of *column* [degC] that is exceeded in *share* of the hours."""
        return float(np.quantile(getattr(self, column), 1.0 - share))

    def design_condition(self, share: float) -> DesignCondition:
        """The day whose dry bulb is exceeded in *share* of the hours."""
        dry_bulb_c = self.exceeded_c("dry_bulb_c", share)
        near = np.abs(self.dry_bulb_c - dry_bulb_c) <= COINCIDENT_K
        month = months()
        hottest = max(range(1, 13), key=lambda each: float(self.dry_bulb_c[month == each].mean()))
        days = self.dry_bulb_c[month == hottest].reshape(-1, 24)
        return DesignCondition(dry_bulb_c, float(self.wet_bulb_c[near].mean()), float(np.ptp(days, axis=1).mean()))


def is_zone(zone: str) -> bool:
    """Whether a time zone is called so."""
    try:
        ZoneInfo(zone)
    except (LookupError, OSError, ValueError):
        return False
    return True
