"""Power over the run, with PUE and the weather that drives it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import Course, course, dates
from dcplan.report.figures.lines import add_band, add_line, band_caption
from dcplan.report.numbers import digits, percent, scale


def power_over_time(site: pd.DataFrame, start: datetime, horizon_s: float, limit_w: float | None = None) -> go.Figure:
    """Power at the meter, PUE and the outside wet bulb, one above the other."""
    drawn = (site["it_w"] > 0.0) & (site["battery_w"] >= 0.0)
    ratio = site["facility_w"] / site["it_w"].where(drawn)
    facility = _course_w(site, "facility_w").until(horizon_s)
    servers = _course_w(site, "it_w").until(horizon_s)
    used_w = site["facility_w"] - site["battery_w"].clip(upper=0.0)
    used = _course_w(site.assign(used_w=used_w), "used_w").until(horizon_s)
    pue = course(site["time_s"], ratio, site["it_w"] * site["duration_s"]).until(horizon_s)
    wet_bulb = course(site["time_s"], site["wet_bulb_c"], site["duration_s"]).until(horizon_s)
    unit = scale(float(site["facility_w"].max()) / 1000.0, "kW")
    factor = unit.factor / 1000.0
    days = dates(start, facility.time_s)
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, row_heights=[0.56, 0.22, 0.22], vertical_spacing=0.06)
    _stacked(figure, days, servers.mean * factor, "Servers", theme.BLUE, unit.unit)
    _stacked(figure, days, (used.mean - servers.mean) * factor, "Cooling, losses, lighting", theme.SKY, unit.unit)
    add_band(figure, days, facility, factor, "Meter, lowest to highest", theme.MUTED, row=1)
    add_line(figure, days, pue, 1.0, "PUE", theme.INK, row=2, hover="%{y:.3f}")
    add_line(figure, days, wet_bulb, 1.0, "Wet bulb", theme.GREEN, row=3, hover="%{y:.1f} °C")
    figure.update_yaxes(title_text=f"Power [{unit.unit}]", rangemode="tozero", row=1, col=1)
    if not drawn.all():
        _say_why(figure, site.loc[~drawn, "time_s"], start)
    figure.update_yaxes(title_text="PUE", nticks=4, row=2, col=1)
    figure.update_yaxes(title_text="Wet bulb [°C]", nticks=4, row=3, col=1)
    theme.titled(
        figure,
        power_finding(site, limit_w),
        "Top: power of the building, stacked; middle: PUE; bottom: outside wet bulb, which sets how hard the plant "
        "works. "
        + ("" if drawn.all() else "There is no PUE while servers are off or on batteries. ")
        + (
            "What batteries deliver in a power cut is on top of the meter's. "
            if (site["battery_w"] < 0.0).any()
            else ""
        )
        + band_caption(facility),
        580,
    )
    figure.update_layout(margin_t=theme.LEGEND_PX)
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def _say_why(figure: go.Figure, missing_s: pd.Series, start: datetime) -> None:
    """Write where there is no PUE why that is."""
    figure.add_annotation(
        x=dates(start, np.array([float(missing_s.min())]))[0],
        y=0.5,
        yref="y2 domain",
        xanchor="left",
        text="servers off or on batteries",
        font={"size": 11, "color": theme.MUTED},
        showarrow=False,
        row=2,
        col=1,
    )


def power_finding(site: pd.DataFrame, limit_w: float | None = None) -> str:
    """What power and PUE do over the run."""
    facility_w, it_w = site["facility_w"], site["it_w"]
    metered = "grid_w" not in site or not (site["grid_w"] != facility_w).any()
    text = f"{'The meter reads' if metered else 'The building draws'} {_reach(facility_w)}"
    if limit_w is not None:
        text += f", at most {percent(float(facility_w.max()) / limit_w)} of the connection"
    pue = (facility_w / it_w.where((it_w > 0) & (site["battery_w"] >= 0.0))).dropna()
    if pue.empty or float(pue.max()) - float(pue.min()) < 1e-9:
        return text
    text += f"; PUE moves between {float(pue.min()):.2f} and {float(pue.max()):.2f}"
    return text + _follows(pue, site)


def _follows(pue: pd.Series, site: pd.DataFrame) -> str:
    """Whether PUE goes with the weather or with the load, if either is clear."""
    found = []
    for name, word in (("wet_bulb_c", "the wet bulb"), ("it_w", "the servers' load")):
        other = site.loc[pue.index, name]
        if other.std() > 1e-6 * max(1.0, abs(float(other.mean()))) and pue.std() > 0:
            found.append((float(np.corrcoef(pue, other)[0, 1]), word))
    if not found:
        return ""
    strength, word = max(found, key=lambda pair: abs(pair[0]))
    if abs(strength) < 0.6:
        return ""
    return f" and {'rises' if strength > 0 else 'falls'} when {word} rises"


def server_power_over_time(servers: pd.DataFrame, start: datetime, horizon_s: float) -> go.Figure:
    """Power of the servers alone, for a run without a building."""
    total = servers.groupby(["replication", "time_s"], as_index=False).agg({"it_w": "sum", "duration_s": "first"})
    power = _course_w(total, "it_w").until(horizon_s)
    unit = scale(float(total["it_w"].max()) / 1000.0, "kW")
    factor = unit.factor / 1000.0
    days = dates(start, power.time_s)
    figure = make_subplots(rows=1, cols=1)
    add_band(figure, days, power, factor, "Lowest to highest", theme.BLUE, row=1)
    add_line(figure, days, power, factor, "Servers", theme.BLUE, row=1, hover=f"%{{y:,.3~f}} {unit.unit}")
    figure.update_yaxes(title_text=f"Power [{unit.unit}]", rangemode="tozero")
    finding = f"The servers draw {_reach(total['it_w'])}"
    theme.titled(figure, finding, f"Power at the servers' plugs. {band_caption(power)}", 340)
    return theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))


def _reach(power_w: pd.Series) -> str:
    """From the lowest to the highest power, with its unit."""
    low, high = float(power_w.min()) / 1000.0, float(power_w.max()) / 1000.0
    unit = scale(high, "kW")
    lowest, highest = digits(low * unit.factor), digits(high * unit.factor)
    return unit.text(high) if lowest == highest else f"{lowest} to {unit.text(high)}"


def _course_w(table: pd.DataFrame, name: str) -> Course:
    return course(table["time_s"], table[name], table["duration_s"])


def _stacked(figure: go.Figure, days: list[str], power: np.ndarray, name: str, colour: str, unit: str) -> None:
    figure.add_scatter(
        x=days,
        y=theme.compact(power),
        name=name,
        stackgroup="power",
        mode="lines",
        line={"width": 0.5, "color": colour},
        fillcolor=theme.faint(colour, 0.75),
        hovertemplate=f"%{{y:,.3~f}} {unit}",
        row=1,
        col=1,
    )
