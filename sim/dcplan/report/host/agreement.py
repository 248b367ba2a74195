"""Predicted against measured: every run of a verification in one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.host.data import LABELS, Case, Host, named
from dcplan.report.host.marks import (
    METRICS,
    colour,
    finished,
    hover,
    load_keys,
    loads,
    marker,
    seconds_axis,
    symbol,
    way_keys,
    ways,
)
from dcplan.report.host.words import within

BANDS = (0.1, 0.05)
"""Errors that the bands along the diagonal stand for [-]."""


def agreement_figure(known: Host, *, narrow: bool = False) -> go.Figure:
    """Predicted against measured latency of every run, mean and p99, with bands of small errors.

    Args:
        known: The verification.
        narrow: Whether the panels are one below the other instead of side by side.
    """
    rows, columns = (len(METRICS), 1) if narrow else (1, len(METRICS))
    figure = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.1, vertical_spacing=0.13)
    for place, metric in enumerate(METRICS, start=1):
        row, column = (place, 1) if narrow else (1, place)
        _panel(figure, known, metric, row, column, 5 if narrow else 8)
    figure.add_traces([*way_keys(known), *load_keys(known)])
    return finished(figure, finding(known), _caption(known), 680 if narrow else 460, 66 if narrow else 36)


def finding(known: Host) -> str:
    """How far the predictions are off."""
    sizes = [within(float(np.median([abs(case.error[metric]) for case in known.judged]))) for metric in METRICS]
    return f"Half of the {len(known.judged)} judged runs are within {sizes[0]} in mean latency and {sizes[1]} in p99"


def _caption(known: Host) -> str:
    hollow = " Hollow marks are not judged." if len(known.judged) < len(known.cases) else ""
    return (
        "Each mark is a run; on the diagonal, prediction and measurement are the same. The green bands are errors of "
        "±5 % and ±10 %. Vertical lines are predicted intervals, horizontal ones reach over the measurements." + hollow
    )


def _panel(figure: go.Figure, known: Host, metric: str, row: int, column: int, ticks: int) -> None:
    low_s, high_s = _range(known.cases, metric)
    for size in BANDS:
        _line(figure, (low_s, high_s), 1 - size, row, column)
        _line(figure, (low_s, high_s), 1 + size, row, column, fill="tonexty", fillcolor=theme.faint(theme.GREEN))
    _line(figure, (low_s, high_s), 1.0, row, column, line={"width": 1, "color": theme.GREEN})
    for way in ways(known):
        for load in loads(known):
            part = [case for case in known.cases if (case.way, case.load) == (way, load)]
            if part:
                figure.add_trace(_marks(known, part, metric), row=row, col=column)
    axis = seconds_axis(low_s, high_s, ticks)
    figure.update_xaxes(title_text=f"Measured {named(LABELS, metric)}", row=row, col=column, **axis)
    figure.update_yaxes(title_text=f"Predicted {named(LABELS, metric)}", row=row, col=column, **axis)


def _range(cases: Sequence[Case], metric: str) -> tuple[float, float]:
    """Ends of both axes [s]: they hold every value and its interval."""
    values = [value for case in cases for value in (case.low[metric], case.high[metric], *case.reach(metric))]
    positive = [value for value in values if value > 0] or [1e-3]
    return 0.8 * min(positive), 1.25 * max(positive)


def _line(figure: go.Figure, ends_s: tuple[float, float], factor: float, row: int, column: int, **look: object) -> None:
    """Where the prediction is *factor* times what was measured."""
    line = go.Scatter(
        x=ends_s,
        y=[factor * end_s for end_s in ends_s],
        **{"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, **look},
    )
    figure.add_trace(line, row=row, col=column)


def _marks(known: Host, part: Sequence[Case], metric: str) -> go.Scatter:
    """Runs of one way at one load, with what is known of their spread."""
    shade = colour(known, part[0].load)
    spread = {"type": "data", "symmetric": False, "thickness": 1, "width": 0, "color": shade}
    reach, value = [case.reach(metric) for case in part], [case.measured(metric) for case in part]
    return go.Scatter(
        x=theme.compact(value),
        y=theme.compact([case.value[metric] for case in part]),
        mode="markers",
        marker=marker(symbol(known, part[0].way), shade, part[0].judged),
        error_x={
            **spread,
            "array": theme.compact(np.subtract([most for _, most in reach], value)),
            "arrayminus": theme.compact(np.subtract(value, [least for least, _ in reach])),
        },
        error_y={
            **spread,
            "array": theme.compact([case.high[metric] - case.value[metric] for case in part]),
            "arrayminus": theme.compact([case.value[metric] - case.low[metric] for case in part]),
        },
        hovertext=[hover(case, metric) for case in part],
        hoverinfo="text",
        showlegend=False,
    )
