"""What figures of a measured profile share: a line per way of running it, axes with units, marks for doubt."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import given, scale
from dcplan.report.profile.data import spoken, varying, way

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
COLOURS = (theme.BLUE, theme.VERMILION, theme.GREEN, theme.PURPLE, theme.ORANGE, theme.SKY)
SHADES = (theme.SKY, theme.BLUE, theme.INK)
"""From few to many tokens."""

TASK_COLOURS = {"infer": theme.BLUE, "prefill": theme.GREEN, "decode": theme.PURPLE, "train": theme.VERMILION}

SPAN = 20.0
"""Ratio of largest to smallest value from which an axis is logarithmic."""

SPREAD_MARKS = "diamond"
"""Mark of an UNSTABLE point."""


@dataclass(frozen=True)
class Line:
    """Points that differ in batch size only.

    Attributes:
        label: What sets it apart from the other lines, plain text; "" if there is one line only.
        colour, dash: How it is drawn.
        rows: Its points, by rising batch.
        named: Columns that tell the ways of running apart.
    """

    label: str
    colour: str
    dash: str
    rows: pd.DataFrame
    named: tuple[str, ...]

    @property
    def usable(self) -> pd.DataFrame:
        """Its points without those that are INVALID."""
        return self.rows[self.rows["word"] != "INVALID"]


@dataclass(frozen=True)
class Axis:
    """How values are drawn: times *factor*, in *unit*; logarithmic or from zero."""

    factor: float
    unit: str
    log: bool


def lines(rows: pd.DataFrame) -> list[Line]:
    """*rows* of one task as lines: shades tell tokens or context apart, colours or dashes the ways of running."""
    named = tuple(varying(rows))
    places = list(dict.fromkeys(zip(rows["tokens"], rows["context"], strict=True)))
    ways = rows[list(named)].drop_duplicates().to_dict("records") if named else [{}]
    found = []
    for number, (tokens, context) in enumerate(places):
        at = rows[(rows["tokens"] == tokens) & (rows["context"] == context)]
        for order, run in enumerate(ways):
            part = at[np.logical_and.reduce([at[name] == value for name, value in run.items()])] if run else at
            words = _axes(tokens, context) if len(places) > 1 else []
            colour = shade(number, len(places)) if len(places) > 1 else COLOURS[order % len(COLOURS)]
            dash = DASHES[order % len(DASHES)]
            if len(part):
                label = ", ".join([*words, *way(run, named)])
                found.append(Line(label, colour, dash, part.sort_values("batch"), named))
    return found


def _axes(tokens: float, context: float) -> list[str]:
    return [*([f"{tokens:g} tokens"] if tokens else []), *([f"context {context:g}"] if context else [])]


def shade(place: int, count: int) -> str:
    """The colour of the value at *place* among *count* rising ones.

    >>> shade(0, 3), shade(1, 3)
    ('#56b4e9', '#0072b2')
    """
    at = place / max(1, count - 1) * (len(SHADES) - 1)
    low = min(int(at), len(SHADES) - 2)
    ends = [[int(colour[digit : digit + 2], 16) for digit in (1, 3, 5)] for colour in SHADES[low : low + 2]]
    mixed = (round(one + (other - one) * (at - low)) for one, other in zip(*ends, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def axis(values: Sequence[float] | pd.Series, unit: str, *, log: bool | None = None) -> Axis:
    """How to draw *values*: logarithmic if they span more than `SPAN`, unless *log* says."""
    known = [float(value) for value in values if value > 0]
    if log is None:
        log = bool(known) and max(known) > SPAN * min(known)
    shown = scale(max(known, default=0.0), unit)
    return Axis(1.0, unit, True) if log else Axis(shown.factor, shown.unit, False)


def y_axis(figure: go.Figure, shown: Axis, values: Sequence[float] | pd.Series, title: str, row: int = 1) -> None:
    """Draw the axis of *values*; ticks of a logarithmic one carry their unit."""
    if not shown.log:
        unit = f" [{shown.unit}]" if shown.unit else ""
        figure.update_yaxes(title_text=title + unit, rangemode="tozero", row=row, col=1)
        return
    known = [float(value) for value in values if value > 0] or [1.0]
    low, high = 0.8 * min(known), 1.3 * max(known)
    ticks = log_ticks(low, high)
    figure.update_yaxes(
        title_text=title,
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        ticktext=[given(tick, shown.unit) for tick in ticks],
        row=row,
        col=1,
    )


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers from *low* to *high*: 1, 2, 5 per power of ten, or fewer where they span many.

    >>> log_ticks(0.9, 60.0)
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 3, 5, 7) if high / low <= 12 else (1, 2, 5) if high / low <= 200 else (1,)
    every = max(1, (last - first) // 8)
    found = [float(f"{step}e{power}") for power in range(first, last + 1, every) for step in steps]
    return [tick for tick in found if low <= tick <= high]


def batch_axis(figure: go.Figure, batches: pd.Series, row: int = 1, title: str = "Batch [samples]") -> None:
    """A logarithmic axis with a tick at the measured sizes; at every other one if they are many."""
    sizes = sorted({float(size) for size in batches})
    kept = sizes if len(sizes) <= 12 else sizes[::2]
    figure.update_xaxes(
        title_text=title,
        type="log",
        range=[math.log10(sizes[0] / 1.25), math.log10(sizes[-1] * 1.25)],
        tickvals=kept,
        ticktext=[f"{size:g}" for size in kept],
        row=row,
        col=1,
    )


def add_points(
    figure: go.Figure, drawn: Sequence[Line], columns: tuple[str, str, str], shown: Axis, *, row: int = 1
) -> None:
    """Every line with its band, UNSTABLE points as diamonds, INVALID ones hollow, grey and not connected.

    Args:
        figure: Where to draw.
        drawn: What to draw.
        columns: Value, and the ends of its interval; the ends are "" where there is none.
        shown: The axis.
        row: Of the subplot.
    """
    value, low, high = columns
    for line in drawn:
        rows = line.usable[line.usable[value].notna()]
        if low and len(rows) > 1:
            _band(figure, rows["batch"], rows[low], rows[high], shown, line, row)
        figure.add_scatter(
            x=rows["batch"],
            y=theme.compact(rows[value] * shown.factor),
            name=theme.escaped(line.label or "Mean"),
            legendgroup=line.label,
            mode="lines+markers",
            line={"width": 2, "color": line.colour, "dash": line.dash},
            marker={"size": [10 if word == "UNSTABLE" else 7 for word in rows["word"]], "symbol": symbols(rows)},
            hovertext=hovers(rows, line.named),
            hoverinfo="text",
            showlegend=row == 1,
            row=row,
            col=1,
        )
    _invalid(figure, drawn, value, shown, row)
    if row == 1:
        figure.add_traces(list(_keys(drawn)))
    figure.update_layout(legend_traceorder="normal")


def symbols(rows: pd.DataFrame) -> list[str]:
    """The mark of every point."""
    return [SPREAD_MARKS if word == "UNSTABLE" else "circle" for word in rows["word"]]


def hovers(rows: pd.DataFrame, named: Sequence[str]) -> list[str]:
    """The hover text of every point."""
    return [theme.escaped(spoken(each, named)) for each in rows.to_dict("records")]


def _band(
    figure: go.Figure, batch: pd.Series, low: pd.Series, high: pd.Series, shown: Axis, line: Line, row: int
) -> None:
    least = low.where(low > 0, high / 100) if shown.log else low
    for values, fill in ((least, None), (high, "tonexty")):
        figure.add_scatter(
            x=batch,
            y=theme.compact(values * shown.factor),
            mode="lines",
            line={"width": 0, "color": line.colour},
            fill=fill,
            fillcolor=theme.faint(line.colour, 0.18),
            legendgroup=line.label,
            hoverinfo="skip",
            showlegend=False,
            row=row,
            col=1,
        )


def _invalid(figure: go.Figure, drawn: Sequence[Line], value: str, shown: Axis, row: int) -> None:
    for line in drawn:
        rows = line.rows[(line.rows["word"] == "INVALID") & line.rows[value].notna()]
        if len(rows):
            figure.add_scatter(
                x=rows["batch"],
                y=theme.compact(rows[value] * shown.factor),
                mode="markers",
                marker=hollow(),
                hovertext=hovers(rows, line.named),
                hoverinfo="text",
                showlegend=False,
                row=row,
                col=1,
            )


def hollow() -> dict[str, object]:
    """The mark of an INVALID point."""
    return {"size": 10, "symbol": "circle-open", "color": theme.GREY, "line": {"width": 2, "color": theme.GREY}}


def _keys(drawn: Sequence[Line]) -> Iterator[go.Scatter]:
    """Entries of the legend for the marks that occur."""
    words = {word for line in drawn for word in line.rows["word"]}
    if "UNSTABLE" in words:
        yield key("UNSTABLE: use with care", {"size": 10, "symbol": SPREAD_MARKS, "color": theme.MUTED})
    if "INVALID" in words:
        yield key("INVALID: do not use", hollow())


def key(name: str, marker: dict[str, object]) -> go.Scatter:
    """An entry of the legend that stands for a mark."""
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker, hoverinfo="skip", legendrank=2000)
