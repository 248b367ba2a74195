"""A course as a line, with a band from its lowest to its highest value behind it."""

from __future__ import annotations

import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.course import Course


def add_line(
    figure: go.Figure,
    days: list[str],
    shown: Course,
    factor: float,
    name: str,
    colour: str,
    *,
    row: int,
    hover: str,
    legend: bool = False,
) -> None:
    """The mean of *shown*, times *factor*; *hover* is plotly's template of a value with its unit."""
    figure.add_scatter(
        x=days,
        y=theme.compact(shown.mean * factor),
        name=name,
        mode="lines" if len(days) > 1 else "markers",
        line={"width": 1.6, "color": colour},
        hovertemplate=hover,
        showlegend=legend,
        row=row,
        col=1,
    )


def add_band(
    figure: go.Figure, days: list[str], shown: Course, factor: float, name: str, colour: str, *, row: int
) -> None:
    """From the lowest to the highest value behind each point; nothing where each point is one value."""
    if not shown.spread:
        return
    for values, fill in ((shown.low, None), (shown.high, "tonexty")):
        figure.add_scatter(
            x=days,
            y=theme.compact(values * factor),
            name=name,
            mode="lines",
            line={"width": 0},
            fill=fill,
            fillcolor=theme.faint(colour),
            hoverinfo="skip",
            showlegend=False,
            row=row,
            col=1,
        )


def band_caption(shown: Course) -> str:
    """What line and band mean."""
    if not shown.spread:
        return "Times are the site's clock at the start of the run."
    return (
        "Lines are means over the replications, the shaded band runs from the lowest to the highest value; "
        "times are the site's clock at the start of the run."
    )
