"""Where the energy goes, and power and PUE over the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.errors import ConservationError
from dcplan.report import theme
from dcplan.report.course import Course, course, dates
from dcplan.report.figures.lines import add_band, add_line, band_caption
from dcplan.report.numbers import between, digits, percent, quantity, scale
from dcplan.results.columns import SITE_LOADS

J_PER_KWH = 3.6e6
TOLERANCE = 1e-6

METER, SERVERS, SUPPLIES, OTHERS = "Utility meter", "Servers", "Power supplies: loss", "Other owners"

LOADS = {
    "chiller_w": ("Chillers", theme.SKY),
    "crah_fan_w": ("Room fans (CRAH)", theme.SKY),
    "tower_fan_w": ("Tower fans", theme.SKY),
    "condenser_pump_w": ("Condenser pumps", theme.SKY),
    "chilled_water_pump_w": ("Chilled-water pumps", theme.SKY),
    "ups_loss_w": ("UPS: loss", theme.ORANGE),
    "transformer_loss_w": ("Transformer: loss", theme.ORANGE),
    "pdu_loss_w": ("Distribution: loss", theme.ORANGE),
    "lighting_w": ("Lighting, small loads", theme.PURPLE),
}
"""Name and colour of each load of the building: cooling, losses of the power chain, the rest."""

SHOWN_OWNERS = 8
"""Owners with most energy that are drawn on their own; the others are drawn together."""


@dataclass(frozen=True)
class Flow:
    """Energy from one part to another, mean over the replications."""

    source: str
    target: str
    kwh: float
    colour: str


def flows(site: pd.DataFrame | None, attribution: pd.DataFrame) -> list[Flow]:
    """Every flow from the meter (or, without a site, from the servers' plugs) to where the energy ends up.

    The loss of the power supplies is part of the energy at the servers' plugs, so it is taken from every owner in
    proportion to the owner's energy.
    """
    it_kwh = _mean(attribution["idle_j"] + attribution["active_j"], attribution["replication"])
    if site is None:
        return _owned(attribution, 1.0)
    energy = {name: _mean(site[name] * site["duration_s"], site["replication"]) for name in _powers()}
    supplies_kwh = energy["psu_loss_w"]
    _check("servers", energy["it_w"], it_kwh)
    _check("meter", energy["facility_w"], energy["it_w"] + sum(energy[name] for name in LOADS))
    found = [Flow(METER, SERVERS, energy["it_w"], theme.BLUE)]
    found += [Flow(METER, label, energy[name], colour) for name, (label, colour) in LOADS.items()]
    useful = (energy["it_w"] - supplies_kwh) / it_kwh if it_kwh > 0 else 1.0
    found += [*_owned(attribution, useful), Flow(SERVERS, SUPPLIES, supplies_kwh, theme.ORANGE)]
    return [flow for flow in found if flow.kwh > 0]


def _powers() -> tuple[str, ...]:
    return ("facility_w", "it_w", "psu_loss_w", *(column.name for column in SITE_LOADS))


def _mean(energy_j: pd.Series, replication: pd.Series) -> float:
    """Energy of one replication, mean over all [kWh]."""
    return float(energy_j.sum()) / max(1, replication.nunique()) / J_PER_KWH


def _check(place: str, arrived_kwh: float, left_kwh: float) -> None:
    if abs(arrived_kwh - left_kwh) > TOLERANCE * abs(arrived_kwh):
        raise ConservationError(f"{place}: {arrived_kwh:g} kWh arrive, {left_kwh:g} kWh leave; no diagram is drawn")


def _owned(attribution: pd.DataFrame, useful: float) -> list[Flow]:
    """From the servers to their owners: at work, and idle."""
    by_owner = attribution.groupby("owner", sort=False)[["active_j", "idle_j"]].sum()
    by_owner *= useful / max(1, attribution["replication"].nunique()) / J_PER_KWH
    by_owner = by_owner.loc[by_owner.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    unused = by_owner.index == "unused"
    parts, rest, empty = by_owner[~unused][:SHOWN_OWNERS], by_owner[~unused][SHOWN_OWNERS:], by_owner[unused]
    found = [
        Flow(SERVERS, f"{_capital(str(owner))}: {doing}", float(kwh), colour)
        for owner, row in parts.iterrows()
        for doing, kwh, colour in _doings(row)
    ]
    if len(rest):
        found += [Flow(SERVERS, f"{OTHERS}: {doing}", float(kwh), colour) for doing, kwh, colour in _doings(rest.sum())]
    found.append(Flow(SERVERS, "Unused slots: idle", float(empty.to_numpy().sum()), theme.GREY))
    return [flow for flow in found if flow.kwh > 0]


def _doings(row: pd.Series) -> list[tuple[str, float, str]]:
    return [("at work", row["active_j"], theme.GREEN), ("idle", row["idle_j"], theme.GREY)]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def ends(found: Sequence[Flow]) -> list[Flow]:
    """The flows into what passes nothing on."""
    sources = {flow.source for flow in found}
    return [flow for flow in found if flow.target not in sources]


def energy_finding(found: Sequence[Flow]) -> str:
    """What the flows show, in a sentence or two."""
    leaves = ends(found)
    whole_kwh = sum(flow.kwh for flow in leaves)
    if whole_kwh <= 0:
        return "No energy was used"
    idle_kwh = sum(flow.kwh for flow in leaves if flow.source == SERVERS and flow.target.endswith(": idle"))
    building = [flow for flow in found if flow.source == METER and flow.target != SERVERS]
    it_kwh = whole_kwh - sum(flow.kwh for flow in building)
    idle = f"{percent(idle_kwh / whole_kwh)} of all energy keeps servers idling"
    if not building:
        return f"The servers use {quantity(whole_kwh, 'kWh')}; {percent(idle_kwh / whole_kwh)} of it keeps them idling"
    overhead_kwh = sum(flow.kwh for flow in building)
    largest = max(building, key=lambda flow: flow.kwh)
    return (
        f"Cooling, losses and lighting add {percent(overhead_kwh / it_kwh)} to the servers' energy, "
        f"most of all the {_lower(largest.target)} ({percent(largest.kwh / it_kwh)}); {idle}"
    )


def _lower(label: str) -> str:
    """A label inside a sentence: "UPS: loss" to "UPS loss", "Tower fans" to "tower fans"."""
    text = label.replace(": loss", " loss")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


SHARED_LOSS = (
    "The power supplies' loss is part of the servers' energy and is taken from every owner in proportion, "
    "so that the parts add up."
)


def energy_sankey(found: Sequence[Flow]) -> go.Figure:
    """From the meter on the left to what the energy is used for on the right.

    Nodes are placed here, not by plotly, so that every label has a line of its own and stands beside its node.
    """
    names = list(dict.fromkeys(name for flow in found for name in (flow.source, flow.target)))
    layout = _Layout.of(found)
    unit = scale(sum(flow.kwh for flow in ends(found)), "kWh")
    colours = {flow.target: flow.colour for flow in found}
    sankey = go.Sankey(
        arrangement="fixed",
        domain={"x": [0.0, layout.right], "y": [0.0, 1.0]},
        node={
            "label": [""] * len(names),
            "customdata": [theme.escaped(name) for name in names],
            "x": [layout.x[name] for name in names],
            "y": [layout.y[name] for name in names],
            "align": "left",
            "pad": layout.pad_px,
            "thickness": layout.thick_px,
            "color": [colours.get(name, theme.INK) for name in names],
            "line": {"width": 0},
            "hovertemplate": f"%{{customdata}}: %{{value:,.3~f}} {unit.unit}<extra></extra>",
        },
        link={
            "source": [names.index(flow.source) for flow in found],
            "target": [names.index(flow.target) for flow in found],
            "value": [flow.kwh * unit.factor for flow in found],
            "color": [theme.faint(flow.colour, 0.35) for flow in found],
            "customdata": [f"{theme.escaped(flow.source)} → {theme.escaped(flow.target)}" for flow in found],
            "hovertemplate": f"%{{customdata}}: %{{value:,.3~f}} {unit.unit}<extra></extra>",
        },
    )
    figure = go.Figure(sankey)
    energy = {flow.target: flow.kwh for flow in found}
    energy.setdefault(names[0], sum(flow.kwh for flow in found if flow.source == names[0]))
    whole_kwh = energy[names[0]]
    for name in names:
        _label(figure, layout, name, f"{unit.text(energy[name])} ({percent(energy[name] / whole_kwh)})")
    theme.titled(
        figure,
        energy_finding(found),
        "Read from left to right: the width of a band is energy, mean over the replications; the share is of the "
        f"first bar. {SHARED_LOSS if SUPPLIES in names else ''}",
        layout.height_px,
    )
    return figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 12})


@dataclass(frozen=True)
class _Layout:
    """Where the nodes of the Sankey stand, as shares of the width and the height of the drawing."""

    x: dict[str, float]
    y: dict[str, float]
    tops: dict[str, float]
    height_px: int
    right: float
    pad_px: float = 17.0
    thick_px: float = 16.0

    @classmethod
    def of(cls, found: Sequence[Flow]) -> _Layout:
        columns = _columns(found)
        energy = {flow.target: flow.kwh for flow in found}
        first = columns[0][0]
        energy[first] = sum(flow.kwh for flow in found if flow.source == first)
        inner_px = max(420.0, 150.0 + max(len(column) for column in columns) * 1.5 * cls.pad_px)
        px_per_kwh = min(
            (inner_px - (len(column) - 1) * cls.pad_px) / sum(energy[name] for name in column) for column in columns
        )
        x, y, tops = {}, {}, {}
        for place, column in zip(np.linspace(0.0, 1.0, len(columns)), columns, strict=True):
            top_px = 0.0
            for name in column:
                high_px = energy[name] * px_per_kwh
                x[name] = float(np.clip(place, 1e-3, 1 - 1e-3))
                y[name] = float(np.clip((top_px + high_px / 2) / inner_px, 1e-4, 1 - 1e-4))
                tops[name] = top_px / inner_px
                top_px += high_px + cls.pad_px
        return cls(x, y, tops, round(inner_px) + 42, 0.76)


def _columns(found: Sequence[Flow]) -> list[list[str]]:
    """The nodes from left to right; what passes energy on stands on top of its column."""
    sources = [flow.source for flow in found]
    column = [next(name for name in sources if name not in {flow.target for flow in found})]
    columns = []
    while column:
        columns.append(column)
        below = [flow.target for name in column for flow in found if flow.source == name]
        column = sorted(below, key=lambda name: name not in sources)
    return columns


def _label(figure: go.Figure, layout: _Layout, name: str, amount: str) -> None:
    """The name and amount of a node to its right; above it where bands leave it to the right."""
    passes_on = name in (METER, SERVERS)
    figure.add_annotation(
        text=f"<b>{theme.escaped(name)}</b> {amount}",
        x=layout.right * layout.x[name],
        y=1 - (layout.tops[name] if passes_on else layout.y[name]),
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom" if passes_on else "middle",
        xshift=-2 if passes_on else 0.5 * layout.thick_px + 6,
        yshift=4 if passes_on else 0,
        showarrow=False,
        font={"size": 13, "color": theme.INK},
    )


def energy_bars(found: Sequence[Flow]) -> go.Figure:
    """The same energy as bars, for a screen on which the Sankey's labels could not be read."""
    leaves = sorted(ends(found), key=lambda flow: flow.kwh)
    whole_kwh = sum(flow.kwh for flow in leaves)
    unit = scale(whole_kwh, "kWh")
    figure = go.Figure(
        go.Bar(
            x=[flow.kwh * unit.factor for flow in leaves],
            y=[theme.escaped(flow.target).replace(": ", ":<br>", 1) for flow in leaves],
            orientation="h",
            marker={"color": [flow.colour for flow in leaves]},
            text=[percent(flow.kwh / whole_kwh) for flow in leaves],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{y}}: %{{x:,.3~f}} {unit.unit}<extra></extra>",
        )
    )
    theme.titled(
        figure,
        energy_finding(found),
        f"Each bar is energy, mean over the replications, with its share of all. {SHARED_LOSS}",
        90 + 36 * len(leaves),
    )
    figure.update_xaxes(title_text=f"Energy [{unit.unit}]", rangemode="tozero", nticks=5)
    figure.update_yaxes(tickfont_size=11, ticks="")
    return figure.update_layout(margin={"l": 10, "r": 44, "t": 8, "b": 48}, bargap=0.25)


