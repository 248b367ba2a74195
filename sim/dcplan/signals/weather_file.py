"""Weather years from files of users: EPW, TMY3, TMY2 (read by pvlib) and plain CSV.

All four stamp an hour with its end, and start on 1 January at 01:00 local standard time: temperature, humidity and
pressure are observed at the stamp (EnergyPlus, Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary";
S. Wilcox, W. Marion, Users Manual for TMY3 Data Sets, NREL/TP-581-43156, 2008; W. Marion, K. Urban, User's Manual for
TMY2s, NREL, 1995). So rows are taken in the order of the file, row i being the air at the end of hour i; the indices
that pvlib makes, which differ from format to format, are not used.
"""

from __future__ import annotations

import gzip
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.signals import moist_air
from dcplan.signals.clock import FloatArray
from dcplan.signals.sky import Sky, sky_of
from dcplan.signals.weather_year import YEAR_H, WeatherYear, is_zone
from dcplan.units import shorten

MAX_BYTES = 50_000_000
FEBRUARY_29 = slice(59 * 24, 60 * 24)
LEAP_YEAR_H = YEAR_H + 24

HUMIDITY = ("relative_humidity", "dew_point_c", "wet_bulb_c", "humidity_ratio_kg_kg")
"""What humidity may be read from, the first that is there."""
RANGES = MappingProxyType(
    {
        "dry_bulb_c": (-60.0, 60.0),
        "relative_humidity": (0.0, 1.1),
        "dew_point_c": (-90.0, 50.0),
        "wet_bulb_c": (-60.0, 50.0),
        "humidity_ratio_kg_kg": (0.0, 0.1),
        "pressure_pa": (50e3, 110e3),
    }
)
"""What a value may be. Relative humidity above 1 occurs in fog; the air is then taken as saturated."""
CSV_COLUMNS = (*RANGES, "hour", "wind_speed_m_s", "ghi_w_m2", "dni_w_m2", "dhi_w_m2")


@dataclass(frozen=True)
class WeatherRead:
    """What was read from a file, and what had to be made up."""

    year: WeatherYear
    notes: tuple[tuple[str, str, str], ...]
    """What was derived: (name, value, how)."""


@dataclass(frozen=True)
class _Table:
    """A file before it is checked: SI columns in file order, NaN where a value is missing."""

    path: Path
    columns: pd.DataFrame
    first_line: int
    """Line of the first row."""
    utc_offset_h: float | None = None
    altitude_m: float | None = None
    place_deg: tuple[float, float] | None = None
    """Latitude and longitude, if the file tells them [deg]."""

    def line(self, row: int) -> str:
        """File and line of *row*."""
        return f"{self.path}:{self.first_line + row}"


def read_weather(
    path: Path, *, zone: str | None = None, altitude_m: float | None = None, utc_offset_h: float | None = None
) -> WeatherRead:
    """The weather year in *path*.

    Args:
        path: An .epw, .tm2 (TMY2), .csv (TMY3, or columns called as in `CSV_COLUMNS`) or .csv.gz file.
        zone: Time zone of the wall clock; if not given, the offset of the file all year, without daylight saving.
        altitude_m: Height above the sea [m], if the file does not tell it or tells it wrong.
        utc_offset_h: Local standard time minus UTC [h], if the file does not tell it or tells it wrong.
    """
    table = _read(path)
    if len(table.columns) == LEAP_YEAR_H:
        rows = np.delete(np.arange(LEAP_YEAR_H), FEBRUARY_29)
        table = replace(table, columns=table.columns.iloc[rows].reset_index(drop=True))
    if len(table.columns) != YEAR_H:
        for name in (name for name in RANGES if name in table.columns):  # a wrong row says more than how many there are
            _check(table, name, gaps=name == "dry_bulb_c")
        raise InputError(f"{path}: expected {YEAR_H} hours, found {len(table.columns)}", "give one whole year")
    offset_h = table.utc_offset_h if utc_offset_h is None else utc_offset_h
    if offset_h is None:
        raise InputError(f"{path}: does not tell its standard time", "add e.g. 'utc_offset: -5 h'")
    if not -12.0 <= offset_h <= 14.0:
        raise InputError(f"{path}: UTC{offset_h:+g} is no standard time", "add e.g. 'utc_offset: -5 h'")
    notes: list[tuple[str, str, str]] = []
    pressure_pa = _pressure_pa(table, table.altitude_m if altitude_m is None else altitude_m, notes)
    dry_bulb_c = _column(table, "dry_bulb_c")
    humidity_ratio = _humidity_ratio(table, dry_bulb_c, pressure_pa, notes)
    wet_bulb_c = moist_air.wet_bulb_c(dry_bulb_c, humidity_ratio, pressure_pa)
    if zone is not None and not is_zone(zone):
        raise InputError(f"'{zone}' is no time zone", "write e.g. 'Europe/Berlin'")
    if zone is None:
        zone = _fixed_zone(path, offset_h)
        notes.append(("time zone", f"UTC{offset_h:+g}", "the file's standard time, without daylight saving"))
    year = WeatherYear(dry_bulb_c, wet_bulb_c, pressure_pa, offset_h, zone, _sky(table, altitude_m, offset_h))
    return WeatherRead(year, tuple(notes))


