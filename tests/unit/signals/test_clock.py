from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from dcplan.signals.clock import DAY_S, Clock, year_hours

NEW_YORK = "America/New_York"
HOUR_S = 3600.0


def hours_of_day(day: datetime) -> list[int]:
    """The hours that the wall clock in New York shows on *day*, in order."""
    wall = Clock(day, NEW_YORK).wall(np.arange(27) * HOUR_S)
    return [int(time.hour) for time in wall if time.date() == day.date()]


def test_the_day_that_springs_forward_has_23_hours_and_no_two_o_clock() -> None:
    assert hours_of_day(datetime(2025, 3, 9)) == [0, 1, *range(3, 24)]


def test_the_day_that_falls_back_has_25_hours_and_one_o_clock_twice() -> None:
    assert hours_of_day(datetime(2025, 11, 2)) == [0, 1, 1, *range(2, 24)]


def test_any_other_day_has_24_hours() -> None:
    assert hours_of_day(datetime(2025, 7, 7)) == list(range(24))


def test_standard_time_knows_no_daylight_saving() -> None:
    standard = Clock(datetime(2025, 7, 7, 12), NEW_YORK).standard(np.array([0.0]), -5.0)
    assert standard[0].to_pydatetime() == datetime(2025, 7, 7, 11)
    assert standard.tz is None


@pytest.mark.parametrize(
    ("start", "offset_s"),
    [
        (datetime(2025, 7, 7), 0.0),
        (datetime(2025, 7, 7, 1, 30), 5400.0),
        (datetime(2025, 7, 13, 23, 59, 59), 7 * DAY_S - 1),
    ],
)
def test_the_week_starts_on_monday_at_midnight(start: datetime, offset_s: float) -> None:
    assert Clock(start, NEW_YORK).week_offset_s == offset_s


def test_a_daily_time_is_met_once_a_day_before_the_horizon() -> None:
    clock = Clock(datetime(2025, 7, 7, 1))
    assert list(clock.daily(2, 30, 3 * DAY_S)) == [5400.0, 5400.0 + DAY_S, 5400.0 + 2 * DAY_S]
    assert list(clock.daily(2, 30, 5400.0)) == []


def test_a_time_of_day_that_is_over_at_the_start_waits_for_tomorrow() -> None:
    assert list(Clock(datetime(2025, 7, 7, 3)).daily(2, 0, 2 * DAY_S)) == [23 * HOUR_S, 47 * HOUR_S]


def test_a_weekly_time_is_met_on_its_day_only() -> None:
    clock = Clock(datetime(2025, 7, 7))
    assert list(clock.daily(2, 0, 14 * DAY_S, weekday=6)) == [6 * DAY_S + 7200.0, 13 * DAY_S + 7200.0]


def test_daily_times_follow_the_wall_clock_when_it_springs_forward() -> None:
    clock = Clock(datetime(2025, 3, 8), NEW_YORK)
    assert np.diff(list(clock.daily(4, 0, 4 * DAY_S))).tolist() == [23 * HOUR_S, DAY_S, DAY_S]


def test_daily_times_follow_the_wall_clock_when_it_falls_back() -> None:
    clock = Clock(datetime(2025, 11, 1), NEW_YORK)
    assert np.diff(list(clock.daily(4, 0, 4 * DAY_S))).tolist() == [25 * HOUR_S, DAY_S, DAY_S]


def test_a_time_that_is_skipped_comes_when_the_clock_would_have_shown_it() -> None:
    assert list(Clock(datetime(2025, 3, 9), NEW_YORK).daily(2, 30, DAY_S)) == [2.5 * HOUR_S]


def test_a_time_that_comes_twice_is_taken_at_the_first() -> None:
    assert list(Clock(datetime(2025, 11, 2), NEW_YORK).daily(1, 30, DAY_S)) == [1.5 * HOUR_S]


def hours(*times: str) -> list[float]:
    clock = [Clock(datetime.fromisoformat(time)).wall(np.array([0.0])) for time in times]
    return [float(year_hours(index)[0]) for index in clock]


def test_hours_of_the_year_count_from_new_year() -> None:
    assert hours("2025-01-01 00:00", "2025-01-01 01:30", "2025-12-31 23:00") == [0.0, 1.5, 8759.0]


def test_the_29th_of_february_repeats_the_28th() -> None:
    assert hours("2024-02-28 06:00", "2024-02-29 06:00", "2024-03-01 06:00") == hours(
        "2025-02-28 06:00", "2025-02-28 06:00", "2025-03-01 06:00"
    )


def test_a_leap_year_ends_where_any_year_ends() -> None:
    assert hours("2024-12-31 23:00") == [8759.0]
