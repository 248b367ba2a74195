"""Prices or power from a CSV with dates, on the clock of a zone: the hour that is missing and that comes twice.

In spring the clock skips an hour: the file has no rows of it. In autumn it shows an hour twice: the file has its rows
twice, one after the other (they may carry their offset from UTC as well, as in 2025-11-02 01:00-06:00). A file in UTC
has neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.signals.clock import Clock, FloatArray
from dcplan.signals.weather_year import is_zone
from dcplan.units import shorten

MAX_ROWS = 2_000_000
FIRST_ROW = 2
"""Line of the first row, below the names of the columns."""


@dataclass(frozen=True)
class DatedSeries:
    """Values that hold for equal intervals.

    Attributes:
        name: Of the file.
        edges_s: Where intervals begin and end, since 1970 in UTC [s], [k + 1].
        values: Value of each interval, [k].
    """

    name: str
    edges_s: FloatArray
    values: FloatArray

    def means(self, clock: Clock, time_s: FloatArray, duration_s: FloatArray) -> FloatArray:
        """Mean value over each interval of a run on *clock*, [n]; refuse a run that the file does not cover."""
        begins_s = clock.origin.timestamp() + time_s
        ends_s = begins_s + duration_s
        if begins_s[0] < self.edges_s[0] or ends_s[-1] > self.edges_s[-1] + 1.0:
            first, last = (_written(at_s, clock) for at_s in (self.edges_s[0], self.edges_s[-1]))
            needed = f"{_written(begins_s[0], clock)} to {_written(ends_s[-1], clock)}"
            problem = f"{self.name} covers {first} to {last}, the counted time is {needed} (clock of the site)"
            raise InputError(problem, "start the run inside it, or give a longer file")
        sums = np.concatenate(([0.0], np.cumsum(self.values * np.diff(self.edges_s))))
        means: FloatArray = (
            np.interp(ends_s, self.edges_s, sums) - np.interp(begins_s, self.edges_s, sums)
        ) / duration_s
        return means


def _written(at_s: float, clock: Clock) -> str:
    return f"{pd.Timestamp(at_s, unit='s', tz='UTC').tz_convert(clock.zone):%Y-%m-%d %H:%M}"


def read_dated(path: Path, zone: str, columns: Mapping[str, float], lowest: float = -np.inf) -> DatedSeries:
    """The series in *path*, which has a column `time` and one of *columns*, whose values are multiplied by its factor.

    Args:
        path: A CSV file.
        zone: Time zone of its times, e.g. 'America/Chicago' or 'UTC'.
        columns: Names that the second column may have, and the factor to SI or USD/kWh of each.
        lowest: Values below it are refused.
    """
    if not is_zone(zone):
        raise InputError(f"there is no time zone {shorten(zone)}", "write e.g. 'America/Chicago' or 'UTC'")
    table = _read(path)
    found = [name for name in table.columns if name in columns]
    if "time" not in table or len(found) != 1:
        raise InputError(f"{path}: needs the columns 'time' and one of {', '.join(columns)}")
    values = pd.to_numeric(table[found[0]], errors="coerce").to_numpy(dtype=np.float64) * columns[found[0]]
    bad = np.flatnonzero(~np.isfinite(values) | (values < lowest))
    if len(bad):
        raise InputError(f"{path}:{bad[0] + FIRST_ROW}: {found[0]} is missing, not a number, or too low")
    starts_s = _instants_s(path, table["time"].astype(str), zone)
    return DatedSeries(path.name, np.append(starts_s, 2.0 * starts_s[-1] - starts_s[-2]), values)


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, nrows=MAX_ROWS + 1)
    except FileNotFoundError as error:
        raise InputError(f"there is no file {shorten(path.name)} beside the scenario") from error
    except Exception as error:  # readers raise many kinds for a broken file
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{shorten(path.name)} is not a readable CSV file: {reason[:200]}") from error
    if not 2 <= len(table) <= MAX_ROWS:
        raise InputError(f"{path}: a series needs 2 to {MAX_ROWS} rows")
    return table


def _instants_s(path: Path, times: pd.Series[str], zone: str) -> FloatArray:
    """Instants of *times*, since 1970 in UTC [s]; they must follow each other at equal steps."""
    with_offset = times.str.contains(r"(?:[+-]\d\d:?\d\d|Z)$", regex=True)
    parsed = pd.to_datetime(times, errors="coerce", utc=True, format="ISO8601")
    if parsed.isna().any():
        row = int(np.flatnonzero(parsed.isna())[0])
        raise InputError(f"{path}:{row + FIRST_ROW}: {shorten(times.iloc[row])} is no time such as 2025-07-07 14:00")
    if with_offset.any() and not with_offset.all():
        row = int(np.flatnonzero(with_offset != with_offset.iloc[0])[0])
        raise InputError(f"{path}:{row + FIRST_ROW}: some times have an offset from UTC and some have not")
    index = pd.DatetimeIndex(parsed)
    instants = index if with_offset.all() else _localised(path, index.tz_localize(None), zone)
    seconds = (instants.tz_localize(None) - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    result = np.asarray(seconds, dtype=np.float64)
    steps_s = np.diff(result)
    wrong = np.flatnonzero((steps_s <= 0.0) | (np.abs(steps_s - np.median(steps_s)) > 1.0))
    if len(wrong):
        row = int(wrong[0]) + 1
        problem = (
            f"{path}:{row + FIRST_ROW}: {times.iloc[row]} does not follow {times.iloc[row - 1]} at the file's step"
        )
        remedy = (
            f"of {np.median(steps_s) / 60:g} min on the clock of {zone}; add what is missing, sort, or name the zone"
        )
        raise InputError(problem, remedy)
    return result


def _localised(path: Path, wall: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """Instants of times on the clock of *zone*; the rows of an hour that comes twice are its first, then its second."""
    try:
        summer, winter = (
            wall.tz_localize(zone, ambiguous=np.full(len(wall), dst), nonexistent="raise").tz_convert("UTC")
            for dst in (True, False)
        )
    except ValueError as error:
        skipped = next(row for row, at in enumerate(wall) if _is_skipped(at, zone))
        problem = f"{path}:{skipped + FIRST_ROW}: the clock of {zone} skips {wall[skipped]:%Y-%m-%d %H:%M}"
        raise InputError(problem, "leave the hour out, or name the zone that the times are in") from error
    second = wall.to_series().groupby(wall).cumcount().to_numpy() > 0
    return pd.DatetimeIndex(np.where(second, winter.to_numpy(), summer.to_numpy()), tz="UTC")


def _is_skipped(at: pd.Timestamp, zone: str) -> bool:
    return bool(at.tz_localize(zone, ambiguous=True, nonexistent="NaT") is pd.NaT)
