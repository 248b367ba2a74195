"""How the plant works: with compressors or without, and what PUE follows."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import FloatArray
from dcplan.report.numbers import percent, scale

DAY_S, HOUR_S = 86400.0, 3600.0
BY_MONTH_FROM_DAYS, BY_DAY_FROM_DAYS = 62.0, 4.0
"""From how many days on bars are months, or days; below they are hours."""
HALF_A_DAY_S = 12 * HOUR_S
"""Runs that are shorter see too little weather to tell."""
MODES = {"No compressor": theme.GREEN, "Both": theme.SKY, "Compressors alone": theme.ORANGE}
"""How heat leaves the building, and its colour."""
NEARLY = 1e-3
TENTH = 0.1
CLOSE = 0.05
"""PUE that differ by less than this are told with three decimals."""
CELLS = 60
"""Cells along each axis into which steps are gathered."""
LEAST_SPREAD = 2e-3
"""PUE that moves by less than this follows nothing."""
SHADES = [[0.0, theme.SKY], [0.5, theme.BLUE], [1.0, theme.VERMILION]]


def modes(economiser: pd.Series) -> pd.Series:
    """The mode of the plant, from the share of the heat that leaves without a compressor."""
    free, none = economiser >= 1.0 - NEARLY, economiser <= NEARLY
    return pd.Series(np.select([free, none], ["No compressor", "Compressors alone"], "Both"), economiser.index)


def mode_figure(site: pd.DataFrame, start: datetime, horizon_s: float) -> go.Figure | None:
    """Share of the time in each mode by month, day or hour; None for short runs, and where the mode never changes.

    Args:
        site: The table `site`.
        start: Date of second 0.
        horizon_s: End of the run [s].
    """
    mode = modes(site["economiser"])
    if horizon_s < HALF_A_DAY_S or mode.nunique() < 2:
        return None
    days = horizon_s / DAY_S
    kind = "month" if days >= BY_MONTH_FROM_DAYS else "day" if days >= BY_DAY_FROM_DAYS else "hour"
    period = _period(start, site["time_s"], kind)
    lasted_s = site.groupby([period.rename("period"), mode.rename("mode")])["duration_s"].sum().unstack("mode")
    share = lasted_s.fillna(0.0).div(lasted_s.sum(axis=1), axis=0)
    figure = go.Figure()
    labels = [f"{moment:%b<br>%Y}" if kind == "month" else f"{moment:%Y-%m-%d %H:%M}" for moment in share.index]
    for name, colour in MODES.items():
        if name in share:
            figure.add_bar(
                x=labels,
                y=theme.compact(100.0 * share[name]),
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{y:.1f} %",
            )
    figure.update_xaxes(title_text=f"One bar for each {kind}", showgrid=False)
    if kind != "month":
        figure.update_xaxes(type="date", tickformatstops=theme.DAYS)
    figure.update_yaxes(title_text="Share of the time [%]", range=[0, 100.5])
    theme.titled(
        figure,
        mode_finding(mode, site["duration_s"]),
        "Green: all heat leaves without a compressor; light blue: compressors carry a part; orange: they carry all. "
        f"Shares of each {kind}, over all replications.",
        340 + theme.LEGEND_PX,
    )
    figure.update_layout(barmode="stack", bargap=0.08 if kind == "month" else 0.0, hovermode="x unified")
    return figure.update_layout(margin_t=24 + theme.LEGEND_PX)


def _period(start: datetime, time_s: pd.Series, kind: str) -> pd.Series:
    """Start of the month, day or hour that holds each of *time_s* [s]."""
    moments = pd.Timestamp(start.replace(tzinfo=None)) + pd.to_timedelta(time_s, unit="s")
    if kind == "month":
        return moments.dt.to_period("M").dt.start_time
    return moments.dt.floor("D" if kind == "day" else "h")


def mode_finding(mode: pd.Series, duration_s: pd.Series) -> str:
    """For how much of the time compressors rest, help or work alone."""
    share = duration_s.groupby(mode).sum() / duration_s.sum()
    free, both, alone = (float(share.get(name, 0.0)) for name in MODES)
    parts = [f"No compressor runs for {percent(free)} of the time"] if free else ["A compressor runs all the time"]
    if both:
        parts.append(f"for {percent(both)} it carries a part of the heat")
    if alone:
        parts.append(f"for {percent(alone)} all of it")
    return "; ".join(parts) if len(parts) > 1 else parts[0]


def counted_s(site: pd.DataFrame) -> float:
    """Time that the table `site` covers in each replication [s]."""
    return float(site["duration_s"].sum()) / site["replication"].nunique()


def pue_figure(site: pd.DataFrame, narrow: bool = False) -> go.Figure | None:
    """PUE against the wet bulb and against the servers' load; None where it hardly moves.

    Args:
        site: The table `site`.
        narrow: One panel above the other, for a small screen.
    """
    drawn = site[(site["it_w"] > 0.0) & (site["shortfall_w"] <= 0.0) & (site["battery_w"] >= 0.0)]
    pue = drawn["facility_w"] / drawn["it_w"]
    if counted_s(site) < HALF_A_DAY_S or drawn.empty or float(pue.max() - pue.min()) < LEAST_SPREAD:
        return None
    unit = scale(float(drawn["it_w"].max()) / 1000.0, "kW")
    load, wet_bulb_c = drawn["it_w"] * unit.factor / 1000.0, drawn["wet_bulb_c"]
    names = ("Wet bulb [°C]", f"Servers' load [{unit.unit}]")
    figure = make_subplots(rows=2 if narrow else 1, cols=1 if narrow else 2, horizontal_spacing=0.16)
    for number, (x, colour) in enumerate(((wet_bulb_c, load), (load, wet_bulb_c))):
        row, col = (number + 1, 1) if narrow else (1, number + 1)
        axis = "coloraxis" if number == 0 else "coloraxis2"
        cells = gathered(x.to_numpy(), pue.to_numpy(), colour.to_numpy())
        figure.add_scatter(
            x=theme.compact(cells[0]),
            y=theme.compact(cells[1]),
            mode="markers",
            marker={"size": 5, "color": theme.compact(cells[2]), "coloraxis": axis, "opacity": 0.85},
            customdata=theme.compact(cells[2]),
            hovertemplate=f"{names[number]} %{{x:.4~g}}<br>PUE %{{y:.3f}}<br>{names[1 - number]} %{{customdata:.4~g}}"
            "<extra></extra>",
            showlegend=False,
            row=row,
            col=col,
        )
        figure.update_xaxes(title_text=names[number], row=row, col=col)
        figure.update_yaxes(title_text="PUE", row=row, col=col)
        bar = {
            "title": {"text": names[1 - number], "side": "right", "font": {"size": 12}},
            "thickness": 12,
            "outlinewidth": 0,
        }
        place = (
            {"len": 0.44, "y": 0.79 - 0.58 * number} if narrow else {"len": 1.0, "x": 0.425 if number == 0 else 1.005}
        )
        figure.update_layout({axis: {"colorscale": SHADES, "colorbar": bar | place}})
    theme.titled(
        figure,
        pue_finding(drawn),
        "Each dot stands for steps that are alike: PUE against the outside wet bulb, coloured by the servers' load, "
        "and against the load, coloured by the wet bulb. Steps in which cooling falls short are left out.",
        720 if narrow else 420,
    )
    return figure


def gathered(x: FloatArray, y: FloatArray, colour: FloatArray) -> FloatArray:
    """Points gathered into cells: mean x, y and colour of each that holds any, [3, cells]."""
    places = [_cell(values) for values in (x, y)]
    table = pd.DataFrame({"x": x, "y": y, "colour": colour, "column": places[0], "row": places[1]})
    means: FloatArray = table.groupby(["column", "row"])[["x", "y", "colour"]].mean().to_numpy(dtype=float).T
    return means


def _cell(values: FloatArray) -> FloatArray:
    low, high = float(values.min()), float(values.max())
    found: FloatArray = np.minimum(np.floor((values - low) / max(high - low, 1e-12) * CELLS), CELLS - 1)
    return found


def pue_finding(drawn: pd.DataFrame) -> str:
    """PUE in the tenths of the steps with the highest and lowest wet bulb, and with most and least load."""
    warm, cold = _tenths(drawn, "wet_bulb_c")
    busy, calm = _tenths(drawn, "it_w")
    found = [_of(drawn[tenth]) for tenth in (warm, cold, busy, calm)]
    highest, lowest, most, least = _told_apart(found)
    return (
        f"PUE is {highest} in the tenth of the time with the highest wet bulb, {lowest} in that with the lowest; "
        f"{most} in the tenth with most load, {least} in that with least"
    )


def _told_apart(ratios: list[float]) -> list[str]:
    """Numbers with two decimals, or three where they are close to each other."""
    decimals = 2 if max(ratios) - min(ratios) >= CLOSE else 3
    return [f"{ratio:.{decimals}f}" for ratio in ratios]


def _tenths(drawn: pd.DataFrame, name: str) -> tuple[pd.Series, pd.Series]:
    values = drawn[name]
    return values >= values.quantile(1 - TENTH), values <= values.quantile(TENTH)


def _of(steps: pd.DataFrame) -> float:
    return float((steps["facility_w"] * steps["duration_s"]).sum() / (steps["it_w"] * steps["duration_s"]).sum())


FEWEST_DAYS = 14
DARKER = [[0.0, "#f2f7fb"], [0.5, theme.SKY], [1.0, "#08306b"]]


def by_hour_and_day(site: pd.DataFrame, start: datetime) -> pd.DataFrame:
    """Mean `facility_w` and `it_w` of each hour of each day [W], over all replications; index (hour, day)."""
    into_day_s = (start - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    since_s = site["time_s"] + into_day_s
    places = {"day": (since_s // DAY_S).astype(int), "hour": (since_s % DAY_S // HOUR_S).astype(int)}
    energy = {name: site[name] * site["duration_s"] for name in ("facility_w", "it_w")}
    sums = site.assign(**places, **energy).groupby(["hour", "day"])[["facility_w", "it_w", "duration_s"]].sum()
    return sums[["facility_w", "it_w"]].div(sums["duration_s"], axis=0)


def year_figure(site: pd.DataFrame, start: datetime, horizon_s: float) -> go.Figure | None:
    """PUE and power at the meter, a column a day and a row an hour of the day; None for less than two weeks."""
    if horizon_s < FEWEST_DAYS * DAY_S or not (site["it_w"] > 0.0).any():
        return None
    power_w = by_hour_and_day(site, start)
    pue = (power_w["facility_w"] / power_w["it_w"].where(power_w["it_w"] > 0.0)).unstack("day").reindex(range(24))
    meter_kw = power_w["facility_w"].unstack("day").reindex(range(24)) / 1000.0
    unit = scale(float(np.nanmax(meter_kw.to_numpy())), "kW")
    first = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    days = [f"{first + timedelta(days=int(day)):%Y-%m-%d}" for day in meter_kw.columns]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    panels = ((pue, 1.0, "PUE", ".3f", ""), (meter_kw, unit.factor, "Meter", ",.4~g", f" {unit.unit}"))
    for row, (table, factor, name, digits, after) in enumerate(panels, start=1):
        figure.add_heatmap(
            x=days,
            y=list(range(24)),
            z=theme.compact(table.to_numpy() * factor),
            colorscale=DARKER,
            colorbar={
                "title": {"text": after.strip() or name, "font": {"size": 12}},
                "thickness": 12,
                "outlinewidth": 0,
                "len": 0.44,
                "y": 0.77 if row == 1 else 0.23,
            },
            hovertemplate=f"%{{x|%a %-d %b}}, %{{y}}:00 to %{{y}}:59: {name} %{{z:{digits}}}{after}<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(title_text="Hour of the day", tickvals=[0, 6, 12, 18], showgrid=False, row=row, col=1)
    figure.update_xaxes(type="date", tickformatstops=theme.DAYS, showgrid=False)
    return theme.titled(
        figure,
        year_finding(pue, meter_kw, first),
        "A column for each day, a row for each hour of the day, in site time; top: PUE, bottom: power at the meter, "
        "both means over the hour and all replications. Darker is more.",
        560,
    )


def year_finding(pue: pd.DataFrame, meter_kw: pd.DataFrame, first: datetime) -> str:
    """When PUE and the meter are highest, and when PUE is lowest."""
    worst, best, peak = (
        _when(table, first, lowest) for table, lowest in ((pue, False), (pue, True), (meter_kw, False))
    )
    high, low = _told_apart([worst[0], best[0]])
    return (
        f"PUE is highest on {worst[1]} ({high}) and lowest on {best[1]} ({low}); the meter reads most, "
        f"{scale(peak[0], 'kW').text(peak[0])}, on {peak[1]}"
    )


def _when(table: pd.DataFrame, first: datetime, lowest: bool) -> tuple[float, str]:
    """The highest or lowest value, and its hour in words."""
    values = table.to_numpy(dtype=np.float64)
    hour, column = divmod(int(np.nanargmin(values) if lowest else np.nanargmax(values)), values.shape[1])
    day = first + timedelta(days=int(table.columns[column]))
    return float(values[hour, column]), f"{day:%-d %B} at {hour}:00"
