"""Measured profiles in the terminal: one with all its points, or several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dcplan.profiles.compute import VARIANT
from dcplan.profiles.library import Profile
from dcplan.report.numbers import quantity
from dcplan.report.profile.cards import answer, energy_said, warnings
from dcplan.report.profile.data import TASKS, Measured, header_of, place, rate, read, varying, way

STYLES = {"VALID": "green", "UNSTABLE": "yellow", "INVALID": "red"}

COMPARED = (
    ("sku", ()),
    ("hardware", ("cpu_model", "logical_cpus", "hypervisor", "accelerator")),
    ("software", ("torch", "python", "kernel")),
    (
        "conditions",
        ("precision", "threads", "compiled", "graphs", "streams", "processes", "device", "mode", "contended"),
    ),
    ("power", ("source",)),
)
"""What of the header is compared: entries, and what within them."""

PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))

Cells = dict[str, str | Text]


def show(folder: Path) -> RenderableType:
    """What the profile in *folder* says: a measured workload with all its points, any other with its values.

    Raise an InputError if there is none.
    """
    profile = header_of(folder)
    if "workload" not in profile.header and not any((profile.path / f"{task}.csv").is_file() for task in TASKS):
        return Group(*_about(profile), _values(profile))
    known = read(folder)
    tables = [_table(TASKS[task], known.of(task), known) for task in known.tasks]
    paused = known.points[known.points["idle_s"] > 0]
    tables += [_table("After a pause", paused, known)] if len(paused) else []
    said = [Text(f"- {warning}") for warning in warnings(known)]
    energy = [] if known.metered else [Text(energy_said(known))]
    return Group(Text(known.name, style="bold"), Text(answer(known)), *said, *energy, *tables)


def compare(folders: Sequence[Path]) -> RenderableType:
    """The same points of several measured profiles side by side, each against the first.

    Raise an InputError if one of *folders* holds no measured workload, a ValueError if they are fewer than two.
    """
    if len(folders) < 2:
        raise ValueError("name at least two profiles to compare")
    first, *others = (read(folder) for folder in folders)
    parts: list[RenderableType] = []
    for other in others:
        parts.append(Text(f"{other.name} against {first.name}", style="bold"))
        parts += [Text(f"this: {other.profile.path}\nfirst: {first.profile.path}"), *_differences(first, other)]
        parts.append(_pairs(first, other))
    return Group(*parts)


def verdict(first: Mapping[Any, Any], other: Mapping[Any, Any]) -> str:
    """Whether *other* is faster than *first*, or the same as far as their intervals tell."""
    if "INVALID" in (first["word"], other["word"]):
        return "not comparable: INVALID"
    if other["time_low_s"] <= first["time_high_s"] and first["time_low_s"] <= other["time_high_s"]:
        return "same within intervals"
    return "faster" if other["time_mean_s"] < first["time_mean_s"] else "slower"


def _about(profile: Profile) -> Iterator[Text]:
    yield Text(f"{profile.path.parent.name}/{profile.path.name}", style="bold")
    yield Text(profile.description)
    unread = ", its source not read yet" if profile.unverified else ""
    yield Text(f"{profile.kind}, {profile.year}{unread}: {profile.source}")
    yield Text(f"licence: {profile.licence}")


def _values(profile: Profile) -> Table:
    table = Table("value", "", "range", "", box=SIMPLE_HEAD)
    table.columns[1].justify = "right"
    for name, value, span, word in _flat(profile.values):
        table.add_row(Text(name), Text(value), Text(span), Text(word))
    return table


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Name, value with unit, range and verdict of every value in the header."""
    for name, value in values.items():
        if isinstance(value, Mapping) and "value" in value:
            unit = str(value.get("unit", ""))
            ends = [_si(value[end], unit) for end in ("low", "high") if end in value]
            word = str(value.get("verdict", "")).replace("+-", "±")
            yield f"{before}{name}", _si(value["value"], unit), " to ".join(ends) if len(ends) == 2 else "", word
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            text = str(value)
            yield f"{before}{name}", text if len(text) <= 40 else f"{text[:37]}...", "", ""


