"""A week of energy on site: what covers the building, what the battery takes, and how full it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import Course, course, dates
from dcplan.report.facts import Facts
from dcplan.report.numbers import dollars, percent, scale

DAY_S = 86400.0
J_PER_KWH = 3.6e6
FROM = {
    "Grid": ("grid_w", theme.GREY),
    "Sun": ("solar_w", theme.ORANGE),
    "Wind": ("wind_w", theme.SKY),
    "Generators": ("generator_w", theme.BLUE),
    "Battery gives": ("storage_w", theme.GREEN),
}
"""What covers the building: columns and colours, from the bottom up."""


def dispatch_figure(site: pd.DataFrame, rule: pd.DataFrame | None, known: Facts) -> go.Figure | None:
    """Sources stacked above zero, charging and export below it, and the battery's charge; None if there is none.

    Args:
        site: The table `site`.
        rule: The table `dispatch`; None without a battery.
        known: When the run starts.
    """
    if "solar_w" not in site or not site[["solar_w", "wind_w", "storage_w", "curtailed_w"]].any(axis=None):
        return None
    week = hardest_week(site[site["replication"] == site["replication"].min()])
    begins_s, ends_s = float(week["time_s"].iloc[0]), float((week["time_s"] + week["duration_s"]).iloc[-1])
    unit = scale(float(week["facility_w"].max()) / 1000.0, "kW")
    factor = unit.factor / 1000.0
    stored = bool(week["storage_j"].any())
    figure = make_subplots(
        rows=1 + stored, cols=1, shared_xaxes=True, row_heights=[0.72, 0.28][: 1 + stored], vertical_spacing=0.07
    )
    for name, (column, colour) in FROM.items():
        if (week[column] > 0.0).any():
            shown = _course(week, week[column].clip(lower=0.0), ends_s)
            _area(figure, known, shown, factor, name, colour, "above", unit.unit)
    below = {
        "Battery takes": (week["storage_w"].clip(upper=0.0), theme.PURPLE),
        "Export": (-week["export_w"], theme.VERMILION),
    }
    for name, (power_w, colour) in below.items():
        if power_w.any():
            _area(figure, known, _course(week, power_w, ends_s), factor, name, colour, "below", unit.unit)
    _line(figure, known, _course(week, week["facility_w"], ends_s), factor, "Building", theme.INK, 1, f" {unit.unit}")
    if stored:
        charge = _course(week, week["storage_j"] / J_PER_KWH, ends_s)
        _line(figure, known, charge, 1.0, "Charge", theme.GREEN, 2, " kWh")
        figure.update_yaxes(title_text="Charge [kWh]", rangemode="tozero", nticks=4, row=2, col=1)
    figure.update_yaxes(title_text=f"Power [{unit.unit}]", row=1, col=1)
    theme.titled(figure, finding(site, rule), CAPTION, 560 if stored else 420)
    figure.update_layout(margin_t=30 + theme.LEGEND_PX)
    return theme.over_time(figure, dates(known.start, np.array([begins_s, ends_s])))


CAPTION = (
    "What covers the building, stacked above zero, and what charges the battery or goes to the grid, below it; both "
    "together are what the building draws (line). The week with the highest power of the building, first replication; "
    "times are the site's clock at the start of the run."
)


def hardest_week(site: pd.DataFrame) -> pd.DataFrame:
    """The seven days with the highest power of the building; all of a shorter run."""
    day = (site["time_s"].to_numpy() // DAY_S).astype(np.int64)
    hardest = int(day[site["facility_w"].to_numpy().argmax()])
    first = min(max(hardest - 3, int(day[0])), max(int(day[-1]) - 6, int(day[0])))
    return site.loc[(day >= first) & (day < first + 7)]


def finding(site: pd.DataFrame, rule: pd.DataFrame | None) -> str:
    """What sun, wind and battery do over the run."""
    drawn_j, made_j = (
        float((power_w * site["duration_s"]).sum())
        for power_w in (site["facility_w"], site["solar_w"] + site["wind_w"] - site["export_w"])
    )
    text = "The battery" if made_j <= 0.0 else f"Sun and wind cover {percent(made_j / drawn_j)} of the building"
    if not site["wind_w"].any():
        text = text.replace("Sun and wind cover", "The sun covers")
    elif not site["solar_w"].any():
        text = text.replace("Sun and wind cover", "The wind covers")
    if rule is None or rule.empty:
        return text
    saved_usd = float((rule["bare_usd"] - rule["rule_usd"]).mean())
    text += "" if made_j <= 0.0 else "; the battery"
    text += f" {'saves' if saved_usd >= 0.0 else 'costs'} {dollars(abs(saved_usd))} of energy and demand"
    missed_usd = float((rule["rule_usd"] - rule["optimum_usd"]).mean())
    return text if np.isnan(missed_usd) else f"{text}, and perfect foresight would save {dollars(missed_usd)} more"


def _course(week: pd.DataFrame, value: pd.Series, ends_s: float) -> Course:
    return course(week["time_s"], value, week["duration_s"]).until(ends_s)


def _area(
    figure: go.Figure, known: Facts, shown: Course, factor: float, name: str, colour: str, group: str, unit: str
) -> None:
    """A step of the stack *group*."""
    figure.add_scatter(
        x=dates(known.start, shown.time_s),
        y=theme.compact(shown.mean * factor),
        name=name,
        stackgroup=group,
        mode="lines",
        line={"width": 0, "color": colour, "simplify": False},
        fillcolor=theme.faint(colour, 0.7),
        hovertemplate=f"%{{y:,.3~f}} {unit}",
        row=1,
        col=1,
    )


def _line(
    figure: go.Figure, known: Facts, shown: Course, factor: float, name: str, colour: str, row: int, unit: str
) -> None:
    figure.add_scatter(
        x=dates(known.start, shown.time_s),
        y=theme.compact(shown.mean * factor),
        name=name,
        mode="lines",
        line={"width": 1.6, "color": colour},
        hovertemplate=f"%{{y:,.3~f}}{unit}",
        showlegend=row == 1,
        row=row,
        col=1,
    )
