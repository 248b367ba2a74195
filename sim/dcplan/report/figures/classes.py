"""How each class of requests fares, and what becomes of attempts: answered, refused, given up, tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import POINTS, FloatArray, course, dates
from dcplan.report.facts import Promise
from dcplan.report.figures.latency import MARKED, at_edge, log_axis, near
from dcplan.report.figures.lines import add_line
from dcplan.report.numbers import digits, given, percent, quantity, scale

CAUSES = {
    "refused": ("queue full", theme.VERMILION, "find the queue full"),
    "rate_limited": ("rate limit", theme.SKY, "exceed the rate limit"),
    "timed_out": ("gave up waiting", theme.PURPLE, "give up waiting"),
    "lost": ("replica failed", theme.ORANGE, "fail with their replica"),
}
"""Columns of the table `classes` with attempts that failed: their names, colours, and what they do."""
ROW_PX = 56
TOLD = 0.001
"""Share of requests never answered from which on it is told."""


def class_figure(
    name: str,
    marks_s: Mapping[str, Mapping[str, float]],
    promises: Mapping[str, Promise],
    attained: Mapping[str, float],
    lost: Mapping[str, float],
) -> go.Figure:
    """The percentiles of each class, one row each, with its promise.

    Args:
        name: The endpoint.
        marks_s: For each class its KPIs p50, p95 and p99 [s].
        promises: What was promised to each class, where anything was.
        attained: The share of each class's requests that were answered as promised [-].
        lost: The share of each class's requests that were never answered [-].
    """
    known = [each for marks in marks_s.values() for each in marks.values()]
    shown = [each.latency_s for each in promises.values() if near(each.latency_s, min(known), max(known))]
    low_s, high_s = min([*known, *shown]), max([*known, *shown])
    unit = scale(min(known), "s")
    figure = go.Figure()
    _spreads(figure, marks_s, unit.factor)
    for row, label in enumerate(marks_s):
        if label in promises:
            _promised(figure, row, promises[label], unit.factor, attained.get(label), (low_s, high_s))
    low, high = low_s * unit.factor / 1.3, high_s * unit.factor * 1.3
    figure.update_xaxes(title_text=f"Latency from the first attempt [{unit.unit}], log scale", **log_axis(low, high))
    labels = [_named(label, lost.get(label, 0.0)) for label in marks_s]
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, range=[len(labels) - 0.5, -0.7], showgrid=False
    )
    return theme.titled(
        figure,
        class_finding(name, marks_s, promises, attained),
        "One row for each class of requests: dots mark percentiles of the answers"
        + (
            "; the red bar is what was promised, above it the share of all requests that were answered in that time. "
            if promises
            else ". "
        )
        + (
            "Requests that were never answered have no latency: where they are many, the dots show the lucky ones."
            if any(share >= TOLD for share in lost.values())
            else ""
        ),
        150 + ROW_PX * len(labels),
    ).update_layout(margin_t=24 + theme.LEGEND_PX, hovermode="closest")


def _named(label: str, lost: float) -> str:
    """A class, and the share of its requests that were never answered."""
    name = theme.escaped(theme.shortened(label, 16))
    return name if lost < TOLD else f"{name}<br><i>{percent(lost)} lost</i>"


def _spreads(figure: go.Figure, marks_s: Mapping[str, Mapping[str, float]], factor: float) -> None:
    """For each class a line from its lowest to its highest percentile, and a dot for each."""
    for row, marks in enumerate(marks_s.values()):
        ends = [min(marks.values()) * factor, max(marks.values()) * factor]
        line = {"color": theme.GREY, "width": 3}
        figure.add_scatter(x=ends, y=[row, row], mode="lines", line=line, hoverinfo="skip", showlegend=False)
    for _, level, colour in MARKED:
        shown = [(row, label, marks[level]) for row, (label, marks) in enumerate(marks_s.items()) if level in marks]
        figure.add_scatter(
            x=[value_s * factor for _, _, value_s in shown],
            y=[row for row, _, _ in shown],
            name=level,
            mode="markers",
            marker={"color": colour, "size": 12},
            customdata=[f"{theme.escaped(label)}, {level}: {quantity(value_s, 's')}" for _, label, value_s in shown],
            hovertemplate="%{customdata}<extra></extra>",
        )


def _promised(
    figure: go.Figure, row: int, promise: Promise, factor: float, attained: float | None, reach_s: tuple[float, float]
) -> None:
    """What was promised to a class, and the share of its requests for which that was kept."""
    kept = "" if attained is None else f"{percent(attained)} in time"
    colour = theme.INK if attained is None or attained >= promise.share else theme.VERMILION
    if not reach_s[0] <= promise.latency_s <= reach_s[1]:
        text = f"promised {promise.percentile} {given(promise.latency_s, 's')}{f', {kept}' if kept else ''}"
        figure.add_annotation(
            **at_edge(text, promise.latency_s, reach_s[0]),
            xref="x domain",
            y=row - 0.34,
            font={"size": 11, "color": colour},
            yanchor="bottom",
            showarrow=False,
        )
        return
    figure.add_scatter(
        x=[promise.latency_s * factor] * 2,
        y=[row - 0.3, row + 0.3],
        mode="lines",
        line={"color": theme.VERMILION, "width": 3},
        hovertemplate=f"promised: {promise.percentile} within {given(promise.latency_s, 's')}<extra></extra>",
        showlegend=False,
    )
    if kept:
        figure.add_annotation(
            x=np.log10(promise.latency_s * factor),
            y=row - 0.34,
            text=kept,
            font={"size": 11, "color": colour},
            yanchor="bottom",
            showarrow=False,
        )


def class_finding(
    name: str,
    marks_s: Mapping[str, Mapping[str, float]],
    promises: Mapping[str, Promise],
    attained: Mapping[str, float],
) -> str:
    """Which classes keep their promise, or how far apart they are."""
    missed = [label for label, promise in promises.items() if attained.get(label, 1.0) < promise.share]
    if missed:
        worst = min(missed, key=lambda label: attained[label] - promises[label].share)
        return (
            f"{name} breaks its promise to {' and '.join(missed) if len(missed) < 3 else f'{len(missed)} classes'}: "
            f"{percent(attained[worst])} of {worst} are answered within {given(promises[worst].latency_s, 's')}"
        )
    tails = {label: marks["p99"] for label, marks in marks_s.items() if "p99" in marks}
    fast, slow = min(tails, key=lambda label: tails[label]), max(tails, key=lambda label: tails[label])
    kept = f"{name} keeps its promise to every class" if promises else f"{name}'s classes differ"
    return (
        f"{kept}: 99 % of {fast} take {quantity(tails[fast], 's')} at most, 99 % of {slow} {quantity(tails[slow], 's')}"
    )


def attempts_figure(
    name: str, classes: pd.DataFrame, start: datetime, horizon_s: float, points: int = POINTS
) -> go.Figure:
    """Requests, attempts and answers per second; and below, attempts that failed, by cause.

    Args:
        name: The endpoint.
        classes: Its part of the table `classes`, all replications; not empty.
        start: Date of second 0.
        horizon_s: End of the run [s].
        points: Most points of a line.
    """
    steps = classes.groupby(["replication", "time_s", "duration_s"], as_index=False)[
        ["arrived", "attempted", "served", *CAUSES]
    ].sum()
    seconds = steps["duration_s"]
    courses = {
        column: course(steps["time_s"], steps[column] / seconds, seconds, points).until(horizon_s)
        for column in ("arrived", "attempted", "served", *CAUSES)
    }
    days = dates(start, courses["arrived"].time_s)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08, row_heights=[0.55, 0.45])
    for column, label, colour in (
        ("attempted", "attempts", theme.ORANGE),
        ("arrived", "requests", theme.BLUE),
        ("served", "answers", theme.GREEN),
    ):
        add_line(figure, days, courses[column], 1.0, label, colour, row=1, hover="%{y:,.4~g} /s")
        figure.data[-1].showlegend = True
    for column, (label, colour, _) in CAUSES.items():
        if courses[column].high.any():
            _stacked(figure, days, courses[column].mean, label, colour)
    figure.update_yaxes(title_text="Per second", rangemode="tozero", nticks=6, row=1, col=1)
    figure.update_yaxes(title_text="Failed [/s]", rangemode="tozero", nticks=5, row=2, col=1)
    theme.titled(
        figure,
        attempts_finding(name, classes),
        "Top: requests that come for the first time, all attempts, and answers; where attempts rise above requests, "
        "retries load the endpoint. Bottom: attempts that failed, by cause, on top of each other. All are means over "
        "the replications.",
        520,
    ).update_layout(margin_t=24 + theme.LEGEND_PX, legend_traceorder="normal")
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def _stacked(figure: go.Figure, days: list[str], per_s: FloatArray, label: str, colour: str) -> None:
    figure.add_scatter(
        x=days,
        y=theme.compact(per_s),
        name=label,
        mode="lines",
        line={"width": 0.8, "color": colour},
        fillcolor=theme.faint(colour, 0.5),
        stackgroup="failed",
        hovertemplate="%{y:,.4~g} /s",
        row=2,
        col=1,
    )


def attempts_finding(name: str, classes: pd.DataFrame) -> str:
    """How many attempts a request takes, and how many requests are lost."""
    total = classes[["arrived", "attempted", "given_up", *CAUSES]].sum()
    if not total["arrived"]:
        return f"{name} got no request"
    failed = float(total[list(CAUSES)].sum())
    if not failed:
        return f"{name} answers every request at the first attempt"
    _, _, why = CAUSES[max(CAUSES, key=lambda column: float(total[column]))]
    lost = float(total["given_up"] / total["arrived"])
    tries = f"{name} takes {digits(float(total['attempted'] / total['arrived']))} attempts per request"
    return f"{tries}, and {percent(lost)} of the requests are never answered; most attempts that fail {why}"
