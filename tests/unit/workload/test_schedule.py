from __future__ import annotations

from datetime import datetime

import pytest

from dcplan.signals.clock import DAY_S, Clock
from dcplan.workload.schedule import submissions

MONDAY = Clock(datetime(2025, 7, 7))


@pytest.mark.parametrize(
    ("every", "horizon_s", "expected"),
    [
        ("6 h", 18 * 3600.0, [0.0, 21_600.0, 43_200.0]),
        ("6 h", 18 * 3600.0 + 1, [0.0, 21_600.0, 43_200.0, 64_800.0]),
        ("2 days", 1.0, [0.0]),
        ("day at 02:00", 2 * DAY_S, [7200.0, 7200.0 + DAY_S]),
        ("Day at 02:00", DAY_S, [7200.0]),
        ("sunday at 23:30", 7 * DAY_S, [7 * DAY_S - 1800.0]),
        ("sunday at 23:30", 6 * DAY_S, []),
        ("monday at 00:00", DAY_S, [0.0]),
    ],
)
def test_jobs_come_on_schedule_before_the_horizon(every: str, horizon_s: float, expected: list[float]) -> None:
    assert list(submissions(every, MONDAY, horizon_s)) == expected


def test_a_calendar_follows_daylight_saving() -> None:
    clock = Clock(datetime(2025, 3, 8), "America/New_York")
    assert list(submissions("day at 12:00", clock, 3 * DAY_S)) == [
        43_200.0,
        43_200.0 + 23 * 3600.0,
        43_200.0 + 47 * 3600.0,
    ]


def test_a_short_period_does_not_drift() -> None:
    times = list(submissions("0.1 min", MONDAY, DAY_S))
    assert len(times) == 14_400
    assert times[-1] == pytest.approx(DAY_S - 6.0, abs=1e-6)


@pytest.mark.parametrize("tenths", [11, 17, 33])
def test_a_period_that_no_float_holds_comes_as_often_as_it_fits(tenths: int) -> None:
    period_s = tenths / 10
    assert len(list(submissions(f"{period_s} s", MONDAY, 1000 * period_s))) == 1000
