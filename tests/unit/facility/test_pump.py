from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.fluids import WATER_HEAT_CAPACITY_J_KG_K
from dcplan.facility.pump import PumpDesign, circulate

PUMP = PumpDesign(flow_kg_s=10.0, pressure_pa=150e3, efficiency=0.7, static_share=0.3, flow_min=0.3)
DESIGN_W = 10.0 * WATER_HEAT_CAPACITY_J_KG_K * 6.0


def test_design_power_at_design_heat() -> None:
    state = circulate(np.array([DESIGN_W]), 6.0, PUMP)
    assert state.flow_kg_s[0] == pytest.approx(10.0)
    assert state.power_w[0] == pytest.approx(10.0 / 998.2 * 150e3 / 0.7)


def test_flow_follows_heat_down_to_its_minimum_and_stops_without_heat() -> None:
    state = circulate(DESIGN_W * np.array([0.0, 0.1, 0.3, 0.5, 1.2]), 6.0, PUMP)
    assert state.flow_kg_s == pytest.approx([0.0, 3.0, 3.0, 5.0, 12.0])
    assert state.exceeded.tolist() == [False, False, False, False, True]
    assert state.power_w[0] == 0.0


def test_static_head_softens_the_cube_law() -> None:
    half = circulate(np.array([0.5 * DESIGN_W]), 6.0, PUMP).power_w[0] / PUMP.power_w
    assert half == pytest.approx(0.5 * (0.3 + 0.7 * 0.25))


def test_an_impossible_efficiency_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pump efficiency = 1.2 is outside 0.05 to 0.95"):
        PumpDesign(10.0, 150e3, 1.2, 0.3, 0.3)
