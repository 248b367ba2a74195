"""Where the energy goes, from the meter to every loss and to what it is used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.errors import ConservationError
from dcplan.report import theme
from dcplan.report.numbers import percent, quantity, scale
from dcplan.results.columns import SITE_LOADS

J_PER_KWH = 3.6e6
TOLERANCE = 1e-6

METER, SERVERS, SUPPLIES, OTHERS = "Utility meter", "Servers", "Power supplies: loss", "Other owners"

LOADS = {
    "chiller_w": ("Chillers", theme.SKY),
    "crah_fan_w": ("Room fans", theme.SKY),
    "tower_fan_w": ("Tower and cooler fans", theme.SKY),
    "condenser_pump_w": ("Condenser pumps", theme.SKY),
    "chilled_water_pump_w": ("Chilled-water pumps", theme.SKY),
    "liquid_pump_w": ("Liquid-cooling pumps", theme.SKY),
    "economiser_fan_w": ("Outdoor-air fans", theme.SKY),
    "humidification_w": ("Humidifiers", theme.SKY),
    "ups_loss_w": ("UPS: loss", theme.ORANGE),
    "transformer_loss_w": ("Transformer: loss", theme.ORANGE),
    "switchgear_loss_w": ("Switchgear: loss", theme.ORANGE),
    "pdu_loss_w": ("Distribution: loss", theme.ORANGE),
    "generator_heater_w": ("Generator heaters", theme.PURPLE),
    "heat_pump_w": ("Heat pump for reuse", theme.PURPLE),
    "lighting_w": ("Lighting, small loads", theme.PURPLE),
    "battery_w": ("Batteries", theme.PURPLE),
}
"""Name and colour of each load of the building: cooling, losses of the power chain, the rest."""

LONGEST = 20
"""Longest name of an owner in a label; the hover text has the whole name."""

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
    meter = source_of(site)
    found = [Flow(meter, SERVERS, energy["it_w"], theme.BLUE)]
    found += [Flow(meter, label, energy[name], colour) for name, (label, colour) in LOADS.items()]
    useful = (energy["it_w"] - supplies_kwh) / it_kwh if it_kwh > 0 else 1.0
    found += [*_owned(attribution, useful), Flow(SERVERS, SUPPLIES, supplies_kwh, theme.ORANGE)]
    return [flow for flow in found if flow.kwh > 0]


def source_of(site: pd.DataFrame) -> str:
    """Where the building's energy comes from, for the first bar."""
    others = {
        "on site": site[["solar_w", "wind_w", "storage_w"]].any(axis=None),
        "generators": site["generator_w"].any(),
        "batteries": float((site["battery_w"] * site["duration_s"]).sum()) < 0.0,
    }
    return ", ".join([METER, *(name for name, there in others.items() if there)])


def _powers() -> tuple[str, ...]:
    return ("facility_w", "it_w", "psu_loss_w", *(column.name for column in SITE_LOADS))


def _mean(energy_j: pd.Series, replication: pd.Series) -> float:
    """Energy of one replication, mean over all [kWh]."""
    return float(energy_j.sum()) / max(1, replication.nunique()) / J_PER_KWH


def _check(place: str, arrived_kwh: float, left_kwh: float) -> None:
    if abs(arrived_kwh - left_kwh) > TOLERANCE * abs(arrived_kwh):
        raise ConservationError(f"{place}: {arrived_kwh:g} kWh arrive, {left_kwh:g} kWh leave; no diagram is drawn")


def _owned(attribution: pd.DataFrame, useful: float) -> list[Flow]:
    """From the servers to their owners: what work adds, and what they draw even at rest."""
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
    found.append(Flow(SERVERS, "Unused slots: at rest", float(empty.to_numpy().sum()), theme.GREY))
    return [flow for flow in found if flow.kwh > 0]


