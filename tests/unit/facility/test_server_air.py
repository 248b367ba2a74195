from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.fluids import AIR_HEAT_CAPACITY_J_KG_K
from dcplan.facility.server_air import server_inlet_c, supply_heat_index, through_server
from dcplan.profiles.power_curve import InletResponse

FANS = InletResponse(25.0, 0.0025, 37.0, 0.4, 38.0, 2.8)


def test_all_power_is_found_in_the_air() -> None:
    power_w, inlet_c = np.array([100.0, 300.0, 460.0]), np.array([18.0, 27.0, 40.0])
    air = through_server(power_w, inlet_c, 0.06, FANS)
    assert air.flow_kg_s * AIR_HEAT_CAPACITY_J_KG_K * (air.outlet_c - inlet_c) == pytest.approx(power_w)


def test_faster_fans_carry_more_air_which_leaves_less_warm() -> None:
    air = through_server(np.full(3, 300.0), np.array([20.0, 30.0, 38.0]), 0.06, FANS)
    assert np.all(np.diff(air.outlet_c - np.array([20.0, 30.0, 38.0])) < 0.0)


def test_thin_air_carries_less() -> None:
    sea, denver = (through_server(np.array([300.0]), np.array([24.0]), 0.06, FANS, p) for p in (101325.0, 83400.0))
    assert denver.outlet_c - 24.0 == pytest.approx((sea.outlet_c - 24.0) * 101325.0 / 83400.0)


def test_recirculation_warms_the_inlet_and_shows_in_the_index() -> None:
    inlet_c = server_inlet_c(np.array([20.0]), np.array([35.0]), 0.1)
    assert inlet_c == pytest.approx([21.5])
    assert supply_heat_index(np.array([20.0]), inlet_c, np.array([35.0])) == pytest.approx([0.1])
    assert supply_heat_index(np.array([20.0]), np.array([20.0]), np.array([35.0])) == pytest.approx([0.0])
