"""Load of an endpoint."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from dcplan.report.figures.load import load_figure, load_finding, pools_figure
from dcplan.results.store import frame

START = datetime(2025, 1, 1)


def steps(served: list[int], busy_s: list[float]) -> pd.DataFrame:
    rest = {"arrived": served, "dropped": 0, "within_slo": served, "in_system": 1, "latency_s": 1.0, "wait_s": 0.0}
    key = {"replication": 0, "endpoint": "a", "time_s": [60.0 * n for n in range(len(served))], "duration_s": 60.0}
    return frame("endpoints", key | rest | {"served": served, "busy_s": busy_s})


def test_the_finding_states_mean_and_peak() -> None:
    assert load_finding("a", steps([60, 180], [60.0, 120.0]), 4) == (
        "a answers 2.00 requests per second, at its busiest 3.00; its 4 replicas are 37.5 % busy, 50 % at most"
    ).replace("37.5", "38")


def test_without_replicas_there_is_no_share() -> None:
    assert load_finding("a", steps([60], [60.0]), None).endswith("at its busiest 1.00")


def test_without_requests_there_is_nothing_to_say() -> None:
    assert load_finding("a", steps([0], [0.0]), 4) == "a got no request"


def test_three_panels_share_the_time() -> None:
    figure = load_figure("a", steps([60, 180], [60.0, 120.0]), 4, START, 120.0)
    throughput, queue, busy = figure.data
    assert throughput.y.tolist() == pytest.approx([1.0, 3.0, 3.0])
    assert queue.y.tolist() == [1.0, 1.0, 1.0]
    assert busy.y.tolist() == pytest.approx([25.0, 50.0, 50.0])
    assert busy.x[-1] == figure.layout.xaxis3.range[1]
    assert figure.layout.xaxis3.range == ("2025-01-01 00:00:00", "2025-01-01 00:02:00")


def test_replicas_that_come_and_go_are_a_stepped_line() -> None:
    columns = {"replication": 0, "endpoint": "a", "time_s": [0.0, 60.0], "active": [4, 2], "starting": 0}
    figure = load_figure("a", steps([60, 180], [60.0, 120.0]), 4, START, 120.0, scaling=frame("scaling", columns))
    *_, busy, active = figure.data
    assert busy.y.tolist() == pytest.approx([1.0, 2.0, 2.0])
    assert active.y.tolist() == [4.0, 2.0, 2.0]
    assert active.line.shape == "hv"


def test_each_kind_of_server_has_a_line_and_its_share_is_told() -> None:
    pools = frame(
        "pools",
        {
            "replication": 0, "endpoint": "e", "pool": ["new", "new", "old", "old"], "time_s": [0.0, 60.0, 0.0, 60.0],
            "duration_s": 60.0, "replicas": [2, 2, 4, 4], "busy_s": [60.0, 120.0, 60.0, 60.0],
        },
    )  # fmt: skip
    figure = pools_figure("e", pools, START, 120.0)
    assert figure.layout.meta["finding"] == "e keeps new 75 % busy, old 25 % busy"
    assert [trace.name for trace in figure.data] == ["2 x new", "4 x old"]
