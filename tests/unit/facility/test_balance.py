from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.balance import balance_residual
from dcplan.facility.design import FacilityDesign
from dcplan.facility.plant import simulate
from dcplan.signals.weather import Weather

PARTS = [
    "server_w", "pdu_loss_w", "ups_loss_w", "transformer_loss_w", "switchgear_loss_w", "generator_heater_w",
    "crah_fan_w", "chilled_water_pump_w",
    "chiller_w", "condenser_pump_w", "tower_fan_w", "lighting_w", "facility_w", "room_heat_w",
    "evaporator_heat_w", "economiser_heat_w", "heat_rejected_w", "cooling_shortfall_w",
    "liquid_heat_w", "moisture_heat_w", "liquid_pump_w", "economiser_fan_w", "humidification_w", "heat_reused_w",
    "heat_pump_w",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_watt_that_goes_missing_anywhere_is_found(building: FacilityDesign, mild: Weather, part: str) -> None:
    result = simulate(np.array([5e5, 6e5]), mild, building)
    assert balance_residual(result) < 1e-12
    broken = replace(result, **{part: getattr(result, part) + np.array([0.0, 100.0])})
    assert balance_residual(broken) == pytest.approx(100.0 / result.facility_w[1], rel=0.01)


def test_a_hole_in_the_result_is_not_a_balance(building: FacilityDesign, mild: Weather) -> None:
    result = simulate(np.array([5e5, 6e5]), mild, building)
    broken = replace(result, chiller_w=np.array([np.nan, 1.0]))
    assert not balance_residual(broken) <= 1e-6
