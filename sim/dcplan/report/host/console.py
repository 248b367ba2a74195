"""A verification in the terminal and in Markdown: the verdict on every metric, and every run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dcplan.report.host.data import KINDS, WAYS, Case, Host, distinct, named, of, rule_name
from dcplan.report.host.tables import HEADS, MOST_HEADS, judgement_cells, most_cells
from dcplan.report.host.words import circumstances, heading, shown_in, signed, verdict
from dcplan.report.numbers import Scale, digits

METRICS = ("mean", "p50", "p99", "throughput")
"""What is shown of every run."""
STYLES = {"ok": "green", "MISS": "red"}
NOT_JUDGED = "*"
NOTE = f"{NOT_JUDGED} shown, not judged"


def table(document: Mapping[str, Any]) -> RenderableType:
    """What *document*, the content of `host.json`, says: the verdicts, and below them the runs."""
    known = of(document)
    parts = [Text(heading(known), style="bold"), Text(circumstances(known)), Text(verdict(known))]
    note = [Text(NOTE)] if len(known.judged) < len(known.cases) else []
    most = [_most(known)] if known.server_scenario else []
    return Group(*parts, _judgements(known), _runs(known), *note, *most)


def markdown(document: Mapping[str, Any]) -> Iterator[str]:
    """The same two tables as lines of Markdown, without line ends, an empty line between them."""
    known = of(document)
    yield from _markdown(HEADS, [judgement_cells(one) for one in known.judgements], "lrrrrl")
    yield ""
    scales = _scales(known)
    rows = [[_where(case.way, case.rule), _name(case), *map(", ".join, _pairs(case, scales))] for case in known.cases]
    yield from _markdown(["Served", "Arrivals, load", *_heads(scales)], rows, "llrrrr")
    if len(known.judged) < len(known.cases):
        yield ""
        yield f"\\{NOTE}"


def _judgements(known: Host) -> Table:
    shown = Table(box=SIMPLE_HEAD)
    for head in HEADS:
        shown.add_column(head, justify="left" if head in ("Metric", "Verdict") else "right")
    for one in known.judgements:
        *cells, word = judgement_cells(one)
        shown.add_row(*(Text(cell) for cell in cells), Text(word, style=STYLES.get(word, "")))
    return shown


def _runs(known: Host) -> Table:
    scales = _scales(known)
    shown = Table(box=SIMPLE_HEAD, padding=0)
    shown.add_column("Run", no_wrap=True)
    for head in _heads(scales):
        shown.add_column(Text(head), justify="right")
        shown.add_column("err %", justify="right", no_wrap=True)
    for way, rule in distinct((case.way, case.rule) for case in known.cases):
        shown.add_section()
        shown.add_row(Text(f"{named(WAYS, way)}, batch {rule[0]}", style="bold"))
        for case in known.cases:
            if (case.way, case.rule) == (way, rule):
                shown.add_row(
                    Text(f" {_name(case)}"),
                    *(Text(text.removesuffix(" %")) for pair in _pairs(case, scales) for text in pair),
                )
    return shown


def _most(known: Host) -> Table:
    """MLPerf's Server scenario."""
    shown = Table(box=SIMPLE_HEAD, title="Most requests per second within a promise", title_justify="left")
    for head in MOST_HEADS:
        shown.add_column(head, justify="left" if head == "Served" else "right")
    for one in known.server_scenario:
        shown.add_row(*(Text(cell) for cell in most_cells(one)))
    return shown


def _where(way: str, rule: tuple[int, float]) -> str:
    return f"{named(WAYS, way)}, {rule_name(rule)}"


def _name(case: Case) -> str:
    kind = named(KINDS, case.kind).removesuffix(" arrivals")
    return f"{kind}, {100 * case.load:g} %{'' if case.judged else NOT_JUDGED}"


def _scales(known: Host) -> dict[str, Scale]:
    """The unit of each column."""
    return {metric: shown_in([case.measured(metric) for case in known.cases], known.unit(metric)) for metric in METRICS}


def _heads(scales: Mapping[str, Scale]) -> list[str]:
    return [f"{metric} [{scale.unit}]" for metric, scale in scales.items()]


def _pairs(case: Case, scales: Mapping[str, Scale]) -> Iterator[tuple[str, str]]:
    """Predicted and measured, and the error, of each metric."""
    for metric, scale in scales.items():
        predicted, measured = (digits(value * scale.factor) for value in (case.value[metric], case.measured(metric)))
        yield f"{predicted} → {measured}", signed(case.error[metric])


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> Iterator[str]:
    """A table of Markdown; *sides* has an l or an r for each column."""
    yield _line(heads)
    yield _line([":--" if side == "l" else "--:" for side in sides])
    yield from (_line(row) for row in rows)


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace(NOT_JUDGED, f"\\{NOT_JUDGED}") for cell in cells)
    return f"| {' | '.join(escaped)} |"
