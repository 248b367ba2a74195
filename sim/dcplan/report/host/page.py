"""One HTML page of `dcplan verify host`: what was predicted, what was measured, and how far they are apart.

Built like the page of a run: everything is in it, the network is asked for nothing, what a user wrote is escaped.
"""

from __future__ import annotations

import html
from pathlib import Path

from dcplan.report import frame
from dcplan.report.frame import Chart, Part, Section, Words
from dcplan.report.host.agreement import agreement_figure
from dcplan.report.host.curves import curves_figure
from dcplan.report.host.data import Host, Judgement, read
from dcplan.report.host.errors import errors_figure
from dcplan.report.host.marks import ways
from dcplan.report.host.tables import judgements_html, most_html, provenance_html, runs_html
from dcplan.report.host.words import circumstances, heading, method, start, verdict, warnings, within
from dcplan.report.numbers import percent
from dcplan.report.page import FILE


def write_host_page(folder: Path) -> Path:
    """Write `report.html` from `host.json` in *folder*, beside it, and return its path.

    Raise an InputError if there is no `host.json`, or if it is something else.
    """
    text = render(read(folder))
    path = folder / FILE
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def render(known: Host) -> str:
    """The page of *known*; the same content of `host.json` gives the same bytes."""
    words = Words(
        brand="dcplan verification on a real server",
        title=html.escape(heading(known)),
        question=frame.prose(circumstances(known)),
        answer=frame.prose(verdict(known)),
        cards=[_card(one) for one in known.targeted],
        warnings=frame.listed(
            warnings(known), "The machine was quiet, and every run was measured more than once: nothing to warn of."
        ),
    )
    told = "\n".join(f"<p>{frame.prose(paragraph)}</p>" for paragraph in method(known))
    closing = [
        Part("verdicts", "Verdicts", judgements_html(known)),
        *([Part("most", "What it can take in time", most_html(known))] if known.server_scenario else []),
        Part("runs", "All runs", runs_html(known)),
        Part("done", "How it was done", f"{told}\n{provenance_html(known)}"),
    ]
    return frame.document(words, sections(known), closing, frame.asset("host/page.css"))


def sections(known: Host) -> list[Section]:
    """The figures, in the order in which they are read."""
    agreement = Chart(agreement_figure(known), agreement_figure(known, narrow=True))
    errors = Chart(errors_figure(known), errors_figure(known, narrow=True))
    curves = [Chart(curves_figure(known, way), curves_figure(known, way, narrow=True)) for way in ways(known)]
    return [
        Section("Predicted against measured", (agreement,)),
        Section("Errors by load", (errors,)),
        Section("Whole distributions", tuple(curves)),
    ]


def _card(one: Judgement) -> str:
    repeats = "measured once" if one.repeatability is None else f"repeats itself within {within(one.repeatability)}"
    state, word = ("kept", "✓ within") if one.ok else ("missed", "✗ beyond")
    what = "how well the machine repeats itself," if one.relaxed else "the target of"
    meaning = f"Median error of {one.cases} runs; {percent(one.inside)} of them lay inside the predicted interval."
    return (
        f"<article class='card {state}'><h3>{html.escape(start(one.label))}</h3>"
        f"<p class='value'>{frame.prose(within(one.error))}</p>"
        f"<p class='verdict'>{frame.prose(f'{word} {what} {within(one.target or 0.0)}')}</p>"
        f"<p class='interval'>{frame.prose(repeats)}</p><p class='meaning'>{frame.prose(meaning)}</p></article>"
    )
