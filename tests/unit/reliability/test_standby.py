from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.reliability.outages import Spans, through
from dcplan.reliability.standby import Standby, felt, gap_down, stopping

NOTHING = Standby(0.0, 1.0, math.inf, 0.0)
BATTERY = Standby(300.0, 1.0, math.inf, 0.0)
ENGINES = Standby(300.0, 1.0, math.inf, 0.0, 3, 2, 0.9, 12.0, 4e6)
RATE, MEAN_S = 1e-6, 3600.0

seconds = st.floats(0.0, 1000.0)
standbys = st.builds(
    Standby,
    seconds,
    st.floats(0.0, 1.0),
    seconds,
    seconds,
    st.integers(0, 4),
    st.integers(1, 3),
    st.floats(0.0, 1.0),
    seconds,
    st.floats(1e6, 1e8),
    st.floats(0.0, 1.0),
)


def test_with_nothing_in_between_everything_is_felt() -> None:
    assert felt(RATE, MEAN_S, NOTHING).per_s == pytest.approx(RATE)
    assert felt(RATE, MEAN_S, NOTHING).mean_s == pytest.approx(MEAN_S)


def test_a_battery_hides_short_interruptions_and_the_begin_of_long_ones() -> None:
    down = felt(RATE, MEAN_S, BATTERY)
    assert down.per_s == pytest.approx(RATE * math.exp(-300.0 / MEAN_S))
    assert down.mean_s == pytest.approx(MEAN_S)


def test_generators_that_never_stop_leave_what_does_not_start() -> None:
    down = felt(RATE, MEAN_S, replace(ENGINES, run_s=1e18))
    too_few = 0.1**3 + 3 * 0.9 * 0.1**2
    assert down.per_s == pytest.approx(RATE * too_few * math.exp(-300.0 / MEAN_S), rel=1e-6)


def test_a_battery_shorter_than_the_start_leaves_a_gap() -> None:
    down = felt(RATE, MEAN_S, Standby(5.0, 1.0, math.inf, 0.0, 1, 1, 1.0, 12.0, 1e18))
    assert down.per_s == pytest.approx(RATE * math.exp(-5.0 / MEAN_S))
    assert down.mean_s == pytest.approx(7.0, rel=2e-3)


def test_one_generator_stops_before_the_utility_is_back() -> None:
    assert stopping(1, MEAN_S, replace(ENGINES, generators=1, needed=1)) == pytest.approx(MEAN_S / (MEAN_S + 4e6))
    two_more = replace(ENGINES, generators=3, needed=2)
    alone = stopping(2, MEAN_S, two_more)
    assert alone == pytest.approx(2 / 4e6 / (2 / 4e6 + 1 / MEAN_S))
    assert stopping(3, MEAN_S, two_more) == pytest.approx(alone * (3 / 4e6) / (3 / 4e6 + 1 / MEAN_S))


def test_a_common_cause_stops_all_generators() -> None:
    together = replace(ENGINES, common=1.0)
    assert stopping(3, MEAN_S, together) == pytest.approx(MEAN_S / (MEAN_S + 4e6))


def test_a_room_that_warms_before_the_plant_cools_feels_every_interruption() -> None:
    warm = Standby(300.0, 1.0, 200.0, 300.0, 1, 1, 1.0, 12.0, 1e18)
    down = felt(RATE, MEAN_S, warm)
    assert down.per_s == pytest.approx(RATE)
    assert down.mean_s == pytest.approx(100.0 + 12.0, rel=2e-3)


def test_a_gap_is_felt_once_the_battery_is_empty_or_the_room_is_warm() -> None:
    standby = Standby(300.0, 1.0, 180.0, 60.0)
    gaps = np.array([100.0, 130.0, 400.0])
    begins_s, ends_s = gap_down(gaps, np.full(3, 300.0), standby)
    assert (ends_s - begins_s).tolist() == [0.0, 10.0, 280.0]
    begins_s, ends_s = gap_down(gaps, np.full(3, 100.0), standby)  # they are off before it is warm
    assert (begins_s.tolist(), ends_s.tolist()) == ([180.0, 100.0, 100.0], [180.0, 130.0, 400.0])


@settings(max_examples=60, deadline=None)
@given(standbys, st.floats(10.0, 1e5))
def test_the_closed_form_is_the_mean_of_outages_drawn_at_random(standby: Standby, mean_s: float) -> None:
    count = 20_000
    rng = np.random.default_rng(1)
    begins_s = np.arange(count) * 1e9  # so far apart that none meets another
    seen = through(Spans(begins_s, begins_s + rng.exponential(mean_s, count)), standby, rng)
    down = felt(1.0, mean_s, standby)
    per_outage_s = np.bincount((seen.begins_s // 1e9).astype(int), seen.lasts_s, count)
    half_s = 5.0 * per_outage_s.std() / count**0.5 + 1e-3 * mean_s
    assert abs(per_outage_s.mean() - down.share) <= half_s
    assert abs(len(seen.lasts_s) / count - down.per_s) <= 0.02 + 0.02 * down.per_s


@given(standbys, st.floats(10.0, 1e4), st.floats(1.0, 1000.0))
def test_a_larger_battery_or_a_room_that_stays_cool_never_harms(standby: Standby, mean_s: float, more_s: float) -> None:
    before = felt(1.0, mean_s, standby).share
    cooler = replace(standby, hot_s=standby.hot_s + more_s)
    assert felt(1.0, mean_s, cooler).share <= before * (1 + 1e-9) + 1e-9 * mean_s
