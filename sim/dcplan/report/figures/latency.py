"""How long requests take, against what was promised; and how they are batched."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dcplan.kpis.compute import latency_quantile
from dcplan.report import theme
from dcplan.report.facts import Promise
from dcplan.report.numbers import digits, given, percent, quantity, scale

FloatArray = NDArray[np.float64]

BARS = 48
NARROWEST_BAR = 1.02
"""Ratio of a bar's edges: the recorded bins are up to 1.008 wide, and narrower bars would show their pattern."""
FASTEST = 1e-3
"""Share of the requests that may be gathered in the first bar, where the fastest are faster by factors of ten [-]."""
FAR = 10.0
"""How many times faster than the rest those must be for that."""
NEAR = 4.0
"""Ratio by which a log axis may always be extended, however narrow the data are, to show a promise."""
CURVE_POINTS = 300
SIZES, LABELLED = 64, 8
"""Most bars in a histogram of batch sizes, and most that carry their share."""

MARKED = ((0.50, "p50", theme.MEDIAN), (0.95, "p95", theme.P95), (0.99, "p99", theme.P99))


def pooled(latency: pd.DataFrame) -> pd.DataFrame:
    """The bins of all replications as one histogram, from fast to slow."""
    return latency.groupby(["low_s", "high_s"], sort=True)["count"].sum().reset_index()


def rebinned(pool: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Edges [s] of bars that are equally wide on a log axis, and the share of the requests in each.

    The shares sum to 1: a recorded bin that crosses an edge is split, its requests spread evenly inside it. What is far
    faster than the rest is gathered in the first bar.
    """
    edges_s, below = cumulative(pool)
    first_s = float(np.interp(FASTEST, below, edges_s))
    if first_s > FAR * edges_s[0]:
        kept = edges_s > first_s
        edges_s, below = np.concatenate(([first_s], edges_s[kept])), np.concatenate(([0.0], below[kept]))
    ratio = max(NARROWEST_BAR, (edges_s[-1] / edges_s[0]) ** (1 / BARS))
    count = max(1, int(np.ceil(np.log(edges_s[-1] / edges_s[0]) / np.log(ratio) - 1e-9)))
    bars_s = edges_s[0] * ratio ** np.arange(count + 1)
    at_edges = np.interp(bars_s, edges_s, below)
    return bars_s, np.diff(at_edges)


def cumulative(pool: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Edges of the recorded bins [s], and the share of the requests below each."""
    low_s, high_s = pool["low_s"].to_numpy(dtype=float), pool["high_s"].to_numpy(dtype=float)
    low_s = np.maximum(low_s, 0.5 * float(high_s[0]))  # the first bin may start at 0, which a log axis cannot show
    total = np.cumsum(pool["count"].to_numpy(dtype=float))
    share = total / total[-1]
    edges_s = np.column_stack((low_s, high_s)).ravel()
    below = np.column_stack((np.concatenate(([0.0], share[:-1])), share)).ravel()
    return edges_s, below


def latency_figure(
    name: str,
    latency: pd.DataFrame,
    marks_s: Mapping[str, float],
    promise: Promise | None,
    attained: float | None,
    several: bool = False,
) -> go.Figure:
    """The distribution of an endpoint's latency, and the share of requests slower than each latency.

    Args:
        name: The endpoint.
        latency: Its part of the table `latency`, all replications; not empty.
        marks_s: The KPIs p50, p95 and p99 [s].
        promise: What was promised, if anything.
        attained: The KPI `slo_attainment` [-]; drops count against it.
        several: Whether it counts more promises than this one.
    """
    pool = pooled(latency)
    bars_s, share = rebinned(pool)
    unit = scale(marks_s.get("p50", float(bars_s[0])), "s")
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.5, 0.5], vertical_spacing=0.07)
    _bars(figure, bars_s * unit.factor, share, promise.latency_s * unit.factor if promise else np.inf, unit.unit)
    _slower(figure, pool, unit.factor, unit.unit)
    for level, label, colour in MARKED:
        if label in marks_s:
            _mark(figure, marks_s[label], level, label, colour, (bars_s[0], bars_s[-1]), unit.factor)
    if promise is not None:
        _promised(figure, promise, (bars_s[0], bars_s[-1]), unit.factor)
    _axes(figure, bars_s, promise, unit.factor, unit.unit, int(pool["count"].sum()))
    width = percent(bars_s[1] / bars_s[0] - 1)
    return theme.titled(
        figure,
        latency_finding(name, pool, marks_s, promise, attained, several),
        f"Top: each bar is the share of requests in a range {width} wide. Bottom: the share of requests that take "
        "longer than the latency on the axis; from line to line it falls by a factor of ten."
        + (f" {_of_promise(promise, bars_s)}" if promise else ""),
        540,
    ).update_layout(margin_t=28)


def _of_promise(promise: Promise, bars_s: FloatArray) -> str:
    """How to read the promise."""
    if near(promise.latency_s, bars_s[0], bars_s[-1]):
        return "Bars beyond the promise are red."
    return "The promise lies beyond the axis, where the arrow points; bars beyond it are red."


