"""Weather files of users: four formats of the same year must be the same air."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psychrolib
import pvlib
import pytest

from dcplan.errors import InputError
from dcplan.signals.moist_air import pressure_at_altitude_pa
from dcplan.signals.weather_file import WeatherRead, read_weather
from dcplan.signals.weather_year import YEAR_H

psychrolib.SetUnitSystem(psychrolib.SI)  # once: it compiles

PVLIB = Path(pvlib.__file__).parent / "data"
EPW_HEADER = [
    "LOCATION,Nowhere,-,XXX,made up,000000,10.0,20.0,5.5,1000.0",
    "DESIGN CONDITIONS,0",
    "TYPICAL/EXTREME PERIODS,0",
    "GROUND TEMPERATURES,0",
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
    "COMMENTS 1,made up",
    "COMMENTS 2,",
    "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31",
]


def epw_row(row: int, dry: str = "", dew: str = "10.0", rh: str = "50", pressure: str = "90000") -> str:
    dry = dry or f"{20.0 + row % 24 / 10:.1f}"
    return f"2001,1,1,{row % 24 + 1},60,?9,{dry},{dew},{rh},{pressure}" + ",0" * 25


Edit = Callable[[list[str]], None]


def epw(folder: Path, edit: Edit = lambda _: None, hours: int = YEAR_H, name: str = "a.epw") -> Path:
    lines = EPW_HEADER + [epw_row(row) for row in range(hours)]
    edit(lines)
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def csv(
    folder: Path, columns: str = "dry_bulb_c,relative_humidity", row: str = "20.0,0.5", name: str = "a.csv"
) -> Path:
    text = "\n".join([columns, *[row] * YEAR_H]) + "\n"
    (folder / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return folder / name


def notes(read: WeatherRead) -> dict[str, tuple[str, str]]:
    return {name: (value, how) for name, value, how in read.notes}


# --- formats


@pytest.mark.parametrize(
    ("name", "dry_bulb_c", "relative_humidity", "pressure_pa", "offset_h", "zone"),
    [
        ("723170TYA.CSV", (10.0, 4.4), (0.77, 0.79), 99300.0, -5.0, "Etc/GMT+5"),
        ("703165TY.csv", (4.0, 3.1), (0.93, 0.93), 101200.0, -9.0, "Etc/GMT+9"),
        ("12839.tm2", (20.0, 21.1), (0.73, 0.73), 101700.0, -5.0, "Etc/GMT+5"),
    ],
)
def test_the_years_that_pvlib_carries_are_read(
    name: str,
    dry_bulb_c: tuple[float, float],
    relative_humidity: tuple[float, float],
    pressure_pa: float,
    offset_h: float,
    zone: str,
) -> None:
    """First row, and first pressure, as written in the file."""
    year = read_weather(PVLIB / name).year
    assert year.dry_bulb_c[0] == dry_bulb_c[0]
    assert year.pressure_pa[0] == pressure_pa
    expected = psychrolib.GetTWetBulbFromRelHum(dry_bulb_c[0], relative_humidity[0], pressure_pa)
    assert year.wet_bulb_c[0] == pytest.approx(expected, abs=1e-3)
    assert (year.utc_offset_h, year.zone) == (offset_h, zone)


def test_an_epw_is_read_in_the_order_of_its_rows(tmp_path: Path) -> None:
    year = read_weather(epw(tmp_path), zone="Asia/Kolkata").year
    np.testing.assert_allclose(year.dry_bulb_c, 20.0 + np.arange(YEAR_H) % 24 / 10)
    assert set(year.pressure_pa) == {90000.0}
    assert (year.utc_offset_h, year.zone) == (5.5, "Asia/Kolkata")


def test_a_csv_may_have_the_columns_of_the_library_packed_or_not(tmp_path: Path) -> None:
    columns, row = "hour,dry_bulb_c,dew_point_c,relative_humidity,pressure_pa,wind_speed_m_s", "0,20.0,1.0,0.5,1e5,3"
    plain = read_weather(csv(tmp_path, columns, row), utc_offset_h=1.0).year
    packed = read_weather(csv(tmp_path, columns, row, "a.csv.gz"), utc_offset_h=1.0).year
    assert plain.zone == "Etc/GMT-1"
    np.testing.assert_array_equal(plain.wet_bulb_c, packed.wet_bulb_c)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("relative_humidity", "0.5"),
        ("dew_point_c", "9.26"),
        ("wet_bulb_c", "13.78"),
        ("humidity_ratio_kg_kg", "0.00726"),
    ],
)
def test_humidity_may_be_told_in_four_ways(tmp_path: Path, column: str, value: str) -> None:
    """20 degC and 50 % at sea level (ASHRAE Handbook of Fundamentals 2017, chapter 1)."""
    path = csv(tmp_path, f"dry_bulb_c,{column},pressure_pa", f"20.0,{value},101325")
    assert read_weather(path, utc_offset_h=0.0).year.wet_bulb_c[0] == pytest.approx(13.78, abs=0.03)


def test_the_29th_of_february_of_a_leap_year_is_left_out(tmp_path: Path) -> None:
    def mark(lines: list[str]) -> None:
        for row in range(59 * 24, 60 * 24):
            lines[8 + row] = epw_row(row, dry="40.0")

    year = read_weather(epw(tmp_path, mark, hours=YEAR_H + 24), zone="Asia/Kolkata").year
    assert len(year.dry_bulb_c) == YEAR_H
    assert year.dry_bulb_c.max() < 40.0


# --- what is missing


def test_a_missing_pressure_follows_from_the_altitude_and_is_told(tmp_path: Path) -> None:
    def forget(lines: list[str]) -> None:
        lines[8:10] = [epw_row(row, pressure="999999") for row in range(2)]

    read = read_weather(epw(tmp_path, forget), zone="Asia/Kolkata")
    expected = float(pressure_at_altitude_pa(1000.0))
    assert read.year.pressure_pa[:3].tolist() == pytest.approx([expected, expected, 90000.0])
    assert notes(read)["pressure"][0] == "89.9 kPa"
    assert "as the file has no pressure in 2 hours" in notes(read)["pressure"][1]


def test_the_altitude_of_the_scenario_wins(tmp_path: Path) -> None:
    year = read_weather(csv(tmp_path), utc_offset_h=0.0, altitude_m=2000.0).year
    assert year.pressure_pa[0] == pytest.approx(float(pressure_at_altitude_pa(2000.0)))


def test_a_missing_relative_humidity_follows_from_the_dew_point(tmp_path: Path) -> None:
    def forget(lines: list[str]) -> None:
        lines[8] = epw_row(0, rh="999")

    read = read_weather(epw(tmp_path, forget), zone="Asia/Kolkata")
    assert read.year.wet_bulb_c[0] == pytest.approx(psychrolib.GetTWetBulbFromTDewPoint(20.0, 10.0, 90000.0), abs=1e-3)
    assert notes(read)["humidity"][0] == "from dew_point_c"


def test_a_zone_that_was_derived_is_told(tmp_path: Path) -> None:
    read = read_weather(csv(tmp_path, "dry_bulb_c,relative_humidity,pressure_pa", "20.0,0.5,1e5"), utc_offset_h=9.0)
    assert read.year.zone == "Etc/GMT-9"
    assert notes(read)["time zone"] == ("UTC+9", "the file's standard time, without daylight saving")


def test_a_foggy_hour_is_saturated(tmp_path: Path) -> None:
    path = csv(tmp_path, "dry_bulb_c,relative_humidity,pressure_pa", "20.0,1.04,1e5")
    assert read_weather(path, utc_offset_h=0.0).year.wet_bulb_c[0] == pytest.approx(20.0)


# --- broken files


def _line(number: int, text: str) -> Edit:
    def edit(lines: list[str]) -> None:
        lines[number - 1] = text

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_line(30, epw_row(21, dry="99.9")), "a.epw:30: dry_bulb_c is missing or no number; fill the gap"),
        (_line(30, epw_row(21, dry="hot")), "a.epw:30: dry_bulb_c is missing or no number"),
        (_line(30, epw_row(21, dry="310.2")), "a.epw:30: dry_bulb_c is 310.2, outside -60 to 60; check its unit"),
        (_line(30, epw_row(21, pressure="900")), "a.epw:30: pressure_pa is 900, outside 50000 to 110000"),
        (_line(30, epw_row(21) + ",1,2"), "a.epw:30: has 37 fields, the first row 35; correct the line"),
        (_line(30, epw_row(22)), "a.epw:30: is hour 23, expected 22; a weather file has every hour once"),
        (lambda lines: lines.pop(), "a.epw: expected 8760 hours, found 8759; give one whole year"),
        (lambda lines: lines.__delitem__(slice(1, None)), "a.epw: has no hours"),
        (_line(1, "PLACE,Nowhere"), "a.epw: cannot be read as EPW"),
    ],
)
def test_a_broken_file_is_told_with_its_line(tmp_path: Path, edit: Edit, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read_weather(epw(tmp_path, edit))


@pytest.mark.parametrize(
    ("columns", "row", "message"),
    [
        ("dry_bulb_c,rh", "20.0,0.5", "a.csv:1: unknown column 'rh'; known are dry_bulb_c, relative_humidity"),
        ("hour,relative_humidity", "0,0.5", "a.csv:1: each column must be there once, dry_bulb_c among them"),
        ("dry_bulb_c,hour", "20.0,0", "a.csv: tells no humidity; give one of the columns relative_humidity"),
        ("dry_bulb_c,relative_humidity", "20.0,50", "a.csv:2: relative_humidity is 50, outside 0 to 1.1"),
        ("dry_bulb_c,relative_humidity", "20.0", "a.csv:2: has 1 fields, at least 2 are needed"),
    ],
)
def test_a_broken_csv_is_told_with_its_line(tmp_path: Path, columns: str, row: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read_weather(csv(tmp_path, columns, row), utc_offset_h=0.0, altitude_m=0.0)


def test_a_wrong_row_is_told_before_the_number_of_rows(tmp_path: Path) -> None:
    def broken(lines: list[str]) -> None:
        lines[29] = epw_row(21, dry="310.2")
        lines.pop()

    with pytest.raises(InputError, match=re.escape("a.epw:30: dry_bulb_c is 310.2, outside -60 to 60")):
        read_weather(epw(tmp_path, broken))


def test_what_a_csv_cannot_tell_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not tell its standard time; add e\.g\. 'utc_offset: -5 h'"):
        read_weather(csv(tmp_path))
    with pytest.raises(InputError, match=r"tells neither pressure nor altitude; add e\.g\. 'altitude: 82 m'"):
        read_weather(csv(tmp_path), utc_offset_h=0.0)
    with pytest.raises(InputError, match=re.escape("no zone is called UTC+5.5; add e.g. 'time_zone: Asia/Kolkata'")):
        read_weather(epw(tmp_path))
    with pytest.raises(InputError, match="'Mars/Olympus' is no time zone"):
        read_weather(epw(tmp_path), zone="Mars/Olympus")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"a\nb\n", "a.txt: is no weather file by its name; use .epw, .tm2, .csv or .csv.gz"),
        ("a.csv.gz", b"no gzip", "a.csv.gz: cannot be read"),
        ("a.tm2", b"head\nshort\n", "a.tm2:2: has 5 letters, a row of TMY2 142"),
        ("a.csv", b"", "a.csv: has no hours"),
    ],
)
def test_what_is_no_weather_file_is_told(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)):
        read_weather(tmp_path / name)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read: No such file or directory; name a weather file beside"):
        read_weather(tmp_path / "a.epw")