def _doings(row: pd.Series) -> list[tuple[str, float, str]]:
    return [("at work", row["active_j"], theme.GREEN), ("at rest", row["idle_j"], theme.GREY)]


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
    rest_kwh = sum(flow.kwh for flow in leaves if flow.source == SERVERS and flow.target.endswith(": at rest"))
    building = [flow for flow in found if flow.source.startswith(METER) and flow.target != SERVERS]
    if not building:
        share = percent(rest_kwh / whole_kwh)
        return f"The servers use {quantity(whole_kwh, 'kWh')}; {share} of it is what they draw even at rest"
    overhead_kwh = sum(flow.kwh for flow in building)
    largest = max(building, key=lambda flow: flow.kwh)
    return (
        f"Cooling, losses and lighting take {percent(overhead_kwh / whole_kwh)} of all energy, "
        f"most of all the {_lower(largest.target)} ({percent(largest.kwh / whole_kwh)}); "
        f"{percent(rest_kwh / whole_kwh)} is what servers draw even at rest"
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
            "color": [theme.faint(flow.colour, 0.55) for flow in found],
            "customdata": [f"{theme.escaped(flow.source)} → {theme.escaped(flow.target)}" for flow in found],
            "hovertemplate": f"%{{customdata}}: %{{value:,.3~f}} {unit.unit}<extra></extra>",
        },
    )
    figure = go.Figure(sankey)
    energy = {flow.target: flow.kwh for flow in found}
    energy.setdefault(names[0], sum(flow.kwh for flow in found if flow.source == names[0]))
    whole_kwh = energy[names[0]]
    amounts = {name: f"{unit.text(energy[name])} ({percent(energy[name] / whole_kwh)})" for name in names}
    for name in names:
        _label(figure, layout, name, amounts[name])
    last = [name for name in names if layout.x[name] == max(layout.x.values())]
    labels_px = 30 + max(8.4 * len(_short(name)) + 7.4 * len(amounts[name]) for name in last)
    theme.titled(
        figure,
        energy_finding(found),
        "Read from left to right: the width of a band is energy, mean over the replications; the share is of the "
        f"first bar. {SHARED_LOSS if SUPPLIES in names else ''}",
        layout.height_px,
    )
    return figure.update_layout(margin={"l": 8, "r": labels_px, "t": 30, "b": 12})


@dataclass(frozen=True)
class _Layout:
    """Where the nodes of the Sankey stand, as shares of the width and the height of the drawing."""

    x: dict[str, float]
    y: dict[str, float]
    tops: dict[str, float]
    height_px: int
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
        return cls(x, y, tops, round(inner_px) + 42)


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
    passes_on = name.startswith(METER) or name == SERVERS
    figure.add_annotation(
        text=f"<b>{theme.escaped(_short(name))}</b> {amount}",
        x=layout.x[name],
        y=1 - (layout.tops[name] if passes_on else layout.y[name]),
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom" if passes_on else "middle",
        xshift=-(0.5 * layout.thick_px + 2) if passes_on else 0.5 * layout.thick_px + 4,
        yshift=4 if passes_on else 0,
        showarrow=False,
        font={"size": 13, "color": theme.INK},
        bgcolor="rgba(255,255,255,0.7)",
    )


def _short(name: str) -> str:
    """A label whose owner is cut to a readable length: "Endpoint a-very-lon…: at rest"."""
    owner, colon, doing = name.rpartition(": ")
    return f"{theme.shortened(owner, LONGEST)}{colon}{doing}"


def energy_bars(found: Sequence[Flow]) -> go.Figure:
    """The same energy as bars, for a screen on which the Sankey's labels could not be read."""
    leaves = sorted(ends(found), key=lambda flow: flow.kwh)
    whole_kwh = sum(flow.kwh for flow in leaves)
    unit = scale(whole_kwh, "kWh")
    figure = go.Figure(
        go.Bar(
            x=[flow.kwh * unit.factor for flow in leaves],
            y=list(range(len(leaves))),
            orientation="h",
            marker={"color": [flow.colour for flow in leaves]},
            text=[percent(flow.kwh / whole_kwh) for flow in leaves],
            textposition="outside",
            cliponaxis=False,
            customdata=[theme.escaped(flow.target) for flow in leaves],
            hovertemplate=f"%{{customdata}}: %{{x:,.3~f}} {unit.unit}<extra></extra>",
        )
    )
    theme.titled(
        figure,
        energy_finding(found),
        "Each bar is energy, mean over the replications, with its share of all. "
        f"{SHARED_LOSS if any(flow.target == SUPPLIES for flow in found) else ''}",
        90 + 36 * len(leaves),
    )
    figure.update_xaxes(title_text=f"Energy [{unit.unit}]", range=[0, 1.25 * leaves[-1].kwh * unit.factor])
    labels = [_two_lines(flow.target) for flow in leaves]
    figure.update_yaxes(tickvals=list(range(len(leaves))), ticktext=labels, tickfont_size=11, ticks="", showgrid=False)
    return figure.update_layout(bargap=0.25)


def _two_lines(name: str) -> str:
    """A name as a tick label on two lines: "UPS: loss" as "UPS:" above "loss"."""
    first, colon, second = name.rpartition(": ")
    return f"{theme.escaped(theme.shortened(first, 18))}:<br>{second}" if colon else theme.escaped(second)
