from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from dcplan.report.figures.rush import by_hour, rush_figure, rush_finding
from dcplan.results.store import frame

START = datetime(2025, 7, 7, 22, 30)


def steps(hours: int, slow: int = -1, served: int = 10) -> pd.DataFrame:
    """Half hours; the answers of one of them are three times as slow."""
    count = 2 * hours
    latency_s = np.where(np.arange(count) == slow, 30.0, 10.0) * (served > 0)
    return frame(
        "endpoints",
        {
            "replication": 0, "endpoint": "e", "time_s": 1800.0 * np.arange(count), "duration_s": 1800.0,
            "arrived": served, "served": served, "dropped": 0, "within_slo": served, "in_system": 0,
            "latency_s": latency_s, "wait_s": 0.0, "busy_s": 0.0,
        },
    )  # fmt: skip


def test_hours_are_those_of_the_clock() -> None:
    table_s = by_hour(steps(3), START)
    assert table_s.index.tolist() == [0, 1]
    assert table_s.loc[0].dropna().index.tolist() == [22, 23]
    assert table_s.loc[1].dropna().index.tolist() == [0, 1]


def test_the_slowest_hour_is_the_finding() -> None:
    table_s = by_hour(steps(50, slow=3), START)
    assert table_s.loc[1, 0] == pytest.approx(2.0)
    assert rush_finding("e", table_s, START) == (
        "e is slowest on Tuesday 8 July, 0:00 to 1:00: 2.00 s on average, 2.00 times what is usual"
    )


def test_without_a_rush_it_says_so() -> None:
    assert rush_finding("e", by_hour(steps(50), START), START) == "e is equally fast at all hours: 1.00 s on average"


@pytest.mark.parametrize(("hours", "served"), [(1, 10), (24 * 100, 10), (50, 0)])
def test_too_short_too_long_and_empty_runs_have_no_heat_map(hours: int, served: int) -> None:
    assert rush_figure("e", steps(hours, served=served), START) is None


def test_every_day_is_a_row() -> None:
    figure = rush_figure("e", steps(50), START)
    assert figure is not None
    assert list(figure.data[0].y) == ["Mon 7 Jul", "Tue 8 Jul", "Wed 9 Jul", "Thu 10 Jul"][:4][: len(figure.data[0].y)]


def test_shades_begin_at_zero_so_that_equal_hours_look_alike() -> None:
    figure = rush_figure("e", steps(50, slow=3), START)
    assert figure is not None
    assert (figure.data[0].zmin, figure.data[0].zmax) == pytest.approx((0.0, 2.0))
