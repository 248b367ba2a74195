from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import pytest

import tiny
from dcplan.economics import items
from dcplan.engine.plan import Plan
from dcplan.kpis.ownership import building_usd, gained_usd, offers, ownership_kpis
from dcplan.studies.replicate import replicate

OWNERSHIP = pd.DataFrame(
    [
        ("build", items.SERVERS, 600.0, 0.0),
        ("build", items.BUILDING, 200.0, 0.0),
        ("build", items.INSURANCE, 30.0, 0.0),
        ("build", items.PROPERTY_TAX, 10.0, 0.0),
        ("build", "electricity: energy", 160.0, 60.0),
        ("colocation", items.SERVERS, 600.0, 0.0),
        ("colocation", items.INSURANCE, 20.0, 0.0),
        ("colocation", items.PROPERTY_TAX, 8.0, 0.0),
        ("colocation", "electricity: energy", 160.0, 60.0),
        ("colocation", items.COLOCATION_RENT, 250.0, 0.0),
        ("cloud", items.CLOUD_RENT, 1500.0, 1500.0),
    ],
    columns=["way", "item", "usd_per_year", "used_usd_per_year"],
)
FLOWS = pd.DataFrame(
    [
        (way, year, capital, net, net / 1.1**year)
        for way, capital, nets in (
            ("build", -1000.0, (-1000.0, -100.0, -100.0)),
            ("colocation", -900.0, (-900.0, -90.0, -90.0)),
            ("cloud", 0.0, (0.0, -700.0, -700.0)),
        )
        for year, net in enumerate(nets)
    ],
    columns=["way", "year", "capital_usd", "net_usd", "present_usd"],
)
DEVICES = pd.DataFrame({"installed_h": [1000.0], "used_h": [500.0]})


@pytest.fixture
def kpis(plan_of: Callable[..., Plan]) -> dict[str, float]:
    scenario = plan_of(tiny.FINANCE).scenario
    return dict(ownership_kpis(scenario, {"ownership": OWNERSHIP, "cash_flow": FLOWS, "devices": DEVICES}))


def test_cost_by_the_year_the_hour_and_the_kilowatt(kpis: dict[str, float]) -> None:
    assert kpis["tco_usd_per_year"] == 1000.0
    assert kpis["device_use"] == 0.5
    assert kpis["tco_usd_per_gpu_hour"] == 2.0
    assert kpis["tco_usd_per_gpu_hour_installed"] == 1.0
    assert kpis["tco_usd_per_kw_month"] == pytest.approx(1000.0 / 2.0 / 12)
    assert kpis["cloud_usd_per_gpu_hour"] == 3.0


def test_the_building_costs_what_a_tenant_does_not_pay(kpis: dict[str, float]) -> None:
    assert building_usd(OWNERSHIP) == pytest.approx(200.0 + 10.0 + 2.0)
    assert kpis["building_usd_per_kw_month"] == pytest.approx(212.0 / 2.0 / 12)
    alone = OWNERSHIP[OWNERSHIP["way"] == "build"]
    assert building_usd(alone) == pytest.approx(200.0 + 30.0 + 10.0)


def test_build_against_cloud_by_hand(kpis: dict[str, float]) -> None:
    assert gained_usd(FLOWS, "cloud").tolist() == [-1000.0, 600.0, 600.0]
    assert kpis["npv_against_cloud_usd"] == pytest.approx(-1000 + 600 / 1.1 + 600 / 1.21)
    rate = kpis["irr_against_cloud"]
    assert -1000 + 600 / (1 + rate) + 600 / (1 + rate) ** 2 == pytest.approx(0.0, abs=1e-6)
    assert kpis["payback_against_cloud_months"] == pytest.approx(20.0)


def test_what_never_pays_has_no_rate_and_no_payback(kpis: dict[str, float]) -> None:
    """Build costs more at first and every year."""
    assert kpis["npv_against_colocation_usd"] < 0.0
    assert math.isnan(kpis["irr_against_colocation"])
    assert math.isnan(kpis["payback_against_colocation_months"])


def test_at_the_break_even_use_both_cost_the_same_an_hour(kpis: dict[str, float]) -> None:
    ways = offers(OWNERSHIP, 1000.0, 500.0)
    assert ways["build"].fixed_usd_per_h == pytest.approx(0.94)
    assert ways["build"].used_usd_per_h == pytest.approx(0.12)
    assert kpis["break_even_use_build"] == pytest.approx(0.94 / (3.0 - 0.12))
    assert float(ways["build"].usd_per_used_h(0.5)) == pytest.approx(kpis["tco_usd_per_gpu_hour"])


def test_a_run_with_finance_has_them_all_and_one_without_none(plan_of: Callable[..., Plan]) -> None:
    known = replicate(plan_of(tiny.FINANCE)).kpis["kpis"]
    without = replicate(plan_of(tiny.WHOLE)).kpis["kpis"]
    new = set(known) - set(without)
    assert {"tco_usd_per_year", "training.nightly.cost_usd_per_job", "break_even_use_build"} <= new
    assert not [name for name in without if name.startswith(("tco", "npv", "training.nightly.cost"))]
    assert set(without) <= set(known)
    costs = sum(
        known[name]["value"] for name in ("endpoints.web.cost_usd", "training.nightly.cost_usd", "cost_unused_usd")
    )
    assert costs == pytest.approx(known["cost_total_usd"]["value"], abs=0.005)


def test_without_use_there_is_no_price_of_an_hour(plan_of: Callable[..., Plan]) -> None:
    idle = DEVICES.assign(used_h=0.0)
    none = OWNERSHIP.assign(used_usd_per_year=0.0)
    found = dict(
        ownership_kpis(plan_of(tiny.FINANCE).scenario, {"ownership": none, "cash_flow": FLOWS, "devices": idle})
    )
    assert math.isnan(found["tco_usd_per_gpu_hour"])
    assert found["tco_usd_per_gpu_hour_installed"] == 1.0
