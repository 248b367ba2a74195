"""Simulated seconds to the calendar of the site: wall-clock time with daylight saving, and standard time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DAY_S = 86400.0


@dataclass(frozen=True)
class Clock:
    """Second 0 of the simulation is *start* on the wall clock of *zone*."""

    start: datetime
    zone: str = "UTC"

    @property
    def origin(self) -> pd.Timestamp:
        """The instant of second 0."""
        return pd.Timestamp(self.start.replace(tzinfo=None).replace(tzinfo=ZoneInfo(self.zone)))

    @property
    def week_offset_s(self) -> float:
        """Seconds from Monday, midnight, to the start, on the wall clock."""
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        return self.start.weekday() * DAY_S + (self.start - midnight).total_seconds()

    def wall(self, time_s: FloatArray) -> pd.DatetimeIndex:
        """Wall-clock times of *time_s* [s]; daylight saving is respected."""
        utc = self.origin.tz_convert("UTC")
        return pd.DatetimeIndex(utc + pd.to_timedelta(time_s, unit="s")).tz_convert(self.zone)

    def second_of_day(self, time_s: float) -> float:
        """Seconds since midnight on the wall clock [s]."""
        wall = self.wall(np.array([time_s]))[0]
        return float(3600 * wall.hour + 60 * wall.minute + wall.second)

    def midnight_s(self, day: date) -> float:
        """Seconds from the start to the beginning of *day* on the wall clock; negative before the start."""
        midnight = Clock(datetime(day.year, day.month, day.day), self.zone)
        return float((midnight.origin - self.origin).total_seconds())

    def standard(self, time_s: FloatArray, utc_offset_h: float) -> pd.DatetimeIndex:
        """Local standard time (no daylight saving), as weather files use it, without a zone."""
        utc = self.wall(time_s).tz_convert("UTC").tz_localize(None)
        return pd.DatetimeIndex(utc + pd.Timedelta(hours=utc_offset_h))

    def daily(self, hour: int, minute: int, horizon_s: float, weekday: int | None = None) -> Iterator[float]:
        """Seconds at which the wall clock shows hour:minute, every day or on one weekday, before the horizon.

        A time that a change to daylight saving skips or doubles is taken at its first occurrence.
        """
        zone = ZoneInfo(self.zone)
        day = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        while True:
            local = day.replace(hour=hour, minute=minute, tzinfo=zone)
            at_s = (pd.Timestamp(local).tz_convert("UTC") - self.origin.tz_convert("UTC")).total_seconds()
            if at_s >= horizon_s:
                return
            if at_s >= 0 and weekday in (None, day.weekday()):
                yield at_s
            day += timedelta(days=1)


def year_hours(standard: pd.DatetimeIndex) -> FloatArray:
    """Hours since 1 January, midnight, in a year of 365 days [h]; 29 February repeats the 28th."""
    leap = np.asarray(standard.is_leap_year)
    day = np.asarray(standard.day_of_year)
    day = day - (leap & (day >= 60))
    hours = np.asarray(standard.hour + standard.minute / 60 + standard.second / 3600)
    result: FloatArray = (day - 1) * 24.0 + hours
    return result
