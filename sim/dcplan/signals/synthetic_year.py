"""A year of hourly weather made from published monthly normals, the same one each time.

Three published numbers a month (mean daily maximum, mean daily minimum, mean relative humidity) say nothing about how
days differ, so the rest is a model:

- Between the day's lowest temperature at 5 o'clock and its highest at 14 to 15 o'clock the hours follow the shape of
  ASHRAE's clear design day (`DAILY_RANGE_SHARE`); in the evening they run down to the next day's lowest.
- Days are warmer or colder than usual in spells: a first-order autoregression, as in Richardson's weather generator,
  but with one anomaly for maximum and minimum. Its persistence and spread, those of the daily range and of the
  humidity, were read off the eight typical years that dcplan ships, from Alaska to Florida.
- The water in the air changes from day to day, not within a day, and is cut off where the air would be saturated.
- At the end the monthly targets are shifted until the year gives back the normals, within 0.05 K and 0.3 % of humidity.

So a synthetic year has the right means and a plausible spread. It has no fronts, sea breeze, rain or heat waves of a
place, and no sunlight. When the eight typical years are made anew from their own monthly means, the dry bulb that is
exceeded in 0.4 % of the hours is 3 K too low (San Francisco, where hot days come by land wind) to 2 K too high, and the
wet bulb 1.5 K too low to 1.5 K too high. Design a plant on measured weather.

References: C. W. Richardson, "Stochastic simulation of daily precipitation, temperature, and solar radiation", Water
Resources Research 17 (1), 1981, doi 10.1029/WR017i001p00182.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.signals import moist_air
from dcplan.signals.clock import FloatArray
from dcplan.signals.weather_changes import DAILY_RANGE_SHARE
from dcplan.signals.weather_year import DAYS_OF_MONTH, months

DAYS = 365
PERSISTENCE = 0.64
"""Of a day's anomaly of temperature, what is left the next day [-]."""
RANGE_SPREAD = 0.35
"""Standard deviation of a day's range over its mean [-]."""
HUMIDITY_PERSISTENCE = 0.48
"""Of a day's anomaly of relative humidity, what is left the next day [-]."""
SPREAD_HOTTEST, SPREAD_COLDEST = (0.5, 0.07), (0.5, 0.19)
"""Standard deviation of a day's mean temperature in the hottest and the coldest month [K], and its increase per kelvin
that these months are apart."""
HUMIDITY_HOTTEST, HUMIDITY_COLDEST = (0.05, 0.002), (0.08, 0.0025)
"""Standard deviation of a day's mean relative humidity in the same months [-], and its increase per kelvin."""
CORRELATION_HOTTEST, CORRELATION_COLDEST = -0.4, 0.3
"""Between the anomalies of temperature and relative humidity [-]: hot summer days are dry, mild winter days moist."""
SEASONS_K = 7.0
"""How far the hottest and the coldest month are apart in the typical year with the weakest seasons [K]. Towards the
equator, with less, days of the coldest month differ from each other ever less than that, and in the end as in the
hottest month: no cold and dry air comes in."""
ROUNDS = 8
"""How often the targets are shifted."""


@dataclass(frozen=True)
class Normals:
    """Means over many years, of each month, January first."""

    daily_max_c: FloatArray
    """Mean daily maximum of the dry bulb [degC], shape [12]."""
    daily_min_c: FloatArray
    """Mean daily minimum of the dry bulb [degC], shape [12]."""
    relative_humidity: FloatArray
    """Mean relative humidity [-], shape [12]."""

    def __post_init__(self) -> None:
        for name, low, high in [("daily_max_c", -50, 55), ("daily_min_c", -60, 45), ("relative_humidity", 0.02, 0.99)]:
            values = getattr(self, name)
            if values.shape != (12,) or not (np.min(values) >= low and np.max(values) <= high):
                raise ValueError(f"{name}: expected 12 numbers from {low:g} to {high:g}")
        if np.any(self.daily_min_c >= self.daily_max_c):
            raise ValueError("daily_min_c is not below daily_max_c in every month")


