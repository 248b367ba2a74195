"""Courses: few points that keep means and peaks."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dcplan.report.course import course, dates, occupancy


def steps(values: list[list[float]], duration_s: list[float]) -> pd.DataFrame:
    """One row per replication and step."""
    starts_s = np.concatenate(([0.0], np.cumsum(duration_s)[:-1]))
    return pd.concat(
        [pd.DataFrame({"time_s": starts_s, "duration_s": duration_s, "value": row}) for row in values],
        ignore_index=True,
    )


def test_replications_are_averaged_and_their_ends_kept() -> None:
    table = steps([[1.0, 2.0], [3.0, 6.0]], [10.0, 10.0])
    shown = course(table["time_s"], table["value"], table["duration_s"])
    assert shown.mean.tolist() == [2.0, 4.0]
    assert shown.low.tolist() == [1.0, 2.0]
    assert shown.high.tolist() == [3.0, 6.0]
    assert shown.spread


def test_one_replication_has_no_spread() -> None:
    table = steps([[1.0, 2.0]], [10.0, 10.0])
    assert not course(table["time_s"], table["value"], table["duration_s"]).spread


def test_steps_are_gathered_by_their_length_and_no_peak_is_lost() -> None:
    table = steps([[1.0, 5.0, 1.0, 1.0]], [10.0, 30.0, 10.0, 10.0])
    shown = course(table["time_s"], table["value"], table["duration_s"], points=2)
    assert shown.time_s.tolist() == [0.0, 40.0]
    assert shown.mean.tolist() == [4.0, 1.0]
    assert shown.high.tolist() == [5.0, 1.0]


def test_a_ratio_is_weighted_by_what_it_is_a_ratio_of() -> None:
    facility, it = pd.Series([3.0, 12.0]), pd.Series([2.0, 10.0])
    shown = course(pd.Series([0.0, 1.0]), facility / it, it, points=1)
    assert shown.mean[0] == pytest.approx(15.0 / 12.0)


def test_the_number_of_points_is_bounded() -> None:
    table = steps([list(np.arange(5000.0))], [60.0] * 5000)
    assert len(course(table["time_s"], table["value"], table["duration_s"], points=600).mean) == 600


def test_a_gap_stays_a_gap() -> None:
    table = steps([[1.0, np.nan, 3.0]], [10.0] * 3)
    shown = course(table["time_s"], table["value"], table["duration_s"])
    assert np.isnan(shown.mean[1])
    assert shown.mean[[0, 2]].tolist() == [1.0, 3.0]


def test_dates_count_from_the_start() -> None:
    assert dates(datetime(2024, 2, 28, 12), np.array([0.0, 86_400.0])) == ["2024-02-28 12:00:00", "2024-02-29 12:00:00"]


def test_occupancy_is_exact_however_short_an_interval() -> None:
    rng = np.random.default_rng(1)
    from_s = rng.uniform(0, 900, 50)
    to_s = np.minimum(from_s + rng.exponential(20, 50), 1000.0)
    edges_s = np.linspace(0, 1000, 8)
    held = occupancy(from_s, to_s, np.ones(50), edges_s)
    assert float((held * np.diff(edges_s)).sum()) == pytest.approx(float((to_s - from_s).sum()))
    overlap = [
        np.clip(np.minimum(to_s, high_s) - np.maximum(from_s, low_s), 0, None).sum() / (high_s - low_s)
        for low_s, high_s in pairwise(edges_s)
    ]
    assert held.tolist() == pytest.approx(overlap)


def test_a_line_ends_where_the_run_does() -> None:
    table = steps([[1.0, 2.0], [3.0, 6.0]], [10.0, 10.0])
    shown = course(table["time_s"], table["value"], table["duration_s"]).until(20.0)
    assert shown.time_s.tolist() == [0.0, 10.0, 20.0]
    assert shown.mean.tolist() == [2.0, 4.0, 4.0]
    assert (shown.low.tolist(), shown.high.tolist()) == ([1.0, 2.0, 2.0], [3.0, 6.0, 6.0])