def power_over_time(site: pd.DataFrame, start: datetime, limit_w: float | None = None) -> go.Figure:
    """Power at the meter, PUE and the outside wet bulb, one above the other."""
    ratio = site["facility_w"] / site["it_w"].where(site["it_w"] > 0)
    facility = _course_w(site, "facility_w")
    servers = _course_w(site, "it_w")
    pue = course(site["time_s"], ratio, site["it_w"] * site["duration_s"])
    wet_bulb = course(site["time_s"], site["wet_bulb_c"], site["duration_s"])
    unit = scale(float(site["facility_w"].max()) / 1000.0, "kW")
    factor = unit.factor / 1000.0
    days = dates(start, facility.time_s)
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, row_heights=[0.56, 0.22, 0.22], vertical_spacing=0.06)
    _stacked(figure, days, servers.mean * factor, "Servers", theme.BLUE, unit.unit)
    _stacked(figure, days, (facility.mean - servers.mean) * factor, "Cooling, losses, lighting", theme.SKY, unit.unit)
    add_band(figure, days, facility, factor, "Meter, lowest to highest", theme.MUTED, row=1)
    add_line(figure, days, pue, 1.0, "PUE", theme.INK, row=2, hover="%{y:.3f}")
    add_line(figure, days, wet_bulb, 1.0, "Wet bulb", theme.GREEN, row=3, hover="%{y:.1f} °C")
    figure.update_yaxes(title_text=f"Power [{unit.unit}]", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="PUE", nticks=4, row=2, col=1)
    figure.update_yaxes(title_text="Wet bulb [°C]", nticks=4, row=3, col=1)
    theme.titled(
        figure,
        power_finding(site, limit_w),
        "Top: power at the meter, stacked; middle: PUE; bottom: outside wet bulb, which sets how hard the plant works. "
        + band_caption(facility),
        560,
    )
    return figure.update_layout(hovermode="x unified")


