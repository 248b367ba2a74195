"""One HTML page that holds everything: text, tables, figures and the code that draws them."""

from __future__ import annotations

import html
from pathlib import Path

from dcplan.report.assumptions import assumptions_html
from dcplan.report.cards import Card, cards
from dcplan.report.facts import Facts, facts
from dcplan.report.frame import Part, Words, document, prose
from dcplan.report.sections import sections
from dcplan.report.summary import sentences
from dcplan.report.tables import kpis_html, provenance_html, warnings_html
from dcplan.results.store import Run, frame

FILE = "report.html"
NOTE = (
    "A 95 % interval covers chance alone: what other random arrivals would have given. How far the assumptions may be\n"
    "off is another matter; their ranges are in the table of assumptions."
)
VERDICTS = {"kept": "✓ promise kept", "missed": "✗ promise broken"}


def write(run: Run, folder: Path) -> Path:
    """Write the page of *run* into *folder* and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_text(render(run), encoding="utf-8", newline="\n")
    return path


def render(run: Run) -> str:
    """The page of *run*; the same run gives the same bytes."""
    known, kpis = facts(run), run.kpis["kpis"]
    words = Words(
        brand="dcplan run report",
        title=html.escape(run.name),
        question=html.escape(known.question),
        answer=prose(" ".join(sentences(kpis, known))),
        cards=[_card(card, known) for card in cards(kpis, known)],
        warnings=warnings_html(run.tables.get("warnings", frame("warnings", []))),
        note=NOTE,
    )
    assumptions = run.tables.get("assumptions", frame("assumptions", []))
    closing = [
        Part("kpis", "All numbers", kpis_html(kpis)),
        Part("assumptions", "What this rests on", assumptions_html(assumptions), link="Assumptions"),
        Part("computed", "How this was computed", provenance_html(run, known)),
    ]
    return document(words, sections(run), closing)


def _card(card: Card, known: Facts) -> str:
    verdict = f"<p class='verdict'>{VERDICTS[card.verdict]}</p>" if card.verdict else ""
    alone = "no interval: one replication" if known.replications == 1 else "no interval"
    interval = f"95&nbsp;%: {html.escape(card.interval)}" if card.interval else alone
    return (
        f"<article class='card {card.verdict}'><h3>{html.escape(card.label)}</h3>"
        f"<p class='value'>{html.escape(card.value)}</p>{verdict}<p class='interval'>{interval}</p>"
        f"<p class='meaning'>{prose(card.meaning)}</p></article>"
    )
