from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pytest

import tiny
from dcplan.profiles.library import Library, Profile
from dcplan.signals.clock import Clock
from dcplan.signals.places import year_at
from dcplan.signals.weather import weather_at

ROWS = [round(20.0 + 10.0 * math.sin(row), 2) for row in range(8760)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A place five hours behind UTC whose dry bulb tells the rows apart."""
    root = tmp_path_factory.mktemp("weather")
    tiny.write_weather(root / "weather" / "p", ROWS, tz="UTC", utc_offset_h=0)
    return Library([root]).load("weather", "p")


def dry_bulb_c(place: Profile, start: datetime, *hours: float, zone: str = "UTC") -> list[float]:
    return weather_at(year_at(place), Clock(start, zone), np.array(hours) * 3600.0).dry_bulb_c.tolist()


def test_a_row_is_the_air_at_the_end_of_its_hour(place: Profile) -> None:
    assert dry_bulb_c(place, datetime(2025, 1, 1), 1, 2, 8759) == [ROWS[0], ROWS[1], ROWS[8758]]


def test_between_the_hours_the_air_changes_evenly(place: Profile) -> None:
    assert dry_bulb_c(place, datetime(2025, 1, 1), 1.5) == pytest.approx([(ROWS[0] + ROWS[1]) / 2])


def test_new_year_s_midnight_is_the_last_row(place: Profile) -> None:
    assert dry_bulb_c(place, datetime(2025, 1, 1), 0) == [ROWS[-1]]


def test_the_year_wraps_around(place: Profile) -> None:
    across = dry_bulb_c(place, datetime(2025, 12, 31, 23), 0, 0.5, 1, 1.5, 2)
    assert across == pytest.approx([ROWS[-2], (ROWS[-2] + ROWS[-1]) / 2, ROWS[-1], (ROWS[-1] + ROWS[0]) / 2, ROWS[0]])


def test_the_29th_of_february_has_the_weather_of_the_28th(place: Profile) -> None:
    leap = dry_bulb_c(place, datetime(2024, 2, 29), *range(1, 24))
    assert leap == dry_bulb_c(place, datetime(2024, 2, 28), *range(1, 24))
    assert leap == dry_bulb_c(place, datetime(2025, 2, 28), *range(1, 24))


def test_the_file_is_in_standard_time_all_year(place: Profile) -> None:
    winter = dry_bulb_c(place, datetime(2025, 1, 15, 12), 0, zone="Europe/London")
    summer = dry_bulb_c(place, datetime(2025, 7, 15, 12), 0, zone="Europe/London")
    assert winter == [ROWS[14 * 24 + 11]]
    assert summer == [ROWS[195 * 24 + 10]]
