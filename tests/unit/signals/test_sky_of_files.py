"""Sunlight and wind read from files of users are those of the shipped years, which were made from the same files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pvlib
import pytest

from dcplan.profiles.library import default_library
from dcplan.signals.places import year_at
from dcplan.signals.weather_file import read_weather

DATA = Path(pvlib.__file__).parent / "data"


@pytest.mark.parametrize(("file", "place"), [("723170TYA.CSV", "greensboro-nc"), ("12839.tm2", "miami-fl")])
def test_sunlight_and_wind_of_a_file_are_those_of_the_shipped_year(file: str, place: str) -> None:
    ours, shipped = read_weather(DATA / file).year.sky, year_at(default_library().load("weather", place)).sky
    assert ours is not None
    assert shipped is not None
    for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "wind_m_s"):
        np.testing.assert_allclose(getattr(ours, name), getattr(shipped, name), atol=0.06, err_msg=name)
    assert ours.latitude_deg == pytest.approx(shipped.latitude_deg, abs=0.05)
    assert ours.longitude_deg == pytest.approx(shipped.longitude_deg, abs=0.05)


def test_a_plain_table_does_not_tell_where_it_was_measured(tmp_path: Path) -> None:
    header = "dry_bulb_c,relative_humidity,ghi_w_m2,dni_w_m2,dhi_w_m2,wind_speed_m_s\n"
    path = tmp_path / "mine.csv"
    path.write_text(header + "20,0.5,100,100,100,3\n" * 8760, encoding="utf-8")
    assert read_weather(path, altitude_m=10.0, utc_offset_h=0.0).year.sky is None
