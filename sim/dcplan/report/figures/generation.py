"""How long people wait for the first word and for the rest, and how many tokens are made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import POINTS, course, dates
from dcplan.report.figures.latency import at_edge, log_axis, near, pooled, rebinned
from dcplan.report.figures.lines import add_band, add_line, band_caption
from dcplan.report.numbers import digits, given, percent, quantity, scale

MEASURES = {"ttft": ("time to first token", theme.BLUE), "tpot": ("time per further token", theme.GREEN)}
"""What is shown, one above the other, and its colour."""


def token_figure(
    name: str,
    latency: pd.DataFrame,
    p99_s: Mapping[str, float],
    promised_s: Mapping[str, float],
    attained: float | None,
) -> go.Figure:
    """The distributions of the time to first token and of the time per further token.

    Args:
        name: The endpoint.
        latency: Its part of the table `token_latency`, all replications; not empty.
        p99_s: The KPIs `ttft_p99_s` and `tpot_p99_s` [s], by "ttft" and "tpot".
        promised_s: What was promised for them [s].
        attained: The KPI `slo_attainment`, the share of requests that kept every promise [-].
    """
    shown = [each for each in MEASURES if (latency["measure"] == each).any()]
    figure = make_subplots(rows=len(shown), cols=1, vertical_spacing=0.22)
    for row, measure in enumerate(shown, start=1):
        label, colour = MEASURES[measure]
        edges_s, share = rebinned(pooled(latency[latency["measure"] == measure]))
        unit = scale(float(edges_s[0]), "s")
        edges, limit_s = edges_s * unit.factor, promised_s.get(measure)
        middle = np.sqrt(edges[:-1] * edges[1:])
        late = np.inf if limit_s is None else limit_s * unit.factor
        figure.add_bar(
            x=middle,
            y=100 * share,
            width=np.diff(edges) * 0.94,
            marker={"color": [theme.VERMILION if x > late else colour for x in middle], "line": {"width": 0}},
            hovertemplate=f"about %{{x:.3~g}} {unit.unit}: %{{y:.3~f}} % of the requests<extra></extra>",
            showlegend=False,
            row=row,
            col=1,
        )
        ends_s = [edges_s[0], edges_s[-1]]
        if limit_s is not None and near(limit_s, *ends_s):
            ends_s.append(limit_s)
        _marked(figure, row, p99_s.get(measure), limit_s, unit.factor, (min(ends_s), max(ends_s)))
        low, high = min(ends_s) * unit.factor / 1.1, max(ends_s) * unit.factor * 1.1
        figure.update_xaxes(
            title_text=f"{label[:1].upper()}{label[1:]} [{unit.unit}], log scale",
            **log_axis(low, high),
            row=row,
            col=1,
        )
        figure.update_yaxes(title_text="Requests [%]", rangemode="tozero", nticks=5, row=row, col=1)
    return theme.titled(
        figure,
        token_finding(name, p99_s, promised_s, attained),
        "Top: from a request to the first token of its answer. Bottom: time per further token, mean over each answer. "
        "The dotted line is p99"
        + (
            "; the red line (or an arrow to it, beyond the axis) is what was promised, red bars missed it."
            if promised_s
            else "."
        ),
        480,
    ).update_layout(margin_t=36)


def _marked(
    figure: go.Figure,
    row: int,
    p99_s: float | None,
    promised_s: float | None,
    factor: float,
    reach_s: tuple[float, float],
) -> None:
    """p99 and promise, as lines with their value; a promise beyond what the axis reaches with an arrow at its edge."""
    for value_s, label, line in (
        (p99_s, "p99", {"color": theme.P99, "width": 1.4, "dash": "dot"}),
        (promised_s, "promised", {"color": theme.VERMILION, "width": 2}),
    ):
        if value_s is None:
            continue
        written = quantity(value_s, "s") if label == "p99" else given(value_s, "s")
        text, axis = f"<b>{label}</b> {written}", "" if row == 1 else str(row)
        place = {"xref": f"x{axis} domain"} | at_edge(text, value_s, reach_s[0])
        if label == "p99" or reach_s[0] <= value_s <= reach_s[1]:
            figure.add_vline(x=value_s * factor, line=line, row=row, col=1)
            place = {"xref": f"x{axis}", "x": np.log10(value_s * factor), "xanchor": "right", "text": text}
        figure.add_annotation(
            **place,
            y=1.0 if label == "p99" else 1.12,
            yref=f"y{axis} domain",
            font={"color": line["color"], "size": 12},
            xshift=-4,
            yanchor="bottom" if label == "promised" else "top",
            bgcolor="rgba(255,255,255,0.8)",
            showarrow=False,
        )


def token_finding(
    name: str, p99_s: Mapping[str, float], promised_s: Mapping[str, float], attained: float | None
) -> str:
    """How soon and how fast answers come, and whether that was promised."""
    if not {"ttft", "tpot"} <= p99_s.keys():
        return f"{name}: time to the first and to further tokens"
    text = (
        f"99 % of {name}'s answers begin within {quantity(p99_s['ttft'], 's')} and go on with "
        f"{quantity(p99_s['tpot'], 's')} per token or less"
    )
    if not promised_s or attained is None:
        return text
    return f"{text}; {percent(attained)} of the requests got all that was promised"


def tokens_figure(name: str, steps: pd.DataFrame, start: datetime, horizon_s: float, points: int = POINTS) -> go.Figure:
    """Tokens of prompts and of answers per second over the run, and sequences that the KV cache had no room for.

    Args:
        name: The endpoint.
        steps: Its part of the table `generation`, all replications; not empty.
        start: Date of second 0.
        horizon_s: End of the run [s].
        points: Most points of a line.
    """
    seconds = steps["duration_s"]
    panels = [("tokens_out", "Answers [tokens/s]", theme.GREEN), ("tokens_in", "Prompts [tokens/s]", theme.BLUE)]
    if steps["known"].any():
        panels.append(("known", "Prompts known [tokens/s]", theme.SKY))
    if steps["preempted"].any():
        panels.append(("preempted", "Preempted [/s]", theme.VERMILION))
    if steps["swapped"].any():
        panels.append(("swapped", "Swapped out [/s]", theme.ORANGE))
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for row, (column, title, colour) in enumerate(panels, start=1):
        shown = course(steps["time_s"], steps[column] / seconds, seconds, points).until(horizon_s)
        days = dates(start, shown.time_s)
        add_band(figure, days, shown, 1.0, title, colour, row=row)
        add_line(figure, days, shown, 1.0, title, colour, row=row, hover="%{y:,.4~g} /s")
        figure.update_yaxes(title_text=title, rangemode="tozero", nticks=5, row=row, col=1)
    theme.titled(
        figure,
        tokens_finding(name, steps),
        "Tokens of the answers that were completed, and of the prompts that were processed"
        + (", or were in a prefix cache. " if steps["known"].any() else ". ")
        + band_caption(shown),
        200 * len(panels),
    )
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def tokens_finding(name: str, steps: pd.DataFrame) -> str:
    """How many tokens are made, and how many sequences lost their place in the KV cache."""
    total = steps[["duration_s", "tokens_out", "started", "preempted", "swapped", "asked", "known"]].sum()
    if not total["started"]:
        return f"{name} got no request"
    text = f"{name} writes {digits(float(total['tokens_out'] / total['duration_s']))} tokens per second"
    if total["known"]:
        text += f", finds {percent(float(total['known'] / total['asked']))} of its prompts in the prefix cache"
    lost = [
        f"{digits(float(total[column] / total['started']))} {what}"
        for column, what in (
            ("preempted", "preemptions per request, whose work is done again"),
            ("swapped", "moves to host memory per request, while others wait"),
        )
        if total[column]
    ]
    return f"{text}; its KV cache {'is too small: ' + '; '.join(lost) if lost else 'suffices'}"
