"""What owning costs in the tiny world: 3 servers of 5,000 USD for 5 years, a building of 2 kW at 10 USD/W for 10."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import tiny
from dcplan.economics import items
from dcplan.economics.capital import YEAR_S, annuity_usd
from dcplan.engine.money import HOURS
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate

ACRES = 1000.0 / 4046.8564224
SERVERS_USD, NETWORK_USD, BUILDING_USD, LAND_USD = 15_000.0, 1_500.0, 20_000.0, 1e6 * ACRES
ALL_USD = SERVERS_USD + NETWORK_USD + BUILDING_USD + LAND_USD
WHOLE_YEAR = {
    items.SERVERS: annuity_usd(SERVERS_USD, 5, 0.05),
    items.NETWORK: annuity_usd(NETWORK_USD, 5, 0.05),
    items.BUILDING: annuity_usd(BUILDING_USD, 10, 0.05),
    items.LAND: 0.05 * LAND_USD,
    items.IT_MAINTENANCE: 0.04 * 16_500,
    items.FACILITY_MAINTENANCE: 100 * 2.0,
    items.STAFF: 0.002 * 100_000,
    items.PROPERTY_TAX: 0.01 * ALL_USD,
    items.INSURANCE: 0.002 * ALL_USD,
}


@pytest.fixture
def tables(plan_of: Callable[..., Plan]) -> dict[str, pd.DataFrame]:
    return simulate(plan_of(tiny.FINANCE), 0)


def of(tables: dict[str, pd.DataFrame], way: str) -> pd.Series:
    ownership = tables["ownership"]
    return ownership[ownership["way"] == way].set_index("item")["usd_per_year"]


def test_a_year_costs_annuities_and_what_runs_anyway(tables: dict[str, pd.DataFrame]) -> None:
    own = of(tables, items.BUILD)
    assert {name: own[name] for name in WHOLE_YEAR} == pytest.approx(WHOLE_YEAR)


def test_the_run_pays_for_its_own_time_and_the_year_is_that_over_and_over(tables: dict[str, pd.DataFrame]) -> None:
    run = tables["costs"].groupby("item")["usd"].sum()
    year = of(tables, items.BUILD)
    assert set(run.index) == set(year.index)
    for name in run.index:
        assert year[name] == pytest.approx(run[name] * YEAR_S / 7200)
    assert run[items.STAFF] == pytest.approx(200 * 7200 / YEAR_S)


def test_every_line_is_split_and_sums_back(tables: dict[str, pd.DataFrame]) -> None:
    costs = tables["costs"].pivot_table(index="item", columns="owner", values="usd", aggfunc="sum")
    assert costs.notna().all(axis=None)
    shares = costs.div(costs.sum(axis=1), axis=0)
    slots = {"endpoint web": 4 / 12, "training nightly": 2 / 12, "unused": 6 / 12}
    for name in WHOLE_YEAR:
        assert shares.loc[name].to_dict() == pytest.approx(slots)


def test_who_rents_room_keeps_its_servers_and_the_electricity(tables: dict[str, pd.DataFrame]) -> None:
    own, rented = of(tables, items.BUILD), of(tables, items.COLOCATION)
    assert rented[items.COLOCATION_RENT] == pytest.approx(12 * 200 * 2.0)
    for name in own.index[own.index.str.startswith("electricity")]:
        assert rented[name] == own[name]
    assert rented[items.PROPERTY_TAX] == pytest.approx(0.01 * 16_500)
    assert not {items.BUILDING, items.LAND, items.STAFF, items.FACILITY_MAINTENANCE, "water"} & set(rented.index)


def test_devices_are_in_use_while_replicas_are_kept_and_jobs_run(tables: dict[str, pd.DataFrame]) -> None:
    """4 replicas of 12 slots all the time; training as long as its jobs run."""
    devices = tables["devices"].iloc[0]
    jobs = tables["jobs"]
    busy_s = float((jobs["end_s"] - jobs["start_s"]).sum())
    assert devices["installed_h"] == 12 * HOURS
    assert devices["used_h"] == pytest.approx((4 + busy_s / 7200) * HOURS)
    assert of(tables, items.CLOUD)[items.CLOUD_RENT] == pytest.approx(0.5 * devices["used_h"])


def test_only_what_is_metered_and_rented_by_the_hour_grows_with_use(tables: dict[str, pd.DataFrame]) -> None:
    ownership = tables["ownership"]
    grows = ownership[ownership["used_usd_per_year"] > 0.0]
    assert all(items.is_metered(name) or name == items.CLOUD_RENT for name in grows["item"])
    cloud = ownership[ownership["way"] == items.CLOUD].iloc[0]
    assert cloud["used_usd_per_year"] == cloud["usd_per_year"]
    energy = tables["attribution"][["idle_j", "active_j"]].sum()
    water = ownership[(ownership["way"] == items.BUILD) & (ownership["item"] == "water")].iloc[0]
    assert water["used_usd_per_year"] / water["usd_per_year"] == pytest.approx(energy["active_j"] / energy.sum())


def test_ten_years_of_cash_by_hand(tables: dict[str, pd.DataFrame]) -> None:
    flows = tables["cash_flow"].set_index(["way", "year"])
    own = flows.loc[items.BUILD]
    assert own["capital_usd"].to_dict() == pytest.approx(
        dict.fromkeys(range(11), 0.0) | {0: -ALL_USD, 5: -(SERVERS_USD + NETWORK_USD) * 0.9**5}
    )
    assert own.loc[10, "end_usd"] == pytest.approx(LAND_USD * 1.02**10)
    year = of(tables, items.BUILD)
    running_usd = year[~year.index.isin(items.BOUGHT)].sum()
    assert own["running_usd"].to_numpy()[1:] == pytest.approx(-running_usd * 1.02 ** np.arange(10))
    assert own["present_usd"].sum() == pytest.approx(sum(own["net_usd"] / 1.05 ** np.arange(11)))
    cloud = flows.loc[items.CLOUD]
    rent_usd = of(tables, items.CLOUD).sum()
    assert cloud["net_usd"].to_numpy()[1:] == pytest.approx(-rent_usd * 0.9 ** np.arange(10))


def test_the_parts_of_a_cash_flow_sum_to_it(plan_of: Callable[..., Plan]) -> None:
    tax = "finance.income_tax={rate: 0.25, building: {over_5_years: 0, over_15_years: 0.5, over_39_years: 0.5}}"
    flows = simulate(plan_of(tiny.FINANCE, tax), 0)["cash_flow"]
    parts = flows[["capital_usd", "running_usd", "tax_usd", "end_usd"]].sum(axis=1)
    assert flows["net_usd"].to_numpy() == pytest.approx(parts.to_numpy())
    assert (flows.loc[flows["year"] > 0, "tax_usd"] != 0.0).all()


def test_prices_are_brought_to_the_year_of_the_study(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.FINANCE, "finance.year=2027", "finance.building={prices: flat-regions, region: here}")
    assert plan.site is not None
    assert plan.site.prices.facility_usd_per_w == pytest.approx(8.0 * 1.02**4)
    assert plan.site.prices.server_usd["cpu_server_usd"] == pytest.approx(5000 * 0.9**2)
    assert plan.site.prices.water_usd_per_m3 == pytest.approx(4.0 * 1.02**2)


def test_without_finance_there_are_none_of_its_tables(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(tiny.WHOLE), 0)
    assert not {"ownership", "cash_flow", "devices"} & set(tables)
    assert set(tables["costs"]["item"]) >= {items.SERVERS, items.BUILDING}
    assert not set(tables["costs"]["item"]) & set(items.RUNNING)
