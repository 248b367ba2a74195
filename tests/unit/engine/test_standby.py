"""A power cut in a building with generators, which start or do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.engine.plan import Plan
from dcplan.engine.resolve import resolve
from dcplan.engine.run import simulate
from dcplan.engine.standby import draw_starts, running, with_starts
from dcplan.kpis.compute import compute
from dcplan.profiles.library import default_library
from dcplan.scenario.load import load
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
    cut = with_starts(plan(GENERATORS), {"both-chillers": 1})
    assert cut.room is not None
    assert cut.room.cuts_s == ((900.0, 912.0),)
    assert max(each.ends_s for each in cut.room.losses) == 912.0 + 300.0


@pytest.mark.parametrize("started", [{}, {"both-chillers": 0}])
def test_without_enough_of_them_the_building_waits_for_the_utility(started: dict[str, int]) -> None:
    cut = with_starts(plan(GENERATORS), started)
    assert cut.room is not None
    assert cut.room.cuts_s == ((900.0, 1500.0),)


def test_a_building_without_generators_is_left_alone() -> None:
    alone = plan()
    assert draw_starts(alone, Streams(1, 0)) == {}
    assert with_starts(alone, {}) is alone


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
    cut = with_starts(plan(GENERATORS), {"both-chillers": 2})
    share = running(cut)
    assert float(share @ cut.grid.durations_s) == pytest.approx(600.0 - 12.0)
    assert not running(with_starts(cut, {})).any()
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
    assert delivered_j == pytest.approx(float((site["facility_w"] * running(cut) * site["duration_s"]).sum()))
    value = {name: each["value"] for name, each in compute(cut.scenario, tables)["kpis"].items()}
    assert value["carbon_kg"] == pytest.approx(0.2705 * (value["facility_energy_kwh"] - delivered_j / 3.6e6))
    assert delivered_j > 0.0
