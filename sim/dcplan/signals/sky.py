"""Sunlight and wind of a weather year, for what is generated on site; and means of hours over other intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dcplan.signals.clock import Clock, FloatArray, year_hours


@dataclass(frozen=True)
class Sky:
    """A year at one place, [8760] each; sunlight is the mean of each hour, wind is that at its end.

    Attributes:
        latitude_deg: North [deg].
        longitude_deg: East [deg].
        altitude_m: Above the sea [m].
        utc_offset_h: Local standard time minus UTC [h].
        ghi_w_m2: On a level surface, from sun and sky [W/m2].
        dni_w_m2: From the sun, on a surface that faces it [W/m2].
        dhi_w_m2: From the sky, on a level surface [W/m2].
        wind_m_s: At the station's anemometer [m/s].
    """

    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    utc_offset_h: float
    ghi_w_m2: FloatArray
    dni_w_m2: FloatArray
    dhi_w_m2: FloatArray
    wind_m_s: FloatArray


SKY_COLUMNS = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "wind_speed_m_s")


def sky_of(
    hours: pd.DataFrame, latitude_deg: float, longitude_deg: float, altitude_m: float, utc_offset_h: float
) -> Sky | None:
    """The sky of a table of *hours*; None if it does not tell sunlight and wind in every hour, at a sane value."""
    if not set(SKY_COLUMNS) <= set(hours.columns):
        return None
    columns = [hours[name].to_numpy(dtype=np.float64) for name in SKY_COLUMNS]
    if not all(np.isfinite(each).all() and each.min() >= 0.0 and each.max() <= 1600.0 for each in columns):
        return None
    return Sky(latitude_deg, longitude_deg, altitude_m, utc_offset_h, *columns)


def interval_means(
    hourly: FloatArray, clock: Clock, utc_offset_h: float, starts_s: FloatArray, durations_s: FloatArray
) -> FloatArray:
    """Mean over each interval of what is constant within each hour of a typical year, [n]; its sum is kept.

    Args:
        hourly: Mean of each hour of a year of local standard time, [8760].
        clock: When the run starts.
        utc_offset_h: Local standard time minus UTC [h].
        starts_s: Start of each interval [s], [n].
        durations_s: Length of each [s], [n].
    """
    sums = np.concatenate(([0.0], np.cumsum(np.tile(hourly, 2))))
    begins_h = year_hours(clock.standard(starts_s, utc_offset_h))
    hours = np.arange(len(sums), dtype=np.float64)
    lengths_h = durations_s / 3600.0
    over = np.interp(begins_h + lengths_h, hours, sums) - np.interp(begins_h, hours, sums)
    return np.asarray(over / lengths_h)
