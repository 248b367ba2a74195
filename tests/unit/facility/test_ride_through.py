from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.facility.generator import GeneratorDesign
from dcplan.facility.ride_through import BatteryDesign, carried_w, lasts_s, recharge_w, ride_through
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.standby import BatteryKind, GeneratorKind

LIBRARY = Library([shipped("profiles")])
DIESEL = GeneratorKind.from_values(LIBRARY.load("power", "generator-diesel").values)
LEAD = BatteryKind.from_values(LIBRARY.load("power", "battery-vrla").values)
BATTERY = BatteryDesign(LEAD, 1e6, 300.0)
TWO = GeneratorDesign(DIESEL, 600e3, 1, "n+1")
STARTS, FAILS = 0.0, 0.999


def test_the_battery_bridges_the_start_and_the_generators_take_over() -> None:
    done = ride_through(np.array([1e6]), BATTERY, TWO, np.array([3600.0]), np.array([[STARTS, STARTS]]))
    assert (done.started.tolist(), done.takeover_s.tolist()) == ([2.0], [12.0])
    assert done.battery_j == pytest.approx([12e6])
    assert done.generator_j == pytest.approx([3588e6])
    assert done.lost_from_s.tolist() == [np.inf]
    assert done.fuel_l == pytest.approx([3588e6 / 3.6e6 * 0.2888], rel=1e-3)


def test_when_none_starts_the_load_is_lost_with_the_battery() -> None:
    done = ride_through(np.array([1e6]), BATTERY, TWO, np.array([3600.0]), np.array([[FAILS, FAILS]]))
    assert done.lost_from_s == pytest.approx([300.0])
    assert done.lost_j == pytest.approx([3300e6])
    assert done.charge == pytest.approx([0.0])


def test_one_generator_of_two_leaves_a_rest_to_the_battery() -> None:
    done = ride_through(np.array([1e6]), BATTERY, TWO, np.array([7200.0]), np.array([[FAILS, STARTS]]))
    left = 1.0 - 12.0 / 300.0
    held_s = left * 300.0 * 0.4**-1.15
    assert done.generator_w.tolist() == [600e3]
    assert done.lost_from_s == pytest.approx([12.0 + held_s])
    assert done.lost_j == pytest.approx([400e3 * (7188.0 - held_s)])


def test_a_short_outage_is_over_before_anything_takes_over() -> None:
    done = ride_through(np.array([1e6]), BATTERY, TWO, np.array([5.0]), np.array([[STARTS, STARTS]]))
    assert done.battery_j == pytest.approx([5e6])
    assert (done.generator_j.tolist(), done.lost_j.tolist(), done.fuel_l.tolist()) == ([0.0], [0.0], [0.0])
    assert done.charge == pytest.approx([1.0 - 5.0 / 300.0])


def test_without_a_battery_the_load_is_lost_until_the_generators_are_there() -> None:
    done = ride_through(np.array([1e6, 0.0]), None, TWO, np.array([60.0, 60.0]), np.zeros((2, 2)))
    assert done.lost_from_s.tolist() == [0.0, np.inf]
    assert done.lost_j == pytest.approx([12e6, 0.0])


def test_without_anything_all_is_lost() -> None:
    done = ride_through(np.array([1e6]), None, None, np.array([60.0]), np.zeros((1, 0)))
    assert done.lost_j == pytest.approx([60e6])
    assert done.started.tolist() == [0.0]


def test_how_often_generators_start_follows_from_their_failure_and_service() -> None:
    draws = np.random.default_rng(1).random((200_000, 2))
    n = len(draws)
    done = ride_through(np.full(n, 1e6), BATTERY, TWO, np.full(n, 60.0), draws)
    expected = 0.995 * (1.0 - 0.0094)
    assert done.started.mean() / 2 == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / (2 * n)))


@given(
    st.floats(0.0, 2e6),
    st.floats(0.0, 1e4),
    st.floats(0.0, 1.0),
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2),
    st.booleans(),
    st.booleans(),
)
def test_what_is_carried_and_lost_sums_to_the_load(
    load_w: float, outage_s: float, charge: float, draws: list[float], has_battery: bool, has_generators: bool
) -> None:
    battery, generators = BATTERY if has_battery else None, TWO if has_generators else None
    done = ride_through(np.array([load_w]), battery, generators, np.array([outage_s]), np.array([draws]), charge)
    parts_j = done.battery_j + done.generator_j + done.lost_j
    assert parts_j == pytest.approx([load_w * outage_s], rel=1e-9, abs=1e-3)
    assert min(done.battery_j[0], done.generator_j[0]) >= 0.0
    assert done.lost_j[0] >= -1e-6
    assert 0.0 <= done.charge[0] <= charge
    assert (done.lost_j[0] > 1e-3) <= (done.lost_from_s[0] < outage_s)


@given(st.floats(1e3, 2e6), st.floats(1.0, 4000.0), st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2))
def test_power_over_time_integrates_to_the_energies(load_w: float, outage_s: float, draws: list[float]) -> None:
    done = ride_through(np.array([load_w]), BATTERY, TWO, np.array([outage_s]), np.array([draws]))
    marks = [0.0, done.battery_s[0], done.takeover_s[0], done.takeover_s[0] + done.beside_s[0], outage_s]
    times_s = np.sort(marks)
    middle_s, length_s = (times_s[1:] + times_s[:-1]) / 2, np.diff(times_s)
    for power_w, energy_j in zip(
        carried_w(middle_s[:, None], done), (done.battery_j, done.generator_j, done.lost_j), strict=True
    ):
        assert power_w[:, 0] @ length_s == pytest.approx(energy_j[0], rel=1e-9, abs=1e-3)
    after = [float(part[0]) for part in carried_w(np.array([outage_s + 1.0]), done)]
    assert after == [0.0, 0.0, 0.0]


@given(st.floats(1e4, 2e6), st.floats(1e4, 2e6))
def test_less_load_lasts_longer_and_brings_out_more_energy(one_w: float, other_w: float) -> None:
    low_w, high_w = sorted((one_w, other_w))
    low_s, high_s = lasts_s(np.array([low_w, high_w]), BATTERY)
    assert low_s >= high_s
    assert low_s * low_w >= high_s * high_w * (1 - 1e-12)


def test_recharging_takes_what_was_delivered_and_the_losses_of_both_ways() -> None:
    drawn_j = float(recharge_w(np.array(300e6), BATTERY)) * LEAD.recharge_s
    assert drawn_j == pytest.approx(300e6 / 0.94 / 0.85)
    assert BATTERY.stored_j == pytest.approx(1e6 * 300.0 / 0.94)


@pytest.mark.parametrize("change", [{"peukert": 0.9}, {"charge_efficiency": 1.1}, {"recharge_s": 0.0}], ids=str)
def test_batteries_that_cannot_be_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="is outside"):
        replace(LEAD, **change)
