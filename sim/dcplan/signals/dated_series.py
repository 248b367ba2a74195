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


SHOWN = 5
"""How many columns of a file with others are named."""
OTHER_MARKS = {";": "the semicolons", "\t": "the tabs", "|": "the bars"}
"""What some programs write between columns in place of commas."""


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
    column = _column(path, [str(name) for name in table.columns], columns)
    values = _numbers(path, table[column], columns[column], lowest)
    starts_s = _instants_s(path, table["time"].astype(str), zone)
    return DatedSeries(path.name, np.append(starts_s, 2.0 * starts_s[-1] - starts_s[-2]), values)


def _column(path: Path, found: list[str], columns: Mapping[str, float]) -> str:
    """The one of *columns* that is *found*."""
    known = [name for name in found if name in columns]
    if "time" in found and len(known) == 1:
        return known[0]
    told = f"{path}: needs the columns 'time' and one of {', '.join(columns)}"
    if len(found) == 1 and (mark := next((mark for mark in OTHER_MARKS if mark in found[0]), None)):
        raise InputError(f"{told}, with commas between them", f"replace {OTHER_MARKS[mark]} by commas")
    shown = ", ".join(shorten(name) for name in found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
    raise InputError(f"{told}, it has {shown}", "name its columns so" if len(known) < 2 else "remove all but one")


def _numbers(path: Path, written: pd.Series[str], factor: float, lowest: float) -> FloatArray:
    """The numbers *written* in a column, times its *factor*; refuse what is none, or below *lowest*."""
    numbers = pd.to_numeric(written, errors="coerce").to_numpy(dtype=np.float64)
    values: FloatArray = numbers * factor
    bad = np.flatnonzero(~np.isfinite(values) | (values < lowest))
    if len(bad):
        row, text = int(bad[0]), written.iloc[bad[0]]
        place = f"{path}:{row + FIRST_ROW}: {written.name}"
        if pd.isna(text) or not str(text).strip():
            raise InputError(f"{place} is missing", "write a number in each row")
        if not np.isfinite(numbers[row]):
            raise InputError(f"{place} is {shorten(text)}, which is not a number", "write e.g. 41.5, with a point")
        raise InputError(f"{place} is {numbers[row]:g}, too low", f"the lowest is {lowest / factor:g}")
    return values


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
        place = f"{path}:{row + FIRST_ROW}"
        raise _out_of_step(place, times.iloc[row - 1], times.iloc[row], _Step(result, row, zone))
    return result


@dataclass(frozen=True)
class _Step:
    """From the row before *row* to it, in a file of times *at_s* [s], [k], on the clock of *zone*."""

    at_s: FloatArray
    row: int
    zone: str

    @property
    def usual_s(self) -> float:
        """Length of most steps of the file [s]."""
        return float(np.median(np.diff(self.at_s)))

    @property
    def own_s(self) -> float:
        """Length of this one [s]."""
        return float(self.at_s[self.row] - self.at_s[self.row - 1])

    @property
    def same(self) -> int | None:
        """The earlier row of the same time."""
        rows = np.flatnonzero(self.at_s[: self.row] == self.at_s[self.row])
        return int(rows[0]) if len(rows) else None

    @property
    def missing(self) -> str:
        """What the clock shows at the first row that is not there."""
        return f"{self._clock(self.at_s[self.row - 1] + self.usual_s):%Y-%m-%d %H:%M}"

    @property
    def stands_once(self) -> bool:
        """Whether the first row that is not there is in an hour that the clock shows for the second time."""
        at = self._clock(self.at_s[self.row - 1] + self.usual_s)
        earlier = self._clock(at.timestamp() - 3600.0)
        return earlier.replace(tzinfo=None) == at.replace(tzinfo=None)

    def _clock(self, at_s: float) -> pd.Timestamp:
        return pd.Timestamp(at_s, unit="s", tz="UTC").tz_convert(self.zone)


def _out_of_step(place: str, before: str, here: str, step: _Step) -> InputError:
    """What is wrong with the row *here*, which does not follow the one *before* at the file's step."""
    every = f"the rows are {step.usual_s / 60:g} min apart"
    if step.same is not None:
        return InputError(f"{place}: {here} stands in line {step.same + FIRST_ROW} already", "remove one")
    if step.own_s < 0.0:
        return InputError(f"{place}: {here} comes after {before}", "sort the rows by time")
    if step.own_s < step.usual_s:
        return InputError(f"{place}: {here} comes too soon after {before}, while {every}", "remove what is between")
    if step.stands_once:
        clock = f"the clock of {step.zone} shows {step.missing[-5:]} twice on {step.missing[:-6]}"
        remedy = "write its rows once more, with their values, or name the zone that the times are in"
        return InputError(f"{place}: {clock}, so {step.missing[-5:]} must stand twice", remedy)
    return InputError(f"{place}: {step.missing} is missing before {here}, while {every}", "add it with its value")


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
