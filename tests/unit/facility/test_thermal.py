"""How fast racks warm: against published times, an ODE solver, and the first law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from dcplan.facility.thermal import (
    RackMass,
    Warmth,
    bridge,
    chilled_water_store_j,
    course,
    time_to_rise_s,
    warmed,
)

MASS = RackMass()
HEAT_W = st.floats(-20e3, 60e3)
RISES_K = st.floats(0.0, 40.0)


def test_a_cabinet_of_5_kw_overheats_in_three_minutes_and_one_of_10_kw_in_less_than_one() -> None:
    """Opengate Data Systems: 3 min 9 s at 5 kW; under a minute from 10 kW on."""
    assert time_to_rise_s(5e3, 18.0, MASS) == pytest.approx(189.0, rel=0.05)
    assert time_to_rise_s(10e3, 18.0, MASS) < 60.0
    assert time_to_rise_s(0.0, 18.0, MASS) == math.inf


@given(RISES_K, RISES_K, st.floats(0.0, 60e3), st.floats(1.0, 600.0))
def test_the_exact_solution_is_that_of_a_solver(air_k: float, metal_k: float, heat_w: float, duration_s: float) -> None:
    def slope(_: float, rises_k: np.ndarray) -> list[float]:
        flow_w = MASS.exchange_w_k * (rises_k[0] - rises_k[1])
        return [(heat_w - flow_w) / MASS.air_j_k, flow_w / MASS.metal_j_k]

    solved = solve_ivp(slope, (0.0, duration_s), [air_k, metal_k], rtol=1e-9, atol=1e-9).y[:, -1]
    np.testing.assert_allclose(warmed(Warmth(air_k, metal_k), heat_w, duration_s, MASS), solved, rtol=1e-6, atol=1e-6)


@given(RISES_K, RISES_K, HEAT_W, st.floats(0.1, 600.0))
def test_heat_is_kept_or_taken_out_and_never_made(
    air_k: float, metal_k: float, heat_w: float, duration_s: float
) -> None:
    after = warmed(Warmth(air_k, metal_k), heat_w, duration_s, MASS)
    kept_j = MASS.air_j_k * (after.air_k - air_k) + MASS.metal_j_k * (after.metal_k - metal_k)
    assert after.air_k >= 0.0
    if after.air_k > 0.0:
        assert kept_j == pytest.approx(heat_w * duration_s, rel=1e-9, abs=1e-3)
    else:
        assert kept_j <= 1e-9


@given(RISES_K, HEAT_W, st.floats(1.0, 5e3))
def test_more_heat_never_cools(air_k: float, heat_w: float, more_w: float) -> None:
    less = warmed(Warmth(air_k, air_k), heat_w, 5.0, MASS)
    more = warmed(Warmth(air_k, air_k), heat_w + more_w, 5.0, MASS)
    assert more.air_k >= less.air_k


@given(st.floats(0.0, 1.0), st.floats(1e3, 1e9), st.floats(-1e6, 1e6), st.floats(0.1, 600.0))
def test_a_store_gives_what_it_has_and_takes_what_it_holds(
    share: float, full_j: float, missing_w: float, duration_s: float
) -> None:
    left_j, still_w = bridge(share * full_j, full_j, missing_w, duration_s)
    assert -1e-9 * full_j <= left_j <= full_j * (1 + 1e-9)
    assert share * full_j - left_j == pytest.approx((missing_w - still_w) * duration_s, rel=1e-6, abs=1e-6 * full_j)
    assert abs(still_w) <= abs(missing_w) * (1 + 1e-9) + 1e-9


def test_a_tank_of_one_cubic_metre_bridges_five_minutes_and_a_half_of_100_kw() -> None:
    assert chilled_water_store_j(1.0, 8.0) / 100e3 == pytest.approx(5.6 * 60.0, rel=0.01)


def test_the_course_of_an_outage_waits_for_the_store_and_comes_back() -> None:
    missing_w = np.concatenate((np.full(60, -20e3), np.full(60, 50e3), np.full(600, -20e3)))
    rise_k, left_j = course(missing_w, 5.0, 10, MASS, full_j=50e3 * 120.0)
    assert rise_k[:84].max() == 0.0
    assert rise_k[85] > 0.0
    assert rise_k[119] == rise_k.max() == pytest.approx(warmed(Warmth(), 5e3, 36 * 5.0, MASS).air_k)
    assert rise_k[-1] == 0.0
    assert left_j[60 + 24 - 1] == pytest.approx(0.0, abs=1.0)
    assert left_j[-1] == 50e3 * 120.0
