"""When an endpoint is slow: mean latency by day and hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import digits, quantity, scale

HOUR_S, DAY_S = 3600.0, 86400.0
FEWEST_DAYS, MOST_DAYS = 2, 62
"""With less than this there is nothing to compare; with more, rows are too thin to read."""
SHADES = [[0.0, "#f2f7fb"], [0.5, theme.SKY], [1.0, "#08306b"]]


def by_hour(steps: pd.DataFrame, start: datetime) -> pd.DataFrame:
    """Mean latency of the requests answered in each hour [s], a row a day, a column an hour of the day.

    Args:
        steps: The part of the table `endpoints` of one endpoint, all replications.
        start: Date of second 0; hours count on from it, without daylight saving.
    """
    into_day_s = (start - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    since_s = steps["time_s"] + into_day_s
    places = {"day": (since_s // DAY_S).astype(int), "hour": (since_s % DAY_S // HOUR_S).astype(int)}
    sums = steps.assign(**places).groupby(["day", "hour"])[["latency_s", "served"]].sum()
    mean_s = sums["latency_s"] / sums["served"].where(sums["served"] > 0)
    return mean_s.unstack("hour").reindex(columns=range(24))


def rush_figure(name: str, steps: pd.DataFrame, start: datetime) -> go.Figure | None:
    """Mean latency by day and hour as a heat map; None for less than two days, or for months.

    Args:
        name: The endpoint.
        steps: Its part of the table `endpoints`, all replications; not empty.
        start: Date of second 0.
    """
    table_s = by_hour(steps, start)
    if not FEWEST_DAYS <= len(table_s) <= MOST_DAYS or bool(table_s.isna().to_numpy().all()):
        return None
    slowest_s = float(np.nanmax(table_s.to_numpy()))
    unit = scale(slowest_s, "s")
    days = [f"{start + timedelta(days=int(day)):%a %-d %b}" for day in table_s.index]
    figure = go.Figure(
        go.Heatmap(
            x=list(range(24)),
            y=days,
            z=theme.compact(table_s.to_numpy() * unit.factor),
            colorscale=SHADES,
            zmin=0.0,
            zmax=slowest_s * unit.factor,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": unit.unit}, "thickness": 12, "outlinewidth": 0},
            hovertemplate=f"%{{y}}, %{{x}}:00 to %{{x}}:59: %{{z:.4~g}} {unit.unit}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="Hour of the day, site time", dtick=3, showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return theme.titled(
        figure,
        rush_finding(name, table_s, start),
        "Mean latency of the requests that were answered in each hour, over all replications; darker is slower.",
        150 + 26 * len(days),
    )


def rush_finding(name: str, table_s: pd.DataFrame, start: datetime) -> str:
    """When the endpoint is slowest, and how much slower than usual."""
    values_s = table_s.to_numpy(dtype=np.float64)
    row, hour = divmod(int(np.nanargmax(values_s)), values_s.shape[1])
    day, worst_s, usual_s = table_s.index[row], float(values_s[row, hour]), float(np.nanmedian(values_s))
    if worst_s < 1.1 * usual_s:
        return f"{name} is equally fast at all hours: {quantity(usual_s, 's')} on average"
    when = f"{start + timedelta(days=int(day)):%A %-d %B}, {hour}:00 to {hour + 1}:00"
    return (
        f"{name} is slowest on {when}: {quantity(worst_s, 's')} on average, "
        f"{digits(worst_s / usual_s)} times what is usual"
    )
