"""Errors of a verification by load, for each batching rule, way of serving and kind of arrivals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.host.data import KINDS, LABELS, Case, Host, distinct, named, rule_name
from dcplan.report.host.marks import (
    METRICS,
    finished,
    heading,
    hover,
    key,
    loads,
    marker,
    symbol,
    way_keys,
    ways,
)
from dcplan.report.host.words import within

COLOURS = (theme.BLUE, theme.VERMILION, theme.GREEN, theme.PURPLE)
"""Colours of the kinds of arrivals."""
SLOTS = 0.84
"""Width of all marks of a load, of the distance between loads [-]."""
BEHIND = theme.faint(theme.GREY, 0.45)


def errors_figure(known: Host, *, narrow: bool = False) -> go.Figure:
    """The error of every run in mean latency and in p99, a panel per batching rule and metric.

    Args:
        known: The verification.
        narrow: Whether the metrics are side by side and the rules below each other, instead of the other way round.
    """
    rules = distinct(case.rule for case in known.cases)
    rows, columns = (len(rules), len(METRICS)) if narrow else (len(METRICS), len(rules))
    figure = make_subplots(
        rows=rows, cols=columns, horizontal_spacing=0.13 if narrow else 0.05, vertical_spacing=0.24 / rows
    )
    for across, metric in enumerate(METRICS, start=1):
        for along, rule in enumerate(rules, start=1):
            row, column = (along, across) if narrow else (across, along)
            cases = [case for case in known.cases if case.rule == rule]
            _panel(figure, known, cases, metric, row, column)
            _headed(figure, metric, rule, row, column, narrow, row == rows)
    figure.add_traces(list(_keys(known)))
    figure.update_layout(barmode="overlay", bargap=0)
    return finished(figure, finding(known), _caption(known), (190 if narrow else 230) * rows, 92 if narrow else 58)


def finding(known: Host) -> str:
    """How the error in mean latency goes with the load."""
    judged = sorted({case.load for case in known.judged})
    sizes = {load: float(np.median([abs(c.error["mean"]) for c in known.judged if c.load == load])) for load in judged}
    worst = max(sizes, key=lambda load: sizes[load])
    if len(sizes) == 1:
        return f"At {100 * worst:g} % load the median error in mean latency is {within(sizes[worst])}"
    least = min(sizes, key=lambda load: sizes[load])
    return (
        f"The error in mean latency is largest at {100 * worst:g} % load, {within(sizes[worst])} in the median, "
        f"and smallest at {100 * least:g} %, {within(sizes[least])}"
    )


def _caption(known: Host) -> str:
    text = "Predicted over measured, less one: above zero the prediction is too slow. Dashed lines are the targets."
    if known.repeats > 1:
        return f"{text} The grey bar behind a mark is how far measurements of that run differ, to either side."
    return f"{text} Each run was measured once, so there is no bar for how well the machine repeats itself."


def _headed(
    figure: go.Figure, metric: str, rule: tuple[int, float], row: int, column: int, narrow: bool, last: bool
) -> None:
    """A panel's heading and axes' titles, where they say something new."""
    label, short = named(LABELS, metric), f"batch {rule[0]}"
    heading(figure, f"{metric}, {short}" if narrow else f"{label}, {rule_name(rule)}", row, column)
    if column == 1:
        figure.update_yaxes(title_text="Error [%]", row=row, col=column)
    if last:
        figure.update_xaxes(title_text="Load", row=row, col=column)


def _panel(figure: go.Figure, known: Host, cases: list[Case], metric: str, row: int, column: int) -> None:
    slots = list(_slots(known))
    for place, (way, kind, offset) in enumerate(slots):
        part = [case for case in cases if (case.way, case.kind) == (way, kind)]
        at = [loads(known).index(case.load) + offset for case in part]
        _repeatability(figure, part, at, metric, SLOTS / len(slots), row, column)
        for judged in (True, False):
            chosen = [(case, x) for case, x in zip(part, at, strict=True) if case.judged == judged]
            if chosen:
                sign, shade = symbol(known, way), COLOURS[place % len(distinct(c.kind for c in known.cases))]
                figure.add_trace(_marks(chosen, metric, marker(sign, shade, judged, 8)), row=row, col=column)
    _axes(figure, known, metric, row, column)


def _slots(known: Host) -> Iterator[tuple[str, str, float]]:
    """Every way and kind, and how far its marks are from the tick of their load."""
    pairs = [(way, kind) for way in ways(known) for kind in distinct(case.kind for case in known.cases)]
    for place, (way, kind) in enumerate(pairs):
        yield way, kind, SLOTS * ((place + 0.5) / len(pairs) - 0.5)


def _repeatability(
    figure: go.Figure, part: list[Case], at: list[float], metric: str, width: float, row: int, column: int
) -> None:
    found = [(x, one) for x, case in zip(at, part, strict=True) if (one := case.repeatability[metric]) is not None]
    if found:
        bars = go.Bar(
            x=[x for x, _ in found],
            y=theme.compact([200 * size for _, size in found]),
            base=theme.compact([-100 * size for _, size in found]),
            width=0.94 * width,
            marker={"color": BEHIND, "line": {"width": 0}},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_trace(bars, row=row, col=column)


def _marks(chosen: list[tuple[Case, float]], metric: str, marked: dict[str, object]) -> go.Scatter:
    return go.Scatter(
        x=[x for _, x in chosen],
        y=theme.compact([100 * case.error[metric] for case, _ in chosen]),
        mode="markers",
        marker=marked,
        hovertext=[hover(case, metric) for case, _ in chosen],
        hoverinfo="text",
        showlegend=False,
    )


def _axes(figure: go.Figure, known: Host, metric: str, row: int, column: int) -> None:
    """The same range for all panels of a metric; lines at zero and at the target."""
    figure.add_hline(y=0, line={"width": 1, "color": theme.INK}, row=row, col=column)
    target = float(known.part("targets").get(metric, 0.0))
    for side in (-1, 1) if target else ():
        line = {"width": 1.4, "color": theme.MUTED, "dash": "dash"}
        figure.add_hline(y=side * 100 * target, line=line, row=row, col=column)
    found = loads(known)
    figure.update_xaxes(
        range=[-0.6, len(found) - 0.4],
        tickvals=list(range(len(found))),
        ticktext=[f"{100 * load:g} %" for load in found],
        row=row,
        col=column,
    )
    figure.update_yaxes(range=_range(known, metric, target), row=row, col=column)


def _range(known: Host, metric: str, target: float) -> list[float]:
    """Ends of the axis of errors [%]."""
    spread = max((case.repeatability[metric] or 0.0 for case in known.cases), default=0.0)
    errors = [case.error[metric] for case in known.cases]
    least = max(1.3 * target, spread, 0.001)
    return [120 * min(-least, *errors), 120 * max(least, *errors)]


def _keys(known: Host) -> Iterator[go.Scatter]:
    yield from way_keys(known)
    for place, kind in enumerate(distinct(case.kind for case in known.cases)):
        yield key(named(KINDS, kind).removesuffix(" arrivals"), marker("square", COLOURS[place % len(COLOURS)], True))
    if len(known.judged) < len(known.cases):
        yield key("not judged", marker("square", theme.MUTED, False))
    if known.repeats > 1:
        yield key("repeatability", {"symbol": "square", "size": 12, "color": BEHIND})
