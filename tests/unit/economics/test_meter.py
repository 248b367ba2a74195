from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from dcplan.economics.meter import WallClock, months_of, period_of
from dcplan.profiles.holidays import Holidays
from dcplan.signals.clock import Clock

HOUR_S = 3600.0


def hours(start: datetime, count: int, zone: str) -> WallClock:
    return WallClock.of(Clock(start, zone).wall(HOUR_S * np.arange(count)))


@pytest.mark.parametrize(
    ("year", "month", "zone", "length_h"),
    [
        (2025, 3, "America/New_York", 743),
        (2025, 11, "America/New_York", 721),
        (2025, 3, "Europe/Berlin", 743),
        (2025, 10, "Europe/Berlin", 745),
        (2024, 2, "America/New_York", 696),
        (2025, 2, "America/New_York", 672),
        (2025, 12, "Asia/Singapore", 744),
    ],
)
def test_a_whole_month_is_one_month_whatever_the_clock_does(year: int, month: int, zone: str, length_h: int) -> None:
    clock = hours(datetime(year, month, 1), length_h, zone)
    months = months_of(np.full(length_h, HOUR_S), clock)
    assert clock.month_s.tolist() == [length_h * HOUR_S] * length_h
    assert months.labels == [f"{year}-{month:02d}"]
    assert months.share.tolist() == [1.0]


def test_the_hour_that_comes_twice_belongs_to_one_month_and_has_one_number() -> None:
    clock = hours(datetime(2025, 11, 2), 4, "America/New_York")
    assert clock.hour.tolist() == [0, 1, 1, 2]
    assert np.diff(clock.hour_number).tolist() == [1, 0, 1]


def test_a_run_over_the_new_year_has_two_months_and_their_days() -> None:
    clock = hours(datetime(2024, 12, 31), 72, "UTC")
    months = months_of(np.full(72, HOUR_S), clock)
    assert months.labels == ["2024-12", "2025-01"]
    assert months.days.tolist() == pytest.approx([1.0, 2.0])
    assert months.share.tolist() == pytest.approx([1 / 31, 2 / 31])


def test_holidays_have_the_periods_of_the_weekend() -> None:
    schedule = np.zeros((2, 12, 24), dtype=np.int64)
    schedule[0] = 1
    clock = hours(datetime(2025, 7, 3), 72, "America/New_York")
    assert period_of(schedule, clock.rows()).tolist() == [1] * 48 + [0] * 24
    assert period_of(schedule, clock.rows(Holidays(("07-04",)))).tolist() == [1] * 24 + [0] * 48
