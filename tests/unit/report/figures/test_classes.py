"""Classes of requests and what becomes of their attempts."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from dcplan.report.facts import Promise
from dcplan.report.figures.classes import attempts_figure, attempts_finding, class_figure, class_finding
from dcplan.results.store import frame

MARKS = {"gold": {"p50": 0.1, "p95": 0.2, "p99": 0.3}, "<b>": {"p50": 0.2, "p95": 1.0, "p99": 2.0}}
PROMISE = {"gold": Promise(0.99, 0.5)}


def classes(attempted: int = 10, refused: int = 0, timed_out: int = 0, given_up: int = 0) -> pd.DataFrame:
    """Two steps of a class to which ten requests come in each."""
    rows = {
        "replication": 0, "endpoint": "e", "class": "gold", "time_s": [0.0, 60.0], "duration_s": 60.0, "arrived": 10,
        "attempted": attempted, "refused": refused, "rate_limited": 0, "timed_out": timed_out, "wasted": 0, "lost": 0,
        "given_up": given_up, "served": 10 - given_up, "within_slo": 10 - given_up, "spilled": 0, "latency_s": 1.0,
    }  # fmt: skip
    return frame("classes", rows)


def test_a_broken_promise_is_the_finding() -> None:
    assert class_finding("e", MARKS, PROMISE, {"gold": 0.5}) == (
        "e breaks its promise to gold: 50 % of gold are answered within 0.5 s"
    ).replace("0.5 s", "500 ms")


def test_kept_promises_and_none_are_told_apart() -> None:
    assert class_finding("e", MARKS, PROMISE, {"gold": 1.0}).startswith(
        "e keeps its promise to every class: 99 % of gold"
    )
    assert class_finding("e", MARKS, {}, {}).startswith("e's classes differ: 99 % of gold take 300 ms at most")


def test_every_class_has_a_row_and_names_cannot_inject() -> None:
    figure = class_figure("e", MARKS, PROMISE, {"gold": 0.5}, {"gold": 0.25})
    assert list(figure.layout.yaxis.ticktext) == ["gold<br><i>25 % lost</i>", "&lt;b&gt;"]
    assert [each.text for each in figure.layout.annotations] == ["50 % in time"]


def test_attempts_are_told_with_their_most_common_failure() -> None:
    assert attempts_finding("e", classes()) == "e answers every request at the first attempt"
    found = attempts_finding("e", classes(attempted=30, refused=15, timed_out=5, given_up=5))
    assert found == (
        "e takes 3.00 attempts per request, and 50 % of the requests are never answered; "
        "most attempts that fail find the queue full"
    )
    assert attempts_finding("e", classes().assign(arrived=0)) == "e got no request"


def test_only_causes_that_occurred_are_drawn() -> None:
    figure = attempts_figure("e", classes(attempted=30, refused=20), datetime(2025, 1, 1), 120.0)
    assert [trace.name for trace in figure.data] == ["attempts", "requests", "answers", "queue full"]
