"""Tables of the page of a verification: verdicts, every number of every run, and what it ran on."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

from dcplan.report.frame import prose
from dcplan.report.host.data import KINDS, LABELS, WAYS, Case, Host, Judgement, Most, distinct, named, rule_name
from dcplan.report.host.words import disturbance, interval, lateness, number, signed, start, within
from dcplan.report.numbers import between, percent, quantity

RUN_HEADS = ("Metric", "Predicted", "95 % interval", "Measured", "Error", "Inside", "Repeatability")
HEADS = ("Metric", "Median error", "Target", "Repeatability", "Inside interval", "Verdict")
MOST_HEADS = ("Served", "p99 within", "Predicted", "Measured", "Error")
INSIDE = {1.0: "yes", 0.0: "no"}


def judgements_html(known: Host) -> str:
    """The verdict on every metric."""
    rows = "\n".join(_row(HEADS, judgement_cells(one), _word(one)) for one in known.judgements)
    return _table("judgements", HEADS, f"<tbody>\n{rows}\n</tbody>")


def judgement_cells(one: Judgement) -> list[str]:
    """The verdict on a metric as text: metric, median error, target, repeatability, share inside, verdict."""
    target = "none" if one.target is None else within(one.target)
    asked = f" (quiet: {within(one.asked)})" if one.relaxed and one.asked is not None else ""
    repeats = "measured once" if one.repeatability is None else within(one.repeatability)
    word = "" if one.target is None else "ok" if one.ok else "MISS"
    return [one.label, within(one.error), f"{target}{asked}", repeats, percent(one.inside), word]


def most_html(known: Host) -> str:
    """The Server scenario, predicted and measured; "" if it was not asked for."""
    if not known.server_scenario:
        return ""
    rows = "\n".join(_row(MOST_HEADS, most_cells(one), "") for one in known.server_scenario)
    told = (
        "The most requests per second at which 99 of 100 are answered in time, found by halving the span of rates: "
        "first in simulation, then for real. Each cell shows the highest rate that kept the promise, and the lowest "
        "that broke it."
    )
    return f"<p>{prose(told)}</p>\n{_table('most', MOST_HEADS, f'<tbody>{rows}</tbody>')}"


def most_cells(one: Most) -> list[str]:
    """A way of serving, its promise, and the rates, predicted and measured."""
    where = f"{named(WAYS, one.way)}, {rule_name(one.rule)}"
    ends = [_bracket(bracket) for bracket in (one.predicted, one.measured)]
    return [start(where), quantity(one.slo_s, "s"), *ends, signed(one.error)]


def _bracket(ends: tuple[float | None, float | None]) -> str:
    """The rates that kept and that broke a promise."""
    low, high = ends
    if high is None:
        return f"over {quantity(low, '1/s')}"
    return between(low, high, "/s") if low else f"below {quantity(high, '1/s')}"


def _word(one: Judgement) -> str:
    return "" if one.target is None else "kept" if one.ok else "missed"


def runs_html(known: Host) -> str:
    """Every number of every run; a fold for each way and rule."""
    parts = []
    for way in distinct(case.way for case in known.cases):
        for rule in distinct(case.rule for case in known.cases):
            cases = [case for case in known.cases if (case.way, case.rule) == (way, rule)]
            if cases:
                title = f"{named(WAYS, way)}, {rule_name(rule)}"
                parts.append(_fold(start(title), cases, known))
    return "\n".join(parts)


def _fold(title: str, cases: list[Case], known: Host) -> str:
    bodies = "\n".join(_body(case, known) for case in cases)
    worst = max(abs(case.error["mean"]) for case in cases)
    summary = f"{title}: {len(cases)} runs, error in mean latency at most {within(worst)}"
    return f"<details>\n<summary>{prose(summary)}</summary>\n{_table('runs', RUN_HEADS, bodies)}\n</details>"


def _body(case: Case, known: Host) -> str:
    judged = "" if case.judged else ": shown, not judged"
    title = f"{named(KINDS, case.kind)}, {case.load_name}{judged}"
    title = html.escape(start(title))
    rows = "\n".join(_row(RUN_HEADS, _cells(case, metric, known.unit(metric)), "") for metric in case.value)
    heading = f"<tr class='group'><th colspan='{len(RUN_HEADS)}' scope='rowgroup'>{title}</th></tr>"
    return f"<tbody>\n{heading}\n{rows}\n</tbody>"


def _cells(case: Case, metric: str, unit: str) -> list[str]:
    repeats = case.repeatability[metric]
    return [
        named(LABELS, metric),
        number(case.value[metric], unit),
        interval(case.low[metric], case.high[metric], unit),
        number(case.measured(metric), unit),
        signed(case.error[metric]),
        INSIDE.get(case.inside[metric]) or percent(case.inside[metric]),
        "" if repeats is None else within(repeats),
    ]


def _table(name: str, heads: Iterable[str], bodies: str) -> str:
    cells = "".join(f"<th scope='col'{_numeric(head)}>{head}</th>" for head in heads)
    return f"<table class='stacking {name}'>\n<thead><tr>{cells}</tr></thead>\n{bodies}\n</table>"


def _row(heads: Iterable[str], cells: Iterable[str], word: str) -> str:
    inner = "".join(
        f"<td data-label='{head}'{_numeric(head)}>{html.escape(cell) or '&ndash;'}</td>"
        for head, cell in zip(heads, cells, strict=True)
    )
    return f"<tr{f' class={word!r}' if word else ''}>{inner}</tr>"


def _numeric(head: str) -> str:
    return "" if head in ("Metric", "Verdict") else " class='number'"


def provenance_html(known: Host) -> str:
    """What it ran on, and how quiet that was."""
    hardware, software = known.part("hardware"), known.part("software")
    late_s = lateness(known)
    entries = {
        "Began": str(known.document.get("began", "")),
        "Processor": _processor(hardware),
        "Memory": f"{hardware['ram_bytes'] / 2**30:.1f} GiB" if hardware.get("ram_bytes") else "",
        "Server": str(known.document.get("sku", "")),
        "Workload": _workload(known),
        "Others took of the processors": disturbance(known),
        "Requests were sent late by": f"{quantity(late_s, 's')} at most (p99, worst run)" if late_s is not None else "",
        "Software": ", ".join(f"{name} {version}" for name, version in software.items()),
    }
    rows = "\n".join(
        f"<tr><th scope='row'>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in entries.items() if text
    )
    return f"<table class='provenance'>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _processor(hardware: Mapping[str, object]) -> str:
    parts = [
        str(hardware.get("cpu_model", "")),
        str(hardware.get("cpu_family", "")),
        f"{hardware['logical_cpus']} logical processors" if hardware.get("logical_cpus") else "",
        "in a virtual machine" if hardware.get("hypervisor") else "",
    ]
    return ", ".join(filter(None, parts))


def _workload(known: Host) -> str:
    samples, threads = known.document.get("samples_per_request"), known.document.get("threads")
    parts = [
        str(known.document.get("workload", "")),
        f"{samples} samples in each request" if samples else "",
        f"{threads} {'thread' if threads == 1 else 'threads'}" if threads else "",
    ]
    return ", ".join(filter(None, parts))
