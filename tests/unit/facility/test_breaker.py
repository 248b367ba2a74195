"""Breakers trip when their curve says so, under steady and under changing load."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.facility.breaker import CURVES, BreakerDesign, travelled, trip_s

VERY, EXTREMELY = (BreakerDesign(CURVES[name], 1.0) for name in ("very_inverse", "extremely_inverse"))


@pytest.mark.parametrize(
    ("design", "load", "seconds"),
    [
        (VERY, 1.2, 19.61 / 0.44 + 0.491),
        (VERY, 2.0, 19.61 / 3.0 + 0.491),
        (VERY, 10.0, 19.61 / 99.0 + 0.491),
        (EXTREMELY, 1.2, 28.2 / 0.44 + 0.1217),
        (EXTREMELY, 5.0, 28.2 / 24.0 + 0.1217),
        (BreakerDesign(CURVES["very_inverse"], 5.0), 2.0, 5.0 * (19.61 / 3.0 + 0.491)),
    ],
)
def test_a_steady_overload_trips_at_the_time_of_the_curve(design: BreakerDesign, load: float, seconds: float) -> None:
    assert float(trip_s(np.array(load), design)) == pytest.approx(seconds, rel=1e-12)
    way, step_s, steps = np.zeros(1), seconds / 1000.0, 0
    while way[0] < 1.0 - 1e-9:
        way, steps = travelled(way, np.array([load]), step_s, design), steps + 1
    assert steps == 1000


def test_up_to_its_rating_a_breaker_never_trips() -> None:
    assert np.isinf(trip_s(np.array([0.0, 0.99, 1.0]), VERY)).all()
    assert travelled(np.array([0.4]), np.array([1.0]), 1e6, VERY)[0] == 0.4


def test_without_load_a_breaker_is_as_cold_as_new_after_its_time_to_reset() -> None:
    assert travelled(np.array([1.0]), np.array([0.0]), 21.6, VERY)[0] == pytest.approx(0.0, abs=1e-12)
    assert travelled(np.array([1.0]), np.array([0.0]), 20.0, VERY)[0] > 0.0


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=20), st.floats(0.1, 10.0))
def test_more_load_trips_no_later(loads: list[float], step_s: float) -> None:
    way, more = np.zeros(1), np.zeros(1)
    for load in loads:
        way, more = (
            travelled(way, np.array([load]), step_s, VERY),
            travelled(more, np.array([1.1 * load]), step_s, VERY),
        )
    assert 0.0 <= way[0] <= more[0] + 1e-12
