"""One HTML page that holds everything: text, tables, figures and the code that draws them."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

from plotly.offline import get_plotlyjs

from dcplan.report.assumptions import assumptions_html
from dcplan.report.cards import Card, cards
from dcplan.report.facts import Facts, facts
from dcplan.report.frame import Section, asset, policy, prose, section
from dcplan.report.sections import sections
from dcplan.report.summary import sentences
from dcplan.report.tables import kpis_html, provenance_html, warnings_html
from dcplan.results.store import Run, frame

FILE = "report.html"
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
    drawing = asset("page.js")
    return Template(asset("page.html")).substitute(
        policy=policy(get_plotlyjs(), drawing),
        title=html.escape(run.name),
        style=asset("page.css"),
        question=f"<p class='question'>{html.escape(known.question)}</p>" if known.question else "",
        answer=prose(" ".join(sentences(run.kpis["kpis"], known))),
        contents=_contents(parts),
        cards=_cards(run, known),
        warnings=warnings_html(run.tables.get("warnings", frame("warnings", []))),
        sections="\n".join(section(number, part) for number, part in enumerate(parts, start=1)),
        kpis=kpis_html(run.kpis["kpis"]),
        assumptions=assumptions_html(run.tables.get("assumptions", frame("assumptions", []))),
        provenance=provenance_html(run, known),
        plotly=get_plotlyjs(),
        drawing=drawing,
    )


def _contents(parts: list[Section]) -> str:
    fixed = [("kpis", "All numbers"), ("assumptions", "Assumptions"), ("computed", "How this was computed")]
    links = [(f"part-{number}", part.title) for number, part in enumerate(parts, start=1)] + fixed
    return "\n".join(f"<li><a href='#{target}'>{html.escape(text)}</a></li>" for target, text in links)


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