def latency_finding(
    name: str,
    pool: pd.DataFrame,
    marks_s: Mapping[str, float],
    promise: Promise | None,
    attained: float | None,
    several: bool = False,
) -> str:
    """Whether the endpoint keeps its promise, or how fast it is if it gave none."""
    if promise is None:
        if not {"p50", "p99"} <= marks_s.keys():
            return f"{name}: latency of all requests"
        return (
            f"{name} answers half of its requests within {quantity(marks_s['p50'], 's')} "
            f"and 99 % within {quantity(marks_s['p99'], 's')}; nothing was promised"
        )
    reached_s = marks_s.get(promise.percentile, latency_quantile(pool, promise.share))
    if several and attained is not None:
        return (
            f"{percent(promise.share)} of {name}'s answers come within {quantity(reached_s, 's')}; "
            f"{percent(attained)} of all requests got what was promised to them"
        )
    kept = attained >= promise.share if attained is not None else reached_s <= promise.latency_s
    reached, promised = quantity(reached_s, "s"), given(promise.latency_s, "s")
    answered = f"{name} answers {percent(promise.share)} of its requests within {reached}"
    if kept:
        return f"{answered} and keeps its promise of {promised}"
    if reached_s > promise.latency_s:
        return f"{answered} and breaks its promise of {promised}"
    return f"{name} breaks its promise: with the requests it drops, {percent(attained)} are answered within {promised}"


