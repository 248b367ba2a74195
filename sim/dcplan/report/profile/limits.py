"""The roofline: what is achieved against how much arithmetic there is for each byte moved."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.errors import InputError
from dcplan.profiles.library import Library
from dcplan.report import theme
from dcplan.report.numbers import percent
from dcplan.report.profile.data import TASKS, Measured
from dcplan.report.profile.marks import TASK_COLOURS, Line, hollow, hovers, key, lines, log_ticks, symbols

WIDTH = {"bf16": 0.5, "fp16": 0.5, "int8": 0.25}
"""Bytes of a number in each format, relative to fp32 [-]."""

PREFIXES = ((1e15, "PFLOP/s"), (1e12, "TFLOP/s"), (1e9, "GFLOP/s"), (1e6, "MFLOP/s"), (0.0, "FLOP/s"))
FORMATS = ("fp32", "tf32", "bf16", "fp16", "int8")
SYMBOLS = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Ceilings:
    """What a machine can do at most: arithmetic by number format [FLOP/s], memory [B/s], and how that is known."""

    peak_flop_per_s: Mapping[str, float]
    bandwidth_b_per_s: float
    kind: str


def ceilings(library: Library, sku: str) -> Ceilings | None:
    """The ceilings of machines of kind *sku*, measured or else from data sheets; None if *library* does not say."""
    try:
        profile = library.load("machine", sku)
    except InputError:
        return None
    peaks = {name: _value(profile.values, f"gemm_{name}", f"peak_{name}") for name in FORMATS}
    known = {name: peak for name, peak in peaks.items() if peak is not None}
    bandwidth = _value(profile.values, "memory_triad", "memory_copy", "memory_bandwidth")
    kind = "measured" if "memory_triad" in profile.values else profile.kind
    return Ceilings(known, bandwidth, kind) if known and bandwidth else None


def _value(values: Mapping[str, Any], *names: str) -> float | None:
    """The first of *names* that has a number."""
    entries = (values.get(name) for name in names)
    numbers = (entry.get("value") for entry in entries if isinstance(entry, Mapping))
    return next((float(number) for number in numbers if isinstance(number, int | float) and number > 0), None)


def roofline_figure(known: Measured, machine: Ceilings | None) -> go.Figure | None:
    """Achieved operations per second against operations per byte; None if the work of a sample is not known.

    Args:
        known: The profile.
        machine: Its ceilings; None if nobody has written them down.
    """
    rows = with_intensity(known)
    if rows.empty:
        return None
    figure = go.Figure()
    roofs = list(_roofs(rows, machine)) if machine else []
    figure.add_traces([_roof(rows, *roof) for roof in roofs])
    for task in [task for task in TASKS if (rows["task"] == task).any()]:
        for place, line in enumerate(lines(rows[rows["task"] == task])):
            _add(figure, line, task, place)
    if (rows["word"] == "INVALID").any():
        figure.add_traces([key("INVALID: do not use", hollow())])
    _axes(figure, rows, max((peak for _, peak, _ in roofs), default=0.0))
    limits = " The ceilings of this machine are not known: there is no machine profile of it."
    if machine and roofs:
        limits = f" Ceilings are {machine.kind}; models that fit into a cache may exceed that of memory."
    decode = " Decode is left out: what its cache moves is not known." if "decode" in known.tasks else ""
    train = " Training moves gradients too, which are not counted." if "train" in known.tasks else ""
    caption = (
        "To the right: more operations for each byte of weights and activations (written and read once); up: faster. "
        f"Points of a line differ in batch size.{train}{decode}{limits}"
    )
    return theme.titled(figure, roofline_finding(rows, machine), caption, 460)


def with_intensity(known: Measured) -> pd.DataFrame:
    """Points with their operations per byte [FLOP/B]; empty if the header does not say what a sample moves.

    A call of b samples moves the weights once and b times the activations, which `work` counts written and read; those
    of a shorter sequence in proportion to its tokens.
    """
    work = known.part("work")
    weights, activations = work.get("parameter_bytes"), work.get("activation_bytes_per_sample")
    rows = known.steady[known.steady["flop_per_s"].notna() & (known.steady["task"] != "decode")]
    if not isinstance(weights, int | float) or not isinstance(activations, int | float) or rows.empty:
        return pd.DataFrame()
    longest = float(known.steady["tokens"].max())
    share = rows["tokens"] / longest if longest else 1.0
    width = rows["precision"].map(lambda name: WIDTH.get(str(name), 1.0))
    moved = width * (weights + rows["batch"] * activations * share)
    return rows.assign(intensity=rows["batch"] * rows["flop_per_sample"] / moved)


def roofline_finding(rows: pd.DataFrame, machine: Ceilings | None) -> str:
    """What is achieved at most, and which share of the ceiling that is."""
    usable = rows[rows["word"] != "INVALID"]
    if usable.empty:
        return "No point is usable"
    best = usable.iloc[int(usable["flop_per_s"].argmax())]
    done = f"{TASKS[str(best['task'])]} reaches {per_second(float(best['flop_per_s']))}"
    if machine is None or best["precision"] not in machine.peak_flop_per_s:
        return f"{done} at most"
    peak = machine.peak_flop_per_s[str(best["precision"])]
    roof = min(peak, float(best["intensity"]) * machine.bandwidth_b_per_s)
    return f"{done}, {percent(float(best['flop_per_s']) / roof)} of the ceiling there"


def per_second(flop_per_s: float) -> str:
    """Operations per second as people read them.

    >>> per_second(58.5e9), per_second(2e12)
    ('58.5 GFLOP/s', '2 TFLOP/s')
    """
    least, unit = next((least, unit) for least, unit in PREFIXES if flop_per_s >= least)
    return f"{flop_per_s / (least or 1.0):.3g} {unit}"


def _roofs(rows: pd.DataFrame, machine: Ceilings) -> Iterator[tuple[str, float, float]]:
    """Number format, arithmetic peak [FLOP/s] and bandwidth [B/s] of each format that was measured."""
    for name in dict.fromkeys(rows["precision"]):
        if name in machine.peak_flop_per_s:
            yield str(name), machine.peak_flop_per_s[str(name)], machine.bandwidth_b_per_s


def _roof(rows: pd.DataFrame, name: str, peak: float, bandwidth: float) -> go.Scatter:
    ends = [rows["intensity"].min() / 3, peak / bandwidth, max(rows["intensity"].max() * 3, 3 * peak / bandwidth)]
    x = np.array(sorted(ends))
    return go.Scatter(
        x=theme.compact(x),
        y=theme.compact(np.minimum(peak, bandwidth * x)),
        name=theme.escaped(f"ceiling, {name}"),
        mode="lines",
        line={"width": 2.5, "color": theme.INK, "dash": "solid"},
        hovertext=theme.escaped(f"{name}: {per_second(peak)}, memory {bandwidth / 1e9:.3g} GB/s"),
        hoverinfo="text",
    )


def _add(figure: go.Figure, line: Line, task: str, place: int) -> None:
    name = f"{TASKS[task]}, {line.label}" if line.label else TASKS[task]
    for rows, mode in ((line.usable, "lines+markers"), (line.rows[line.rows["word"] == "INVALID"], "markers")):
        if rows.empty:
            continue
        good = mode != "markers"
        figure.add_scatter(
            x=theme.compact(rows["intensity"]),
            y=theme.compact(rows["flop_per_s"]),
            name=theme.escaped(name),
            mode=mode,
            line={"width": 1.2, "color": TASK_COLOURS[task], "dash": SYMBOLS[place % len(SYMBOLS)]},
            marker={"size": 8, "color": TASK_COLOURS[task], "symbol": symbols(rows)} if good else hollow(),
            hovertext=hovers(rows, line.named),
            hoverinfo="text",
            showlegend=good,
        )


def _axes(figure: go.Figure, rows: pd.DataFrame, peak: float) -> None:
    x, y = (
        (rows["intensity"].min() / 2, rows["intensity"].max() * 2),
        (rows["flop_per_s"].min(), rows["flop_per_s"].max()),
    )
    low, high = 0.6 * y[0], 1.6 * max(y[1], peak)
    figure.update_xaxes(
        title_text="Operations per byte moved [FLOP/B]", type="log", range=[math.log10(end) for end in x]
    )
    ticks = log_ticks(*x)
    figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    ticks = log_ticks(low, high)
    figure.update_yaxes(
        title_text="Operations per second",
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        ticktext=[per_second(tick) for tick in ticks],
    )
