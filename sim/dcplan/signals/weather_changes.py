"""What if the weather were warmer: a design day, a heat wave, a changed climate. Pure functions on `Weather`."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dcplan.signals import moist_air
from dcplan.signals.clock import DAY_S, FloatArray
from dcplan.signals.weather import Weather

DAILY_RANGE_SHARE = (
    0.82, 0.88, 0.92, 0.95, 0.98, 1.00, 0.98, 0.91, 0.74, 0.55, 0.38, 0.23,
    0.13, 0.05, 0.00, 0.00, 0.06, 0.14, 0.24, 0.39, 0.50, 0.59, 0.68, 0.75,
)  # fmt: skip
"""Share of the daily range below the day's highest temperature at 0, 1, ... 23 o'clock: ASHRAE Handbook of Fundamentals
2009, chapter 14, table 6, for a clear day of the cooling design condition."""


def warmed(weather: Weather, warmer_k: FloatArray, keep: Literal["humidity_ratio", "relative_humidity"]) -> Weather:
    """*weather* with its dry bulb raised by *warmer_k*; the "shift" of Belcher, Hacker and Powell.

    Args:
        weather: The air as it was.
        warmer_k: Rise of the dry bulb [K], broadcasts against the weather; below zero cools.
        keep: What stays as it was: the water in the air (its relative humidity falls; cooled air gives off what it
            cannot hold), or the relative humidity (the water grows with temperature, as in climate models).

    References: S. E. Belcher, J. N. Hacker, D. S. Powell, "Constructing design weather data for future climates",
    Building Services Engineering Research and Technology 26 (1), 2005, doi 10.1191/0143624405bt112oa.
    """
    dry_bulb_c = weather.dry_bulb_c + warmer_k
    if keep == "humidity_ratio":
        ratio = weather.humidity_ratio_kg_kg
    else:
        ratio = moist_air.humidity_ratio_kg_kg(dry_bulb_c, weather.relative_humidity, weather.pressure_pa)
    wet_bulb_c = moist_air.wet_bulb_c(dry_bulb_c, ratio, weather.pressure_pa)
    untouched = np.minimum(weather.wet_bulb_c, weather.dry_bulb_c)
    return Weather(dry_bulb_c, np.where(warmer_k == 0.0, untouched, wet_bulb_c), weather.pressure_pa)


def heat_wave_k(
    time_s: FloatArray, start_s: float, days: int, peak_k: float, shape: Literal["triangle", "plateau"]
) -> FloatArray:
    """Rise of the dry bulb in a heat wave [K], zero before and after it.

    Args:
        time_s: Simulated seconds, any shape.
        start_s: When it begins [s].
        days: How long it lasts.
        peak_k: The most that it adds [K].
        shape: `triangle` rises to its middle and falls again; `plateau` rises during the first day and falls during
            the last.

    >>> heat_wave_k(np.array([0.0, 1.5, 2.5, 4.0, 9.0]) * DAY_S, DAY_S, 3, 6.0, "plateau").tolist()
    [0.0, 3.0, 6.0, 0.0, 0.0]
    """
    day = (time_s - start_s) / DAY_S
    ramp = days / 2.0 if shape == "triangle" else 1.0
    return np.asarray(peak_k * np.clip(np.minimum(day, days - day) / ramp, 0.0, 1.0))


def design_day(
    hour: FloatArray, dry_bulb_c: float, wet_bulb_c: float, daily_range_k: float, pressure_pa: float
) -> Weather:
    """The air on a cooling design day, every day the same (ASHRAE Handbook of Fundamentals 2009, chapter 14).

    The water in the air stays as it is in the hottest hour, unless the night is too cold to hold it.

    Args:
        hour: Time of day, local standard time [h], any shape.
        dry_bulb_c: Highest dry bulb [degC].
        wet_bulb_c: Wet bulb at that time [degC].
        daily_range_k: Highest minus lowest dry bulb [K].
        pressure_pa: Pressure of the air [Pa].

    >>> design_day(np.array([5.0, 14.5]), 34.0, 24.0, 11.0, 101325.0).dry_bulb_c.tolist()
    [23.0, 34.0]
    """
    share = np.interp(hour, np.arange(24.0), DAILY_RANGE_SHARE, period=24.0)
    dry_c = dry_bulb_c - daily_range_k * share
    ratio = moist_air.humidity_ratio_of_wet_bulb_kg_kg(dry_bulb_c, wet_bulb_c, pressure_pa)
    return Weather(dry_c, moist_air.wet_bulb_c(dry_c, ratio, pressure_pa), np.full_like(dry_c, pressure_pa))
