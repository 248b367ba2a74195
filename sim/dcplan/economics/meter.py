"""What the utility's meter saw, by the site's wall clock and in calendar months."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.profiles.holidays import Holidays

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SATURDAY = 5
HOURS_OF_YEAR = 12 * 24
J_PER_KWH = 3.6e6


@dataclass(frozen=True)
class WallClock:
    """The site's wall clock at the start of each interval.

    Attributes:
        year: Year, [n].
        month: Month 1..12, [n].
        weekday: Monday 0 to Sunday 6, [n].
        hour: Hour 0..23, [n].
        day: Day of the month 1..31, [n].
        month_s: Length of that month, an hour less or more where the clock changes [s], [n].
    """

    year: IntArray
    month: IntArray
    weekday: IntArray
    hour: IntArray
    day: IntArray
    month_s: FloatArray

    @classmethod
    def of(cls, wall: pd.DatetimeIndex) -> WallClock:
        """The clock of increasing times, which know their time zone."""
        last = pd.Period(year=wall[-1].year, month=wall[-1].month, freq="M")
        firsts = pd.period_range(wall[0].strftime("%Y-%m"), last + 1, freq="M").start_time
        ends = firsts.tz_localize(wall.tz, ambiguous=np.ones(len(firsts), dtype=bool), nonexistent="shift_forward")
        lengths_s = np.diff(ends.tz_convert("UTC").tz_localize(None).to_numpy()) / np.timedelta64(1, "s")
        year, month = np.asarray(wall.year), np.asarray(wall.month)
        place = (year - wall[0].year) * 12 + month - wall[0].month
        weekday, hour, day = (np.asarray(part) for part in (wall.day_of_week, wall.hour, wall.day))
        return cls(year, month, weekday, hour, day, lengths_s[place])

    @property
    def month_number(self) -> IntArray:
        """Months since January of year 0, [n]."""
        number: IntArray = self.year * 12 + self.month - 1
        return number

    @property
    def hour_number(self) -> IntArray:
        """A number that grows with every hour of the clock, [n]; the hour that comes twice in autumn has one."""
        return hour_number(self.year, self.month, self.day, self.hour)

    def rows(self, holidays: Holidays | None = None) -> IntArray:
        """Which entry of a flattened schedule [2, 12, 24] holds, [n]; holidays have those of the weekend."""
        first = np.flatnonzero(np.concatenate(([True], (np.diff(self.day) != 0) | (np.diff(self.month) != 0))))
        lengths = np.diff(first, append=len(self.day))
        rows = np.repeat(HOURS_OF_YEAR * self._off(first, holidays) + 24 * (self.month[first] - 1), lengths)
        return np.asarray(rows + self.hour, dtype=np.int64)

    def _off(self, first: IntArray, holidays: Holidays | None) -> IntArray:
        """Whether the day of each interval *first* is a weekend or a holiday (0, 1)."""
        off = self.weekday[first] >= SATURDAY
        if holidays is not None:
            dates = zip(self.year[first].tolist(), self.month[first].tolist(), self.day[first].tolist(), strict=True)
            kept = {day for year in np.unique(self.year[first]).tolist() for day in holidays.dates(year)}
            off = off | np.array([date(*day) in kept for day in dates])
        return off.astype(np.int64)


def hour_number(year: IntArray | int, month: IntArray | int, day: IntArray | int, hour: IntArray | int) -> IntArray:
    """A number that grows with every hour of the calendar."""
    return np.asarray(((year * 12 + month) * 32 + day) * 24 + hour, dtype=np.int64)


@dataclass(frozen=True)
class Metered:
    """Power at the meter, and what its bill needs to know beside it.

    Attributes:
        time_s: Start of each interval since the start of the run [s], [n].
        duration_s: Length of each interval [s], [n].
        power_w: Mean power from the grid [W], negative where power goes into it, [n].
        clock: Wall clock at the start of each interval, [n].
        power_factor: Of the site [-]; None if it is not stated.
        real_time_usd_per_kwh: Mean price of each interval [USD/kWh], [n]; None if there is no series.
        ppa_w: Power that a contract delivers as it is produced [W], [n]; None if there is none.
        ppa_usd_per_kwh: What it costs [USD/kWh].
    """

    time_s: FloatArray
    duration_s: FloatArray
    power_w: FloatArray
    clock: WallClock
    power_factor: float | None = None
    real_time_usd_per_kwh: FloatArray | None = None
    ppa_w: FloatArray | None = None
    ppa_usd_per_kwh: float = 0.0

    @property
    def kwh(self) -> FloatArray:
        """Energy of each interval [kWh], negative into the grid, [n]."""
        return self.power_w * self.duration_s / J_PER_KWH


@dataclass(frozen=True)
class Months:
    """The calendar months of a run.

    Attributes:
        number: Months since January of year 0, [m].
        first: Index of the first interval of each, [m].
        place: Which month each interval is in, [n].
        share: Share of the month that the run covers [-], [m].
        days: Days of the month that the run covers, [m].
    """

    number: IntArray
    first: IntArray
    place: IntArray
    share: FloatArray
    days: FloatArray

    @property
    def labels(self) -> list[str]:
        """As on the bill, e.g. '2025-07'."""
        return [f"{number // 12}-{number % 12 + 1:02d}" for number in self.number.tolist()]

    def sums(self, values: FloatArray, period: IntArray, periods: int) -> FloatArray:
        """Sum of *values* [n] in each month and period, [m, periods]."""
        shape = len(self.number), periods
        sums = np.bincount(self.place * periods + period, values, minlength=shape[0] * periods)
        return np.asarray(sums, dtype=np.float64).reshape(shape)


def months_of(duration_s: FloatArray, clock: WallClock) -> Months:
    """The calendar months of intervals in order of time."""
    number = clock.month_number
    new = np.concatenate(([True], np.diff(number) != 0))
    first = np.flatnonzero(new)
    covered_s = np.add.reduceat(duration_s, first)
    share = np.minimum(1.0, covered_s / clock.month_s[first])
    days = np.array([monthrange(month // 12, month % 12 + 1)[1] for month in number[first].tolist()])
    return Months(number[first], first, np.cumsum(new) - 1, share, share * days)


def period_of(schedule: IntArray, rows: IntArray) -> IntArray:
    """The period of each interval, by a *schedule* [2, 12, 24] and its entries, [n]."""
    return schedule.ravel().take(rows)
