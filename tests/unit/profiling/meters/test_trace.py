"""Energy under readings of power, against areas worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcplan.profiling.meters.trace import Area, Trace


def trace(*readings: tuple[float, float]) -> Trace:
    """Readings of (time, value)."""
    return Trace(np.array([t for t, _ in readings], float), np.array([v for _, v in readings], float))


def test_constant_power_has_no_range() -> None:
    assert trace((0, 100), (1, 100), (2, 100)).area(0.25, 1.75) == Area(150, 150, 150)


def test_edges_are_interpolated() -> None:
    # 50 W at 0.5 s rising to 100 W at 1 s, then falling to 50 W at 1.5 s.
    area = trace((0, 0), (1, 100), (2, 0)).area(0.5, 1.5)
    assert area.joules == pytest.approx(75)
    assert (area.low_j, area.high_j) == (0, 100)


def test_a_window_between_two_readings_takes_its_range_from_them() -> None:
    assert trace((0, 100), (10, 300)).area(4, 6) == Area(400, 200, 600)


def test_power_is_held_beyond_the_readings() -> None:
    assert trace((1, 100), (2, 200)).area(0, 4) == Area(100 + 150 + 400, 100 + 100 + 400, 100 + 200 + 400)


def test_uneven_readings_are_weighted_by_time() -> None:
    assert trace((0, 0), (9, 0), (10, 100)).area(0, 10).joules == 50


def test_the_longest_gap_counts_readings_around_the_window_and_missing_edges() -> None:
    readings = trace((0, 1), (1, 1), (5, 1), (6, 1))
    assert readings.longest_gap_s(0.2, 0.8) == 1
    assert readings.longest_gap_s(2, 3) == 4
    assert readings.longest_gap_s(5.5, 9) == 3
    assert readings.longest_gap_s(-2, 0.5) == 2
    assert trace().longest_gap_s(0, 1) == math.inf


def test_the_readings_around_a_window_enclose_it() -> None:
    readings = trace((0, 1), (1, 2), (2, 3), (3, 4))
    assert readings.around(1.5, 1.6).times_s.tolist() == [1, 2]
    assert readings.around(1, 2).times_s.tolist() == [1, 2]
    assert readings.around(0.5, 9).times_s.tolist() == [0, 1, 2, 3]
