"""Tables of the page of a measured profile: every point, MLPerf's words, and provenance."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from dcplan.report.frame import prose
from dcplan.report.numbers import digits, percent, quantity
from dcplan.report.profile.data import TASKS, Measured, interval, place, rate, varying, way

GROUPS = ("hardware", "software", "conditions", "recipe", "work", "cold", "training_step", "power")
"""Parts of the header that the page shows as they are."""

SCENARIOS = {"single_stream": "SingleStream", "multi_stream": "MultiStream", "offline": "Offline"}

DEVICE = "On the device"
"""Head of the column of device times, which only the page of an accelerator has."""


def points_html(known: Measured) -> str:
    """Every point with what was measured, its verdict and the reason."""
    energy = bool(known.points["energy_j_per_sample"].notna().any())
    modelled = "" if known.metered else " (modelled)"
    device = bool(known.points["device_mean_s"].notna().any())
    heads = ["Point", "Time of a call", "95 % interval", "p99", *([DEVICE] if device else [])]
    heads += ["Samples/s", "CPU/sample", *([f"Energy/sample{modelled}"] if energy else [])]
    heads += ["Calls", "Verdict"]
    groups = [(TASKS[task], known.of(task)) for task in known.tasks]
    groups.append(("After a pause", known.points[known.points["idle_s"] > 0]))
    bodies = "\n".join(_group(title, rows, heads, known) for title, rows in groups if len(rows))
    return f"<table class='stacking points'>\n<thead><tr>{_heads(heads)}</tr></thead>\n{bodies}\n</table>"


def _heads(heads: list[str]) -> str:
    text = ("Point", "Verdict")
    return "".join(f"<th scope='col'{'' if head in text else _NUMBER}>{html.escape(head)}</th>" for head in heads)


_NUMBER = " class='number'"


def _group(title: str, rows: pd.DataFrame, heads: list[str], known: Measured) -> str:
    named = varying(known.steady)
    several = rows["task"].nunique() > 1
    lines = []
    for row in rows.sort_values([*named, "tokens", "context", "batch", "idle_s"]).to_dict("records"):
        name = f"{TASKS[row['task']]}, {place(row, named)}" if several else place(row, named)
        lines.append(_line([name, *_cells(row, heads)], row, heads))
    heading = f"<tr class='group'><th colspan='{len(heads)}' scope='rowgroup'>{html.escape(title)}</th></tr>"
    return f"<tbody>\n{heading}\n" + "\n".join(lines) + "\n</tbody>"


def _cells(row: Mapping[Any, Any], heads: list[str]) -> list[str]:
    cells = [quantity(row["time_mean_s"], "s"), interval(row["time_low_s"], row["time_high_s"], "s")]
    cells.append(quantity(row["p99_s"], "s") if row["p99_s"] > 0 else "")
    if DEVICE in heads:
        cells.append(quantity(row["device_mean_s"], "s") if row["device_mean_s"] > 0 else "")
    per_s = row["throughput_per_s"]
    cells.append(rate(per_s, row["time_low_s"], row["time_high_s"]) if per_s > 0 else "")
    cells.append(quantity(row["cpu_s_per_sample"], "s") if row["cpu_s_per_sample"] > 0 else "")
    if any(head.startswith("Energy") for head in heads):
        cells.append(quantity(row["energy_j_per_sample"], "J") if row["energy_j_per_sample"] > 0 else "")
    cells.append(f"{row['calls']:,.0f}" if row["calls"] > 0 else "")
    return cells


def _line(cells: list[str], row: Mapping[Any, Any], heads: list[str]) -> str:
    word, reason = html.escape(str(row["word"])), prose(plain(str(row["reason"])))
    verdict = f"<span class='word {word}'>{word}</span>{': ' + reason if reason else ''}"
    first, *numbers = cells
    inner = "".join(
        f"<td data-label='{html.escape(head)}' class='number'>{html.escape(cell) or '&ndash;'}</td>"
        for head, cell in zip(heads[1:-1], numbers, strict=True)
    )
    return (
        f"<tr class='{word}'><td data-label='Point'>{html.escape(first)}</td>{inner}"
        f"<td data-label='Verdict'><div>{verdict}</div></td></tr>"
    )


def scaling_html(known: Measured) -> str:
    """How training scales with workers, and what that means; "" if it was not measured."""
    part = known.part("training_scaling")
    rows = [row for row in part.get("workers") or () if isinstance(row, Mapping)]
    failed = f"<p>It could not be measured further: {prose(str(part['reason']))}.</p>" if part.get("reason") else ""
    if not rows:
        return failed
    heads = ["Workers", "Time of a step", "95 % interval", "Samples/s", "Efficiency", "Exchange"]
    lines = "\n".join(_worker_line(row, heads) for row in rows)
    at = place({"tokens": 0, "context": 0, "idle_s": 0, "batch": part["batch_per_worker"], **part})
    threads = way({"threads": part["threads_per_worker"]}, ["threads"])[0]
    return (
        f"<p>Every worker trains on a batch of its own ({at}, {threads}); gradients are exchanged through "
        f"{html.escape(str(part['backend']))}. Efficiency is samples/s relative to as many times those of one worker; "
        "exchange is the share of a step that gradients take beyond the backward pass, waiting included.</p>\n"
        f"<table class='stacking scaling'>\n<thead><tr>{_heads(heads)}</tr></thead>\n"
        f"<tbody>\n{lines}\n</tbody>\n</table>{failed}"
    )


def _worker_line(row: Mapping[str, Any], heads: list[str]) -> str:
    alone = row["workers"] == 1
    cells = [
        f"{row['workers']}",
        quantity(row["step_s"], "s"),
        interval(row["step_low_s"], row["step_high_s"], "s"),
        rate(row["samples_per_s"], row["step_low_s"], row["step_high_s"]),
        percent(row["efficiency"]),
        "" if alone else percent(row["exchange_s"] / row["step_s"]),
    ]
    inner = "".join(
        f"<td data-label='{head}' class='number'>{prose(cell) or '&ndash;'}</td>"
        for head, cell in zip(heads, cells, strict=True)
    )
    return f"<tr>{inner}</tr>"


def mlperf_html(known: Measured) -> str:
    """The results in MLPerf's words; "" if the profile has none."""
    found = {name: entry for name, entry in known.part("mlperf").items() if isinstance(entry, Mapping)}
    if not found:
        return ""
    rows = "\n".join(_scenario(str(name), entry) for name, entry in found.items())
    heads = ["Scenario", "Batch", "Metric", "Early-stopping estimate", "Measured", "Verdict"]
    return (
        "<p>Not MLPerf results: the model is not MLPerf's, nobody "
        "has reviewed them, and no run lasted the 600&nbsp;s that a result must.</p>\n"
        f"<table class='stacking mlperf'>\n<thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _scenario(name: str, entry: Mapping[str, Any]) -> str:
    level = next((key.removesuffix("_s") for key in ("p90_s", "p99_s") if key in entry), "")
    if level:
        metric, early = f"{level} {_seconds(entry[f'{level}_s'])}", _seconds(entry.get(f"{level}_early_stopping_s"))
        amount = f"{entry.get('calls', 0):,} calls"
    else:
        metric, early = f"{digits(float(entry.get('samples_per_s', 0.0)))} samples/s", ""
        enough = "" if entry.get("samples_met", True) else ", fewer than MLPerf's 24,576"
        amount = f"{entry.get('samples', 0):,} samples{enough}"
    tokens = f", {entry['tokens']} tokens" if entry.get("tokens") else ""
    cells = {
        "Scenario": SCENARIOS.get(name, name),
        "Batch": f"{entry.get('batch', '')}{tokens}",
        "Metric": metric,
        "Estimate": early or "none",
        "Measured": amount,
        "Verdict": plain(str(entry.get("verdict", ""))),
    }
    inner = "".join(f"<td data-label='{head}'><div>{prose(cell)}</div></td>" for head, cell in cells.items())
    return f"<tr>{inner}</tr>"


def plain(reason: str) -> str:
    """The reason of a verdict as people write it.

    >>> plain("interval +-9.8% of the mean")
    'interval ±9.8 % of the mean'
    """
    return reason.replace("+-", "±").replace("%", " %")


def _seconds(value: object) -> str:
    return quantity(float(value), "s") if isinstance(value, int | float) else "too few calls"


def provenance_html(known: Measured) -> str:
    """What is needed to judge the measurement, or to do it again."""
    header = known.header
    first = {
        "Measured": str(header.get("date", known.profile.year)),
        "Kind": known.profile.kind,
        "Source": known.profile.source,
        "Licence": known.profile.licence,
        "Derivation": str(header.get("derivation", "")),
        "Command": str(header.get("command", "")),
        "Hash of the folder": known.profile.digest,
    }
    bodies = [_body("", {name: text for name, text in first.items() if text}, code=False)]
    bodies += [_body(group, dict(_flat(known.part(group))), code=True) for group in GROUPS if known.part(group)]
    return f"<table class='provenance'>\n{''.join(bodies)}\n</table>"


def _body(title: str, entries: Mapping[str, str], *, code: bool) -> str:
    name = html.escape(title.replace("_", " ").capitalize())
    head = f"<tr class='group'><th colspan='2' scope='rowgroup'>{name}</th></tr>\n"
    tag = ("<code>", "</code>") if code else ("", "")
    rows = "\n".join(
        f"<tr><th scope='row'>{tag[0]}{html.escape(name)}{tag[1]}</th><td>{html.escape(text)}</td></tr>"
        for name, text in entries.items()
    )
    return f"<tbody>\n{head if title else ''}{rows}\n</tbody>\n"


def _flat(part: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif value != "":
            yield f"{before}{name}", _text(value)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_text(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(item)}" for name, item in value.items())
    words = {True: "yes", False: "no"}
    if isinstance(value, bool):
        return words[value]
    if value is None:
        return "not known"
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)
