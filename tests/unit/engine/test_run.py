from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.results.columns import TABLES


def test_a_run_has_the_tables_of_what_is_in_the_scenario(plan_of: Callable[..., Plan]) -> None:
    serving = {"endpoints", "latency", "batches"}
    assert set(simulate(plan_of(tiny.SYNTHETIC), 0)) == serving
    assert set(simulate(plan_of(tiny.MEASURED), 0)) == serving | {"jobs", "servers", "attribution"}
    assert set(simulate(plan_of(tiny.WHOLE), 0)) == serving | {"jobs", "servers", "attribution", "site", "costs"}


def test_every_table_has_its_declared_columns_and_no_holes(plan_of: Callable[..., Plan]) -> None:
    for name, table in simulate(plan_of(tiny.WHOLE), 0).items():
        assert list(table.columns) == [column.name for column in TABLES[name]]
        assert [str(dtype) for dtype in table.dtypes] == [column.dtype for column in TABLES[name]]
        assert not table.isna().to_numpy().any(), name


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
