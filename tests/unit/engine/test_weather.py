from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from dcplan.engine.assumptions import Assumptions
from dcplan.engine.weather import weather_of
from dcplan.errors import InputError
from dcplan.scenario.site import WeatherChanges
from dcplan.signals.clock import Clock
from dcplan.signals.weather import Weather
from dcplan.signals.weather_year import YEAR_H, WeatherYear

YEAR = WeatherYear(np.full(YEAR_H, 20.0), np.full(YEAR_H, 15.0), np.full(YEAR_H, 100e3), -5.0, "America/New_York")
DAYS_S = np.arange(0.0, 11 * 86400.0, 3600.0)
WAVE = {"start": "2025-07-05", "days": 4, "peak": "8 K", "shape": "triangle", "humidity": "humidity_ratio"}


def changed(
    assumptions: Assumptions | None = None, start: datetime = datetime(2025, 7, 1), **changes: object
) -> Weather:
    spec = WeatherChanges.model_validate(changes) if changes else None
    return weather_of(spec, YEAR, Clock(start, YEAR.zone), DAYS_S, assumptions or Assumptions())


def test_without_changes_it_is_the_weather_of_the_year() -> None:
    assumptions = Assumptions()
    weather = changed(assumptions)
    assert set(weather.dry_bulb_c) == {20.0}
    assert assumptions.rows == []


def test_a_heat_wave_peaks_in_its_middle_on_the_wall_clock() -> None:
    warm = changed(heat_wave=WAVE)
    assert warm.dry_bulb_c.max() == 28.0
    assert DAYS_S[warm.dry_bulb_c.argmax()] == (4 + 2) * 86400.0
    assert (warm.dry_bulb_c > 20.0).sum() == 4 * 24 - 1


def test_a_heat_wave_outside_the_run_is_told() -> None:
    with pytest.raises(InputError, match="the heat wave of 2025-08-05 and 4 days lies outside the counted time"):
        changed(heat_wave=WAVE | {"start": "2025-08-05"})
    with pytest.raises(InputError, match="lies outside the counted time; move its start"):
        changed(heat_wave=WAVE | {"start": "2025-06-05"})


def test_a_climate_changes_by_the_month_of_standard_time() -> None:
    monthly = [f"{month} K" for month in range(1, 13)]
    warm = changed(
        start=datetime(2025, 7, 30), climate_delta={"monthly": monthly, "humidity": "relative_humidity"}
    ).dry_bulb_c
    assert warm[:49].tolist() == [27.0] * 49  # August begins at 01:00 of daylight saving time
    assert warm[49:].tolist() == [28.0] * (len(warm) - 49)


def test_a_design_day_as_published_is_every_day() -> None:
    day = changed(design_day={"dry_bulb": "34 degC", "wet_bulb": "24 degC", "daily_range": "11 K"}).dry_bulb_c
    assert day.reshape(-1, 24).max(axis=1).tolist() == [34.0] * 11
    assert day.reshape(-1, 24).min(axis=1).tolist() == [23.0] * 11


def test_a_design_day_of_the_year_and_changes_add_up() -> None:
    climate = {"annual": "2 K", "humidity": "relative_humidity"}
    warm = changed(design_day={"exceeded": "0.4 %"}, climate_delta=climate, heat_wave=WAVE)
    assert warm.dry_bulb_c.max() == 30.0  # a year without days or nights: 20 degC, + 2 K, + 8 K


def test_every_change_is_an_assumption_with_its_humidity() -> None:
    assumptions = Assumptions()
    climate = {"annual": "2 K", "humidity": "relative_humidity"}
    changed(assumptions, climate_delta=climate, heat_wave=WAVE)
    rows = {row["name"]: (row["value"], row["source"]) for row in assumptions.rows}
    assert rows["weather: climate delta"][0] == "+2 K"
    assert "the relative humidity stays" in rows["weather: climate delta"][1]
    assert rows["weather: heat wave"][0] == "+8 K at most, 4 days from 2025-07-05, triangle"
    assert "the water in the air stays" in rows["weather: heat wave"][1]
    assert rows["weather: plant"][1] == "sized for the weather year as it is"