def power_finding(site: pd.DataFrame, limit_w: float | None = None) -> str:
    """What power and PUE do over the run."""
    facility_w, it_w = site["facility_w"], site["it_w"]
    unit = scale(float(facility_w.max()) / 1000.0, "kW")
    factor = unit.factor / 1000.0
    text = (
        f"The meter reads {digits(float(facility_w.min()) * factor)} to {unit.text(float(facility_w.max()) / 1000.0)}"
    )
    if limit_w is not None:
        text += f", at most {percent(float(facility_w.max()) / limit_w)} of the connection"
    pue = (facility_w / it_w.where(it_w > 0)).dropna()
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
    return f", {'rising' if strength > 0 else 'falling'} with {word}"


def server_power_over_time(servers: pd.DataFrame, start: datetime) -> go.Figure:
    """Power of the servers alone, for a run without a building."""
    total = servers.groupby(["replication", "time_s"], as_index=False).agg({"it_w": "sum", "duration_s": "first"})
    power = _course_w(total, "it_w")
    unit = scale(float(total["it_w"].max()) / 1000.0, "kW")
    factor = unit.factor / 1000.0
    days = dates(start, power.time_s)
    figure = make_subplots(rows=1, cols=1)
    add_band(figure, days, power, factor, "Lowest to highest", theme.BLUE, row=1)
    add_line(figure, days, power, factor, "Servers", theme.BLUE, row=1, hover=f"%{{y:,.3~f}} {unit.unit}")
    figure.update_yaxes(title_text=f"Power [{unit.unit}]", rangemode="tozero")
    reach = between(float(total["it_w"].min()) * factor, float(total["it_w"].max()) * factor, unit.unit)
    finding = f"The servers draw {digits(float(total['it_w'].min()) * factor)} to {reach.rpartition(' to ')[2]}"
    theme.titled(figure, finding, f"Power at the servers' plugs. {band_caption(power)}", 340)
    return figure.update_layout(hovermode="x unified")


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
