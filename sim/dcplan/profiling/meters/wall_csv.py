"""Read the file of a meter at the wall: a time column with power in W, or with energy counted in kWh, Wh or J.

The column's name carries the unit ("power_w", "Power [W]", "watts", "energy_kwh"): a bare "power" is refused, because
a wrong guess would be wrong by a thousand. Times are seconds since 1970, or ISO 8601 with a zone.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.meters.trace import Array

TIMES = ("time", "timestamp", "datetime", "time_iso", "epoch_s", "time_s", "timestamp_s")
"""Names of the time column, in lower case; anything but letters and digits counts as "_"."""

VALUES: dict[str, tuple[Literal["power", "energy"], float]] = {
    "power_w": ("power", 1.0), "watts": ("power", 1.0), "watt": ("power", 1.0), "w": ("power", 1.0),
    "power_kw": ("power", 1e3), "kw": ("power", 1e3),
    "energy_j": ("energy", 1.0), "joules": ("energy", 1.0), "j": ("energy", 1.0),
    "energy_wh": ("energy", 3.6e3), "wh": ("energy", 3.6e3),
    "energy_kwh": ("energy", 3.6e6), "kwh": ("energy", 3.6e6),
}  # fmt: skip
"""Names of the value column: what it holds, and W or J in one of its units."""

LATEST_EPOCH_S = 1e11
"""A larger time [s] lies in the year 5138: it was meant as milliseconds."""

_REMEDY = "name the columns, e.g. epoch_s,power_w or time,energy_kwh"


@dataclass(frozen=True)
class Columns:
    """Where time and value stand in a row; the value in W or J is the number times *factor*."""

    time: int
    value: int
    name: str
    kind: Literal["power", "energy"]
    factor: float


@dataclass(frozen=True)
class Record:
    """What a meter at the wall wrote.

    Attributes:
        columns: What its columns mean.
        times_s: Time of each reading since 1970 [s], strictly ascending.
        values: Power [W], or energy counted so far [J].
        quantum: Step in which the values are written [W or J]: one in their last decimal place.
    """

    columns: Columns
    times_s: Array
    values: Array
    quantum: float


def read(path: Path) -> Record:
    """Read a meter's CSV; rows without a value are left out, and so is a last row that is not finished.

    Raises: InputError with file and line if the file cannot be read or is not such a file.
    """
    text = _text(path)
    columns = _columns(path, text)
    rows = list(_readings(path, columns, text))
    if len(rows) < 2:
        raise InputError(f"{path}: {len(rows)} readings; an energy needs two", "let the meter log all through the run")
    quantum = min(_last_place(text) for _, _, text in rows) * columns.factor
    times_s = np.array([time_s for _, time_s, _ in rows])
    values = np.array([float(text) for _, _, text in rows]) * columns.factor
    _check_order(path, times_s, [line for line, _, _ in rows])
    return Record(columns, times_s, values, quantum)


def read_columns(path: Path) -> Columns:
    """Read what the columns mean from the first line of *path*.

    Raises: InputError if the file cannot be read, or no column is a time, or not exactly one is a power or energy.
    """
    return _columns(path, _text(path))


def _columns(path: Path, text: str) -> Columns:
    header = next(_lines(path, text), (1, []))[1]
    names = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in header]
    times = [i for i, name in enumerate(names) if name in TIMES]
    values = [i for i, name in enumerate(names) if name in VALUES]
    if len(times) != 1 or len(values) != 1:
        found = ", ".join(header) or "nothing"
        what = "one time column and one column of power [W] or energy [kWh, J]"
        raise InputError(f"{path}:1: needs {what}, found {found}", _REMEDY)
    return Columns(times[0], values[0], header[values[0]].strip(), *VALUES[names[values[0]]])


def _readings(path: Path, columns: Columns, text: str) -> Iterator[tuple[int, float, str]]:
    """Line, time [s] and written value of every row that has one."""
    finished = text.endswith(("\n", "\r"))
    rows = list(_lines(path, text))[1:]
    for i, (line, row) in enumerate(rows):
        try:
            if reading := _reading(f"{path}:{line}", row, columns):
                yield line, *reading
        except InputError:
            if finished or i < len(rows) - 1:
                raise


def _reading(place: str, row: list[str], columns: Columns) -> tuple[float, str] | None:
    """Time [s] and value of a row; None if it has no value."""
    if not any(cell.strip() for cell in row):
        return None
    if len(row) <= max(columns.time, columns.value):
        raise InputError(f"{place}: {len(row)} columns, fewer than the first line names", "repair or delete the line")
    text = row[columns.value].strip()
    if not text:
        return None
    value = _number(text)
    if value is None or value < 0:
        raise InputError(f"{place}: {columns.name} is '{text}', not a number >= 0", "repair or delete the line")
    return _epoch_s(place, row[columns.time].strip()), text


def _epoch_s(place: str, text: str) -> float:
    """Seconds since 1970 of a time as written [s]."""
    number = _number(text)
    if number is not None:
        if number > LATEST_EPOCH_S:
            raise InputError(f"{place}: time {text} is too large for seconds", "divide milliseconds by 1000")
        return number
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{place}: time '{text}' is neither seconds since 1970 nor ISO 8601", "write e.g. 2030-01-31T12:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise InputError(f"{place}: time '{text}' has no zone", "append Z for UTC, or an offset such as +02:00")
    return moment.timestamp()


def _number(text: str) -> float | None:
    """*text* as a finite number; None if it is not one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def _last_place(text: str) -> float:
    """One in the last decimal place of a number as written.

    >>> _last_place("12.50"), _last_place("12"), _last_place("1.5e3")
    (0.01, 1.0, 100.0)
    """
    mantissa, _, exponent = text.lower().partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))


def _check_order(path: Path, times_s: Array, lines: list[int]) -> None:
    late = np.flatnonzero(np.diff(times_s) <= 0)
    if len(late):
        raise InputError(f"{path}:{lines[late[0] + 1]}: time does not ascend", "sort the file and drop repeated times")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}", "give the CSV that the meter writes") from None


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row."""
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise InputError(f"{path}:{rows.line_num}: is no CSV: {error}", "give the CSV that the meter writes") from None
