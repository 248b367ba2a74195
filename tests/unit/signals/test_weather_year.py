from __future__ import annotations

import numpy as np
import pytest

from dcplan.signals.weather_year import DAYS_OF_MONTH, YEAR_H, WeatherYear, months


def test_every_hour_belongs_to_its_month() -> None:
    assert [int((months() == month).sum()) for month in range(1, 13)] == [24 * days for days in DAYS_OF_MONTH]
    assert months()[[0, 31 * 24 - 1, 31 * 24, -1]].tolist() == [1, 1, 2, 12]


@pytest.fixture
def year() -> WeatherYear:
    """Days of 12 degC at midnight and 24 degC at noon; in July 6 K warmer. The wet bulb is 8 K below."""
    hour = np.arange(YEAR_H) % 24
    dry_bulb_c = 24.0 - abs(hour - 12.0) + np.where(months() == 7, 6.0, 0.0)
    return WeatherYear(dry_bulb_c, dry_bulb_c - 8.0, np.full(YEAR_H, 101325.0), 0.0, "UTC")


def test_a_value_is_exceeded_in_its_share_of_the_hours(year: WeatherYear) -> None:
    value = year.exceeded_c("dry_bulb_c", 0.01)
    assert (year.dry_bulb_c > value).mean() <= 0.01 <= (year.dry_bulb_c >= value).mean()


def test_a_design_condition_has_the_wet_bulb_of_its_hours_and_the_range_of_the_hottest_month(year: WeatherYear) -> None:
    found = year.design_condition(0.004)
    assert found.dry_bulb_c == year.exceeded_c("dry_bulb_c", 0.004) == 29.0
    assert found.wet_bulb_c == pytest.approx(21.0)
    assert found.daily_range_k == 12.0
