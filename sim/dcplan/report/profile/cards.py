"""A measured profile in a few numbers and sentences: what was measured where, how well, and what it shows."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dcplan.profiles.compute import VARIANT
from dcplan.report.cards import Card
from dcplan.report.numbers import quantity
from dcplan.report.profile.data import METERS, TASKS, Measured, interval, place, rate, way

KINDS = {"model": "modelled from processor time", "none": "no meter"}
"""Sources of power that are no meter."""
STEP = ("forward", "backward", "optimizer")
"""Parts of a training step, as the profile names them."""


def answer(known: Measured) -> str:
    """When, where and how it was measured, and how many points may be used."""
    hardware, software = known.part("hardware"), known.part("software")
    conditions = known.part("conditions")
    when = f"Measured on {known.header['date']}" if known.header.get("date") else f"Measured in {known.profile.year}"
    where = [str(hardware[name]) for name in ("accelerator", "cpu_model") if hardware.get(name)]
    cpus = f" ({hardware['logical_cpus']} logical processors)" if hardware.get("logical_cpus") else ""
    machine = " in a virtual machine" if hardware.get("hypervisor") else ""
    place_ = f" on {' with '.join(where)}{cpus}{machine}" if where else ""
    ran = way({name: conditions.get(name, float("nan")) for name in VARIANT}, _said(known))
    how = [*([f"torch {software['torch']}"] if software.get("torch") else []), *ran]
    how += [f"{conditions['mode']} measurement"] if conditions.get("mode") else []
    return f"{when}{place_}{': ' + ', '.join(how) if how else ''}. {tally(known)}."


def _said(known: Measured) -> list[str]:
    """Settings worth a word: the number format, the threads, and switches that are on."""
    conditions = known.part("conditions")
    on = [name for name in ("compiled", "graphs") if conditions.get(name)]
    several = [name for name in ("streams", "processes") if conditions.get(name, 1) != 1]
    return ["precision", "threads", *on, *several]


def tally(known: Measured) -> str:
    """How many points have each verdict.

    Such as "7 of 10 points are VALID, 2 UNSTABLE, 1 INVALID".
    """
    total = sum(known.tally.values())
    others = [f"{count} {word}" for word, count in known.tally.items() if count and word != "VALID"]
    return ", ".join([f"{known.tally['VALID']} of {total} points are VALID", *others])


def cards(known: Measured) -> Iterator[Card]:
    """The headline numbers."""
    yield _verdicts(known)
    for task in known.tasks:
        rows = known.default(known.of(task))
        rows = rows[rows["word"] != "INVALID"]
        if rows.empty:
            continue
        if task != "train":
            yield _time(rows.iloc[int(rows["time_mean_s"].argmin())], task)
        yield _rate(rows, task)
    yield from _step(known)
    yield from _cost(known)
    start_s = known.header.get("cold_start_s")
    if isinstance(start_s, int | float):
        yield Card(
            "Cold start", quantity(float(start_s), "s"), "", "From a fresh interpreter to its first answer; once."
        )


def _verdicts(known: Measured) -> Card:
    tallied, total = known.tally, sum(known.tally.values())
    meaning = f"{tallied['UNSTABLE']} UNSTABLE: use with care. {tallied['INVALID']} INVALID: not used."
    verdict = "kept" if tallied["VALID"] == total else "missed" if tallied["INVALID"] else ""
    return Card("Points that are VALID", f"{tallied['VALID']} of {total}", "", meaning, verdict)  # type: ignore[arg-type]


def _time(row: pd.Series, task: str) -> Card:
    low, high = float(row["time_low_s"]), float(row["time_high_s"])
    label = f"{TASKS[task]}, {place(row.to_dict())}"
    meaning = f"Mean time of a call; the shortest that was measured. {row['word']}."
    return Card(label, quantity(float(row["time_mean_s"]), "s"), interval(low, high, "s"), meaning)


def _rate(rows: pd.DataFrame, task: str) -> Card:
    row = rows.iloc[int(rows["throughput_per_s"].fillna(0.0).argmax())]
    per_s, mean_s = float(row["throughput_per_s"]), float(row["time_mean_s"])
    low_s, high_s = float(row["time_low_s"]), float(row["time_high_s"])
    low, high = (per_s * mean_s / each_s for each_s in (high_s, low_s))
    meaning = f"Most samples per second, with {place(row.to_dict())}. {row['word']}."
    span = interval(low, high, "1/s") if low > 0 else ""
    return Card(f"{TASKS[task]}, throughput", f"{rate(per_s, low_s, high_s)} /s", span, meaning)


def _step(known: Measured) -> Iterator[Card]:
    """What a training step spends its time on, if that was measured."""
    part = known.part("training_step")
    known_s = (part.get(f"{name}_s") for name in STEP)
    times_s = [float(time_s) for time_s in known_s if isinstance(time_s, int | float)]
    if len(times_s) < len(STEP):
        return
    total_s = sum(times_s)
    shares = " / ".join(f"{100 * time_s / total_s:.0f}" for time_s in times_s)
    at = place({"tokens": 0, "context": 0, "idle_s": 0, **part})
    yield Card(f"Training step, {at}", f"{shares} %", "", f"Of its time in {', '.join(STEP)}.")


def _cost(known: Measured) -> Iterator[Card]:
    """Energy per sample where a meter read it, else processor time."""
    rows = known.default(known.of(known.tasks[0]))
    rows = rows[rows["word"] != "INVALID"]
    name, unit, label = (
        ("energy_j_per_sample", "J", "Energy") if known.metered else ("cpu_s_per_sample", "s", "CPU time")
    )
    rows = rows[rows[name].notna()]
    if rows.empty:
        return
    row = rows.iloc[int(rows[name].argmin())]
    span = interval(float(row["energy_low_j_per_sample"]), float(row["energy_high_j_per_sample"]), "J")
    source = f"Read by {METERS[known.source]}" if known.metered else "Summed over threads; energy is not measured here"
    meaning = f"{TASKS[known.tasks[0]]} with {place(row.to_dict())}. {source}."
    yield Card(f"{label} per sample, least", quantity(float(row[name]), unit), span if known.metered else "", meaning)


def energy_said(known: Measured) -> str:
    """Why there is no energy, in a sentence with the source of the power figures."""
    if known.source == "model" and known.points["energy_j_per_sample"].notna().any():
        joules = known.points["energy_j_per_sample"]
        span = f"{quantity(float(joules.min()), 'J')} to {quantity(float(joules.max()), 'J')} per sample"
        return f"Energy is modelled from processor time, not measured: {span}. What was measured is processor time."
    source = KINDS.get(known.source, known.source)
    return f"Energy is not known (source of power: {source}); processor time per sample was measured instead."


def warnings(known: Measured) -> Iterator[str]:
    """What to know before the numbers are used."""
    conditions, tallied = known.part("conditions"), known.tally
    if tallied["INVALID"]:
        yield f"INVALID points, {tallied['INVALID']} of them, are not used by dcplan and should not be used by you."
    if tallied["UNSTABLE"]:
        yield f"UNSTABLE points, {tallied['UNSTABLE']} of them, need care; the table of all points says why."
    if conditions.get("contended"):
        yield "The machine was busy with something else while it was measured (contended)."
    if conditions.get("windows_disturbed_and_kept"):
        yield f"{conditions['windows_disturbed_and_kept']} windows that other processes disturbed had to be kept."
    if conditions.get("mode") == "quick":
        yield "A quick measurement: few points and wide intervals. Measure again without --quick before you plan."
    if not known.metered:
        yield f"Energy was not measured ({KINDS.get(known.source, known.source)})."
    if known.profile.kind != "measured":
        yield f"These numbers are {known.profile.kind}, nobody has measured them."
