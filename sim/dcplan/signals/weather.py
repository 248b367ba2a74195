"""The weather at a place on the simulation's grid, from a typical year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dcplan.signals import moist_air
from dcplan.signals.clock import Clock, FloatArray, year_hours
from dcplan.signals.weather_year import YEAR_H, WeatherYear

WET_BULB_TOLERANCE_K = 1.0
"""Measured files may have the wet bulb above the dry bulb by less than this: near 0 degC the wet bulbs over
water and over ice differ by up to 0.6 K."""


@dataclass(frozen=True)
class Weather:
    """Outdoor air, one value per time step; the three arrays broadcast against each other."""

    dry_bulb_c: FloatArray
    """Dry-bulb temperature [degC]."""
    wet_bulb_c: FloatArray
    """Wet-bulb temperature [degC]."""
    pressure_pa: FloatArray
    """Atmospheric pressure [Pa], 50 to 110 kPa: what altitude does to the air."""

    def __post_init__(self) -> None:
        _check("dry_bulb_c", self.dry_bulb_c, -60.0, 60.0)
        _check("wet_bulb_c", self.wet_bulb_c, -60.0, 50.0)
        _check("pressure_pa", self.pressure_pa, 50e3, 110e3)
        if np.any(self.wet_bulb_c > self.dry_bulb_c + WET_BULB_TOLERANCE_K):
            raise ValueError(f"wet_bulb_c is above dry_bulb_c by more than {WET_BULB_TOLERANCE_K:g} K")

    @cached_property
    def humidity_ratio_kg_kg(self) -> FloatArray:
        """Water vapour per dry air [kg/kg], from dry and wet bulb; at most what the air can hold."""
        found = moist_air.humidity_ratio_of_wet_bulb_kg_kg(self.dry_bulb_c, self.wet_bulb_c, self.pressure_pa)
        return np.minimum(found, moist_air.saturation_humidity_ratio_kg_kg(self.dry_bulb_c, self.pressure_pa))

    @cached_property
    def relative_humidity(self) -> FloatArray:
        """Vapour pressure over that of saturated air, 0 to 1."""
        return moist_air.relative_humidity(self.dry_bulb_c, self.humidity_ratio_kg_kg, self.pressure_pa)

    @cached_property
    def dew_point_c(self) -> FloatArray:
        """Temperature at which dew or frost forms [degC]."""
        return moist_air.dew_point_c(self.humidity_ratio_kg_kg, self.pressure_pa)


def weather_at(year: WeatherYear, clock: Clock, time_s: FloatArray) -> Weather:
    """The weather of a typical *year* at *time_s* [s], linear between its hours."""
    at_h = year_hours(clock.standard(time_s, year.utc_offset_h))
    knots = np.arange(1, YEAR_H + 1, dtype=float)  # a row is the state of the air at the end of its hour
    columns = (year.dry_bulb_c, year.wet_bulb_c, year.pressure_pa)
    return Weather(*(np.interp(at_h, knots, column, period=YEAR_H) for column in columns))


def _check(name: str, values: FloatArray, low: float, high: float) -> None:
    if values.size == 0:
        raise ValueError(f"{name} is empty")
    least, most = float(np.min(values)), float(np.max(values))
    if not (low <= least and most <= high):  # written so that NaN fails
        raise ValueError(f"{name} runs from {least:g} to {most:g}, outside {low:g} to {high:g}")
