"""Whole distributions of latency, predicted over measured."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.host.data import KINDS, WAYS, Case, FloatArray, Host, distinct, named, rule_name
from dcplan.report.host.marks import colour, finished, heading, load_keys, seconds_axis
from dcplan.report.host.words import start, within

SLOWER = (100.0, 10.0, 1.0, 0.1)
"""Ticks of the share of requests that are slower [%]."""
BODY = (0.02, 0.99)
"""Levels over which distributions are compared in words: beyond them single requests decide [-]."""


def curves_figure(known: Host, way: str, *, narrow: bool = False) -> go.Figure:
    """The share of requests that take longer than a time, for every run of one way of serving.

    Args:
        known: The verification.
        way: Which way.
        narrow: Whether rules are below each other and kinds of arrivals side by side, instead of the other way round.
    """
    cases = [case for case in known.cases if case.way == way]
    rules, kinds = distinct(case.rule for case in cases), distinct(case.kind for case in cases)
    rows, columns = (len(rules), len(kinds)) if narrow else (len(kinds), len(rules))
    spaces = {"horizontal_spacing": 0.1 if narrow else 0.05, "vertical_spacing": 0.26 / rows if rows > 1 else 0.0}
    figure = make_subplots(rows=rows, cols=columns, **spaces)
    for along, rule in enumerate(rules, start=1):
        for across, kind in enumerate(kinds, start=1):
            row, column = (along, across) if narrow else (across, along)
            part = [case for case in cases if (case.rule, case.kind) == (rule, kind)]
            _panel(figure, known, part, row, column)
            _axes(figure, known, [case for case in cases if case.rule == rule], row, column, 3 if narrow else 7)
            words = f"{named(KINDS, kind).removesuffix(' arrivals')}, "
            words += f"batch {rule[0]}" if narrow else rule_name(rule)
            heading(figure, start(words), row, column)
    figure.add_traces(_keys(known))
    return finished(figure, finding(known, way), _caption(known), (220 if narrow else 300) * rows, 94 if narrow else 60)


def finding(known: Host, way: str) -> str:
    """How far the two distributions are apart."""
    cases = [case for case in known.judged if case.way == way] or [case for case in known.cases if case.way == way]
    size = float(np.median([_apart(known.grid, case) for case in cases]))
    words = named(WAYS, way)
    return (
        f"{start(words)}, predicted and measured latencies differ by {within(size)} on average over "
        f"the distribution (median of {len(cases)} runs)"
    )


def _apart(grid: FloatArray, case: Case) -> float:
    """Mean size of the error of the quantiles within `BODY` [-]."""
    body = (grid >= BODY[0]) & (grid <= BODY[1])
    return float(np.mean(np.abs(case.quantile_s[body] / case.measured_quantile_s[body] - 1.0)))


def _caption(known: Host) -> str:
    which = " (the first time)" if known.repeats > 1 else ""
    shown = "; that at a hollow one is not judged" if len(known.judged) < len(known.cases) else ""
    return (
        "The share of requests that take longer than the time on the axis; from line to line it falls by a factor of "
        f"ten. Thick and pale: measured{which}. Thin: predicted. One colour per load{shown}."
    )


def _keys(known: Host) -> list[go.Scatter]:
    """Loads by their colour; thick is measured, thin predicted."""
    looks = {"measured": {"width": 6, "color": theme.faint(theme.MUTED, 0.4)}, "predicted": _thin(theme.MUTED)}
    lines = [
        go.Scatter(x=[None], y=[None], mode="lines", name=name, line=look, hoverinfo="skip")
        for name, look in looks.items()
    ]
    return [*lines, *load_keys(known)]


def _thin(shade: str) -> dict[str, object]:
    return {"width": 1.6, "color": shade}


def _panel(figure: go.Figure, known: Host, part: list[Case], row: int, column: int) -> None:
    slower = 100 * (1.0 - known.grid)
    for case in part:
        shade = colour(known, case.load)
        pale = {"width": 6, "color": theme.faint(shade, 0.38)}
        for values_s, word, look in (
            (case.measured_quantile_s, "measured", pale),
            (case.quantile_s, "predicted", _thin(shade)),
        ):
            figure.add_trace(_curve(values_s, slower, f"{case.load_name}, {word}", look), row=row, col=column)


def _curve(values_s: FloatArray, slower: FloatArray, name: str, look: dict[str, object]) -> go.Scatter:
    shown = (values_s > 0) & (slower > 1e-9)
    return go.Scatter(
        x=theme.compact(values_s[shown]),
        y=theme.compact(slower[shown]),
        mode="lines",
        line=look,
        hovertemplate=f"{theme.escaped(name)}: %{{y:.3~g}} % take longer than %{{x:.3~s}}s<extra></extra>",
        showlegend=False,
    )


def _axes(figure: go.Figure, known: Host, alike: list[Case], row: int, column: int, ticks: int) -> None:
    """Axes that reach over all runs that are *alike*, with at most so many *ticks* of time."""
    found = np.concatenate([values for case in alike for values in (case.quantile_s, case.measured_quantile_s)])
    low_s, high_s = 0.9 * float(found[found > 0].min()), 1.1 * float(found.max())
    figure.update_xaxes(row=row, col=column, **seconds_axis(low_s, high_s, ticks))
    least = 100 * (1.0 - float(known.grid[known.grid < 1.0].max()))
    figure.update_yaxes(
        type="log",
        range=[np.log10(least) - 0.05, 2.08],
        tickvals=[tick for tick in SLOWER if tick >= 0.99 * least],
        title_text="Slower [%]" if column == 1 else None,
        row=row,
        col=column,
    )
