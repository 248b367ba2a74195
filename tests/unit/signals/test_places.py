from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.library import Library, Profile
from dcplan.signals import moist_air
from dcplan.signals.places import year_at
from dcplan.signals.weather_year import YEAR_H

ROWS = [20.0] * YEAR_H
NORMALS: dict[str, Any] = {
    "daily_max_c": [20.0] * 12,
    "daily_min_c": [10.0] * 12,
    "relative_humidity": [0.7] * 12,
}


def broken(folder: Path, text: bytes | None = None, rows: int = 8760, **header: object) -> Profile:
    path = tiny.write_weather(folder / "weather" / "p", ROWS[:rows], **header)
    if text is not None:
        (path / "hours.csv.gz").write_bytes(text)
    return Library([folder]).load("weather", "p")


@pytest.mark.parametrize("text", [b"", b"no gzip", b"\x1f\x8b\x08\x00garbage"], ids=["empty", "text", "cut"])
def test_a_file_that_is_no_weather_is_told(text: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a weather year"):
        year_at(broken(tmp_path, text))


def test_a_year_with_an_hour_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected 8760 complete hours, found 8759"):
        year_at(broken(tmp_path, rows=8759))


def test_a_place_without_its_standard_time_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="weather profile 'p': lacks its standard time; add 'utc_offset_h'"):
        year_at(broken(tmp_path, utc_offset_h=None))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "America", None])
def test_a_zone_that_is_none_is_told(zone: str | None, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no time zone"):
        year_at(broken(tmp_path, tz=zone))


def synthetic(folder: Path, name: str = "p", **changed: Any) -> Profile:
    header = {"kind": "synthetic", "tz": "UTC", "utc_offset_h": 0, "altitude_m": 1000.0, "values": NORMALS} | changed
    tiny.write_header(folder / "weather" / name, **header)
    return Library([folder]).load("weather", name)


def test_a_synthetic_place_has_the_pressure_of_its_altitude_and_no_wet_bulb_above_the_dry(tmp_path: Path) -> None:
    year = year_at(synthetic(tmp_path))
    assert set(year.pressure_pa) == {float(moist_air.pressure_at_altitude_pa(1000.0))}
    assert (year.wet_bulb_c <= year.dry_bulb_c).all()
    assert len(year.dry_bulb_c) == YEAR_H


def test_a_synthetic_year_belongs_to_its_name(tmp_path: Path) -> None:
    one, again, other = (year_at(synthetic(tmp_path, name)).dry_bulb_c for name in ("p", "p", "q"))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"values": NORMALS | {"daily_max_c": [20.0] * 11}},
            "daily_max_c: expected 12 numbers from -50 to 55; give tw",
        ),
        ({"values": NORMALS | {"daily_min_c": [25.0] * 12}}, "daily_min_c is not below daily_max_c in every month"),
        ({"values": NORMALS | {"relative_humidity": [70.0] * 12}}, "relative_humidity: expected 12 numbers from 0.02"),
        ({"values": {"daily_max_c": [20.0] * 12}}, "'daily_min_c'; give twelve numbers of each"),
        ({"altitude_m": None}, "weather profile 'p': lacks its altitude; add 'altitude_m'"),
    ],
)
def test_a_synthetic_place_that_lacks_something_is_told(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        year_at(synthetic(tmp_path, **changed))
