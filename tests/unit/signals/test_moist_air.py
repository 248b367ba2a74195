"""Moist air against psychrolib and CoolProp, and against itself: every conversion has a way back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import psychrolib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.signals import moist_air
from dcplan.signals.moist_air import FloatArray

psychrolib.SetUnitSystem(psychrolib.SI)  # once: it compiles

SEED = 5
DRY_BULB_C = np.linspace(-45.0, 50.0, 300)
RELATIVE_HUMIDITY, PRESSURE_PA = np.random.default_rng(SEED).uniform([[0.02], [55e3]], [[1.0], [106e3]], (2, 300))
HUMIDITY_RATIO = moist_air.humidity_ratio_kg_kg(DRY_BULB_C, RELATIVE_HUMIDITY, PRESSURE_PA)
WET_BULB_C = moist_air.wet_bulb_c(DRY_BULB_C, HUMIDITY_RATIO, PRESSURE_PA)
ONE_WET_BULB = (WET_BULB_C < 0.0) | (WET_BULB_C > 0.75)
"""Where ice and water do not both have a wet bulb."""


def each(function: Callable[..., float], *columns: FloatArray) -> FloatArray:
    return np.array([function(*row) for row in zip(*(column.tolist() for column in columns), strict=True)])


def test_humidity_ratio_is_that_of_psychrolib() -> None:
    theirs = each(psychrolib.GetHumRatioFromRelHum, DRY_BULB_C, RELATIVE_HUMIDITY, PRESSURE_PA)
    np.testing.assert_allclose(HUMIDITY_RATIO, np.maximum(theirs, 1e-7), rtol=1e-12, atol=1e-7)


def test_relative_humidity_is_that_of_psychrolib() -> None:
    theirs = each(psychrolib.GetRelHumFromHumRatio, DRY_BULB_C, HUMIDITY_RATIO, PRESSURE_PA)
    ours = moist_air.relative_humidity(DRY_BULB_C, HUMIDITY_RATIO, PRESSURE_PA)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_wet_bulb_is_that_of_psychrolib_to_its_tolerance() -> None:
    theirs = each(psychrolib.GetTWetBulbFromHumRatio, DRY_BULB_C, HUMIDITY_RATIO, PRESSURE_PA)
    np.testing.assert_allclose(WET_BULB_C[ONE_WET_BULB], theirs[ONE_WET_BULB], rtol=0, atol=1e-3)


def test_humidity_from_wet_bulb_is_that_of_psychrolib() -> None:
    theirs = each(psychrolib.GetHumRatioFromTWetBulb, DRY_BULB_C, WET_BULB_C, PRESSURE_PA)
    ours = moist_air.humidity_ratio_of_wet_bulb_kg_kg(DRY_BULB_C, WET_BULB_C, PRESSURE_PA)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-7)


def test_dew_point_is_that_of_psychrolib() -> None:
    theirs = each(psychrolib.GetTDewPointFromHumRatio, DRY_BULB_C, HUMIDITY_RATIO, PRESSURE_PA)
    np.testing.assert_allclose(moist_air.dew_point_c(HUMIDITY_RATIO, PRESSURE_PA), theirs, rtol=0, atol=1e-3)


def test_enthalpy_is_that_of_psychrolib() -> None:
    theirs = each(psychrolib.GetMoistAirEnthalpy, DRY_BULB_C, HUMIDITY_RATIO)
    np.testing.assert_allclose(moist_air.enthalpy_j_kg(DRY_BULB_C, HUMIDITY_RATIO), theirs, rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize("altitude_m", [-100.0, 0.0, 1609.0, 2240.0])
def test_pressure_falls_with_altitude_as_psychrolib_says(altitude_m: float) -> None:
    expected = pytest.approx(psychrolib.GetStandardAtmPressure(altitude_m))
    assert float(moist_air.pressure_at_altitude_pa(altitude_m)) == expected


@pytest.mark.parametrize(
    ("output", "tolerance"),
    [("B", 0.03), ("D", 0.03), ("W", 0.007)],
    ids=["wet bulb within 0.03 K", "dew point within 0.03 K", "humidity ratio within 0.7 %"],
)
def test_a_real_gas_differs_little(output: str, tolerance: float) -> None:
    """CoolProp 8: virial equations of Herrmann, Kretzschmar and Gatley (2009)."""
    coolprop = pytest.importorskip("CoolProp.HumidAirProp")
    rows = np.flatnonzero(ONE_WET_BULB & (DRY_BULB_C > -20.0) & (RELATIVE_HUMIDITY > 0.05))[::4]
    inputs = zip(DRY_BULB_C[rows] + 273.15, RELATIVE_HUMIDITY[rows], PRESSURE_PA[rows], strict=True)
    theirs = np.array([coolprop.HAPropsSI(output, "T", t, "R", r, "P", p) for t, r, p in inputs])
    if output == "W":
        np.testing.assert_allclose(HUMIDITY_RATIO[rows], theirs, rtol=tolerance)
    else:
        ours = WET_BULB_C if output == "B" else moist_air.dew_point_c(HUMIDITY_RATIO, PRESSURE_PA)
        np.testing.assert_allclose(ours[rows] + 273.15, theirs, rtol=0, atol=tolerance)


AIR = st.tuples(st.floats(-60.0, 60.0), st.floats(0.0, 1.0), st.floats(50e3, 110e3))


@settings(max_examples=300, deadline=None)
@given(AIR)
def test_the_wet_bulb_leads_back_to_the_humidity(air: tuple[float, float, float]) -> None:
    dry_bulb_c, relative, pressure_pa = air
    ratio = float(moist_air.humidity_ratio_kg_kg(dry_bulb_c, relative, pressure_pa))
    wet_bulb_c = float(moist_air.wet_bulb_c(dry_bulb_c, ratio, pressure_pa))
    assert wet_bulb_c <= dry_bulb_c
    back = moist_air.humidity_ratio_of_wet_bulb_kg_kg(dry_bulb_c, wet_bulb_c, pressure_pa)
    assert float(back) == pytest.approx(ratio, rel=1e-9, abs=1e-12)


@settings(max_examples=300, deadline=None)
@given(AIR)
def test_dew_point_wet_bulb_and_dry_bulb_are_in_this_order(air: tuple[float, float, float]) -> None:
    dry_bulb_c, relative, pressure_pa = air
    ratio = np.array([moist_air.humidity_ratio_kg_kg(dry_bulb_c, relative, pressure_pa)])
    dew_point_c = moist_air.dew_point_c(np.maximum(ratio, 1e-7), pressure_pa)
    wet_bulb_c = moist_air.wet_bulb_c(dry_bulb_c, ratio, pressure_pa)
    if dry_bulb_c > -55.0:  # colder air cannot hold the least humidity ratio
        assert dew_point_c <= wet_bulb_c + 0.03  # saturation is over ice up to 0.01 degC, the wick freezes at 0
    assert wet_bulb_c <= dry_bulb_c


def test_where_ice_and_water_both_have_a_wet_bulb_it_is_that_over_water() -> None:
    at_zero = moist_air.humidity_ratio_of_wet_bulb_kg_kg(6.0, 0.0, 101325.0)
    assert float(moist_air.wet_bulb_c(6.0, at_zero, 101325.0)) == pytest.approx(0.0, abs=1e-6)
    assert float(moist_air.wet_bulb_c(6.0, 0.999 * at_zero, 101325.0)) < -0.3


def test_air_that_holds_too_much_water_is_saturated() -> None:
    assert float(moist_air.wet_bulb_c(20.0, 0.05, 101325.0)) == pytest.approx(20.0, abs=1e-9)
