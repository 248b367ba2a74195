"""Jobs of a training queue."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from dcplan.report.figures.training import by_set, jobs_figure, jobs_finding, window
from dcplan.results.store import frame


def jobs(times: list[tuple[float, float, float]], replication: int = 0) -> pd.DataFrame:
    """(submit, start, end) of each job."""
    rows = [
        {"replication": replication, "queue": "q", "job": number, "submit_s": submit, "start_s": start, "end_s": end}
        | {"slots": 1, "work_s": 100.0, "soonest_s": float("nan"), "saved": 0.0}
        for number, (submit, start, end) in enumerate(times)
    ]
    return frame("jobs", rows)


TWO_SETS = [(0.0, 0.0, 100.0), (0.0, 100.0, 200.0), (500.0, 500.0, 600.0), (500.0, 600.0, np.nan)]


def test_a_set_is_what_was_submitted_together() -> None:
    sets = by_set(jobs(TWO_SETS))
    assert sets.index.tolist() == [0.0, 500.0]
    assert sets["wait_s"].tolist() == [50.0, 50.0]
    assert sets["makespan_s"].iloc[0] == 200.0
    assert np.isnan(sets["makespan_s"].iloc[1])


def test_a_set_unfinished_in_one_replication_has_no_makespan() -> None:
    table = pd.concat([jobs([(0.0, 0.0, 100.0)]), jobs([(0.0, 0.0, np.nan)], replication=1)])
    assert np.isnan(by_set(table)["makespan_s"].iloc[0])


def test_the_finding_says_how_many_finish() -> None:
    assert jobs_finding("q", jobs(TWO_SETS)) == (
        "q finishes 75 % of its jobs by the end of the run; they wait 50.0 s on average, "
        "and the slowest set is ready after 3.33 min"
    )
    assert jobs_finding("q", jobs(TWO_SETS[:1])) == (
        "q finishes all of its jobs; jobs start at once, and the slowest set is ready after 100 s"
    )


def test_jobs_that_never_start_only_wait() -> None:
    table = jobs([(0.0, np.nan, np.nan)])
    assert jobs_finding("q", table) == "q finishes 0 % of its jobs by the end of the run"
    running, waiting, *_ = jobs_figure("q", table, 1000.0, datetime(2025, 1, 1), points=10).data
    assert running.y.max() == 0.0
    assert waiting.y.min() == pytest.approx(1.0)
    assert running.x[-1] == "2025-01-01 00:16:40"


def test_running_jobs_hold_their_time() -> None:
    table = pd.concat([jobs(TWO_SETS[:3]), jobs(TWO_SETS[:3], replication=1)])
    running = jobs_figure("q", table, 1000.0, datetime(2025, 1, 1), points=7).data[0]
    assert float(running.y[:-1].sum()) * 1000.0 / 7 == pytest.approx(300.0, rel=1e-5)


def test_a_queue_that_is_mostly_empty_is_shown_where_it_is_busy() -> None:
    rare = jobs([(1000.0, 1000.0, 1100.0), (5000.0, 5000.0, 5200.0)])
    assert window(rare, by_set(rare), 10_000.0) == (4990.0, 5220.0)
    assert window(rare, by_set(rare), 900.0) == (0.0, 900.0)
    unfinished = jobs([(1000.0, 1000.0, 1100.0), (5000.0, 5000.0, np.nan)])
    assert window(unfinished, by_set(unfinished), 10_000.0) == (0.0, 10_000.0)
