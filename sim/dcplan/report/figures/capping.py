"""What power caps do: power that is wanted, allowed and drawn, and how much slower servers are for it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import course, dates
from dcplan.report.figures.lines import add_line
from dcplan.report.numbers import percent, scale

FULL = 1.0 - 1e-9
POWERS = {
    "wanted_w": ("Wanted", theme.GREY),
    "allowed_w": ("Allowed", theme.VERMILION),
    "drawn_w": ("Drawn", theme.BLUE),
}


def capping_figure(capping: pd.DataFrame, start: datetime, horizon_s: float) -> go.Figure | None:
    """Power wanted, allowed and drawn by all groups, and the speed of each; None if nothing was slowed down.

    Args:
        capping: The table `capping`.
        start: Date of second 0.
        horizon_s: End of the run [s].
    """
    if not (capping["speed"] < FULL).any():
        return None
    total = capping.groupby(["replication", "time_s"], as_index=False)[list(POWERS)].sum()
    unit = scale(float(total["wanted_w"].max()) / 1000.0, "kW")
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.07)
    for name, (label, colour) in POWERS.items():
        shown = course(total["time_s"], total[name], pd.Series(np.ones(len(total)))).until(horizon_s)
        days, hover = dates(start, shown.time_s), f"%{{y:,.3~f}} {unit.unit}"
        add_line(figure, days, shown, unit.factor / 1000.0, label, colour, row=1, hover=hover, legend=True)
    for number, (group, rows) in enumerate(capping.groupby("group", sort=False)):
        shown = course(rows["time_s"], rows["speed"], pd.Series(np.ones(len(rows)))).until(horizon_s)
        days, colour = dates(start, shown.time_s), theme.SERIES[number % len(theme.SERIES)]
        label = f"Speed, {theme.escaped(theme.shortened(str(group)))}"
        several = capping["group"].nunique() > 1
        add_line(figure, days, shown, 100.0, label, colour, row=2, hover="%{y:.1f} %", legend=several)
    figure.update_yaxes(title_text=f"Power [{unit.unit}]", row=1, col=1)
    figure.update_yaxes(title_text="Speed [%]", row=2, col=1)
    theme.titled(
        figure,
        capping_finding(capping),
        "Top: power of all servers, as it would be at full speed, as racks, rows and hall allow it, and as it is; "
        "bottom: speed of each group of servers over full speed. Means over the replications, in site time.",
        460 + theme.LEGEND_PX,
    )
    figure.update_layout(margin_t=24 + theme.LEGEND_PX)
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def capping_finding(capping: pd.DataFrame) -> str:
    """For how much of the time servers are slowed down, how far, and what they wanted."""
    slow = (capping["speed"] < FULL).groupby([capping["replication"], capping["time_s"]]).any()
    total = capping.groupby(["replication", "time_s"])[["wanted_w", "allowed_w"]].sum()
    worst = total.iloc[int((total["wanted_w"] - total["allowed_w"]).argmax())] / 1000.0
    wanted, allowed = (scale(float(kw), "kW").text(float(kw)) for kw in worst)
    slowest = percent(float(capping["speed"].min()))
    return (
        f"Power caps slow servers down for {percent(float(slow.mean()))} of the time, at worst to {slowest} of full "
        f"speed; when most is missing they want {wanted} and may draw {allowed}"
    )
