"""Where the time of a pipeline goes."""

from __future__ import annotations

import pytest

from dcplan.report.figures.stays import mean_stays, stays_figure
from dcplan.results.store import frame

STAYS = frame(
    "stays",
    {
        "replication": [0, 0, 1, 1],
        "pipeline": "scan",
        "stage": [0, 1, 0, 1],
        "endpoint": ["decode", "classify", "decode", "classify"],
        "sent": 100,
        "answers": [100, 50, 100, 150],
        "stay_s": [1.0, 1.0, 3.0, 3.0],
    },
)


def test_replications_are_taken_together() -> None:
    assert mean_stays(STAYS)["stay_s"].tolist() == pytest.approx([0.02, 0.02])


def test_the_longest_stay_is_the_finding_and_the_rest_is_told() -> None:
    longer = STAYS.assign(stay_s=[1.0, 1.0, 3.0, 5.0])
    figure = stays_figure("scan", longer, 0.06)
    assert figure.layout.meta["finding"] == "scan spends most of its time at classify: 30.0 ms, 50 %"
    assert "mean latency of 60.0 ms, 10.00 ms, is network" in figure.layout.meta["caption"]
    assert list(figure.layout.yaxis.ticktext) == ["1. decode", "2. classify"]


def test_an_endpoint_that_answered_nothing_has_no_bar() -> None:
    figure = stays_figure("scan", STAYS.assign(answers=[100, 0, 100, 0]), 0.06)
    assert len(figure.data[0].x) == 1
