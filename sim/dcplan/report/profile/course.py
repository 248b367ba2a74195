"""What happened over time: whether windows agreed with each other, and how training gained accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import digits, percent, quantity, scale
from dcplan.report.profile.data import TASKS, Measured, place
from dcplan.report.profile.marks import TASK_COLOURS

LEAST = 0.05
"""The drift figure shows at least so much to both sides [-]."""
SIGHT = 1.5
"""Disturbed windows farther off than this times the farthest measured one are drawn at the edge [-]."""


def drift_figure(known: Measured) -> go.Figure | None:
    """Mean of every window relative to its point's over time; None if windows were not kept."""
    if known.windows.empty:
        return None
    on = known.points[["point", "task", "batch", "tokens", "context", "idle_s", "time_mean_s"]]
    rows = known.windows[["point", "phase", "start_s", "mean_s"]].merge(on, on="point").sort_values("start_s")
    rows = rows[rows["phase"].isin(["measured", "disturbed"])]
    rows = rows.assign(off=rows["mean_s"] / rows["time_mean_s"] - 1)
    measured, disturbed = rows[rows["phase"] == "measured"], rows[rows["phase"] == "disturbed"]
    if measured.empty:
        return None
    far = max(LEAST, float(measured["off"].abs().max()))
    shown = scale(float(rows["start_s"].max()), "s")
    figure = go.Figure()
    for task in [task for task in TASKS if (measured["task"] == task).any()]:
        _course(figure, measured[measured["task"] == task], TASK_COLOURS[task], TASKS[task], shown.factor)
    if len(disturbed):
        _disturbed(figure, disturbed, SIGHT * far, shown.factor)
    figure.add_hline(0.0, line={"width": 1, "color": theme.GREY})
    reach = 100 * (SIGHT if len(disturbed) else 1.0) * far * 1.1
    figure.update_yaxes(title_text="Window against its point [%]", range=[-reach, reach], ticksuffix="")
    figure.update_xaxes(title_text=f"Since the measurement began [{shown.unit}]")
    clipped = int((disturbed["off"].abs() > SIGHT * far).sum())
    edge = f" {clipped} of them lie beyond the edge and are drawn at it." if clipped else ""
    caption = (
        "Each mark is a window: its mean time of a call against the mean of its point; a thin line joins the windows "
        "of a point. Warm-up is left out here, and disturbed windows are left out of the results." + edge
    )
    return theme.titled(figure, drift_finding(measured, len(disturbed)), caption, 420)


def _course(figure: go.Figure, rows: pd.DataFrame, colour: str, name: str, factor: float) -> None:
    """The windows of all points of a task, as one trace with gaps."""
    x: list[float | None] = []
    y: list[float | None] = []
    hover: list[str] = []
    for _, part in rows.groupby("point"):
        x += [*(float(f"{value:.6g}") for value in part["start_s"] * factor), None]
        y += [*(float(f"{value:.4g}") for value in 100 * part["off"]), None]
        hover += [*(_said(row) for row in part.to_dict("records")), ""]
    figure.add_scatter(
        x=x,
        y=y,
        name=name,
        mode="lines+markers",
        line={"width": 0.6, "color": theme.faint(colour, 0.35)},
        marker={"size": 5, "color": colour},
        hovertext=hover,
        hoverinfo="text",
    )


def _disturbed(figure: go.Figure, rows: pd.DataFrame, edge: float, factor: float) -> None:
    figure.add_scatter(
        x=theme.compact(rows["start_s"] * factor),
        y=theme.compact(100 * np.clip(rows["off"], -edge, edge)),
        name="Disturbed by other processes",
        mode="markers",
        marker={"size": 9, "symbol": "x", "color": theme.ORANGE, "line": {"width": 1, "color": theme.INK}},
        hovertext=[_said(row) for row in rows.to_dict("records")],
        hoverinfo="text",
    )


def _said(row: Mapping[Any, Any]) -> str:
    off = float(row["off"])
    return theme.escaped(f"{TASKS[str(row['task'])]}, {place(row)}: {quantity(float(row['mean_s']), 's')} ({off:+.1%})")


def drift_finding(rows: pd.DataFrame, disturbed: int) -> str:
    """How far windows lie from the mean of their point, and how many were disturbed."""
    usual = float(rows["off"].abs().quantile(0.95))
    more = f"; {disturbed} {'window was' if disturbed == 1 else 'windows were'} disturbed" if disturbed else ""
    return f"95 % of the windows lie within {percent(usual)} of the mean of their point{more}"


def accuracy_figure(known: Measured) -> go.Figure | None:
    """Accuracy on images that were not trained on, against time; None if it was not measured."""
    rows = known.accuracy
    if rows.empty or not known.part("accuracy") or not {"seconds", "validation_accuracy"} <= set(rows):
        return None
    rows = rows.sort_values("seconds") if "fold" in rows else rows.assign(fold=0).sort_values("seconds")
    proper, folds = rows[rows["fold"] == 0], rows[rows["fold"] != 0]
    shown = scale(float(rows["seconds"].max()), "s")
    figure = go.Figure()
    for number, (_, part) in enumerate(folds.groupby("fold")):
        _learnt(figure, part, shown.factor, "Folds of the cross-validation", theme.GREY, legend=number == 0)
    _learnt(figure, proper, shown.factor, "Validation accuracy", theme.BLUE)
    figure.update_xaxes(title_text=f"Time spent training [{shown.unit}]", rangemode="tozero")
    figure.update_yaxes(title_text="Validation accuracy [%]")
    return theme.titled(figure, accuracy_finding(known, proper), accuracy_caption(known), 380)


def _learnt(
    figure: go.Figure, rows: pd.DataFrame, factor: float, name: str, colour: str, *, legend: bool = True
) -> None:
    """One training, a mark per epoch."""
    figure.add_scatter(
        x=theme.compact(rows["seconds"] * factor),
        y=theme.compact(100 * rows["validation_accuracy"]),
        name=name,
        mode="lines+markers",
        line={"width": 2 if colour == theme.BLUE else 1, "color": colour},
        marker={"size": 6 if colour == theme.BLUE else 3},
        hovertext=[theme.escaped(_epoch(row)) for row in rows.to_dict("records")],
        hoverinfo="text",
        showlegend=legend,
    )


def accuracy_finding(known: Measured, rows: pd.DataFrame) -> str:
    """The best accuracy and when it was reached, and that of the test part if it was looked at."""
    best = rows.iloc[int(rows["validation_accuracy"].argmax())]
    reached = percent(float(best["validation_accuracy"]), 3)
    test = known.part("accuracy").get("test_accuracy")
    more = ""
    if isinstance(test, Mapping) and isinstance(test.get("mean"), int | float):
        more = f"; on images kept for the test, {percent(float(test['mean']), 3)}"
    return f"Training reaches {reached} after {quantity(float(best['seconds']), 's')}{more}"


def accuracy_caption(known: Measured) -> str:
    """What was trained on, and how to read the figure."""
    images = known.part("accuracy").get("images")
    said = ""
    if isinstance(images, Mapping) and images.get("name"):
        said = f" Trained on {images['name']}{'' if images.get('real', True) else ', which are no real photographs'}."
    return f"One mark per epoch, measured on samples that were not trained on; validation counts as time.{said}"


def _epoch(row: Mapping[Any, Any]) -> str:
    loss = row.get("validation_loss")
    more = f", loss {digits(float(loss))}" if loss is not None else ""
    accuracy = percent(float(row["validation_accuracy"]), 3)
    return f"epoch {row.get('epoch', '?')}, {quantity(float(row['seconds']), 's')}: {accuracy}{more}"
