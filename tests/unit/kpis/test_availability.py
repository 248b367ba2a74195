"""KPIs of availability, from made-up tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dcplan.kpis.availability import availability_kpis
from dcplan.results.store import frame
from dcplan.scenario.load import load
from dcplan.scenario.scenario import Scenario

SCENARIO = Path(__file__).parents[3] / "scenarios" / "grid_outage.yaml"
ROW = {
    "replication": 0,
    "down_share": 1e-4,
    "failures_per_year": 0.2,
    "requests_per_year": 1000.0,
    "gpu_hours_per_year": 12.0,
    "simulated_share": 1.1e-4,
    "quiet_years": 0.8,
    "down_p99_s": 3600.0,
    "credit_usd": 50.0,
    "credit_p99_usd": 900.0,
}
TIERS = [("Uptime Tier", 1, True), ("Uptime Tier", 2, True), ("Uptime Tier", 3, False), ("EN 50600-2-2", 1, False)]


def found(scenario: Scenario, **changes: float) -> dict[str, float]:
    tiers: list[dict[str, Any]] = [
        {"replication": 0, "standard": standard, "level": level, "met": met, "lacking": ""}
        for standard, level, met in TIERS
    ]
    tables = {"availability": frame("availability", [ROW | changes]), "tiers": frame("tiers", tiers)}
    return dict(availability_kpis(scenario, tables))


def test_shares_become_minutes_and_levels_the_highest_that_is_met() -> None:
    kpis = found(load(SCENARIO).scenario)
    assert kpis["site_availability"] == pytest.approx(0.9999)
    assert kpis["site_outage_minutes_per_year"] == pytest.approx(52.56)
    assert kpis["site_outage_minutes_p99"] == 60.0
    assert (kpis["uptime_tier"], kpis["en_50600_power_class"], kpis["en_50600_cooling_class"]) == (2.0, 0.0, 0.0)
    assert kpis["sla_credit_usd_per_year"] == 50.0


def test_without_accelerators_or_credits_there_is_nothing_to_say_of_them() -> None:
    kpis = found(
        load(SCENARIO, ["availability.sla=[]", "availability.monthly_price=null"]).scenario, gpu_hours_per_year=0.0
    )
    assert not [name for name in kpis if name.startswith(("gpu", "sla"))]


def test_a_scenario_that_does_not_ask_has_none() -> None:
    assert found(load(SCENARIO, ["availability=null"]).scenario) == {}