def _sky(table: _Table, altitude_m: float | None, offset_h: float) -> Sky | None:
    """Sunlight and wind; None if the file does not tell them, or not where it was measured."""
    height_m = table.altitude_m if altitude_m is None else altitude_m
    if table.place_deg is None or height_m is None:
        return None
    return sky_of(table.columns, *table.place_deg, height_m, offset_h)


# --- what is missing ------------------------------------------------------------------------------------------------


def _column(table: _Table, name: str) -> FloatArray:
    """A column that must be there and whole."""
    _check(table, name, gaps=True)
    return table.columns[name].to_numpy(dtype=np.float64)


def _check(table: _Table, name: str, gaps: bool) -> None:
    """Whether a column holds numbers that can be, and, where *gaps* are wrong, in every hour."""
    values = table.columns[name].to_numpy(dtype=np.float64)
    if gaps and (missing := np.flatnonzero(np.isnan(values))).size:
        raise InputError(f"{table.line(missing[0])}: {name} is missing or no number", "fill the gap")
    low, high = RANGES[name]
    if (wrong := np.flatnonzero((values < low) | (values > high))).size:
        what = f"{name} is {values[wrong[0]]:g}, outside {low:g} to {high:g}"
        raise InputError(f"{table.line(wrong[0])}: {what}", "check its unit")


def _pressure_pa(table: _Table, altitude_m: float | None, notes: list[tuple[str, str, str]]) -> FloatArray:
    """The file's pressure [Pa]; where it has none, that of the standard atmosphere at the altitude."""
    missing = table.columns["pressure_pa"].isna() if "pressure_pa" in table.columns else np.ones(YEAR_H, dtype=bool)
    if not missing.any():
        return _column(table, "pressure_pa")
    if altitude_m is None:
        raise InputError(f"{table.path}: tells neither pressure nor altitude", "add e.g. 'altitude: 82 m'")
    standard_pa = float(moist_air.pressure_at_altitude_pa(altitude_m))
    hours = int(missing.sum())
    how = f"standard atmosphere at {altitude_m:g} m (ICAO 1993), as the file has no pressure in {hours} hours"
    notes.append(("pressure", f"{standard_pa / 1e3:.1f} kPa", how))
    known = table.columns.get("pressure_pa", pd.Series(np.nan, index=table.columns.index))
    filled = table.columns.assign(pressure_pa=known.fillna(standard_pa))
    return _column(replace(table, columns=filled), "pressure_pa")


def _humidity_ratio(
    table: _Table, dry_bulb_c: FloatArray, pressure_pa: FloatArray, notes: list[tuple[str, str, str]]
) -> FloatArray:
    """Humidity ratio [kg/kg] from the first column of `HUMIDITY` that has a value in every hour."""
    there = [name for name in HUMIDITY if name in table.columns]
    if not there:
        raise InputError(f"{table.path}: tells no humidity", f"give one of the columns {', '.join(HUMIDITY)}")
    whole = [name for name in there if not table.columns[name].isna().any()]
    name = whole[0] if whole else there[0]
    if name != HUMIDITY[0]:
        notes.append(("humidity", f"from {name}", "the first column of the file that tells humidity in every hour"))
    values = _column(table, name)
    if name == "dew_point_c":
        found = moist_air.saturation_humidity_ratio_kg_kg(values, pressure_pa)
    elif name == "wet_bulb_c":
        found = moist_air.humidity_ratio_of_wet_bulb_kg_kg(dry_bulb_c, values, pressure_pa)
    elif name == "relative_humidity":
        found = moist_air.humidity_ratio_kg_kg(dry_bulb_c, values, pressure_pa)
    else:
        found = values
    return np.minimum(found, moist_air.saturation_humidity_ratio_kg_kg(dry_bulb_c, pressure_pa))