def synthetic_year(normals: Normals, pressure_pa: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Dry bulb [degC] and humidity ratio [kg/kg] at the end of each hour, shapes [8760].

    Args:
        normals: What the months of the year shall be like.
        pressure_pa: Pressure of the air [Pa].
        seed: Of the days' anomalies; each place has its own.
    """
    rng = np.random.default_rng(seed)
    warm, moist = _spells(rng, PERSISTENCE), _spells(rng, HUMIDITY_PERSISTENCE)
    stretch = np.clip(1.0 + RANGE_SPREAD * rng.standard_normal(DAYS), 0.2, 1.8)
    range_k, coldness = _seasons(normals)
    anomaly_k = warm * _between(SPREAD_HOTTEST, SPREAD_COLDEST, range_k, coldness)
    together = CORRELATION_HOTTEST + (CORRELATION_COLDEST - CORRELATION_HOTTEST) * coldness
    mixed = together * warm + np.sqrt(1.0 - together**2) * moist
    humidity = mixed * _between(HUMIDITY_HOTTEST, HUMIDITY_COLDEST, range_k, coldness)
    shift = np.zeros((3, 12))
    wanted = np.array([normals.daily_max_c, normals.daily_min_c, normals.relative_humidity])
    for _ in range(ROUNDS):
        high, low, relative = wanted + shift
        middle_c, half_k = _daily((high + low) / 2.0) + anomaly_k, _daily((high - low) / 2.0) * stretch
        dry_bulb_c = _hours(middle_c + half_k, middle_c - half_k)
        ratio = _humidity_ratio(dry_bulb_c, np.clip(_daily(relative) + humidity, 0.02, 1.0), pressure_pa)
        shift += wanted - np.array(monthly(dry_bulb_c, moist_air.relative_humidity(dry_bulb_c, ratio, pressure_pa)))
    return dry_bulb_c, ratio


def monthly(dry_bulb_c: FloatArray, relative_humidity: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean daily maximum and minimum [degC] and mean relative humidity [-] of each month of a year of hours."""
    of_hour = months()
    of_day = of_hour[::24]
    days = dry_bulb_c.reshape(DAYS, 24)
    found = [
        np.array([values[of == month].mean() for month in range(1, 13)])
        for values, of in ((days.max(axis=1), of_day), (days.min(axis=1), of_day), (relative_humidity, of_hour))
    ]
    return found[0], found[1], found[2]


def _seasons(normals: Normals) -> tuple[float, FloatArray]:
    """How far the hottest and the coldest month are apart [K], and where each day lies between them, 0 to 1 or less."""
    mean_c = (normals.daily_max_c + normals.daily_min_c) / 2.0
    range_k = float(np.ptp(mean_c))
    return range_k, _daily((mean_c.max() - mean_c) / max(range_k, SEASONS_K))


def _between(
    hottest: tuple[float, float], coldest: tuple[float, float], range_k: float, coldness: FloatArray
) -> FloatArray:
    """A spread of each day, from what it is in the hottest month to what it is in the coldest, shape [365]."""
    hot, cold = (fixed + per_k * range_k for fixed, per_k in (hottest, coldest))
    return np.asarray(hot + (cold - hot) * coldness)


def _spells(rng: np.random.Generator, persistence: float) -> FloatArray:
    """A first-order autoregression of variance 1, shape [365]."""
    noise = rng.standard_normal(DAYS)
    values = np.empty(DAYS)
    values[0] = noise[0]
    for day in range(1, DAYS):
        values[day] = persistence * values[day - 1] + (1.0 - persistence**2) ** 0.5 * noise[day]
    return values


def _daily(of_month: FloatArray) -> FloatArray:
    """Values of the middle of each month to those of each day, linear between, shape [365]."""
    lengths = np.array(DAYS_OF_MONTH)
    middle = np.cumsum(lengths) - lengths / 2.0
    return np.asarray(np.interp(np.arange(DAYS) + 0.5, middle, of_month, period=float(DAYS)))


def _hours(highest_c: FloatArray, lowest_c: FloatArray) -> FloatArray:
    """The dry bulb at the end of each hour [degC] from the extremes of each day, shape [8760]."""
    hour = np.arange(1, 25)
    share = np.array(DAILY_RANGE_SHARE)[hour % 24]
    high = np.where(hour < 5, np.roll(highest_c, 1)[:, None], highest_c[:, None])
    low = np.where(hour > 14, np.roll(lowest_c, -1)[:, None], lowest_c[:, None])
    return np.asarray((high - share * (high - low)).ravel())


def _humidity_ratio(dry_bulb_c: FloatArray, relative_humidity: FloatArray, pressure_pa: float) -> FloatArray:
    """Water in the air [kg/kg] of each hour from the relative humidity of each day at its mean temperature."""
    mean_c = dry_bulb_c.reshape(DAYS, 24).mean(axis=1)
    of_day = moist_air.humidity_ratio_kg_kg(mean_c, relative_humidity, pressure_pa)
    noon, hour = np.arange(DAYS) * 24.0 + 12.0, np.arange(1.0, DAYS * 24 + 1)
    ratio = np.interp(hour, noon, of_day, period=DAYS * 24.0)
    return np.asarray(np.minimum(ratio, moist_air.saturation_humidity_ratio_kg_kg(dry_bulb_c, pressure_pa)))
