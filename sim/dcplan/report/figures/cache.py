"""What the cache in front of an endpoint answers, beside what theory expects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import POINTS, course, dates
from dcplan.report.figures.lines import add_band, add_line, band_caption
from dcplan.report.numbers import digits, percent

THEORY: Mapping[str, str] = MappingProxyType(
    {"lru": "Che's approximation", "ttl": "the formula of a TTL at the rate of each step"}
)
"""Where the expected hit ratio comes from, by the kind of cache."""


def cache_figure(
    name: str, steps: pd.DataFrame, kind: str, start: datetime, horizon_s: float, points: int = POINTS
) -> go.Figure:
    """Share of the requests that the cache answers, and misses per second, over the run.

    Args:
        name: The endpoint.
        steps: Its part of the table `cache`, all replications; not empty.
        kind: The kind of the cache.
        start: Date of second 0.
        horizon_s: End of the run [s].
        points: Most points of a line.
    """
    asked = steps["arrived"].where(steps["arrived"] > 0)
    hits = course(steps["time_s"], steps["hits"] / asked, asked.fillna(0.0), points)
    misses = course(
        steps["time_s"], (steps["arrived"] - steps["hits"]) / steps["duration_s"], steps["duration_s"], points
    )
    expected = course(steps["time_s"], steps["expected"], asked.fillna(0.0), points)
    days = dates(start, hits.time_s)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    panels = [
        (hits, 100.0, "From the cache", theme.GREEN, "From the cache [%]", "%{y:.2f} %"),
        (misses, 1.0, "Misses", theme.BLUE, "Misses [/s]", "%{y:,.4~g} /s"),
    ]
    for row, (shown, factor, label, colour, title, hover) in enumerate(panels, start=1):
        add_band(figure, days, shown, factor, label, colour, row=row)
        add_line(figure, days, shown, factor, label, colour, row=row, hover=hover)
        figure.update_yaxes(title_text=title, rangemode="tozero", nticks=5, row=row, col=1)
    known = bool(steps["expected"].notna().any())
    if known:
        _add_expected(figure, days, expected.mean)
    dashed = f", as a dashed line what {THEORY.get(kind, 'theory')} expects" if known else ""
    theme.titled(
        figure,
        cache_finding(name, steps, kind),
        f"Top: share of the requests that the cache answers{dashed}; bottom: requests that go on to the replicas. "
        + band_caption(hits),
        400,
    )
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def _add_expected(figure: go.Figure, days: list[str], ratio: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """The hit ratio of theory."""
    figure.add_scatter(
        x=days,
        y=theme.compact(100.0 * ratio),
        name="Expected",
        mode="lines" if len(days) > 1 else "markers",
        line={"width": 1.6, "color": theme.INK, "dash": "dash"},
        hovertemplate="%{y:.2f} %",
        showlegend=False,
        row=1,
        col=1,
    )


def cache_finding(name: str, steps: pd.DataFrame, kind: str) -> str:
    """How much the cache keeps from the replicas, and what theory says to that."""
    arrived = float(steps["arrived"].sum())
    if not arrived:
        return f"{name} got no request"
    hits = float(steps["hits"].sum())
    text = (
        f"The cache of {name} answers {percent(hits / arrived, 3)} of the requests; "
        f"{digits((arrived - hits) / float(steps['duration_s'].sum()))} per second go on to the replicas"
    )
    asked = steps[steps["arrived"] > 0]
    if asked["expected"].isna().any():
        return text
    expected = float((asked["expected"] * asked["arrived"]).sum()) / arrived
    return f"{text}; {THEORY.get(kind, 'theory')} expects {percent(expected, 3)}"
