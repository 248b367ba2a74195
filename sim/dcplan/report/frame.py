"""What every page is made of: assets, a policy that forbids requests, and sections of figures with their data.

A page asks the network for nothing, and its Content-Security-Policy forbids it to: scripts are inline and named by
their hash, so text that finds its way into the page cannot run either. Everything that a user wrote is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import plotly.graph_objects as go

from dcplan.report import theme

ASSETS = Path(__file__).parent
UNIT = re.compile(r"(?<=\d) (?=(%|[kMG]?Wh?|µs|ms|s|min|h|days?|kg|g|t|L|m³|k?J)\b|%)")


@dataclass(frozen=True)
class Chart:
    """A figure, and another for a small screen where the first would not be readable."""

    wide: go.Figure
    narrow: go.Figure | None = None


@dataclass(frozen=True)
class Section:
    """A heading with its figures, and HTML that follows them."""

    title: str
    charts: tuple[Chart, ...]
    after: str = ""


@cache
def asset(name: str) -> str:
    """The text of a file of this package, e.g. "page.css"."""
    return (ASSETS / name).read_text(encoding="utf-8")


def policy(*scripts: str) -> str:
    """Nothing but what is in the page: no request, and no script except *scripts*."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


def prose(text: str) -> str:
    """Escaped text in which a number and its unit stay on one line.

    >>> prose("99 % within 10 s & more")
    '99&nbsp;% within 10&nbsp;s &amp; more'
    """
    return UNIT.sub("&nbsp;", html.escape(text))


def section(number: int, part: Section) -> str:
    """The HTML of a section, the *number*-th of its page."""
    figures = "\n".join(_figure(f"figure-{number}-{place}", chart) for place, chart in enumerate(part.charts, start=1))
    after = f"<div class='scroll'>{part.after}</div>" if part.after else ""
    return f"<section id='part-{number}'>\n<h2>{html.escape(part.title)}</h2>\n{figures}\n{after}</section>"


def _figure(name: str, chart: Chart) -> str:
    """A figure: its finding as a heading, the drawing, how to read it, and the data that the script draws."""
    finding, caption = prose(theme.finding(chart.wide)), prose(theme.caption(chart.wide))
    height_px = chart.wide.layout.height
    data = {"wide": _drawing(chart.wide), "narrow": _drawing(chart.narrow) if chart.narrow is not None else None}
    return (
        f"<figure aria-labelledby='{name}-finding'>\n<h3 id='{name}-finding'>{finding}</h3>\n"
        f"<div class='chart' id='{name}' role='img' aria-label='{finding}' style='min-height:{height_px}px'></div>\n"
        f"<figcaption>{caption}</figcaption>\n"
        f"<script type='application/json' id='{name}-data'>{in_script(data)}</script>\n</figure>"
    )


def _drawing(figure: go.Figure) -> dict[str, object]:
    """Data and layout for plotly.js; the title is left out, because the page shows it as a heading."""
    plain: dict[str, dict[str, object]] = json.loads(figure.to_json())
    layout = {key: value for key, value in plain["layout"].items() if key not in ("title", "meta")}
    return {"data": plain["data"], "layout": layout, "caption": theme.caption(figure)}


def in_script(data: object) -> str:
    r"""*data* as JSON that cannot end the script element around it.

    >>> in_script("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
