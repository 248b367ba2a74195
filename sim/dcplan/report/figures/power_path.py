"""The way of power from the meter to the chips: what every stage takes off."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.figures.energy import J_PER_KWH, LOADS, source_of
from dcplan.report.numbers import percent, quantity, scale
from dcplan.results.columns import COOLING_LOADS

NARROW_PX, WIDE_PX = 190, 900
"""About how wide the bars are drawn on a small screen and on a large one."""
COOLING = frozenset(column.name for column in COOLING_LOADS)
ORDER = (
    "transformer_loss_w",
    "switchgear_loss_w",
    "generator_heater_w",
    *(column.name for column in COOLING_LOADS),
    "lighting_w",
    "battery_w",
    "ups_loss_w",
    "pdu_loss_w",
)
"""What leaves the path between the meter and the servers' plugs, in the order in which power gets there."""
PLUGS = "Servers' plugs"
FANS = "Servers' fans"


@dataclass(frozen=True)
class Stage:
    """A part of the path: energy that leaves it there, or, for a station, energy that has come so far."""

    name: str
    kwh: float
    colour: str
    station: bool = False
    cooling: bool = False


def path(site: pd.DataFrame, servers: pd.DataFrame) -> list[Stage]:
    """All stages with any energy, mean over the replications."""
    site_kwh = {name: _kwh(site, name) for name in ("facility_w", "it_w", "psu_loss_w", *ORDER)}
    fans_kwh = _kwh(servers, "fan_w")
    chips_kwh = site_kwh["it_w"] - site_kwh["psu_loss_w"] - fans_kwh
    delivered_kwh = max(0.0, -site_kwh["battery_w"])
    found = [Stage(source_of(site), site_kwh["facility_w"] + delivered_kwh, theme.INK, station=True)]
    for name in ORDER:
        label, colour = LOADS[name]
        found.append(Stage(label.removesuffix(": loss"), site_kwh[name], colour, cooling=name in COOLING))
    found += [
        Stage(PLUGS, site_kwh["it_w"], theme.INK, station=True),
        Stage("Power supplies", site_kwh["psu_loss_w"], theme.ORANGE),
        Stage(FANS, fans_kwh, theme.PURPLE),
        Stage("Chips and boards" if fans_kwh > 0 else "Chips, boards, fans", chips_kwh, theme.GREEN, station=True),
    ]
    return [stage for stage in found if stage.kwh > 0]


def _kwh(table: pd.DataFrame, name: str) -> float:
    """Energy of one replication, mean over all [kWh]."""
    return float((table[name] * table["duration_s"]).sum()) / max(1, table["replication"].nunique()) / J_PER_KWH


def power_path_figure(site: pd.DataFrame, servers: pd.DataFrame, narrow: bool = False) -> go.Figure | None:
    """Stages from top to bottom, each loss hanging where the one above ends; None if nothing was drawn.

    Args:
        site: The table `site`.
        servers: The table `servers`.
        narrow: For a small screen.
    """
    stages = path(site, servers)
    if not stages:
        return None
    whole_kwh = stages[0].kwh
    unit = scale(whole_kwh, "kWh")
    starts, left_kwh = [], whole_kwh
    for stage in stages:
        left_kwh -= 0.0 if stage.station else stage.kwh
        starts.append(0.0 if stage.station else left_kwh)
    texts = [_text(stage, whole_kwh, narrow) for stage in stages]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            base=[start * unit.factor for start in starts],
            x=[stage.kwh * unit.factor for stage in stages],
            y=list(range(len(stages))),
            marker={"color": [stage.colour for stage in stages]},
            text=texts,
            textposition="outside",
            cliponaxis=False,
            customdata=[f"{stage.name}: {quantity(stage.kwh, 'kWh')}" for stage in stages],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    room = 1 + 8 * max(map(len, texts)) / (NARROW_PX if narrow else WIDE_PX)
    figure.update_xaxes(title_text=f"Energy [{unit.unit}]", range=[0, room * whole_kwh * unit.factor])
    labels = [f"<b>{stage.name}</b>" if stage.station else stage.name for stage in stages]
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(stages))), ticktext=labels, ticks="", showgrid=False
    )
    theme.titled(
        figure,
        path_finding(stages),
        "The way of power from the meter down to the chips: dark and green bars are what arrives, the others what "
        "leaves the path there, each at the end of what is left. Energy over the counted time, mean over the "
        "replications, and its share of the meter's.",
        90 + 30 * len(stages),
    )
    return figure.update_layout(bargap=0.22)


def _text(stage: Stage, whole_kwh: float, narrow: bool) -> str:
    share = percent(stage.kwh / whole_kwh)
    return share if narrow else f"{quantity(stage.kwh, 'kWh')} ({share})"


def path_finding(stages: list[Stage]) -> str:
    """How much gets through, and where most is left on the way."""
    whole_kwh, last = stages[0].kwh, stages[-1]
    left = [stage for stage in stages if not stage.station]
    text = f"{percent(last.kwh / whole_kwh)} of the energy at the meter reaches {_lower(last.name)}"
    if not left:
        return text
    cooling_kwh = sum(stage.kwh for stage in left if stage.cooling)
    losses_kwh = sum(stage.kwh for stage in left if stage.colour == theme.ORANGE)
    most = max(left, key=lambda stage: stage.kwh)
    return (
        f"{text}; cooling takes {percent(cooling_kwh / whole_kwh)}, the power chain loses "
        f"{percent(losses_kwh / whole_kwh)}; the largest single part is {_lower(most.name)} "
        f"({percent(most.kwh / whole_kwh)})"
    )


def _lower(name: str) -> str:
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
