"""How long the servers last without any cooling."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import digits, quantity

COLOURS = {"mean": theme.BLUE, "peak": theme.VERMILION}
MINUTE_S = 60.0


def overheating_figure(courses: pd.DataFrame) -> go.Figure:
    """Inlet air after the loss of all cooling, at the mean and the peak power, from the table `overheating`."""
    limit_c = float(courses["limit_c"].iloc[0])
    figure = go.Figure()
    for case, rows in courses.groupby("case", sort=False):
        rack_kw = float(rows["rack_w"].iloc[0]) / 1000.0
        figure.add_scatter(
            x=theme.compact(rows["time_s"] / MINUTE_S),
            y=theme.compact(rows["inlet_c"]),
            name=f"{str(case).capitalize()}: {quantity(rack_kw, 'kW')} a rack",
            mode="lines",
            line={"color": COLOURS[str(case)], "width": 2},
            hovertemplate="%{y:.1f} °C",
        )
    figure.add_hline(y=limit_c, line={"color": theme.INK, "width": 1.2, "dash": "dash"})
    figure.add_annotation(
        x=0, y=limit_c, xref="paper", xanchor="left", yanchor="bottom", text=f"limit {limit_c:g} °C", showarrow=False
    )
    figure.update_xaxes(title_text="Time since all cooling was lost [min]", rangemode="tozero", hoverformat=".1f")
    figure.update_yaxes(title_text="Air into the servers [°C]")
    theme.titled(
        figure,
        overheating_finding(courses),
        "What if all cooling stopped at once: a store of chilled water, if there is one, is used up first; then air "
        "and metal of the racks warm. The limit is where servers switch off, or else are as slow as they get; here "
        "nothing is slowed down before.",
        360 + theme.LEGEND_PX,
    )
    return figure.update_layout(margin_t=24 + theme.LEGEND_PX, hovermode="x unified")


def overheating_finding(courses: pd.DataFrame) -> str:
    """After how long the air is too warm."""
    limit_c = float(courses["limit_c"].iloc[0])
    found = {str(case): reached_s(rows) for case, rows in courses.groupby("case", sort=False)}
    mean_s, peak_s = found["mean"], found["peak"]
    shown = _minutes(float(courses["time_s"].max()))
    if peak_s is None:
        return f"Without any cooling the servers' air stays below {limit_c:g} °C for {shown}"
    text = f"Without any cooling the servers' air is at {limit_c:g} °C after {_minutes(peak_s)} at the peak power"
    if mean_s is None:
        return f"{text}, later than {shown} at the mean"
    return f"{text}, {_minutes(mean_s)} at the mean"


def reached_s(rows: pd.DataFrame) -> float | None:
    """When a course crosses its limit [s], by a straight line between its points; None if it does not."""
    over = (rows["inlet_c"] >= rows["limit_c"]).to_numpy()
    if not over.any():
        return None
    place = int(over.argmax())
    if place == 0:
        return 0.0
    before, after = rows.iloc[place - 1], rows.iloc[place]
    part = (after["limit_c"] - before["inlet_c"]) / (after["inlet_c"] - before["inlet_c"])
    return float(before["time_s"] + part * (after["time_s"] - before["time_s"]))


def _minutes(seconds: float) -> str:
    return f"{digits(seconds / MINUTE_S, 2)} min"
