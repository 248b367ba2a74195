"""Colours, type and layout that all figures share; safe for colour-blind readers, and on paper.

The colours are those of M. Okabe and K. Ito, "Color universal design" (2008), darkened where they carry text.
A figure's finding is its title; it is kept as plain text in `layout.meta` too, where the page finds it, because a title
inside a chart cannot wrap on a small screen.
"""

from __future__ import annotations

import html

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

INK = "#1c2733"
MUTED = "#5a6875"
GRID = "#e3e8ee"
PAPER = "#ffffff"

BLUE = "#0072b2"
SKY = "#56b4e9"
GREEN = "#009e73"
ORANGE = "#e69f00"
VERMILION = "#c44900"
PURPLE = "#a5558a"
GREY = "#9aa5b1"

MEDIAN, P95, P99 = BLUE, PURPLE, INK
"""Colours of the percentiles."""

SERIES = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, INK)
"""Colours of things of one kind, one after the other."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
"""Fonts of the reader's own machine; nothing is fetched."""


def _template() -> go.layout.Template:
    axis = {
        "automargin": True,
        "gridcolor": GRID,
        "linecolor": GREY,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": GREY,
        "ticklen": 4,
        "title": {"font": {"size": 13, "color": MUTED}, "standoff": 8},
        "tickfont": {"size": 12},
    }
    layout = go.Layout(
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        colorway=[BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, GREY],
        xaxis=axis,
        yaxis=axis,
        hoverlabel={"font": {"family": FONT, "size": 13}, "align": "left", "namelength": -1},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
        margin={"l": 64, "r": 20, "t": 12, "b": 52},
        title={"x": 0, "xanchor": "left", "font": {"size": 16}},
        bargap=0.06,
        annotationdefaults={"showarrow": False, "font": {"size": 12}},
    )
    return go.layout.Template(layout=layout)


TEMPLATE = _template()


def escaped(text: object) -> str:
    """*text* as it must be given to plotly, which would read tags, and `%{...}` in hover texts.

    >>> escaped("<b>%{x}</b>")
    '&lt;b&gt;&#37;{x}&lt;/b&gt;'
    """
    return html.escape(str(text), quote=True).replace("%{", "&#37;{")


def titled(figure: go.Figure, finding: str, caption: str, height_px: int) -> go.Figure:
    """*figure* with what it shows as its title, how to read it, and the common look.

    Args:
        figure: The figure, changed in place.
        finding: One sentence that is true for these data, plain text.
        caption: One sentence that says how to read it, plain text.
        height_px: Height [px]; the width follows the window.
    """
    return figure.update_layout(
        template=TEMPLATE,
        title={"text": escaped(finding)},
        meta={"finding": finding, "caption": caption},
        height=height_px,
    )


def finding(figure: go.Figure) -> str:
    """What *figure* shows, as plain text."""
    return str(figure.layout.meta["finding"])


def caption(figure: go.Figure) -> str:
    """How to read *figure*, as plain text."""
    return str(figure.layout.meta["caption"])


def compact(values: ArrayLike) -> NDArray[np.float32]:
    """*values* for a chart: seven digits are more than a screen shows, at half the size."""
    return np.asarray(values, dtype=np.float32)


LEGEND_PX = 38
"""Room for a legend above the drawing."""

DAYS = [
    {"dtickrange": [None, 20 * 3_600_000], "value": "%H:%M\n%a %-d %b %Y"},
    {"dtickrange": [20 * 3_600_000, 21 * 86_400_000], "value": "%a %-d\n%b %Y"},
    {"dtickrange": [21 * 86_400_000, None], "value": "%b\n%Y"},
]
"""Tick labels of a time axis, by the distance of the ticks [ms]."""


def over_time(figure: go.Figure, ends: list[str]) -> go.Figure:
    """*figure* with a time axis from the first to the second of *ends*, and one hover text for all its lines."""
    figure.update_xaxes(type="date", range=ends, tickformatstops=DAYS, hoverformat="%a %-d %b %Y, %H:%M")
    return figure.update_layout(hovermode="x unified")


def shortened(name: str, most: int = 26) -> str:
    """*name* for a label of at most *most* characters.

    >>> shortened("a-very-long-name", 8)
    'a-very-…'
    """
    return name if len(name) <= most else name[: most - 1] + "…"


def faint(colour: str, opacity: float = 0.2) -> str:
    """*colour* ("#rrggbb") seen through.

    >>> faint("#0072b2", 0.5)
    'rgba(0,114,178,0.5)'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
