from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.energy.battery import Battery, full_cycles, health_by_day, years_to_replacement
from dcplan.profiles.library import default_library
from dcplan.profiles.on_site import StorageKind

KWH = 3.6e6
BATTERY = Battery(100 * KWH, 20 * KWH, 50 * KWH, 50e3, 0.9, 0.8)


def kind() -> StorageKind:
    return StorageKind.from_values(default_library().load("energy", "battery-li-ion-reopt").values)


def test_the_shipped_battery_gives_back_what_reopt_says() -> None:
    shipped = kind()
    assert shipped.charge_efficiency == pytest.approx(0.96 * 0.975**0.5, abs=1e-6)
    assert shipped.charge_efficiency * shipped.discharge_efficiency == pytest.approx(0.8986, abs=1e-4)


def test_a_battery_gives_no_more_than_is_above_its_floor() -> None:
    assert BATTERY.most_discharge_w(21 * KWH, 3600.0) == pytest.approx(800.0)
    assert BATTERY.most_discharge_w(20 * KWH, 3600.0) == 0.0
    assert BATTERY.most_discharge_w(100 * KWH, 3600.0) == 50e3


def test_a_battery_takes_no_more_than_has_room() -> None:
    assert BATTERY.most_charge_w(91 * KWH, 3600.0) == pytest.approx(10e3)
    assert BATTERY.most_charge_w(20 * KWH, 3600.0) == 50e3


def test_a_battery_cannot_begin_below_its_floor() -> None:
    with pytest.raises(ValueError, match="cannot keep 60 kWh and begin with 50 kWh"):
        Battery(100 * KWH, 60 * KWH, 50 * KWH, 50e3, 0.9, 0.9)


steps = st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(1.0, 7200.0)), min_size=1, max_size=50)


@given(steps)
def test_what_goes_in_less_losses_is_what_comes_out_and_stays(wanted: list[tuple[float, float]]) -> None:
    charge_j, given_j, taken_j = BATTERY.start_j, 0.0, 0.0
    for wanted_w, length_s in wanted:
        power_w = BATTERY.within(wanted_w, charge_j, length_s)
        assert abs(power_w) <= BATTERY.power_w
        charge_j = BATTERY.after_j(charge_j, power_w, length_s)
        assert BATTERY.floor_j * (1 - 1e-12) <= charge_j <= BATTERY.capacity_j * (1 + 1e-12)
        given_j, taken_j = given_j + max(power_w, 0.0) * length_s, taken_j - min(power_w, 0.0) * length_s
    expected_j = BATTERY.start_j + taken_j * BATTERY.charge_efficiency - given_j / BATTERY.discharge_efficiency
    assert charge_j == pytest.approx(expected_j, rel=1e-9)


def test_health_falls_as_the_sum_of_reopt() -> None:
    shipped, health = kind(), 1.0
    for day in range(1, 101):
        health -= 1.16e-3 * 0.428 * 0.6 * day ** (0.428 - 1.0) + 2.46e-5 * 0.9
    assert health_by_day(0.6, 0.9, shipped)[99] == pytest.approx(health, rel=1e-12)


def test_a_battery_that_works_more_is_replaced_sooner() -> None:
    lazy, busy = (years_to_replacement(0.5, cycles, kind()) for cycles in (1.0, 3.0))
    assert busy < lazy < 40.0
    assert (
        health_by_day(0.5, 3.0, kind())[round(busy * 365) - 2]
        > 0.8
        >= health_by_day(0.5, 3.0, kind())[round(busy * 365) - 1]
    )


def test_a_full_cycle_is_the_capacity_in_and_out() -> None:
    power_w, hour_s = np.array([-50e3, -50e3, 50e3, 50e3]), np.full(4, 3600.0)
    assert full_cycles(power_w, hour_s, BATTERY) == pytest.approx(1.0)
