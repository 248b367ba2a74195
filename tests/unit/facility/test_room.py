from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.facility.design import FacilityDesign
from dcplan.facility.fluids import AIR_HEAT_CAPACITY_J_KG_K
from dcplan.facility.room import move_air, return_air_c

SEA_LEVEL = np.array([101325.0])


def test_air_carries_the_servers_heat(building: FacilityDesign) -> None:
    room = building.room
    air = move_air(np.array([800e3]), SEA_LEVEL, room)
    return_c = return_air_c(np.array([800e3]), air.flow_kg_s, room)
    carried_w = air.flow_kg_s * AIR_HEAT_CAPACITY_J_KG_K * (return_c - room.supply_c)
    assert carried_w == pytest.approx(800e3)
    # RTI: temperature rise over the units by that over the servers = servers' air over units' air
    assert (return_c[0] - room.supply_c) / room.server_rise_k == pytest.approx(
        (1 - room.bypass) / (1 - room.recirculation)
    )


def test_recirculation_warms_the_inlet_and_bypass_costs_air(building: FacilityDesign) -> None:
    mixed = replace(building.room, bypass=0.4, recirculation=0.15)
    assert mixed.server_inlet_c == pytest.approx(24.0 + 12.0 * 0.15 / 0.85)
    tight = move_air(np.array([900e3]), SEA_LEVEL, replace(mixed, bypass=0.0))
    assert move_air(np.array([900e3]), SEA_LEVEL, mixed).flow_kg_s == pytest.approx(tight.flow_kg_s / 0.6)


def test_standby_units_at_part_speed_save_fan_power(building: FacilityDesign) -> None:
    fan_w = [
        float(move_air(np.array([1.0e6]), SEA_LEVEL, replace(building.room, standby=n)).fan_w[0]) for n in (0, 1, 2)
    ]
    assert fan_w[0] == pytest.approx(building.room.units * building.room.unit_fan_w, rel=1e-3)
    assert fan_w[0] > 1.7 * fan_w[1] > 1.7 * fan_w[2]


def test_fans_keep_their_lowest_speed_without_load(building: FacilityDesign) -> None:
    room = building.room
    air = move_air(np.array([0.0]), SEA_LEVEL, room)
    expected = 0.3 * (room.units + room.standby) * room.unit_airflow_m3_s
    assert air.flow_kg_s[0] / 1.188 == pytest.approx(expected, rel=1e-3)
    assert air.fan_w[0] > 0.0


def test_thin_air_needs_more_volume_and_power(building: FacilityDesign) -> None:
    server_w = np.array([700e3, 700e3])
    air = move_air(server_w, np.array([101325.0, 83400.0]), building.room)
    assert air.flow_kg_s[0] == pytest.approx(air.flow_kg_s[1])
    assert air.fan_w[1] > 1.4 * air.fan_w[0]


def test_too_little_air_is_flagged(building: FacilityDesign) -> None:
    lean = replace(building.room, standby=0)
    assert move_air(np.array([0.99e6, 1.1e6]), np.full(2, 101325.0), lean).exceeded.tolist() == [False, True]


def test_a_speed_below_the_fan_curve_is_refused(building: FacilityDesign) -> None:
    with pytest.raises(ValueError, match="fan speed_min"):
        replace(building.room, speed_min=0.05)