def _fixed_zone(path: Path, offset_h: float) -> str:
    """The zone that is *offset_h* ahead of UTC all year."""
    if offset_h == 0:
        return "UTC"
    zone = f"Etc/GMT{-offset_h:+g}"
    if not is_zone(zone):
        raise InputError(f"{path}: no zone is called UTC{offset_h:+g}", "add e.g. 'time_zone: Asia/Kolkata'")
    return zone


# --- formats --------------------------------------------------------------------------------------------------------


def _read(path: Path) -> _Table:
    """The file as one of the formats, by its name and its second line."""
    lines = _lines(path)
    name = path.name.lower()
    if name.endswith(".epw"):
        return _epw(path, lines)
    if name.endswith(".tm2"):
        return _tmy2(path, lines)
    if not name.endswith((".csv", ".csv.gz")):
        raise InputError(f"{path}: is no weather file by its name", "use .epw, .tm2, .csv or .csv.gz")
    return _tmy3(path, lines) if lines[1].startswith("Date (MM/DD/YYYY)") else _csv(path, lines)


def _lines(path: Path) -> list[str]:
    """The lines of the file, checked to be text of a bearable size with more than a header."""
    try:
        with path.open("rb") as stream:
            packed = path.name.lower().endswith(".gz")
            raw = (gzip.GzipFile(fileobj=stream) if packed else stream).read(MAX_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read: {reason}", "name a weather file beside the scenario") from error
    if len(raw) > MAX_BYTES:
        raise InputError(f"{path}: is larger than {MAX_BYTES // 1_000_000} MB", "give one year of hours")
    lines = raw.decode("latin-1").splitlines()
    if len(lines) < 2:
        raise InputError(f"{path}: has no hours", "give one whole year")
    return lines


def _epw(path: Path, lines: list[str]) -> _Table:
    _same_fields(path, lines, first_line=9, at_least=22)
    frame, place = _by_pvlib(path, "EPW", "read_epw")
    _in_order(path, frame["hour"], first_line=9)
    columns = {
        "dry_bulb_c": _number(frame["temp_air"], missing=99.9),
        "dew_point_c": _number(frame["temp_dew"], missing=99.9),
        "relative_humidity": _number(frame["relative_humidity"], missing=999.0) / 100.0,
        "pressure_pa": _number(frame["atmospheric_pressure"], missing=999999.0),
        "ghi_w_m2": _number(frame["ghi"], missing=9999.0),
        "dni_w_m2": _number(frame["dni"], missing=9999.0),
        "dhi_w_m2": _number(frame["dhi"], missing=9999.0),
        "wind_speed_m_s": _number(frame["wind_speed"], missing=999.0),
    }
    where = float(place["latitude"]), float(place["longitude"])
    return _Table(path, pd.DataFrame(columns), 9, float(place["TZ"]), float(place["altitude"]), where)


def _tmy3(path: Path, lines: list[str]) -> _Table:
    _same_fields(path, lines, first_line=3, at_least=41)
    frame, place = _by_pvlib(path, "TMY3", "read_tmy3")
    _in_order(path, frame["Time (HH:MM)"].str.partition(":")[0], first_line=3)
    columns = {
        "dry_bulb_c": _number(frame["temp_air"], missing=-9900.0),
        "dew_point_c": _number(frame["temp_dew"], missing=-9900.0),
        "relative_humidity": _number(frame["relative_humidity"], missing=-9900.0) / 100.0,
        "pressure_pa": _number(frame["pressure"], missing=-9900.0) * 100.0,
        "ghi_w_m2": _number(frame["ghi"], missing=-9900.0),
        "dni_w_m2": _number(frame["dni"], missing=-9900.0),
        "dhi_w_m2": _number(frame["dhi"], missing=-9900.0),
        "wind_speed_m_s": _number(frame["wind_speed"], missing=-9900.0),
    }
    where = float(place["latitude"]), float(place["longitude"])
    return _Table(path, pd.DataFrame(columns), 3, float(place["TZ"]), float(place["altitude"]), where)


def _tmy2(path: Path, lines: list[str]) -> _Table:
    for number, line in enumerate(lines[1:], start=2):
        if len(line) < 142:
            raise InputError(f"{path}:{number}: has {len(line)} letters, a row of TMY2 142", "get the file again")
    frame, place = _by_pvlib(path, "TMY2", "read_tmy2")
    _in_order(path, frame["hour"], first_line=2)
    columns = {
        "dry_bulb_c": _number(frame["DryBulb"], missing=9999.0) / 10.0,
        "dew_point_c": _number(frame["DewPoint"], missing=9999.0) / 10.0,
        "relative_humidity": _number(frame["RHum"], missing=999.0) / 100.0,
        "pressure_pa": _number(frame["Pressure"], missing=9999.0) * 100.0,
        "ghi_w_m2": _number(frame["GHI"], missing=9999.0),
        "dni_w_m2": _number(frame["DNI"], missing=9999.0),
        "dhi_w_m2": _number(frame["DHI"], missing=9999.0),
        "wind_speed_m_s": _number(frame["Wspd"], missing=999.0) / 10.0,
    }
    where = float(place["latitude"]), float(place["longitude"])
    return _Table(path, pd.DataFrame(columns), 2, float(place["TZ"]), float(place["altitude"]), where)


def _csv(path: Path, lines: list[str]) -> _Table:
    names = [name.strip() for name in lines[0].split(",")]
    if unknown := [name for name in names if name not in CSV_COLUMNS]:
        shown = ", ".join(shorten(name) for name in unknown[:5])
        raise InputError(f"{path}:1: unknown column {shown}", f"known are {', '.join(CSV_COLUMNS)}")
    if "dry_bulb_c" not in names or len(set(names)) < len(names):
        raise InputError(f"{path}:1: each column must be there once, dry_bulb_c among them", "correct its header")
    _same_fields(path, lines, first_line=2, at_least=len(names))
    rows = [line.split(",") for line in lines[1:] if line.strip()]
    frame = pd.DataFrame(rows, columns=names)
    used = [name for name in names if name in RANGES]
    return _Table(path, pd.DataFrame({name: _number(frame[name]) for name in used}), 2)


def _by_pvlib(path: Path, format_name: str, function: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """What a reader of pvlib makes of the file; pvlib is imported here, as it takes seconds."""
    import pvlib.iotools

    reader: Callable[[str], tuple[pd.DataFrame, dict[str, Any]]] = getattr(pvlib.iotools, function)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame, place = reader(str(path))
    except Exception as error:  # pvlib checks nothing: whatever pandas or Python makes of a broken file
        what = f"{path}: cannot be read as {format_name}: {' '.join(str(error).split())[:200]}"
        raise InputError(what, "get the file again") from error
    return frame.reset_index(drop=True), place


def _number(column: pd.Series[Any], missing: float | None = None) -> pd.Series[float]:
    """A column as numbers, NaN where it has none or the code for *missing*."""
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    finite = numbers.where(np.isfinite(numbers))
    return finite if missing is None else finite.where(finite != missing)


def _same_fields(path: Path, lines: list[str], first_line: int, at_least: int) -> None:
    """Every row has as many fields as the first; pandas would shift columns instead of telling."""
    rows = lines[first_line - 1 :]
    wanted = rows[0].count(",") if rows else 0
    if wanted + 1 < at_least:
        what = f"{path}:{first_line}: has {wanted + 1} fields, at least {at_least} are needed"
        raise InputError(what, "get the file again")
    for number, row in enumerate(rows, start=first_line):
        if row.strip() and row.count(",") != wanted:
            what = f"{path}:{number}: has {row.count(',') + 1} fields, the first row {wanted + 1}"
            raise InputError(what, "correct the line")


def _in_order(path: Path, hour: pd.Series[Any], first_line: int) -> None:
    """The hours run 1 to 24, again and again."""
    found = pd.to_numeric(hour, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(found != np.arange(len(found)) % 24 + 1)
    if wrong.size:
        line, value = first_line + int(wrong[0]), found[wrong[0]]
        what = f"{path}:{line}: is hour {value:g}, expected {wrong[0] % 24 + 1}"
        raise InputError(what, "a weather file has every hour once, from 1 to 24, in order")
