from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bills
from dcplan.economics.energy_charges import in_blocks_usd
from dcplan.profiles.charges import Blocks, Export

HOURS_OF_JANUARY = 744
JANUARY = datetime(2025, 1, 1)
BLOCKS = Blocks(np.array([1000.0, np.inf]), np.array([0.10, 0.05]))


def test_blocks_fill_with_the_energy_of_the_whole_month_and_each_period_has_its_part() -> None:
    blocks = (BLOCKS, Blocks(np.array([1000.0, np.inf]), np.array([0.30, 0.20])))
    items = bills.items(bills.tariff(energy_blocks=blocks), JANUARY, [2.0] * HOURS_OF_JANUARY)
    whole, day = 2.0 * HOURS_OF_JANUARY, 2.0 * 23 * 12
    first = 1000.0 / whole
    assert items["energy, day"] == pytest.approx(day * (first * 0.30 + (1 - first) * 0.20))
    assert items["energy, night"] == pytest.approx((whole - day) * (first * 0.10 + (1 - first) * 0.05))


def test_part_of_a_month_has_shorter_blocks() -> None:
    usd = in_blocks_usd(BLOCKS, np.array([1000.0]), np.array([1000.0]), np.array([0.5]), np.array([0.0]))
    assert usd.tolist() == pytest.approx([500 * 0.10 + 500 * 0.05])


def test_hours_of_use_are_blocks_per_kw_of_demand() -> None:
    hours = replace(BLOCKS, up_to=np.array([200.0, np.inf]), per_kw=True)
    usd = in_blocks_usd(hours, np.array([900.0]), np.array([900.0]), np.array([1.0]), np.array([3.0]))
    assert usd.tolist() == pytest.approx([600 * 0.10 + 300 * 0.05])


def test_no_energy_costs_nothing_whatever_the_blocks() -> None:
    nothing = np.array([0.0])
    assert in_blocks_usd(replace(BLOCKS, per_kw=True), nothing, nothing, np.array([1.0]), nothing).tolist() == [0.0]


def test_each_hour_costs_its_own_price_in_real_time() -> None:
    items = bills.items(
        bills.tariff(energy_usd_per_kwh=np.array([0.01, 0.01])),
        JANUARY,
        [1.0, 2.0, 3.0],
        real_time_usd_per_kwh=np.array([0.5, -0.1, 0.2]),
    )
    assert items["energy, real time"] == pytest.approx(0.5 - 0.2 + 0.6)
    assert items["energy, night"] == pytest.approx(0.06)


def test_a_contract_replaces_energy_that_is_used_while_it_is_produced() -> None:
    items = bills.items(
        bills.tariff(),
        JANUARY,
        [10.0, 10.0],
        real_time_usd_per_kwh=np.array([0.3, 0.2]),
        ppa_w=np.array([4e3, 15e3]),
        ppa_usd_per_kwh=0.04,
    )
    assert items["PPA, used"] == pytest.approx(14 * 0.04)
    assert items["PPA, not used"] == pytest.approx(5 * 0.04)
    assert items["PPA, sold on"] == pytest.approx(-5 * 0.2)
    assert items["energy, real time"] == pytest.approx(6 * 0.3)
    assert items["energy, night"] == pytest.approx(6 * 0.05)


def test_net_metering_cancels_what_was_bought_in_the_period_and_the_rest_earns_its_price() -> None:
    export = Export(net_metering=True, usd_per_kwh=np.array([0.02, 0.03]))
    items = bills.items(bills.tariff(export=export), JANUARY, [10.0] * 8 + [5.0, -20.0] + [0.0] * 14)
    assert items["energy, night"] == pytest.approx(80 * 0.05)
    assert items["energy, day"] == 0.0
    assert items["export"] == pytest.approx(-15 * 0.03)


def test_without_net_metering_every_kwh_is_sold() -> None:
    export = Export(net_metering=False, usd_per_kwh=np.array([0.02, 0.03]), real_time=True)
    real_time = np.array([0.1, 0.2])
    items = bills.items(bills.tariff(export=export), JANUARY, [10.0, -20.0], real_time_usd_per_kwh=real_time)
    assert items["energy, night"] == pytest.approx(10 * 0.05)
    assert items["export"] == pytest.approx(-20 * 0.02)
    assert items["export, real time"] == pytest.approx(-20 * 0.2)


def test_power_into_the_grid_earns_nothing_where_the_tariff_does_not_say_so() -> None:
    assert bills.items(bills.tariff(), JANUARY, [-20.0] * 24) == pytest.approx(
        bills.items(bills.tariff(), JANUARY, [0.0] * 24)
    )


@given(
    st.lists(st.floats(0, 50), min_size=1, max_size=60),
    st.lists(st.floats(0, 50), min_size=60, max_size=60),
)
def test_a_contract_moves_energy_between_items_and_loses_none(power_kw: list[float], produced_kw: list[float]) -> None:
    produced = 1e3 * np.array(produced_kw[: len(power_kw)])
    lines = bills.lines(bills.tariff(), JANUARY, power_kw, ppa_w=produced, ppa_usd_per_kwh=0.04)
    bought = sum(line.quantity for line in lines if line.item.startswith("energy") or line.item == "PPA, used")
    made = sum(line.quantity for line in lines if line.item.startswith("PPA"))
    assert bought == pytest.approx(sum(power_kw), abs=1e-9)
    assert made == pytest.approx(produced.sum() / 1e3, abs=1e-9)
