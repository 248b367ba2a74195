from __future__ import annotations

from datetime import datetime

import pandas as pd

from dcplan.report.figures.generation import token_figure, token_finding, tokens_figure, tokens_finding
from dcplan.results.store import frame

P99 = {"ttft": 0.5, "tpot": 0.05}


def latency() -> pd.DataFrame:
    key = {"replication": 0, "endpoint": "e"}
    rows = [
        key | {"measure": measure, "low_s": low_s, "high_s": 1.008 * low_s, "count": 10}
        for measure, lows_s in (("ttft", (0.1, 0.2)), ("tpot", (0.03, 0.04)))
        for low_s in lows_s
    ]
    return frame("token_latency", rows)


def steps(preempted: int = 0, started: int = 10, swapped: int = 0, known: int = 0) -> pd.DataFrame:
    return frame(
        "generation",
        {
            "replication": 0, "endpoint": "e", "time_s": [0.0, 60.0], "duration_s": 60.0, "started": started,
            "preempted": preempted, "swapped": swapped, "tokens_in": 600, "tokens_out": 1200,
            "asked": 600 + known, "known": known, "arrived": started, "attempted": started,
            "refused": 0, "timed_out": 0, "lost": 0, "spilled": 0,
        },
    )  # fmt: skip


def test_both_times_are_drawn_with_what_was_promised() -> None:
    figure = token_figure("e", latency(), P99, {"ttft": 0.15}, 0.5)
    assert len(figure.data) == 2
    assert [each.text for each in figure.layout.annotations] == [
        "<b>p99</b> 500 ms",
        "<b>promised</b> 150 ms",
        "<b>p99</b> 50.0 ms",
    ]
    assert "#c44900" in figure.data[0].marker.color


def test_the_finding_says_when_answers_begin_and_how_fast_they_go_on() -> None:
    text = "99 % of e's answers begin within 500 ms and go on with 50.0 ms per token or less"
    assert token_finding("e", P99, {}, None) == text
    assert token_finding("e", P99, {"ttft": 1.0}, 0.9) == f"{text}; 90 % of the requests got all that was promised"


def test_a_cache_that_is_too_small_is_the_finding() -> None:
    assert tokens_finding("e", steps()) == "e writes 20.0 tokens per second; its KV cache suffices"
    assert tokens_finding("e", steps(preempted=5)).endswith("0.500 preemptions per request, whose work is done again")
    assert tokens_finding("e", steps(swapped=20)).endswith("2.00 moves to host memory per request, while others wait")
    assert tokens_finding("e", steps(started=0)) == "e got no request"


def test_preemptions_have_a_panel_only_where_there_are_some() -> None:
    start = datetime(2025, 1, 1)
    assert len(tokens_figure("e", steps(), start, 120.0).data) == 2
    assert len(tokens_figure("e", steps(preempted=5), start, 120.0).data) == 3
    assert len(tokens_figure("e", steps(preempted=5, swapped=5), start, 120.0).data) == 4


def test_what_a_prefix_cache_knows_has_a_panel_and_is_told() -> None:
    figure = tokens_figure("e", steps(known=200), datetime(2025, 1, 1), 120.0)
    assert len(figure.data) == 3
    assert "finds 25 % of its prompts in the prefix cache; its KV cache suffices" in tokens_finding(
        "e", steps(known=200)
    )
