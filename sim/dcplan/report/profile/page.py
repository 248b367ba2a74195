"""One HTML page of a measured profile: figures, every point with its verdict, and how it was measured.

Built like the page of a run: everything is in it, the network is asked for nothing, what a user wrote is escaped.
"""

from __future__ import annotations

import html
from pathlib import Path

import plotly.graph_objects as go

from dcplan.profiles.library import default_library
from dcplan.report import frame
from dcplan.report.cards import Card
from dcplan.report.frame import Chart, Part, Section, Words
from dcplan.report.profile.cards import answer, cards, energy_said, warnings
from dcplan.report.profile.course import accuracy_figure, drift_figure
from dcplan.report.profile.data import TASKS, Measured, read
from dcplan.report.profile.energy import energy_figure
from dcplan.report.profile.limits import Ceilings, ceilings, roofline_figure
from dcplan.report.profile.speed import cpu_figure, latency_figure, pauses_figure, throughput_figure
from dcplan.report.profile.tables import mlperf_html, points_html, provenance_html, scaling_html

FILE = "profile.html"
NOTE = (
    "A 95 % interval covers what this machine did while it was measured; another machine of the same kind, another "
    "day\nor another version of the software may lie outside it."
)


def write_profile_page(folder: Path, out: Path) -> Path:
    """Write the page of the compute profile in *folder* and return its path.

    Args:
        folder: Where the profile is.
        out: The file to write if it ends in `.html`, else the folder to write `profile.html` into; made if needed.

    Raise an InputError if *folder* holds no measured workload.
    """
    path = out if out.suffix == ".html" else out / FILE
    text = render(read(folder))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def render(known: Measured) -> str:
    """The page of *known*."""
    words = Words(
        brand="dcplan measured profile",
        title=html.escape(known.name),
        question=frame.prose(known.profile.description),
        answer=frame.prose(answer(known)),
        cards=[_card(card) for card in cards(known)],
        warnings=frame.listed(warnings(known), "dcplan has nothing to warn of in this profile."),
        note=NOTE,
    )
    mlperf = mlperf_html(known)
    closing = [
        Part("points", "All points", points_html(known)),
        *([Part("mlperf", "In MLPerf's words", mlperf)] if mlperf else []),
        Part("measured", "How this was measured", provenance_html(known)),
    ]
    return frame.document(words, sections(known, machine_of(known)), closing, frame.asset("profile/page.css"))


def machine_of(known: Measured) -> Ceilings | None:
    """What the machine can do at most, if a machine profile of its kind is beside *known* or in sight anyway."""
    library = default_library(named=known.profile.path.parents[2])
    return ceilings(library, str(known.header.get("sku", "")))


def sections(known: Measured, machine: Ceilings | None) -> list[Section]:
    """All sections that have something to show, in the order in which they are read."""
    speed = [
        Section(TASKS[task], _charts(latency_figure(known, task), throughput_figure(known, task)))
        for task in known.tasks
    ]
    parts = [
        *speed,
        Section("Training on several workers", (), scaling_html(known)),
        Section("After a pause", _charts(pauses_figure(known))),
        _energy(known),
        Section("Limits of the machine", _charts(roofline_figure(known, machine))),
        Section("Was it steady?", _charts(drift_figure(known))),
        Section("Training to accuracy", _charts(accuracy_figure(known))),
    ]
    return [part for part in parts if part.charts or part.after]


def _charts(*figures: go.Figure | None) -> tuple[Chart, ...]:
    return tuple(Chart(figure) for figure in figures if figure is not None)


def _energy(known: Measured) -> Section:
    """Energy where a meter read it; else who was asked, and the processor time that is known instead."""
    if known.metered:
        return Section("Energy", _charts(*(energy_figure(known, task) for task in known.tasks)))
    return Section(
        "Energy and processor time",
        _charts(*(cpu_figure(known, task) for task in known.tasks)),
        f"<p>{frame.prose(energy_said(known))}</p>",
    )


def _card(card: Card) -> str:
    span = f"<p class='interval'>95&nbsp;%: {html.escape(card.interval)}</p>" if card.interval else ""
    return (
        f"<article class='card {card.verdict}'><h3>{html.escape(card.label)}</h3>"
        f"<p class='value'>{html.escape(card.value)}</p>{span}"
        f"<p class='meaning'>{frame.prose(card.meaning)}</p></article>"
    )
