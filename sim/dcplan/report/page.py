"""One HTML page that holds everything: text, tables, figures and the code that draws them.

The page asks the network for nothing, and its Content-Security-Policy forbids it to: scripts are inline and named by
their hash, so text that finds its way into the page cannot run either. Everything that a user wrote is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from functools import cache
from pathlib import Path
from string import Template

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from dcplan.report import theme
from dcplan.report.assumptions import assumptions_html
from dcplan.report.cards import Card, cards
from dcplan.report.facts import Facts, facts
from dcplan.report.sections import Chart, Section, sections
from dcplan.report.summary import sentences
from dcplan.report.tables import kpis_html, provenance_html, warnings_html
from dcplan.results.store import Run, frame

FILE = "report.html"
ASSETS = Path(__file__).parent
UNIT = re.compile(r"(?<=\d) (?=(%|[kMG]?Wh?|µs|ms|s|min|h|days?|kg|g|t|L|m³|k?J)\b|%)")
VERDICTS = {"kept": "✓ promise kept", "missed": "✗ promise broken"}


def write(run: Run, folder: Path) -> Path:
    """Write the page of *run* into *folder* and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_text(render(run), encoding="utf-8", newline="\n")
    return path


def render(run: Run) -> str:
    """The page of *run*; the same run gives the same bytes."""
    known = facts(run)
    parts = sections(run)
    drawing = _asset("page.js")
    return Template(_asset("page.html")).substitute(
        policy=_policy(get_plotlyjs(), drawing),
        title=html.escape(run.name),
        style=_asset("page.css"),
        question=f"<p class='question'>{html.escape(known.question)}</p>" if known.question else "",
        answer=prose(" ".join(sentences(run.kpis["kpis"], known))),
        contents=_contents(parts),
        cards=_cards(run, known),
        warnings=warnings_html(run.tables.get("warnings", frame("warnings", []))),
        sections="\n".join(_section(number, part) for number, part in enumerate(parts, start=1)),
        kpis=kpis_html(run.kpis["kpis"]),
        assumptions=assumptions_html(run.tables.get("assumptions", frame("assumptions", []))),
        provenance=provenance_html(run, known),
        plotly=get_plotlyjs(),
        drawing=drawing,
    )


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _policy(*scripts: str) -> str:
    """Nothing but what is in the page: no request, and no script except *scripts*."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


def _contents(parts: list[Section]) -> str:
    fixed = [("kpis", "All numbers"), ("assumptions", "Assumptions"), ("computed", "How this was computed")]
    links = [(f"part-{number}", part.title) for number, part in enumerate(parts, start=1)] + fixed
    return "\n".join(f"<li><a href='#{target}'>{html.escape(text)}</a></li>" for target, text in links)


def prose(text: str) -> str:
    """Escaped text in which a number and its unit stay on one line.

    >>> prose("99 % within 10 s & more")
    '99&nbsp;% within 10&nbsp;s &amp; more'
    """
    return UNIT.sub("&nbsp;", html.escape(text))


def _cards(run: Run, known: Facts) -> str:
    return "\n".join(_card(card, known) for card in cards(run.kpis["kpis"], known))


def _card(card: Card, known: Facts) -> str:
    verdict = f"<p class='verdict'>{VERDICTS[card.verdict]}</p>" if card.verdict else ""
    alone = "no interval: one replication" if known.replications == 1 else "no interval"
    interval = f"95&nbsp;%: {html.escape(card.interval)}" if card.interval else alone
    return (
        f"<article class='card {card.verdict}'><h3>{html.escape(card.label)}</h3>"
        f"<p class='value'>{html.escape(card.value)}</p>{verdict}<p class='interval'>{interval}</p>"
        f"<p class='meaning'>{prose(card.meaning)}</p></article>"
    )


def _section(number: int, part: Section) -> str:
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
