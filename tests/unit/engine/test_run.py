from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError
from dcplan.profiles.library import Library
from dcplan.results.columns import TABLES
from dcplan.studies.replicate import replicate


def test_a_run_has_the_tables_of_what_is_in_the_scenario(plan_of: Callable[..., Plan]) -> None:
    serving = {"endpoints", "latency", "batches"}
    assert set(simulate(plan_of(tiny.SYNTHETIC), 0)) == serving
    assert set(simulate(plan_of(tiny.MEASURED), 0)) == serving | {"jobs", "servers", "attribution"}
    assert set(simulate(plan_of(tiny.WHOLE), 0)) == serving | {
        "jobs",
        "servers",
        "attribution",
        "site",
        "bill",
        "costs",
        "carbon",
    }


def test_every_table_has_its_declared_columns_and_no_holes_but_for_what_no_profile_tells(
    plan_of: Callable[..., Plan],
) -> None:
    holes = {"servers": {"performance"}, "site": {"carbon_free_w", "grid_water_kg_s"}}
    for name, table in simulate(plan_of(tiny.WHOLE), 0).items():
        assert list(table.columns) == [column.name for column in TABLES[name]]
        assert [str(dtype) for dtype in table.dtypes] == [column.dtype for column in TABLES[name]]
        assert set(table.columns[table.isna().any()]) == holes.get(name, set()), name


def test_a_plan_can_be_run_again_with_the_same_result(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.WHOLE)
    first, again = simulate(plan, 1), simulate(plan, 1)
    for name in first:
        pd.testing.assert_frame_equal(first[name], again[name])


def test_replications_differ(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.SYNTHETIC)
    one, other = simulate(plan, 0)["endpoints"], simulate(plan, 1)["endpoints"]
    assert one["arrived"].tolist() != other["arrived"].tolist()


def test_progress_rises_to_the_end(plan_of: Callable[..., Plan]) -> None:
    shares: list[float] = []
    simulate(plan_of(tiny.SYNTHETIC), 0, shares.append)
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.02)
    assert shares[-1] == pytest.approx(0.98)


def test_watching_changes_nothing(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.MEASURED)
    alone, watched = simulate(plan, 0), simulate(plan, 0, lambda share: None)
    for name in alone:
        pd.testing.assert_frame_equal(alone[name], watched[name])


def test_servers_are_as_busy_as_what_runs_on_them(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(tiny.MEASURED), 0)
    jobs = tables["jobs"]
    busy_s = tables["endpoints"]["busy_s"].sum() + (jobs["end_s"] - jobs["start_s"]).sum()
    assert (tables["servers"]["busy_slots"] * tables["servers"]["duration_s"]).sum() == pytest.approx(busy_s, rel=1e-9)


@pytest.mark.parametrize(("horizon", "finished"), [("100 s", 2), ("99.9 s", 0), ("200 s", 3)])
def test_a_job_that_ends_with_the_run_is_finished(horizon: str, finished: int, plan_of: Callable[..., Plan]) -> None:
    jobs = simulate(plan_of(tiny.MEASURED, f"horizon={horizon}", "step=50 s"), 0)["jobs"]
    assert jobs["end_s"].notna().sum() == finished


def test_the_last_mark_comes_although_rounding_makes_it_late(plan_of: Callable[..., Plan]) -> None:
    """In floating point, warm-up + (horizon - warm-up) is the float after the horizon here."""
    warm_up_s, horizon_s = 154251.28701981384, 720076.0294926591
    assert warm_up_s + (horizon_s - warm_up_s) > horizon_s
    belt = tiny.SYNTHETIC.replace("{kind: poisson, rate: 5 /s}", "{kind: constant, rate: 0.01 /s}")
    settings = (f"horizon={horizon_s!r} s", f"step={horizon_s!r} s", f"warm_up={warm_up_s!r} s")
    steps = simulate(plan_of(belt, *settings), 0)["endpoints"]
    assert steps["time_s"].tolist() == [warm_up_s]
    assert steps["arrived"].tolist() == [7200 - 1542]


DAILY = "[" + ", ".join(str(1 if hour < 12 else 3) for hour in range(24)) + "]"
DAY = tiny.MEASURED.replace("horizon: 2 h", "horizon: 24 h").replace("replications: 2", "replications: 5")
DAY = DAY.replace("{kind: poisson, rate: 2 /s}", f"{{kind: diurnal, mean: 20 /s, daily: {DAILY}}}")