def _si(value: object, unit: str) -> str:
    """A value with its unit; rates in thousands, millions and so on, as their prefixes say."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{value} {unit}".strip()
    if unit in ("FLOP/s", "B/s"):
        size, prefix = next(((size, prefix) for size, prefix in PREFIXES if abs(value) >= size), (1.0, ""))
        return f"{value / size:.4g} {prefix}{unit}"
    return f"{value:.6g} {unit}".strip()


def _table(title: str, rows: pd.DataFrame, known: Measured) -> Table:
    """Points of one task, a line each."""
    named = varying(known.steady)
    rows = rows.sort_values([*named, "tokens", "context", "batch", "idle_s"])
    lines = [_cells(row, named, known) for row in rows.to_dict("records")]
    used = [name for name in lines[0] if any(str(line[name]) for line in lines)]
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name in used:
        text = name in ("way", "verdict")
        table.add_column(Text(name), justify="left" if text else "right", no_wrap=not text, overflow="fold")
    for line in lines:
        table.add_row(*(line[name] for name in used))
    return table


def _cells(row: Mapping[Any, Any], named: Sequence[str], known: Measured) -> Cells:
    half = (row["time_high_s"] - row["time_low_s"]) / 2 / row["time_mean_s"] if row["time_mean_s"] else 0.0
    per_s = row["throughput_per_s"]
    modelled = "" if known.metered or known.source == "none" else f" ({known.source})"
    return {
        "batch": f"{row['batch']:g}",
        "tokens": f"{row['tokens']:g}" if row["tokens"] else "",
        "context": f"{row['context']:g}" if row["context"] else "",
        "pause": quantity(row["idle_s"], "s") if row["idle_s"] else "",
        "way": Text(", ".join(way(row, named))),
        "time of a call": f"{quantity(row['time_mean_s'], 's')} ±{100 * half:.1f} %",
        "samples/s": rate(per_s, row["time_low_s"], row["time_high_s"]) if per_s > 0 else "",
        "p99": _known(row["p99_s"], "s"),
        "CPU/sample": _known(row["cpu_s_per_sample"], "s"),
        f"energy/sample{modelled}": _known(row["energy_j_per_sample"], "J"),
        "verdict": _worded(row),
    }


def _known(value: float, unit: str) -> str:
    """*value* with its unit; "" if it is not known."""
    return quantity(value, unit) if value > 0 else ""


def _worded(row: Mapping[Any, Any]) -> Text:
    word = str(row["word"])
    reason = f": {row['reason']}" if row["reason"] else ""
    return Text(f"{word}{reason}".replace("+-", "±"), style=STYLES.get(word, ""))


def _differences(first: Measured, other: Measured) -> Iterator[Text]:
    """Conditions that differ: what a difference in times may come from."""
    mine, its = dict(_conditions(first)), dict(_conditions(other))
    names = [name for name in dict.fromkeys([*mine, *its]) if mine.get(name) != its.get(name)]
    if not names:
        yield Text("measured under the same conditions, as far as they were written down")
    for name in names:
        there = f"{mine[name]} in the first" if name in mine else "the first does not say"
        yield Text(f"{name}: {its.get(name, 'not said')} here, {there}", style="yellow")


def _conditions(known: Measured) -> Iterator[tuple[str, str]]:
    for group, names in COMPARED:
        entry = known.header.get(group)
        if not names and entry is not None:
            yield group, str(entry)
        for name in names:
            if isinstance(entry, Mapping) and name in entry:
                yield f"{group}.{name}", str(entry[name])


def _pairs(first: Measured, other: Measured) -> RenderableType:
    """Points that both have; those of the usual way of running are matched whatever it is."""
    mine, its = _keyed(first), _keyed(other)
    both = [key for key in mine if key in its]
    if not both:
        return Text("no point was measured in both")
    table = Table("task", "point", "first", "this", "ratio", "", box=SIMPLE_HEAD)
    for column in table.columns[2:5]:
        column.justify, column.no_wrap = "right", True
    for key in both:
        one, two = mine[key], its[key]
        times = (quantity(row["time_mean_s"], "s") for row in (one, two))
        ratio = f"{two['time_mean_s'] / one['time_mean_s']:.3f}"
        point = ", ".join([place(one), *(word for word in key[-1:] if word)])
        table.add_row(TASKS[one["task"]], Text(point), *times, ratio, verdict(one, two))
    missing = [f"{len(rows) - len(both)} points only in {name}" for rows, name in _sizes(first, other, mine, its)]
    lacking = [text for text in missing if not text.startswith("0 ")]
    return Group(table, Text("; ".join(lacking))) if lacking else table


def _sizes(
    first: Measured, other: Measured, mine: Mapping[Any, Any], its: Mapping[Any, Any]
) -> Iterator[tuple[Mapping[Any, Any], str]]:
    yield mine, first.name
    yield its, other.name if other.name != first.name else "the other"


def _keyed(known: Measured) -> dict[tuple[Any, ...], Mapping[Any, Any]]:
    """Points by task, batch, tokens, context, pause, and how they differ from the usual way of running."""
    usual = known.part("conditions")
    found: dict[tuple[Any, ...], Mapping[Any, Any]] = {}
    for task in known.tasks:
        for row in known.points[known.points["task"] == task].to_dict("records"):
            unlike = [name for name in VARIANT if name in usual and row[name] == row[name] and row[name] != usual[name]]
            at = tuple(row[name] for name in ("task", "batch", "tokens", "context", "idle_s"))
            found[*at, ", ".join(way(row, unlike))] = row
    return found
