from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.engine.run import simulate
from dcplan.errors import ScenarioError
from dcplan.kpis.compute import compute
from dcplan.profiles.library import Library

HOUR_S = 3600.0
TEXT = tiny.WHOLE.replace("horizon: 2 h", "start: 2025-07-07\nhorizon: 2 days").replace(
    "every: 1 h", "every: day at 10:00"
)
FLEXIBLE = "training.nightly.flexible={within: 12 h, by: price}"


def test_jobs_wait_for_the_night_and_tell_what_that_costs_and_saves(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(TEXT, FLEXIBLE, "replications=1")
    tables = simulate(plan, 0)
    jobs = tables["jobs"]
    assert (jobs["soonest_s"] % (24 * HOUR_S)).tolist() == [10 * HOUR_S] * 6  # the two slots of the day are free then
    assert (jobs["start_s"] % (24 * HOUR_S) / HOUR_S).to_numpy() == pytest.approx([20, 20, 20 + 1 / 36] * 2, rel=1e-9)
    server = plan.groups["node"].server
    busy_w = (server.max_w - server.idle_w) / 4
    expected_usd = 6 * busy_w * 100.0 / 3.6e6 * (0.10 - 0.05)
    kpis = compute(plan.scenario, tables)["kpis"]
    assert kpis["training.nightly.shift_saved_usd"]["value"] == pytest.approx(expected_usd)
    assert kpis["training.nightly.shift_wait_mean_s"]["value"] == pytest.approx(10 * HOUR_S + 100.0 / 3)


def test_jobs_start_no_later_than_their_deadline(plan_of: Callable[..., Plan]) -> None:
    jobs = simulate(plan_of(TEXT, "training.nightly.flexible={within: 9 h, by: price}"), 0)["jobs"]
    assert (jobs["start_s"] % (24 * HOUR_S)).to_numpy() == pytest.approx(
        [10 * HOUR_S, 10 * HOUR_S, 10 * HOUR_S + 100] * 2
    )
    assert jobs["saved"].tolist() == [0.0] * 6


def test_jobs_that_may_not_wait_start_at_once(plan_of: Callable[..., Plan]) -> None:
    jobs = simulate(plan_of(TEXT), 0)["jobs"]
    assert jobs["soonest_s"].tolist() == jobs["start_s"].tolist()
    assert jobs["start_s"].min() == 10 * HOUR_S


@pytest.mark.parametrize(
    ("text", "setting", "expected"),
    [
        (TEXT, FLEXIBLE.replace("price", "carbon"), "the carbon of this grid is the same at all times"),
        (tiny.MEASURED, FLEXIBLE, "jobs wait for prices or carbon of a place; add 'site'"),
        (TEXT, FLEXIBLE.replace("12 h", "12"), "a bare number has no unit"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, library: Library, text: str, setting: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        tiny.planned(text, tmp_path, library, (setting,))
    assert expected in str(caught.value)
