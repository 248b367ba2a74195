from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.economics.demand import coincident_kw, ratcheted
from dcplan.economics.meter import FloatArray, Metered, WallClock
from dcplan.profiles.charges import Coincident, NamedHour, Ratchet
from dcplan.signals.clock import Clock

JANUARY_2025 = 2025 * 12
peaks = st.lists(st.floats(0, 1e5), min_size=1, max_size=36)


def numbers(count: int) -> np.ndarray:
    return JANUARY_2025 + np.arange(count)


def metered(start: datetime, power_kw: list[float], step_s: float = 3600.0, zone: str = "America/Chicago") -> Metered:
    time_s = step_s * np.arange(len(power_kw))
    clock = WallClock.of(Clock(start, zone).wall(time_s))
    return Metered(time_s, np.full(len(power_kw), step_s), 1e3 * np.array(power_kw), clock)


def test_a_ratchet_remembers_eleven_months() -> None:
    peak_kw = np.array([100.0, *[10.0] * 12])
    billed = ratcheted(peak_kw, numbers(13), Ratchet(0.8, highest_kw_before=0.0))
    assert billed.tolist() == [100.0, *[80.0] * 11, 10.0]


def test_only_the_months_of_the_ratchet_count() -> None:
    peak_kw = np.array([100.0, 10.0, 10.0, 10.0, 10.0, 60.0, 10.0])  # January to July
    billed = ratcheted(peak_kw, numbers(7), Ratchet(0.5, months=(6, 7, 8, 9), highest_kw_before=0.0))
    assert billed.tolist() == [100.0, 10.0, 10.0, 10.0, 10.0, 60.0, 30.0]


def test_the_months_before_are_as_stated_or_like_the_run() -> None:
    peak_kw = np.array([10.0, 50.0])
    assert ratcheted(peak_kw, numbers(2), Ratchet(1.0, highest_kw_before=80.0)).tolist() == [80.0, 80.0]
    assert ratcheted(peak_kw, numbers(2), Ratchet(1.0)).tolist() == [50.0, 50.0]


@given(peaks, st.floats(0.01, 1.0), st.floats(0, 1e5))
def test_a_ratchet_is_the_rule_month_by_month(peak_kw: list[float], share: float, before_kw: float) -> None:
    billed = ratcheted(np.array(peak_kw), numbers(len(peak_kw)), Ratchet(share, highest_kw_before=before_kw))
    history = [before_kw] * 11 + peak_kw
    expected = [max(now, share * max(history[place : place + 11])) for place, now in enumerate(peak_kw)]
    assert billed.tolist() == expected


def test_the_systems_hour_is_found_on_the_wall_clock() -> None:
    charge = Coincident("4CP", 5.0, (NamedHour(2025, 7, 1, 16), NamedHour(None, 7, 2, 17)))
    power_kw = [float(hour) for hour in range(72)]
    assert coincident_kw(charge, metered(datetime(2025, 7, 1), power_kw), 71.0) == pytest.approx((16 + 41) / 2)


def test_quarter_hours_are_averaged_and_longer_steps_taken_as_they_are() -> None:
    charge = Coincident("4CP", 5.0, (NamedHour(None, 7, 1, 1),))
    assert coincident_kw(charge, metered(datetime(2025, 7, 1), [0.0] * 4 + [1.0, 2.0, 3.0, 6.0], 900.0), 9.0) == 3.0
    assert coincident_kw(charge, metered(datetime(2025, 7, 1), [4.0, 8.0], 7200.0), 9.0) == 4.0


def test_the_hour_that_comes_twice_is_one_hour_of_the_system() -> None:
    charge = Coincident("CP", 5.0, (NamedHour(None, 11, 2, 1),))
    assert coincident_kw(charge, metered(datetime(2025, 11, 2), [9.0, 1.0, 3.0, 9.0]), 9.0) == 2.0


def test_a_run_without_the_hours_pays_what_is_stated_or_its_own_peak() -> None:
    hours = (NamedHour(2024, 7, 1, 16),)
    run = metered(datetime(2025, 7, 1), [1.0] * 24)
    assert coincident_kw(Coincident("4CP", 5.0, hours), run, 7.0) == 7.0
    assert coincident_kw(Coincident("4CP", 5.0, hours, kw_before=3.0), run, 7.0) == 3.0
    assert coincident_kw(Coincident("4CP", 5.0, ()), run, 7.0) == 7.0


def test_power_into_the_grid_in_the_systems_hour_is_no_negative_demand() -> None:
    charge = Coincident("4CP", 5.0, (NamedHour(None, 7, 1, 0),))
    assert coincident_kw(charge, metered(datetime(2025, 7, 1), [-5.0, 1.0]), 1.0) == 0.0


def test_arrays_are_not_changed() -> None:
    peak_kw: FloatArray = np.array([1.0, 2.0])
    ratcheted(peak_kw, numbers(2), Ratchet(1.0))
    assert peak_kw.tolist() == [1.0, 2.0]
