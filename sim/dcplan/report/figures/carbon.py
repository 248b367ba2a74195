"""Greenhouse gas by boundary and source, and how much of the power is free of carbon at which hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import percent, quantity, scale

BOUNDARIES = {
    "scope 1": "Fuel burnt on site<br>(scope 1)",
    "scope 2, location": "Electricity, by place<br>(scope 2)",
    "scope 2, market": "Electricity, by contract<br>(scope 2)",
    "marginal": "Electricity, at the margin<br>(no scope)",
    "scope 3, embodied": "Making of what is used<br>(scope 3)",
}
"""Labels of the boundaries, in the order in which they are shown."""
OTHER_WAYS = {"scope 2, market", "marginal"}
"""Boundaries that tell once more what another one tells."""
COLOURS = {
    "coal": theme.INK,
    "oil": theme.VERMILION,
    "gas": theme.ORANGE,
    "biomass": theme.PURPLE,
    "nuclear": theme.SKY,
    "hydro": theme.BLUE,
    "wind": theme.GREEN,
    "solar": "#f0e442",
    "fuel of generators": theme.VERMILION,
    "servers": theme.PURPLE,
    "building and plant": theme.SKY,
}
SMALL, REST = 0.02, "other sources"
"""Share of its boundary below which an item is not shown on its own, and what those are called together."""
HOUR_S, HOURS = 3600.0, 24


def carbon_figure(carbon: pd.DataFrame, narrow: bool = False) -> go.Figure | None:
    """A bar per boundary, made of what emits; None if there is nothing to tell apart.

    Args:
        carbon: The table `carbon`.
        narrow: For a small screen, without a legend for parts too small to be named.
    """
    means = _with_small_ones_together(
        carbon.groupby(["boundary", "item"], sort=False)["kg"].sum() / carbon["replication"].nunique()
    )
    if len(means) < 2:
        return None
    boundaries = [each for each in BOUNDARIES if each in means.index.get_level_values(0)]
    totals = means.groupby(level=0).sum()
    unit = scale(float(totals.max()), "kg")
    figure = go.Figure()
    for boundary, item, kg in _parts(means):
        named = kg > 0.06 * totals.max()
        figure.add_bar(
            orientation="h",
            x=[kg * unit.factor],
            y=[BOUNDARIES[boundary]],
            name=theme.escaped(item),
            marker={"color": COLOURS.get(item, theme.GREY), "line": {"color": theme.PAPER, "width": 1}},
            text=[theme.escaped(theme.shortened(item, 18)) if named else ""],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            showlegend=not (named or narrow),
            hovertemplate=f"{theme.escaped(item)}: {quantity(kg, 'kg')} "
            f"({percent(kg / float(totals[boundary]))})<extra></extra>",
        )
    for boundary in boundaries:
        total = float(totals[boundary])
        label = f"<b>{quantity(total, 'kg')}</b>"
        figure.add_annotation(x=total * unit.factor, y=BOUNDARIES[boundary], text=label, xanchor="left", xshift=6)
    figure.update_xaxes(title_text=f"CO₂e [{unit.unit}]", range=[0.0, 1.22 * float(totals.max()) * unit.factor])
    figure.update_yaxes(categoryorder="array", categoryarray=[BOUNDARIES[each] for each in reversed(boundaries)])
    theme.titled(
        figure,
        carbon_finding(totals, means),
        "Each bar is a boundary of the Greenhouse Gas Protocol, mean over the replications; those of electricity "
        "tell the same in other ways, and are not to be added. Sources of electricity have their share of the grid's "
        "figure in proportion to energy times what each emits over its life.",
        96 + 62 * len(boundaries) + (0 if narrow else theme.LEGEND_PX),
    )
    figure.update_layout(margin_t=24 if narrow else 24 + theme.LEGEND_PX, legend={"traceorder": "normal"})
    return figure.update_layout(barmode="stack", bargap=0.35, uniformtext={"minsize": 11, "mode": "hide"})


def _with_small_ones_together(kg: pd.Series) -> pd.Series:
    """Kilograms by boundary and item, the items below `SMALL` of their boundary as one; nothing that emits nothing."""
    share = kg / kg.groupby(level=0).transform("sum").where(lambda total: total > 0.0, 1.0)
    large, small = kg[share >= SMALL], kg[(share < SMALL) & (kg > 0.0)]
    rest = small.groupby(level=0).sum()
    rest.index = pd.MultiIndex.from_tuples([(each, REST) for each in rest.index], names=kg.index.names)
    return pd.concat([large, rest]) if len(rest) else large


def carbon_finding(totals: pd.Series, means: pd.Series) -> str:
    """What emits most, by place."""
    by_place = totals.drop(list(OTHER_WAYS), errors="ignore")
    boundary, item, most_kg = max(_parts(means), key=lambda part: -1.0 if part[0] in OTHER_WAYS else part[2])
    text = f"The run causes {quantity(float(by_place.sum()), 'kg')} of CO₂e"
    return f"{text}; {percent(most_kg / float(by_place.sum()))} of it {_of(boundary, item)}"


def _parts(means: pd.Series) -> Iterator[tuple[str, str, float]]:
    """Boundary, item and kilograms of each of *means*."""
    for boundary, item, kg in means.reset_index().to_numpy().tolist():
        yield str(boundary), str(item), float(kg)


def _of(boundary: str, item: str) -> str:
    if boundary == "scope 3, embodied":
        return f"was emitted when {item} were made" if item == "servers" else f"was emitted when {item} was made"
    return f"comes from {item}" if boundary == "scope 1" else f"comes from {item} in the grid's electricity"


def carbon_hours_figure(site: pd.DataFrame, start: datetime) -> go.Figure | None:
    """Power from the grid by the hour of the day, free of carbon or not; None if nobody knows or a day is not full.

    Args:
        site: The table `site`.
        start: Date of second 0, on the site's clocks.
    """
    if site["carbon_free_w"].isna().any() or site["time_s"].max() - site["time_s"].min() < HOURS * HOUR_S / 2:
        return None
    first_s = start.hour * HOUR_S + start.minute * 60.0
    hour = ((first_s + site["time_s"] + site["duration_s"] / 2) // HOUR_S % HOURS).astype(int)
    energy = pd.DataFrame(
        {
            "free": site["carbon_free_w"] * site["duration_s"],
            "all": site["grid_w"] * site["duration_s"],
            "s": site["duration_s"],
        }
    )
    by_hour = energy.groupby(hour).sum()
    free_kw, all_kw = (by_hour[name] / by_hour["s"] / 1000.0 for name in ("free", "all"))
    unit = scale(float(all_kw.max()), "kW")
    figure = go.Figure()
    parts = (("Free of carbon", free_kw, theme.GREEN), ("Not", all_kw - free_kw, theme.GREY))
    for label, power_kw, colour in parts:
        figure.add_bar(
            x=by_hour.index,
            y=theme.compact(power_kw * unit.factor),
            name=label,
            marker={"color": colour},
            hovertemplate=f"%{{y:,.3~f}} {unit.unit}",
        )
    figure.update_xaxes(title_text="Hour of the day, site time", dtick=3, range=[-0.6, HOURS - 0.4])
    figure.update_yaxes(title_text=f"Power from the grid [{unit.unit}]", rangemode="tozero")
    share = float(by_hour["free"].sum() / by_hour["all"].sum())
    by_share = (by_hour["free"] / by_hour["all"]).to_numpy()
    worst = int(by_hour.index[int(np.argmin(by_share))])
    even = float(np.ptp(by_share)) < 0.005
    when = "at every hour of the day" if even else f"least of it at {worst}:00 ({percent(float(by_share.min()))})"
    theme.titled(
        figure,
        f"{percent(share)} of the power is free of carbon in the step in which it is used, {when}",
        "Mean power from the grid at each hour of the day: what contracts deliver at that time, and the carbon-free "
        "share of the grid in the rest, are free of carbon.",
        340 + theme.LEGEND_PX,
    )
    return figure.update_layout(barmode="stack", hovermode="x unified", margin_t=24 + theme.LEGEND_PX)
