"""What figures of a verification share: a symbol per way of serving, a colour per load, hollow where not judged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.host.data import LABELS, WAYS, Case, Host, distinct, named
from dcplan.report.host.words import signed
from dcplan.report.numbers import given, quantity

METRICS = ("mean", "p99")
"""What the figures compare."""
SYMBOLS = ("circle", "diamond", "square", "cross")
SHADES = (theme.SKY, theme.BLUE, theme.INK)
"""Colours of the judged loads, from low to high; the highest loads share the last."""
SHOWN = theme.VERMILION
"""Colour of a load that is not judged."""
BELOW_PX = 56
"""Room for the axis below the drawing."""


def loads(known: Host) -> list[float]:
    """All loads, rising [-]."""
    return sorted({case.load for case in known.cases})


def colour(known: Host, load: float) -> str:
    """The colour of *load*."""
    judged = sorted({case.load for case in known.judged})
    return SHADES[min(judged.index(load), len(SHADES) - 1)] if load in judged else SHOWN


def ways(known: Host) -> list[str]:
    """All ways of serving, in the order of the file."""
    return distinct(case.way for case in known.cases)


def symbol(known: Host, way: str) -> str:
    """The symbol of *way*."""
    return SYMBOLS[ways(known).index(way) % len(SYMBOLS)]


def marker(sign: str, shade: str, judged: bool, size: int = 9) -> dict[str, Any]:
    """A mark; hollow if it is not judged."""
    if judged:
        return {"symbol": sign, "size": size, "color": shade, "line": {"width": 1, "color": theme.PAPER}}
    return {"symbol": f"{sign}-open", "size": size, "color": shade, "line": {"width": 2, "color": shade}}


def key(name: str, marked: dict[str, Any]) -> go.Scatter:
    """An entry of the legend that stands for a mark."""
    return go.Scatter(x=[None], y=[None], mode="markers", name=theme.escaped(name), marker=marked, hoverinfo="skip")


def way_keys(known: Host) -> Iterator[go.Scatter]:
    """What the symbols mean."""
    for way in ways(known):
        yield key(named(WAYS, way), marker(symbol(known, way), theme.MUTED, True))


def load_keys(known: Host) -> Iterator[go.Scatter]:
    """What the colours mean."""
    for load in loads(known):
        judged = any(case.load == load for case in known.judged)
        yield key(f"{100 * load:g} % load", marker("square", colour(known, load), judged))


def hover(case: Case, metric: str) -> str:
    """The hover text of a run."""
    predicted, measured = quantity(case.value[metric], "s"), quantity(case.measured(metric), "s")
    judged = "" if case.judged else "; not judged"
    text = f"{case.name}: {named(LABELS, metric)} {predicted} predicted, {measured} measured"
    return theme.escaped(f"{text}, {signed(case.error[metric])}{judged}")


def finished(figure: go.Figure, finding: str, caption: str, drawing_px: int, legend_px: int) -> go.Figure:
    """*figure* in the common look, with a legend that cannot switch traces, because its entries stand for marks.

    Args:
        figure: The figure, changed in place.
        finding: One sentence that is true for these data, plain text.
        caption: One sentence that says how to read it, plain text.
        drawing_px: Height of all panels together [px].
        legend_px: Room for legend and headings of panels [px].
    """
    theme.titled(figure, finding, caption, drawing_px + legend_px + BELOW_PX)
    margin = {"l": 64, "r": 20, "t": legend_px, "b": BELOW_PX}
    legend = {"y": 1 + (legend_px - 4) / drawing_px, "yanchor": "top", "entrywidth": 0, "traceorder": "normal"}
    legend |= {"itemclick": False, "itemdoubleclick": False}
    return figure.update_layout(margin=margin, legend=legend)


def heading(figure: go.Figure, text: str, row: int, column: int) -> None:
    """What a panel shows, above it."""
    figure.add_annotation(
        text=theme.escaped(text),
        x=0,
        y=1,
        xref="x domain",
        yref="y domain",
        xanchor="left",
        yanchor="bottom",
        font={"size": 12, "color": theme.INK},
        showarrow=False,
        row=row,
        col=column,
    )


def seconds_axis(low_s: float, high_s: float, most: int) -> dict[str, Any]:
    """A logarithmic axis from *low_s* to *high_s* [s] with room for *most* ticks, each with its unit."""
    ticks = log_ticks(low_s, high_s, most)
    return {
        "type": "log",
        "range": [math.log10(low_s), math.log10(high_s)],
        "tickvals": ticks,
        "tickangle": 0,
        "ticktext": [given(tick, "s") for tick in ticks],
    }


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between *low* and *high*, so far apart that *most* of them would fill the axis.

    >>> log_ticks(0.9, 60.0, 7), log_ticks(0.9, 60.0, 4)
    ([1.0, 2.0, 5.0, 10.0, 20.0, 50.0], [1.0, 3.0, 10.0, 30.0])
    """
    first, last, span = math.floor(math.log10(low)), math.ceil(math.log10(high)), math.log10(high / low)
    inside: list[float] = []
    for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{step}e{power}") for power in range(first, last + 1) for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if all(math.log10(right / left) * most >= span for left, right in pairwise(inside)):
            return inside
    return inside[:: math.ceil(span / most)]
