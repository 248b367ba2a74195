"""A power cut in a building with generators, which start or do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.engine.incidents import Cut
from dcplan.engine.plan import Plan
from dcplan.engine.power_cut import Bank
from dcplan.engine.resolve import resolve
from dcplan.engine.run import simulate
from dcplan.engine.standby import draw_starts, running, setbacks
from dcplan.facility.ride_through import lasts_s
from dcplan.kpis.compute import compute
from dcplan.profiles.library import default_library
from dcplan.results.columns import SITE_LOADS
from dcplan.scenario.load import load
from dcplan.studies.replicate import replicate
from dcplan.workload.streams import Streams

SCENARIOS = Path(__file__).parents[3] / "scenarios"
CUT = (
    "horizon=50 min",
    "endpoints.vision.demand.rate=200 /s",
    "incidents.both-chillers={lost: utility, at: 2025-07-15 13:15, lasts: 10 min}",
    "facility.power.ups.battery={ride_through: 3 min}",
)
GENERATORS = "facility.power.generators={rating: 100 kW, needed: 1, redundancy: n+1}"


def plan(*more: str) -> Plan:
    return resolve(load(SCENARIOS / "chiller_failure.yaml", [*CUT, *more]), default_library())


def test_generators_that_start_end_the_cut() -> None:
    (setback,) = setbacks(plan(GENERATORS), {"both-chillers": 1})
    assert setback.cut == Cut(900.0, 912.0, 1500.0)
    assert max(each.ends_s for each in setback.losses) == 912.0 + 300.0


@pytest.mark.parametrize("started", [{}, {"both-chillers": 0}])
def test_without_enough_of_them_the_building_waits_for_the_utility(started: dict[str, int]) -> None:
    (setback,) = setbacks(plan(GENERATORS), started)
    assert setback.cut == Cut(900.0, 1500.0, 1500.0)


def test_a_building_without_generators_waits_as_well() -> None:
    alone = plan()
    assert draw_starts(alone, Streams(1, 0)) == {}
    (setback,) = setbacks(alone, {})
    assert setback.cut == Cut(900.0, 1500.0, 1500.0)


def test_the_grid_has_a_mark_wherever_power_may_come_back() -> None:
    marks_s = plan(GENERATORS).grid.marks_s
    assert {900.0, 912.0, 1500.0} <= set(marks_s.tolist())


def test_generators_start_as_often_as_their_profile_says() -> None:
    cut = plan(GENERATORS)
    counts = [draw_starts(cut, Streams(1, number))["both-chillers"] for number in range(3000)]
    assert sum(counts) / 6000 == pytest.approx(0.9856, abs=0.006)
    assert min(counts) < 2


def test_the_same_replication_draws_the_same() -> None:
    cut = plan(GENERATORS)
    assert draw_starts(cut, Streams(7, 3)) == draw_starts(cut, Streams(7, 3))


def test_servers_whose_batteries_run_out_before_help_comes_go_dark() -> None:
    helped, dark = simulate(plan(GENERATORS), 0), simulate(plan(), 0)
    assert helped["standby"][["started", "needed"]].to_numpy().tolist() == [[2, 1]]
    assert "standby" not in dark
    least_w = [float(tables["servers"]["it_w"].min()) for tables in (helped, dark)]
    assert least_w[0] > 0.0 == least_w[1]
    assert helped["endpoints"]["dropped"].sum() == 0 < dark["endpoints"]["dropped"].sum()


def test_generators_burn_what_the_building_draws_from_their_start_to_the_end_of_the_cut() -> None:
    cut = plan(GENERATORS)
    share = running(cut.grid, [Cut(900.0, 912.0, 1500.0)])
    assert float(share @ cut.grid.durations_s) == pytest.approx(600.0 - 12.0)
    assert not running(cut.grid, [Cut(900.0, 1500.0, 1500.0)]).any()
    site = simulate(plan(GENERATORS), 0)["site"]
    kwh = float((site["facility_w"] * share * site["duration_s"]).sum()) / 3.6e6
    tests_l = 2 * 100 * 0.3 * 0.5 / (0.322 * 10.753) * 12 / 8760 * float(site["duration_s"].sum()) / 3600
    fuel_l = float((site["fuel_l_s"] * site["duration_s"]).sum())
    assert fuel_l - tests_l == pytest.approx(kwh / (0.322 * 10.753))


def test_what_generators_deliver_is_neither_billed_nor_grid_carbon() -> None:
    cut = plan(GENERATORS, "replications=1")
    tables = simulate(cut, 0)
    site = tables["site"]
    delivered_j = float((site["generator_w"] * site["duration_s"]).sum())
    assert delivered_j == pytest.approx(
        float((site["facility_w"] * running(cut.grid, [Cut(900.0, 912.0, 1500.0)]) * site["duration_s"]).sum())
    )
    value = {name: each["value"] for name, each in compute(cut.scenario, tables)["kpis"].items()}
    assert value["carbon_kg"] == pytest.approx(0.2705 * (value["facility_energy_kwh"] - delivered_j / 3.6e6))
    assert delivered_j > 0.0


def energy_j(tables: dict[str, pd.DataFrame], begins_s: float, ends_s: float, name: str = "battery_w") -> float:
    site = tables["site"]
    inside = site[(site["time_s"] >= begins_s) & (site["time_s"] < ends_s)]
    return float((inside[name] * inside["duration_s"]).sum())


@pytest.fixture(scope="module")
def bridged() -> dict[str, pd.DataFrame]:
    """Batteries that carry all of a cut of 2 min, and are charged again within 20 min of the run."""
    short = "incidents.both-chillers={lost: utility, at: 2025-07-15 13:15, lasts: 2 min}"
    library = default_library()
    battery = library.load("power", "battery-vrla")
    battery.values["recharge_s"]["value"] = 1200.0
    return simulate(resolve(load(SCENARIOS / "chiller_failure.yaml", [*CUT, short]), library), 0)


def test_in_a_cut_nothing_comes_from_the_grid_and_batteries_carry_what_hangs_on_them(
    bridged: dict[str, pd.DataFrame],
) -> None:
    delivered_j = -energy_j(bridged, 900.0, 1020.0)
    assert abs(energy_j(bridged, 900.0, 1020.0, "facility_w")) < 1e-6 * delivered_j
    assert energy_j(bridged, 900.0, 1020.0, "lighting_w") == 0.0
    parts_j = sum(energy_j(bridged, 900.0, 1020.0, name) for name in ("it_w", "pdu_loss_w", "crah_fan_w"))
    assert delivered_j == pytest.approx(parts_j, rel=1e-9)


def test_the_grid_gives_back_what_batteries_delivered_and_their_losses(bridged: dict[str, pd.DataFrame]) -> None:
    delivered_j = -energy_j(bridged, 900.0, 1020.0)
    charged_j = energy_j(bridged, 1020.0, 3000.0)
    assert charged_j == pytest.approx(delivered_j / (0.94 * 0.85), rel=2e-3)
    assert energy_j(bridged, 1020.0 + 1200.0, 3000.0) == 0.0
    site = bridged["site"]
    parts_w = site["it_w"] + sum(site[column.name] for column in SITE_LOADS)
    np.testing.assert_allclose(site["facility_w"], parts_w, atol=1e-6)


def test_batteries_that_are_empty_deliver_no_more_than_they_held() -> None:
    dark = simulate(plan(), 0)
    facility = plan().facility
    assert facility is not None
    battery = facility.power.battery
    assert battery is not None
    delivered_j, load_w = -energy_j(dark, 900.0, 1500.0), -energy_j(dark, 900.0, 960.0) / 60.0
    held_j = float(lasts_s(np.array(load_w), battery)) * load_w
    assert delivered_j == pytest.approx(held_j, rel=0.1)
    assert abs(energy_j(dark, 900.0, 1500.0, "facility_w")) < 1e-6 * delivered_j


def test_a_battery_that_was_not_charged_again_lasts_for_less() -> None:
    facility = plan().facility
    assert facility is not None
    battery = facility.power.battery
    assert battery is not None
    bank = Bank(charge=0.2, owed_j=8e6)
    bank.connect(100.0, battery)
    (from_s, until_s, power_w) = bank.charging[0]
    assert (from_s, until_s) == (100.0, 100.0 + battery.kind.recharge_s)
    assert power_w * battery.kind.recharge_s == pytest.approx(8e6 / (0.94 * 0.85))
    bank.disconnect(100.0 + battery.kind.recharge_s / 4, battery)
    assert bank.charge == pytest.approx(0.4)
    assert bank.owed_j == pytest.approx(6e6)
    assert bank.charging[0][1] == 100.0 + battery.kind.recharge_s / 4


def test_energy_that_the_meter_has_not_seen_yet_is_told() -> None:
    run = replicate(plan("replications=1"))
    assert any(message.startswith("Batteries end the run with ") for message in run.kpis["warnings"])
    other = "incidents.both-chillers={lost: chillers, at: 2025-07-15 13:15, lasts: 2 min}"
    assert not any("Batteries" in message for message in replicate(plan("replications=1", other)).kpis["warnings"])
