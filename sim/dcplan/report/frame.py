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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

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
    """A heading with its figures, a sentence before them, and HTML that follows them."""

    title: str
    charts: tuple[Chart, ...]
    after: str = ""
    lead: str = ""


@cache
def asset(name: str) -> str:
    """The text of a file of this package, e.g. "page.css"."""
    return (ASSETS / name).read_text(encoding="utf-8")


def policy(*scripts: str) -> str:
    """Nothing but what is in the page: no request, and no script except *scripts*."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


@dataclass(frozen=True)
class Words:
    """What a page says above and around its figures; all of it HTML.

    Attributes:
        brand: What kind of page it is.
        title: Its heading.
        question: What it is about; may be empty.
        answer: What came out.
        cards: The headline numbers.
        note: What to know about them; may be empty.
        warnings: What to know before trusting them.
    """

    brand: str
    title: str
    question: str
    answer: str
    cards: Iterable[str]
    warnings: str
    note: str = ""


@dataclass(frozen=True)
class Part:
    """A section after the figures: its anchor, its heading, its HTML, and its name in the contents if not the same."""

    anchor: str
    title: str
    body: str
    link: str = ""


def document(words: Words, parts: Sequence[Section], closing: Sequence[Part], style: str = "") -> str:
    """A whole page; the same content gives the same bytes. *style* is CSS of its own, after that of all pages."""
    drawing = asset("page.js")
    question = f"<p class='question'>{words.question}</p>" if words.question else ""
    return Template(asset("page.html")).substitute(
        policy=policy(get_plotlyjs(), drawing),
        brand=words.brand,
        title=words.title,
        style=asset("page.css") + style,
        question=question,
        answer=words.answer,
        contents=_contents(parts, closing),
        cards="\n".join(words.cards),
        note=f'<p class="note">{words.note}</p>\n' if words.note else "",
        warnings=words.warnings,
        sections="\n".join(section(number, part) for number, part in enumerate(parts, start=1)),
        closing="\n".join(_closing(part) for part in closing),
        plotly=get_plotlyjs(),
        drawing=drawing,
    )


def _contents(parts: Sequence[Section], closing: Sequence[Part]) -> str:
    links = [(f"part-{number}", part.title) for number, part in enumerate(parts, start=1)]
    links += [(part.anchor, part.link or part.title) for part in closing]
    return "\n".join(f"<li><a href='#{target}'>{html.escape(text)}</a></li>" for target, text in links)


def _closing(part: Part) -> str:
    return f'<section id="{part.anchor}">\n<h2>{html.escape(part.title, quote=False)}</h2>\n{part.body}\n</section>'


def listed(sentences: Iterable[str], otherwise: str) -> str:
    """*sentences* as a list, or what to say if there are none."""
    found = [f"<li>{prose(sentence)}</li>" for sentence in sentences]
    return "<ul>\n" + "\n".join(found) + "\n</ul>" if found else f"<p>{otherwise}</p>"


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
    lead = f"<p>{prose(part.lead)}</p>\n" if part.lead else ""
    return f"<section id='part-{number}'>\n<h2>{html.escape(part.title)}</h2>\n{lead}{figures}\n{after}</section>"


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