def _bars(figure: go.Figure, edges: FloatArray, share: FloatArray, limit: float, unit: str) -> None:
    middle = np.sqrt(edges[:-1] * edges[1:])
    ranges = [f"{digits(low)} to {digits(high)} {unit}" for low, high in pairwise(edges.tolist())]
    figure.add_bar(
        x=middle,
        y=100 * share,
        width=np.diff(edges) * 0.94,
        marker={"color": [theme.VERMILION if x > limit else theme.SKY for x in middle], "line": {"width": 0}},
        customdata=ranges,
        hovertemplate="%{customdata}: %{y:.3~f} % of the requests<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )


def _slower(figure: go.Figure, pool: pd.DataFrame, factor: float, unit: str) -> None:
    edges_s, below = cumulative(pool)
    shown = np.unique(np.linspace(0, len(edges_s) - 1, CURVE_POINTS).astype(int))
    slower = 100 * (1.0 - below[shown])
    figure.add_scatter(
        x=edges_s[shown] * factor,
        y=np.where(slower > 1e-9, slower, np.nan),
        mode="lines",
        line={"color": theme.BLUE, "width": 2},
        hovertemplate=f"%{{y:.3~g}} % take longer than %{{x:.4~g}} {unit}<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )


def _mark(
    figure: go.Figure,
    value_s: float,
    level: float,
    label: str,
    colour: str,
    reach_s: tuple[float, float],
    factor: float,
) -> None:
    """A percentile: a thin line through the distribution, a dot with its value on the curve below."""
    figure.add_vline(x=value_s * factor, line={"color": colour, "width": 1.4, "dash": "dot"}, row=1, col=1)
    figure.add_scatter(
        x=[value_s * factor],
        y=[100 * (1 - level)],
        mode="markers",
        marker={"color": colour, "size": 9, "line": {"color": theme.PAPER, "width": 1.5}},
        hovertemplate=f"{label}: {quantity(value_s, 's')}<extra></extra>",
        showlegend=False,
        row=2,
        col=1,
    )
    far_right = np.log(value_s / reach_s[0]) > 0.6 * np.log(reach_s[1] / reach_s[0])
    figure.add_annotation(
        x=np.log10(value_s * factor),
        y=np.log10(100 * (1 - level)),
        text=f"<b>{label}</b> {quantity(value_s, 's')}",
        font={"color": colour, "size": 12},
        xanchor="right" if far_right else "left",
        xshift=-9 if far_right else 9,
        yshift=-10 if far_right else 10,
        bgcolor="rgba(255,255,255,0.8)",
        showarrow=False,
        row=2,
        col=1,
    )


def near(promised: float, low: float, high: float) -> bool:
    """Whether a log axis of data from *low* to *high* can show what was *promised* and leave them half of its length.

    >>> near(0.5, 0.01, 0.1), near(60.0, 0.01, 0.1), near(0.15, 0.099, 0.1)
    (True, False, True)
    """
    room = max(high / low, NEAR)
    return low / room <= promised <= high * room


def at_edge(text: str, promised: float, low: float) -> dict[str, Any]:
    """What plotly must know of a *text* at the edge of an axis, for a promise that lies beyond it.

    >>> at_edge("promised 60 s", 60.0, 0.01)["text"], at_edge("promised 1 ms", 0.001, 0.01)["text"]
    ('promised 60 s →', '← promised 1 ms')
    """
    if promised < low:
        return {"x": 0.0, "xanchor": "left", "text": f"← {text}"}
    return {"x": 1.0, "xanchor": "right", "text": f"{text} →"}


def _promised(figure: go.Figure, promise: Promise, reach_s: tuple[float, float], factor: float) -> None:
    text = f"<b>promised {promise.percentile}</b> {given(promise.latency_s, 's')}"
    place: dict[str, Any] = {"xref": "x domain"} | at_edge(text, promise.latency_s, reach_s[0])
    if near(promise.latency_s, *reach_s):
        for row in (1, 2):
            figure.add_vline(x=promise.latency_s * factor, line={"color": theme.VERMILION, "width": 2}, row=row, col=1)
        anchor = "right" if promise.latency_s > np.sqrt(reach_s[0] * reach_s[1]) else "left"
        place = {"xref": "x", "x": np.log10(promise.latency_s * factor), "xanchor": anchor, "text": text}
    figure.add_annotation(
        **place,
        y=1.0,
        yref="y domain",
        font={"color": theme.VERMILION, "size": 12},
        yanchor="bottom",
        yshift=2,
        showarrow=False,
    )


def _axes(
    figure: go.Figure, bars_s: FloatArray, promise: Promise | None, factor: float, unit: str, requests: int
) -> None:
    ends_s = [bars_s[0], bars_s[-1]]
    if promise is not None and near(promise.latency_s, *ends_s):
        ends_s.append(promise.latency_s)
    low, high = min(ends_s) * factor / 1.06, max(ends_s) * factor * 1.06
    if high / low < 2.0:
        low, high = low / 1.3, high * 1.3
    figure.update_xaxes(**log_axis(low, high))
    figure.update_xaxes(title_text=f"Latency [{unit}], log scale", row=2, col=1)
    figure.update_yaxes(title_text="Requests [%]", rangemode="tozero", row=1, col=1)
    lowest = max(100.0 / requests, 1e-4) / 2
    levels = [100.0 / 10**power for power in range(8) if 100.0 / 10**power >= lowest]
    figure.update_yaxes(
        title_text="Slower [%]",
        type="log",
        range=[np.log10(lowest), 2.08],
        tickvals=levels,
        ticktext=[f"{level:.12f}".rstrip("0").rstrip(".") for level in levels],
        row=2,
        col=1,
    )


def log_axis(low: float, high: float) -> dict[str, Any]:
    """What plotly must know of a log axis from *low* to *high*."""
    ticks = log_ticks(low, high)
    return {
        "type": "log",
        "range": [np.log10(low), np.log10(high)],
        "tickvals": ticks,
        "ticktext": [f"{tick:,.12g}" for tick in ticks],
    }


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between *low* and *high* for a log axis, at most ten.

    >>> log_ticks(1.8, 9.0), log_ticks(0.5, 2000.0)
    ([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], [1.0, 10.0, 100.0, 1000.0])
    """
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1, 1.5, *range(2, 10)), (1, 2, 5), (1,)):
        ticks = [float(f"{step * 10.0**decade:.12g}") for decade in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= 10:
            break
    return inside


def batch_figure(name: str, batches: pd.DataFrame, max_batch: int) -> go.Figure:
    """How many requests the batches of an endpoint hold."""
    counts = batches.groupby("size")["count"].sum()
    width = max(1, int(np.ceil(max_batch / SIZES)))
    first = (counts.index.to_numpy() - 1) // width * width + 1
    share = 100 * counts.groupby(first).sum() / counts.sum()
    labels = [f"{low}" if width == 1 else f"{low} to {low + width - 1}" for low in share.index]
    figure = go.Figure(
        go.Bar(
            x=share.index + (width - 1) / 2,
            y=share.to_numpy(),
            width=0.86 * width,
            marker={"color": theme.BLUE},
            customdata=labels,
            text=[percent(part / 100) for part in share] if len(share) <= LABELLED else None,
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata} requests: %{y:.3~g} % of the batches<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="Requests in a batch", range=[0.3, max_batch + 0.7], dtick=_tick(max_batch))
    figure.update_yaxes(title_text="Batches [%]", rangemode="tozero")
    return theme.titled(
        figure,
        batch_finding(name, counts, max_batch),
        f"Share of the batches by the number of requests in them; up to {max_batch} are allowed.",
        300,
    ).update_layout(margin_t=24)


def _tick(max_batch: int) -> int:
    """A power of two that makes at most about twelve ticks."""
    return int(2 ** max(0, math.floor(math.log2(max_batch / 6))))


def batch_finding(name: str, counts: pd.Series, max_batch: int) -> str:
    """How much batching happens."""
    sizes = counts.index.to_numpy()
    mean = float((sizes * counts.to_numpy()).sum() / counts.sum())
    alone = float(counts.get(1, 0)) / float(counts.sum())
    full = float(counts.get(max_batch, 0)) / float(counts.sum())
    held = f"{name}'s batches hold {digits(mean)} requests on average, of {max_batch} allowed"
    if alone > 0.9:
        return f"{held}: {percent(alone)} hold a single one, so batching hardly happens"
    if full > 0.5:
        return f"{held}: {percent(full)} are full"
    return held
