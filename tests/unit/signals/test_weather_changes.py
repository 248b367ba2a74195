from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.signals import moist_air
from dcplan.signals.clock import DAY_S
from dcplan.signals.weather import Weather
from dcplan.signals.weather_changes import design_day, heat_wave_k, warmed

Keep = Literal["humidity_ratio", "relative_humidity"]
KEEP = pytest.mark.parametrize("keep", ["humidity_ratio", "relative_humidity"])


@pytest.fixture
def air() -> Weather:
    dry_bulb_c, relative = np.array([-8.0, 5.0, 20.0, 34.0]), np.array([0.9, 0.6, 1.0, 0.4])
    pressure_pa = np.full(4, 98e3)
    ratio = moist_air.humidity_ratio_kg_kg(dry_bulb_c, relative, pressure_pa)
    return Weather(dry_bulb_c, moist_air.wet_bulb_c(dry_bulb_c, ratio, pressure_pa), pressure_pa)


def test_warmer_air_with_the_same_water_has_a_lower_relative_humidity(air: Weather) -> None:
    warm = warmed(air, np.array(4.0), "humidity_ratio")
    np.testing.assert_allclose(warm.dry_bulb_c, air.dry_bulb_c + 4.0)
    np.testing.assert_allclose(warm.humidity_ratio_kg_kg, air.humidity_ratio_kg_kg, rtol=1e-6)
    assert (warm.relative_humidity < air.relative_humidity).all()
    assert (warm.wet_bulb_c > air.wet_bulb_c).all()


def test_warmer_air_of_the_same_relative_humidity_holds_more_water(air: Weather) -> None:
    warm = warmed(air, np.array(4.0), "relative_humidity")
    np.testing.assert_allclose(warm.relative_humidity, air.relative_humidity, rtol=1e-6)
    assert (warm.humidity_ratio_kg_kg > 1.2 * air.humidity_ratio_kg_kg).all()


@KEEP
def test_no_change_changes_nothing(air: Weather, keep: Keep) -> None:
    same = warmed(air, np.zeros(4), keep)
    assert same.dry_bulb_c.tolist() == air.dry_bulb_c.tolist()
    assert same.wet_bulb_c.tolist() == air.wet_bulb_c.tolist()


def test_cooled_air_gives_off_what_it_cannot_hold(air: Weather) -> None:
    cold = warmed(air, np.array(-20.0), "humidity_ratio")
    np.testing.assert_allclose(cold.wet_bulb_c, cold.dry_bulb_c, atol=0.02)
    assert cold.relative_humidity[-1] == pytest.approx(1.0, abs=1e-3)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-40.0, 45.0), st.floats(0.0, 1.0), st.floats(60e3, 106e3), st.floats(-15.0, 15.0),
    st.sampled_from(["humidity_ratio", "relative_humidity"]),
)  # fmt: skip
def test_the_wet_bulb_is_never_above_the_dry_bulb(
    dry_c: float, relative: float, pressure: float, change_k: float, keep: Keep
) -> None:
    ratio = moist_air.humidity_ratio_kg_kg(dry_c, relative, pressure)
    wet_c = moist_air.wet_bulb_c(dry_c, ratio, pressure)
    before = Weather(np.array([dry_c]), np.atleast_1d(wet_c), np.array([pressure]))
    after = warmed(before, np.array([change_k]), keep)
    assert (after.wet_bulb_c <= after.dry_bulb_c).all()


def test_a_triangle_rises_to_its_middle_and_falls() -> None:
    time_s = np.array([-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]) * DAY_S
    assert heat_wave_k(time_s, 0.0, 4, 6.0, "triangle").tolist() == [0.0, 0.0, 3.0, 6.0, 3.0, 0.0, 0.0]


def test_a_plateau_is_at_its_peak_between_its_first_and_last_day() -> None:
    time_s = np.array([2.0, 2.25, 3.0, 4.0, 5.0, 5.5, 6.0]) * DAY_S
    assert heat_wave_k(time_s, 2 * DAY_S, 4, 8.0, "plateau").tolist() == [0.0, 2.0, 8.0, 8.0, 8.0, 4.0, 0.0]


def test_a_plateau_of_one_day_does_not_reach_its_peak() -> None:
    assert heat_wave_k(np.linspace(0.0, DAY_S, 25), 0.0, 1, 8.0, "plateau").max() == 4.0


def test_a_design_day_runs_from_its_lowest_at_five_to_its_highest_at_two() -> None:
    day = design_day(np.arange(24.0), 34.1, 23.9, 11.4, 100325.0)
    assert day.dry_bulb_c.max() == 34.1
    assert day.dry_bulb_c.argmax() == 14
    assert day.dry_bulb_c.min() == pytest.approx(34.1 - 11.4)
    assert day.dry_bulb_c.argmin() == 5
    assert day.wet_bulb_c.max() == pytest.approx(23.9)
    np.testing.assert_allclose(day.humidity_ratio_kg_kg, day.humidity_ratio_kg_kg[0], rtol=1e-6)


def test_a_night_too_cold_for_its_water_is_saturated() -> None:
    night = design_day(np.array([5.0]), 30.0, 27.0, 15.0, 101325.0)
    assert night.wet_bulb_c == pytest.approx(night.dry_bulb_c)
