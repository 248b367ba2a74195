"""How fast a measured workload is: time of a call and throughput by batch, processor time, and calls after pauses."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.numbers import digits, given, quantity
from dcplan.report.profile.data import TASKS, Measured, rate, varying, way
from dcplan.report.profile.marks import (
    Line,
    add_points,
    axis,
    batch_axis,
    hollow,
    hovers,
    key,
    lines,
    shade,
    symbols,
    y_axis,
)

TIMES = ("time_mean_s", "time_low_s", "time_high_s")
BAND = "The shaded band is the 95 % interval of the mean."


def latency_figure(known: Measured, task: str) -> go.Figure:
    """Time of a call against batch size, both logarithmic: mean with interval, p50 and p99."""
    drawn, rows = lines(known.of(task)), known.of(task)
    times = pd.concat([rows[name] for name in ("time_mean_s", "p50_s", "p99_s")])
    shown = axis(times, "s", log=True)
    figure = make_subplots(rows=1, cols=1)
    add_points(figure, drawn, TIMES, shown)
    told = _percentiles(figure, drawn)
    y_axis(figure, shown, times, "Time of a call")
    batch_axis(figure, rows["batch"])
    caption = f"Time from the start to the end of a call by its batch size. {BAND}{told}{split(drawn)}"
    return theme.titled(figure, latency_finding(known, task), caption, 440)


def _percentiles(figure: go.Figure, drawn: Sequence[Line]) -> str:
    """Lines of p50 and p99 of a single line, marks of p99 where there are several; and what to say of them."""
    told = False
    for line in drawn:
        for name, dash, colour in (("p50_s", "dot", theme.GREEN), ("p99_s", "dash", theme.PURPLE)):
            rows = line.usable[line.usable[name].notna()]
            if rows.empty or (len(drawn) > 1 and name == "p50_s"):
                continue
            alone = len(drawn) == 1
            figure.add_scatter(
                x=rows["batch"],
                y=theme.compact(rows[name]),
                name=name.removesuffix("_s"),
                legendgroup=line.label if not alone else name,
                mode="lines+markers" if alone else "markers",
                line={"width": 1.3, "color": colour, "dash": dash},
                marker={
                    "size": 7 if alone else 8,
                    "symbol": "triangle-up-open",
                    "color": colour if alone else line.colour,
                },
                hovertext=hovers(rows, line.named),
                hoverinfo="text",
                showlegend=alone,
            )
            told = True
    if told and len(drawn) > 1:
        figure.add_traces([key("p99", {"size": 8, "symbol": "triangle-up-open", "color": theme.MUTED})])
    return " Percentiles are shown where calls were enough to tell them." if told else ""


def split(drawn: Sequence[Line]) -> str:
    """What tells the lines apart, as a sentence of the caption."""
    shaded = len({line.colour for line in drawn if line.dash == drawn[0].dash}) > 1 if drawn else False
    ways = len({line.dash for line in drawn}) > 1
    told = {(True, True): "Shades tell tokens or context apart, dashes the ways of running.",
            (True, False): "Shades tell tokens or context apart.",
            (False, True): "Colours and dashes tell the ways of running apart."}  # fmt: skip
    return f" {told[shaded, ways]}" if (shaded, ways) in told else ""


def latency_finding(known: Measured, task: str) -> str:
    """What a call takes at the ends of the ladder."""
    rows = _usable(known, task)
    if rows.empty:
        return f"{TASKS[task]}: no point is usable"
    first, last = rows.iloc[int(rows["time_mean_s"].argmin())], rows.iloc[int(rows["time_mean_s"].argmax())]
    if first["batch"] == last["batch"] and len(rows) == 1:
        return f"{TASKS[task]}: a call with batch {first['batch']:g} takes {quantity(first['time_mean_s'], 's')}"
    return (
        f"{TASKS[task]}: a call takes {quantity(first['time_mean_s'], 's')} with {_at(first)} and "
        f"{quantity(last['time_mean_s'], 's')} with {_at(last)}{_ran(known, task, last)}"
    )


def _at(row: pd.Series) -> str:
    more = [f"{row['tokens']:g} tokens"] if row["tokens"] else []
    more += [f"context {row['context']:g}"] if row["context"] else []
    return " and ".join([f"batch {row['batch']:g}", *more])


def _ran(known: Measured, task: str, row: pd.Series) -> str:
    """How the point of a finding was run, where there are several ways."""
    words = way(row.to_dict(), varying(known.of(task)))
    return f" ({', '.join(words)})" if words else ""


def _usable(known: Measured, task: str) -> pd.DataFrame:
    rows = known.default(known.of(task))
    return rows[rows["word"] != "INVALID"]


def throughput_figure(known: Measured, task: str) -> go.Figure:
    """Samples per second of back-to-back calls against batch size, with the interval of the time turned over."""
    rows = known.of(task)
    calls = rows["throughput_per_s"] * rows["time_mean_s"]
    low, high = calls / rows["time_high_s"], calls / rows["time_low_s"].where(rows["time_low_s"] > 0)
    rows = rows.assign(rate_low=low, rate_high=high.fillna(10 * rows["throughput_per_s"]))
    drawn, shown = lines(rows), axis(rows["throughput_per_s"], "1/s")
    figure = make_subplots(rows=1, cols=1)
    add_points(figure, drawn, ("throughput_per_s", "rate_low", "rate_high"), shown)
    y_axis(figure, shown, rows["throughput_per_s"], "Samples per second")
    if not shown.log:
        figure.update_yaxes(title_text="Samples per second")
    batch_axis(figure, rows["batch"])
    sample = f" A sample is {known.header['sample']}." if known.header.get("sample") else ""
    caption = f"Samples per second when calls follow each other without a pause. {BAND}{split(drawn)}{sample}"
    return theme.titled(figure, throughput_finding(known, task), caption, 400)


def throughput_finding(known: Measured, task: str) -> str:
    """Where most samples are done."""
    rows = _usable(known, task)
    rows = rows[rows["throughput_per_s"].notna()]
    if rows.empty:
        return f"{TASKS[task]}: no throughput is known"
    best = rows.iloc[int(rows["throughput_per_s"].argmax())]
    per_s = rate(best["throughput_per_s"], best["time_low_s"], best["time_high_s"])
    most = f"{per_s} samples per second{_ran(known, task, best)}"
    return f"{TASKS[task]} does most with {_at(best)}: {most}"


def cpu_figure(known: Measured, task: str) -> go.Figure | None:
    """CPU seconds per sample against batch size; None if they are not known."""
    rows = known.of(task)
    rows = rows[rows["cpu_s_per_sample"].notna()]
    if rows.empty:
        return None
    drawn, shown = lines(rows), axis(rows["cpu_s_per_sample"], "s")
    figure = make_subplots(rows=1, cols=1)
    add_points(figure, drawn, ("cpu_s_per_sample", "", ""), shown)
    y_axis(figure, shown, rows["cpu_s_per_sample"], "CPU time per sample")
    batch_axis(figure, rows["batch"])
    usable = known.default(rows[rows["word"] != "INVALID"])
    finding = f"{TASKS[task]}: no point is usable"
    if len(usable):
        best = usable.iloc[int(usable["cpu_s_per_sample"].argmin())]
        least = quantity(float(best["cpu_s_per_sample"]), "s")
        finding = f"{TASKS[task]} takes least processor time with {_at(best)}: {least} per sample"
    caption = (
        "CPU time of the process, summed over its threads, per sample; processors that wait in a busy loop count too."
    )
    return theme.titled(figure, finding, caption + split(drawn), 360)


def pauses_figure(known: Measured) -> go.Figure | None:
    """How much longer a call takes after a pause, a line per batch; None if it was not measured."""
    cold = known.points[known.points["idle_s"] > 0]
    pauses_s = sorted(cold["idle_s"].unique())
    on = ["task", "batch", "tokens", "context", *varying(known.steady)]
    hot = known.steady[[*on, "time_mean_s"]].rename(columns={"time_mean_s": "hot_s"})
    rows = cold.merge(hot, on=on)
    if rows.empty:
        return None
    figure = go.Figure()
    places = list(rows.groupby(["task", "tokens", "context", "batch"], sort=True))
    for number, ((task, _, _, batch), part) in enumerate(places):
        several = rows["task"].nunique() > 1
        _pause(
            figure,
            part,
            shade(number, len(places)),
            f"{TASKS[str(task)]}, batch {batch:g}" if several else f"batch {batch:g}",
        )
    names = ["none", *(given(pause_s, "s") for pause_s in pauses_s)]
    figure.update_xaxes(
        title_text="Pause before the call",
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[-0.3, len(names) - 0.7],
    )
    figure.update_yaxes(title_text="Time, back to back = 1", rangemode="tozero")
    figure.add_hline(1.0, line={"width": 1, "color": theme.GREY})
    if (rows["word"] == "INVALID").any():
        figure.add_traces([key("INVALID: do not use", hollow())])
    caption = (
        "Mean time of a call after a pause, relative to that of calls that follow each other, by batch size; bars are "
        "95 % intervals. Caches were used by others meanwhile, clocks fell, a virtual processor left its core."
    )
    return theme.titled(figure, pauses_finding(rows), caption, 400)


def _pause(figure: go.Figure, rows: pd.DataFrame, colour: str, name: str) -> None:
    rows = rows.sort_values("idle_s")
    usable, spoilt = rows[rows["word"] != "INVALID"], rows[rows["word"] == "INVALID"]
    for part, mode in ((usable, "lines+markers"), (spoilt, "markers")):
        if part.empty and mode == "markers":
            continue
        start = ["none"] if mode != "markers" else []
        ratio = part["time_mean_s"] / part["hot_s"]
        over, under = part["time_high_s"] / part["hot_s"] - ratio, ratio - part["time_low_s"] / part["hot_s"]
        figure.add_scatter(
            x=[*start, *(given(pause_s, "s") for pause_s in part["idle_s"])],
            y=theme.compact([*(1.0 for _ in start), *ratio]),
            error_y={
                "array": [*(0.0 for _ in start), *over],
                "arrayminus": [*(0.0 for _ in start), *under],
                "thickness": 1.2,
            },
            name=name,
            mode=mode,
            line={"width": 2, "color": colour},
            marker={"size": 8, "color": colour, "symbol": ["circle" for _ in start] + symbols(part)}
            if start
            else hollow(),
            hovertext=[*("back to back" for _ in start), *hovers(part, ())],
            hoverinfo="text",
            showlegend=bool(start),
        )


def pauses_finding(rows: pd.DataFrame) -> str:
    """How much slower the worst usable case is."""
    usable = rows[rows["word"] != "INVALID"]
    if usable.empty:
        return "No time after a pause is usable"
    ratio = usable["time_mean_s"] / usable["hot_s"]
    worst = usable.iloc[int(ratio.argmax())]
    if ratio.max() < 1.05:
        return "Pauses do not slow the next call down"
    return (
        f"After a pause of {given(worst['idle_s'], 's')}, a call with batch {worst['batch']:g} takes "
        f"{digits(float(ratio.max()))} times as long"
    )