def test_sampled_requests_stand_for_all(plan_of: Callable[..., Plan]) -> None:
    every, sampled = replicate(plan_of(DAY)), replicate(plan_of(DAY, "requests=sampled", "one_in=20"))
    assert set(sampled.tables["endpoints"]["arrived"] % 20) == {0}
    for name in ("throughput_rps", "latency_p50_s", "latency_p99_s", "utilisation", "energy_j_per_request"):
        whole, part = (run.kpis["kpis"][f"endpoints.web.{name}"] for run in (every, sampled))
        half = (part["high"] - part["low"] + whole["high"] - whole["low"]) / 2
        assert abs(part["value"] - whole["value"]) <= half, name
    by_hour = sampled.tables["endpoints"].groupby(sampled.tables["endpoints"]["time_s"] // 43_200)["arrived"].sum()
    assert by_hour.iloc[1] / by_hour.iloc[0] == pytest.approx(3.0, rel=0.1)
    power_w = [run.tables["servers"]["it_w"].mean() for run in (every, sampled)]
    assert power_w[1] == pytest.approx(power_w[0], rel=0.01)


def test_stamps_cannot_be_sampled(plan_of: Callable[..., Plan], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("time_s\n1\n9000\n")
    settings = ("endpoints.web.demand={kind: trace, file: t.csv}", "requests=sampled")
    with pytest.raises(ScenarioError, match="recorded time stamps cannot be sampled; use requests: every"):
        plan_of(tiny.SYNTHETIC, *settings)


MIXED = tiny.MEASURED.replace("  node: {", "  other: {server: tiny-server, count: 1}\n  node: {").replace(
    "replicas: 4", "replicas: 4\n    also: [{on: other, replicas: 3}]\n    routing: weighted"
)


def test_replicas_on_several_kinds_of_servers_are_busy_where_they_are(plan_of: Callable[..., Plan]) -> None:
    tables = simulate(plan_of(MIXED), 0)
    pools, servers = tables["pools"], tables["servers"]
    assert pools["busy_s"].sum() == pytest.approx(tables["endpoints"]["busy_s"].sum(), rel=1e-12)
    other = servers[servers["group"] == "other"]
    busy_s = (other["busy_slots"] * other["duration_s"]).sum()
    assert pools.loc[pools["pool"] == "other", "busy_s"].sum() == pytest.approx(busy_s, rel=1e-9)
    share = pools.groupby("pool")["busy_s"].sum() / pools["busy_s"].sum()
    assert share["other"] == pytest.approx(3 / 7, abs=0.02)
    metered_j = (servers["it_w"] * servers["duration_s"]).sum()
    attribution = tables["attribution"]
    assert (attribution["idle_j"] + attribution["active_j"]).sum() == pytest.approx(metered_j, rel=1e-12)


def test_slots_of_all_kinds_of_servers_must_suffice(plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(ScenarioError, match=r"5 \(web\) slots are needed, but 1 server holds 4"):
        plan_of(MIXED.replace("replicas: 3", "replicas: 5"))


def test_a_kind_of_server_that_is_not_in_the_fleet_is_told(plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(ScenarioError, match="there are no servers 'another' in fleet"):
        plan_of(MIXED.replace("on: other", "on: another"))


def accelerated(tmp_path: Path) -> Library:
    """The tiny library, its server full of accelerators that draw 110 W in every call, 70 W at rest, 120 W at most."""
    root = tiny.write_library(tmp_path / "profiles")
    table = root / "compute" / "tiny-slot" / "tiny" / "infer.csv"
    pd.read_csv(table).assign(power_w=110.0).to_csv(table, index=False)
    boards = {"limit_w": {"value": 120}, "rest_w": {"value": 70}}
    server = {"idle_w": {"value": 100}, "max_w": {"value": 300}, "curve": {"r": {"value": 1.4}}, "boards": boards}
    tiny.write_header(root / "power" / "tiny-server", values=server | {"slots": {"tiny-slot": {"value": 4}}})
    return tiny.library(root)


STEADY = tiny.MEASURED.replace("kind: poisson, rate: 2 /s", "kind: constant, rate: 2 /s")
STEADY = STEADY.replace("max_delay: 5 ms", "max_delay: 0 ms")


def test_servers_draw_what_the_meters_of_their_accelerators_read(tmp_path: Path) -> None:
    """Two calls of 10 ms a second, 40 W above rest; a watt of a board is one at the plug (200 W / (4 x 50 W))."""
    plan = tiny.planned(STEADY, tmp_path, accelerated(tmp_path), ["training=null"])
    power_w = simulate(plan, 0)["servers"]["it_w"]
    assert power_w.tolist() == pytest.approx([3 * 100 + 2 * 0.010 * 40] * len(power_w), rel=1e-3)
    assert any("power of a call from its own meter" in str(row["value"]) for row in plan.assumptions)


def test_what_nobody_measured_draws_all_that_a_board_may(tmp_path: Path) -> None:
    plan = tiny.planned(STEADY, tmp_path, accelerated(tmp_path))
    tables = simulate(plan, 0)
    busy_s = float((tables["jobs"]["end_s"] - tables["jobs"]["start_s"]).sum())
    active_j = tables["attribution"].groupby("owner")["active_j"].sum()
    assert active_j["training nightly"] == pytest.approx(50 * busy_s)
