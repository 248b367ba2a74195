from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from dcplan.engine.money import reserved
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.engine.site import TOLERANCE
from dcplan.results.columns import SITE_LOADS

PLACE = tiny.WHOLE[: tiny.WHOLE.index("facility:")]


def test_the_meter_sees_the_servers_and_every_load_of_the_building(plan_of: Callable[..., Plan]) -> None:
    site = simulate(plan_of(tiny.WHOLE), 0)["site"]
    parts_w = site["it_w"] + sum(site[column.name] for column in SITE_LOADS)
    assert site["facility_w"].to_numpy() == pytest.approx(parts_w.to_numpy(), rel=TOLERANCE)


def test_without_a_building_the_meter_sees_the_servers_alone(plan_of: Callable[..., Plan]) -> None:
    site = simulate(plan_of(PLACE), 0)["site"]
    assert site["facility_w"].tolist() == site["it_w"].tolist()
    assert not site[[column.name for column in SITE_LOADS]].to_numpy().any()


def test_the_site_s_it_power_is_that_of_all_servers(plan_of: Callable[..., Plan]) -> None:
    text = tiny.WHOLE.replace("count: 3}", "count: 3}\n  other: {server: tiny-server, count: 2}")
    tables = simulate(plan_of(text), 0)
    servers = tables["servers"].groupby("time_s")["it_w"].sum()
    assert tables["site"]["it_w"].to_numpy() == pytest.approx(servers.to_numpy())


def test_every_owner_pays_every_item_and_the_parts_sum_to_the_bill(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(PLACE, "horizon=1 day", "step=1 h", "start=2025-01-06")
    tables = simulate(plan, 0)
    costs = tables["costs"]
    owners = {"endpoint web", "training nightly", "unused"}
    assert all(set(part["owner"]) == owners for _, part in costs.groupby("item"))
    totals = costs.groupby("item")["usd"].sum()
    kwh = tables["site"]["it_w"].to_numpy() / 1000.0
    assert totals["electricity: energy, night"] == pytest.approx(0.05 * (kwh[:8].sum() + kwh[20:].sum()))
    assert totals["electricity: energy, day"] == pytest.approx(0.10 * kwh[8:20].sum())
    assert totals["electricity: fixed fee"] == pytest.approx(1.0)
    assert totals["electricity: demand, any hour"] == pytest.approx(5 * kwh.max() / 31)
    assert totals["servers"] == pytest.approx(3 * 5000 / 5 / 365)


def test_what_is_bought_is_paid_by_reserved_slots_and_what_is_metered_by_energy(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(tiny.WHOLE), 0)
    costs = tables["costs"].pivot_table(index="item", columns="owner", values="usd", aggfunc="sum")
    slots = {"endpoint web": 4 / 12, "training nightly": 2 / 12, "unused": 6 / 12}
    energy_j = tables["attribution"].groupby("owner")[["idle_j", "active_j"]].sum().sum(axis=1)
    for owner, share in slots.items():
        assert costs.loc["servers", owner] / costs.loc["servers"].sum() == pytest.approx(share)
        assert costs.loc["building and plant", owner] / costs.loc["building and plant"].sum() == pytest.approx(share)
        water = costs.loc["water", owner] / costs.loc["water"].sum()
        assert water == pytest.approx(energy_j[owner] / energy_j.sum())


def test_building_and_servers_cost_their_annuity_over_the_counted_time(plan_of: Callable[..., Plan]) -> None:
    costs = simulate(plan_of(tiny.WHOLE, "warm_up=1 h"), 0)["costs"].groupby("item")["usd"].sum()
    year_share = 3600.0 / (365 * 86_400)
    assert costs["servers"] == pytest.approx(3 * 5000 / 5 * year_share)
    assert costs["building and plant"] == pytest.approx(2000 * 10 / 10 * year_share)


def test_a_site_whose_wall_clock_changes_runs_through(plan_of: Callable[..., Plan]) -> None:
    for day in ("2025-03-09", "2025-11-02"):
        site = simulate(plan_of(PLACE, f"start={day}", "horizon=1 day", "step=1 h"), 0)["site"]
        assert len(site) == 24


def test_each_group_of_servers_is_paid_by_those_who_keep_its_slots(tmp_path: Path) -> None:
    root = tiny.write_library(tmp_path / "profiles")
    big = {
        "idle_w": {"value": 1000},
        "max_w": {"value": 3000},
        "curve": {"r": {"value": 1.4}},
        "price": "big_server_usd",
    }
    tiny.write_header(root / "power" / "big-server", values=big | {"slots": {"tiny-slot": {"value": 8}}})
    prices = {
        name: {"value": value, "unit": "1"} for name, value in {**tiny.PRICES, "big_server_usd": 80_000.0}.items()
    }
    tiny.write_header(root / "cost" / "flat-prices", values=prices)
    text = PLACE.replace("count: 3}", "count: 3}\n  big: {server: big-server, count: 1}")
    text = text.replace("nightly: {workload: tiny, on: node", "nightly: {workload: tiny, on: big")
    plan = tiny.planned(text, tmp_path, tiny.library(root))
    worth = {"node": 3 * 5000.0, "big": 80_000.0}
    assert reserved(plan, worth) == pytest.approx(
        {
            "endpoint web": 15_000 * 4 / 12,
            "training nightly": 80_000 * 2 / 8,
            "unused": 15_000 * 8 / 12 + 80_000 * 6 / 8,
        }
    )
    costs = simulate(plan, 0)["costs"]
    servers_usd = costs[costs["item"] == "servers"].set_index("owner")["usd"]
    assert servers_usd["training nightly"] / servers_usd["endpoint web"] == pytest.approx(4.0)
    electricity = costs[costs["item"].str.startswith("electricity")]
    assert electricity.groupby("owner")["usd"].sum()["unused"] > 0


def test_generators_are_heated_all_the_time_and_burn_their_tests(plan_of: Callable[..., Plan]) -> None:
    plain = simulate(plan_of(tiny.WHOLE), 0)["site"]
    site = simulate(plan_of(tiny.WHOLE, "facility.power.generators={rating: 4 kW}"), 0)["site"]
    assert not plain[["fuel_l_s", "fuel_carbon_kg_s", "generator_heater_w"]].to_numpy().any()
    assert site["generator_heater_w"].tolist() == pytest.approx([30.0] * len(site))
    month_l = 0.3 * 4.0 * 0.5 / (0.322 * 10.753)
    assert site["fuel_l_s"].to_numpy() == pytest.approx(month_l / (365 * 86400 / 12))
    assert site["fuel_carbon_kg_s"].to_numpy() == pytest.approx(2.706 * site["fuel_l_s"].to_numpy())


def test_servers_above_the_limit_of_their_hall_are_told(plan_of: Callable[..., Plan]) -> None:
    narrow, wide = (
        simulate(plan_of(tiny.WHOLE, f"facility.power.hall={{limit: {w}}}"), 0)["site"] for w in ("200 W", "2 kW")
    )
    assert set(narrow["over_limit"]) == {"hall"}
    assert set(wide["over_limit"]) == {""}
