from __future__ import annotations

from collections.abc import Callable

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.results.store import Run
from dcplan.studies.replicate import replicate

SUNNY = tiny.WHOLE.replace("place: flatland", "place: sterling-va").replace(
    "horizon: 2 h\nstep: 15 min", "start: 2025-07-08\nhorizon: 2 days\nstep: 15 min"
)
ON_SITE = (
    "energy.solar={power: 2 kW, tilt: 25 deg, azimuth: 180 deg}",
    "energy.battery={energy: 4 kWh, power: 1 kW}",
    "energy.dispatch={kind: time_of_use}",
    "replications=1",
)
CALL = "energy.demand_response={hot: {at: '2025-07-08 14:00', lasts: 2 h, reduction: 5 kW}}"


def run(plan: Plan) -> Run:
    return replicate(plan)


def kpi(found: Run, name: str) -> float:
    return float(found.kpis["kpis"][name]["value"])


def test_energy_at_the_meter_is_the_building_less_sun_with_the_battery_s_losses(plan_of: Callable[..., Plan]) -> None:
    found = run(plan_of(SUNNY, *ON_SITE))
    site = found.tables["site"]
    battery_kwh = float((site["storage_w"] * site["duration_s"]).sum()) / 3.6e6
    drawn_kwh = kpi(found, "facility_energy_kwh") - kpi(found, "solar_kwh") - battery_kwh + kpi(found, "export_kwh")
    assert kpi(found, "grid_energy_kwh") == pytest.approx(drawn_kwh)
    assert kpi(found, "on_site_share") == pytest.approx(kpi(found, "solar_kwh") / kpi(found, "facility_energy_kwh"))
    assert kpi(found, "grid_peak_kw") == pytest.approx(site["grid_w"].max() / 1000)


def test_carbon_is_that_of_the_grid_and_pue_that_of_the_building(plan_of: Callable[..., Plan]) -> None:
    plain, sunny = run(plan_of(SUNNY, "replications=1")), run(plan_of(SUNNY, *ON_SITE))
    assert kpi(sunny, "pue") == kpi(plain, "pue")
    ratio = kpi(sunny, "grid_energy_kwh") / kpi(plain, "facility_energy_kwh")
    assert kpi(sunny, "carbon_kg") == pytest.approx(kpi(plain, "carbon_kg") * ratio)
    assert not any(name.startswith(("grid_", "battery_", "solar_")) for name in plain.kpis["kpis"])


def test_what_the_rule_saves_and_misses_is_against_no_battery_and_the_optimum(plan_of: Callable[..., Plan]) -> None:
    found = run(plan_of(SUNNY, *ON_SITE))
    row = found.tables["dispatch"].iloc[0]
    assert kpi(found, "dispatch_saving_usd") == pytest.approx(row["bare_usd"] - row["rule_usd"])
    assert kpi(found, "dispatch_gap_usd") == pytest.approx(row["rule_usd"] - row["optimum_usd"])
    assert kpi(found, "dispatch_gap_usd") >= 0.0
    left_out = run(plan_of(SUNNY, *ON_SITE, "energy.compare_with_optimum=false"))
    assert "dispatch_gap_usd" not in left_out.kpis["kpis"]


def test_an_idle_battery_is_replaced_late(plan_of: Callable[..., Plan]) -> None:
    busy, idle = run(plan_of(SUNNY, *ON_SITE)), run(plan_of(SUNNY, *ON_SITE, "energy.battery.energy=40 kWh"))
    assert 5.0 < kpi(busy, "battery_replaced_years") < kpi(idle, "battery_replaced_years") <= 40.0
    assert kpi(busy, "battery_cycles") > kpi(idle, "battery_cycles")


def test_demand_response_that_is_not_met_is_told(plan_of: Callable[..., Plan]) -> None:
    found = run(plan_of(SUNNY, *ON_SITE[1:], CALL))
    assert kpi(found, "response_asked_kwh") == pytest.approx(10.0)
    assert kpi(found, "response_unmet_kwh") > 0.0
    assert any(text.startswith("Demand response is not met: ") for text in found.tables["warnings"]["message"])


@pytest.mark.parametrize(("day", "told"), [("08-08", True), ("07-08", False)])
def test_demand_response_that_lies_outside_of_the_run_is_told(
    plan_of: Callable[..., Plan], day: str, told: bool
) -> None:
    found = run(plan_of(SUNNY, *ON_SITE[1:], CALL.replace("07-08", day)))
    sentence = "Demand response hot lies outside of the counted time, so nothing was asked."
    assert (sentence in found.tables["warnings"]["message"].tolist()) == told


@pytest.mark.parametrize(("permit", "exceeded"), [("1 h", True), ("100 h", False)])
def test_generators_that_run_more_than_they_may_are_told(
    plan_of: Callable[..., Plan], permit: str, exceeded: bool
) -> None:
    generators = f"facility.power.generators={{rating: 1 kW, needed: 3, permit: {permit}}}"
    found = run(plan_of(SUNNY, *ON_SITE[1:], CALL, generators))
    assert kpi(found, "generator_hours_beyond_emergencies") == pytest.approx(2.0 + 2 * 24 * 6 / 8760)
    told = any("more than the 1 h that their permit allows" in text for text in found.tables["warnings"]["message"])
    assert told == exceeded
