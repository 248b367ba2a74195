"""Latency and batches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.facts import Promise
from dcplan.report.figures.latency import (
    BARS,
    at_edge,
    batch_figure,
    batch_finding,
    cumulative,
    latency_figure,
    latency_finding,
    log_ticks,
    near,
    pooled,
    rebinned,
)
from dcplan.results.store import frame

MARKS_S = {"p50": 0.02, "p95": 0.05, "p99": 0.08}
PROMISE = Promise(0.99, 0.1)


def recorded(counts: list[int], first_s: float = 0.01, replications: int = 1) -> pd.DataFrame:
    """Bins as they are recorded, each 1/128 of a power of two wide."""
    edges = first_s * 2.0 ** (np.arange(len(counts) + 1) / 128)
    key = {"endpoint": "a", "low_s": edges[:-1], "high_s": edges[1:], "count": counts}
    return pd.concat([frame("latency", key | {"replication": number}) for number in range(replications)])


def test_replications_are_pooled() -> None:
    pool = pooled(recorded([1, 2, 3], replications=2))
    assert pool["count"].tolist() == [2, 4, 6]


def test_no_request_is_lost_in_rebinning() -> None:
    random = np.random.default_rng(1)
    _, share = rebinned(pooled(recorded(random.integers(0, 50, 900).tolist())))
    assert share.sum() == pytest.approx(1.0, abs=1e-12)
    assert len(share) <= BARS


def test_equal_density_gives_equal_bars() -> None:
    bars_s, share = rebinned(pooled(recorded([10] * 768)))
    assert np.ptp(np.log(bars_s[1:] / bars_s[:-1])) < 1e-12
    assert share == pytest.approx(np.full(len(share), 1 / len(share)), rel=0.02)


def test_a_single_bin_is_a_single_bar() -> None:
    bars_s, share = rebinned(pooled(recorded([7])))
    assert share.tolist() == [1.0]
    assert len(bars_s) == 2


def test_a_first_bin_from_zero_can_be_shown_on_a_log_axis() -> None:
    table = frame("latency", {"replication": 0, "endpoint": "a", "low_s": [0.0], "high_s": [1e-7], "count": [3]})
    edges_s, below = cumulative(pooled(table))
    assert edges_s[0] > 0
    assert below.tolist() == [0.0, 1.0]


def test_gaps_between_bins_hold_no_request() -> None:
    table = recorded([5] + [0] * 99 + [5])
    edges_s, below = cumulative(pooled(table[table["count"] > 0]))
    assert np.interp(0.012, edges_s, below) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("attained", "promise", "text"),
    [
        (0.995, PROMISE, "a answers 99 % of its requests within 80.0 ms and keeps its promise of 100 ms"),
        (0.95, Promise(0.99, 0.05), "a answers 99 % of its requests within 80.0 ms and breaks its promise of 50 ms"),
        (0.90, PROMISE, "a breaks its promise: with the requests it drops, 90 % are answered within 100 ms"),
        (None, None, "a answers half of its requests within 20.0 ms and 99 % within 80.0 ms; nothing was promised"),
    ],
)
def test_the_finding_judges_the_promise(attained: float | None, promise: Promise | None, text: str) -> None:
    assert latency_finding("a", pooled(recorded([1])), MARKS_S, promise, attained) == text


def test_a_promise_that_is_no_kpi_is_read_from_the_histogram() -> None:
    pool = pooled(recorded([1] * 100))
    text = latency_finding("a", pool, MARKS_S, Promise(0.9, 0.1), 0.97)
    assert text == "a answers 90 % of its requests within 16.3 ms and keeps its promise of 100 ms"


def test_bars_beyond_the_promise_are_red() -> None:
    figure = latency_figure("a", recorded([5] * 768), MARKS_S, Promise(0.99, 0.04), 0.5)
    colours = figure.data[0].marker.color
    beyond = np.array(figure.data[0].x) > 40.0
    assert [colour == theme.VERMILION for colour in colours] == beyond.tolist()


def test_an_axis_in_milliseconds_for_milliseconds() -> None:
    figure = latency_figure("<b>", recorded([5] * 100), MARKS_S, None, None)
    assert figure.layout.xaxis2.title.text == "Latency [ms], log scale"
    assert figure.layout.title.text.startswith("&lt;b&gt; answers")


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.5), (0.3, 40.0), (1e-5, 1e4)])
def test_an_axis_has_a_few_ticks(low: float, high: float) -> None:
    assert 1 <= len(log_ticks(low, high)) <= 10


def test_batches_are_shares_of_all() -> None:
    table = frame("batches", {"replication": [0, 0, 1], "endpoint": "a", "size": [1, 4, 4], "count": [20, 10, 10]})
    (bars,) = batch_figure("a", table, 4).data
    assert list(bars.x) == [1.0, 4.0]
    assert list(bars.y) == [50.0, 50.0]


def test_large_batches_are_gathered() -> None:
    table = frame("batches", {"replication": 0, "endpoint": "a", "size": np.arange(1, 513), "count": 1})
    (bars,) = batch_figure("a", table, 512).data
    assert len(bars.x) == 64
    assert bars.customdata[0] == "1 to 8"


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({1: 95, 2: 5}, "1.05 requests on average, of 4 allowed: 95 % hold a single one, so batching hardly happens"),
        ({1: 1, 4: 3}, "3.25 requests on average, of 4 allowed: 75 % are full"),
        ({1: 1, 2: 1}, "1.50 requests on average, of 4 allowed"),
    ],
)
def test_the_finding_says_whether_batching_happens(counts: dict[int, int], text: str) -> None:
    assert batch_finding("a", pd.Series(counts), 4) == f"a's batches hold {text}"


def test_several_promises_are_not_judged_by_the_latency_alone() -> None:
    """Answers may be quick because most requests were dropped."""
    text = latency_finding("a", pooled(recorded([1] * 100)), MARKS_S, Promise(0.9, 0.1), 0.37, several=True)
    assert text == "90 % of a's answers come within 16.3 ms; 37 % of all requests got what was promised to them"


def test_what_is_far_faster_than_the_rest_does_not_stretch_the_axis() -> None:
    counts = [1] + [0] * 2000 + [5000] * 128
    bars_s, share = rebinned(pooled(recorded(counts)))
    assert bars_s[0] > 0.01 * 2.0 ** (1999 / 128)
    assert share.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("promised", "shown"), [(0.15, True), (0.5, True), (1.1, False), (0.02, True), (0.004, True), (0.0009, False)]
)
def test_an_axis_reaches_for_a_promise_that_leaves_half_of_it_to_the_data(promised: float, shown: bool) -> None:
    assert near(promised, 0.01, 0.1) == shown


def test_equal_latencies_still_show_a_promise_nearby() -> None:
    assert near(0.15, 0.0999, 0.1)
    assert not near(0.5, 0.0999, 0.1)


@pytest.mark.parametrize(("latency_s", "arrow"), [(3600.0, "60 min →"), (1e-5, "← <b>promised p99</b>")])
def test_a_promise_far_away_does_not_squeeze_the_data(latency_s: float, arrow: str) -> None:
    table = recorded([10] * 768)
    figure = latency_figure("a", table, MARKS_S, Promise(0.99, latency_s), 0.999)
    low, high = 10.0 ** np.array(figure.layout.xaxis.range) / 1000
    assert low > 0.9 * table["low_s"].min()
    assert high < 1.1 * table["high_s"].max()
    assert any(arrow in note.text for note in figure.layout.annotations)
    assert "lies beyond the axis" in theme.caption(figure)
    assert at_edge("x", latency_s, 0.01)["text"] in ("x →", "← x")
