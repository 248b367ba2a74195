"""What an endpoint has to do over the run: requests, queue and how busy its replicas are."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import POINTS, course, dates
from dcplan.report.figures.lines import add_band, add_line, band_caption
from dcplan.report.numbers import digits, percent


def load_figure(
    name: str,
    steps: pd.DataFrame,
    replicas: int | None,
    start: datetime,
    horizon_s: float,
    points: int = POINTS,
    scaling: pd.DataFrame | None = None,
) -> go.Figure:
    """Requests answered per second, requests in the system, and busy replicas, one above the other.

    Args:
        name: The endpoint.
        steps: Its part of the table `endpoints`, all replications; not empty.
        replicas: Its replicas; None if the scenario does not say.
        start: Date of second 0.
        horizon_s: End of the run [s].
        points: Most points of a line.
        scaling: Its part of the table `scaling`, if replicas come and go: those of the first replication are drawn.
    """
    of_all = replicas if scaling is None else None
    served = course(steps["time_s"], steps["served"] / steps["duration_s"], steps["duration_s"], points).until(
        horizon_s
    )
    waiting = course(steps["time_s"], steps["in_system"].astype(float), steps["duration_s"], points).until(horizon_s)
    busy = course(steps["time_s"], busy_share(steps, of_all), steps["duration_s"], points).until(horizon_s)
    days = dates(start, served.time_s)
    panels = [
        (served, 1.0, "Answered", theme.BLUE, "Answered [/s]", "%{y:,.4~g} /s"),
        (waiting, 1.0, "In system", theme.PURPLE, "In system", "%{y:,.4~g} requests"),
        (busy, 100.0 if of_all else 1.0, "Busy", theme.GREEN, "Busy [%]" if of_all else "Replicas",
         "%{y:.1f} %" if of_all else "%{y:,.4~g} replicas"),
    ]  # fmt: skip
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (shown, factor, label, colour, title, hover) in enumerate(panels, start=1):
        add_band(figure, days, shown, factor, label, colour, row=row)
        add_line(figure, days, shown, factor, label, colour, row=row, hover=hover)
        figure.update_yaxes(title_text=title, rangemode="tozero", nticks=5, row=row, col=1)
    bottom = "busy replicas"
    if scaling is not None:
        _add_replicas(figure, scaling, start, horizon_s)
        bottom = "busy replicas, and as a stepped line those that get requests, in the first replication"
    theme.titled(
        figure,
        load_finding(name, steps, of_all),
        f"Top: requests answered per second; middle: requests waiting or in service; bottom: {bottom}. "
        + band_caption(served),
        540,
    )
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def _add_replicas(figure: go.Figure, scaling: pd.DataFrame, start: datetime, horizon_s: float) -> None:
    """Replicas that get requests over time, each decision a step."""
    first = scaling[scaling["replication"] == scaling["replication"].min()]
    times_s, active = first["time_s"].to_numpy(dtype=float), first["active"].to_numpy(dtype=float)
    figure.add_scatter(
        x=dates(start, np.append(times_s, horizon_s)),
        y=theme.compact(np.append(active, active[-1])),
        name="Active",
        mode="lines",
        line={"width": 1.6, "color": theme.INK, "shape": "hv"},
        hovertemplate="%{y:.0f} replicas",
        showlegend=False,
        row=3,
        col=1,
    )


def pools_figure(name: str, pools: pd.DataFrame, start: datetime, horizon_s: float, points: int = POINTS) -> go.Figure:
    """How busy the replicas on each kind of server are: an endpoint's part of the table `pools`; not empty."""
    figure = make_subplots(rows=1, cols=1)
    shares: dict[str, float] = {}
    for number, (pool, rows) in enumerate(pools.groupby("pool", sort=False)):
        colour = theme.SERIES[number % len(theme.SERIES)]
        busy = rows["busy_s"] / (rows["duration_s"] * rows["replicas"])
        shown = course(rows["time_s"], busy, rows["duration_s"], points).until(horizon_s)
        days = dates(start, shown.time_s)
        label = f"{rows['replicas'].iloc[0]} x {pool}"
        add_line(figure, days, shown, 100.0, label, colour, row=1, hover="%{y:.1f} %", legend=True)
        shares[str(pool)] = float(np.average(busy, weights=rows["duration_s"]))
    figure.update_yaxes(title_text="Busy [%]", range=[0, 104])
    theme.titled(
        figure,
        f"{name} keeps " + ", ".join(f"{pool} {percent(share)} busy" for pool, share in shares.items()),
        "One line for each kind of server that hosts replicas: the share of the time that they were busy.",
        300 + theme.LEGEND_PX,
    ).update_layout(margin_t=24 + theme.LEGEND_PX)
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def busy_share(steps: pd.DataFrame, replicas: int | None) -> pd.Series:
    """Busy replicas in each step, as a share of all if their number is known."""
    return steps["busy_s"] / (steps["duration_s"] * (replicas or 1))


def load_finding(name: str, steps: pd.DataFrame, replicas: int | None) -> str:
    """How much is asked of the endpoint, and how busy that makes it."""
    if not steps["arrived"].any():
        return f"{name} got no request"
    rate = steps["served"] / steps["duration_s"]
    mean = float(steps["served"].sum() / steps["duration_s"].sum())
    text = f"{name} answers {digits(mean)} requests per second, at its busiest {digits(float(rate.max()))}"
    if not replicas:
        return text
    busy = busy_share(steps, replicas)
    share = float(steps["busy_s"].sum() / (steps["duration_s"].sum() * replicas))
    they = "its replica is" if replicas == 1 else f"its {replicas:,} replicas are"
    return f"{text}; {they} {percent(share)} busy, {percent(float(busy.max()))} at most"
