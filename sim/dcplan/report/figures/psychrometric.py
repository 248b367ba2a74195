"""The air outdoors and at the servers on a psychrometric chart, with what the servers may breathe."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.facility.ashrae import Envelope, allowable, recommended
from dcplan.report import theme
from dcplan.report.course import FloatArray
from dcplan.report.figures.plant import HALF_A_DAY_S, counted_s
from dcplan.report.numbers import percent
from dcplan.signals import moist_air

CELL_K, CELL_G_KG = 1.0, 0.5
"""Size of a cell in which hours are counted [K, g/kg]."""
HOUR_S = 3600.0
SHADES = [[0.0, "#dbe9f5"], [0.5, theme.SKY], [1.0, "#08306b"]]


def psychrometric_figure(site: pd.DataFrame, ashrae_class: str) -> go.Figure | None:
    """Hours outdoors by dry bulb and humidity, the air into the servers, saturation and ASHRAE's envelopes.

    Args:
        site: The table `site`; None comes back if it is short, or of a version that did not note humidity.
        ashrae_class: Class of the servers.
    """
    noted = {"pressure_pa", "server_inlet_kg_kg"} <= set(site)
    if not noted or counted_s(site) < HALF_A_DAY_S or site["server_inlet_kg_kg"].isna().any():
        return None
    pressure_pa = float(site["pressure_pa"].mean())
    outdoor_kg_kg = moist_air.humidity_ratio_of_wet_bulb_kg_kg(
        site["dry_bulb_c"].to_numpy(), site["wet_bulb_c"].to_numpy(), site["pressure_pa"].to_numpy()
    )
    envelopes = {
        f"Allowable, {ashrae_class}": (
            allowable(ashrae_class, moist_air.altitude_m(pressure_pa)),
            theme.PURPLE,
            "dash",
        ),
        "Recommended": (recommended(ashrae_class), theme.GREEN, "solid"),
    }
    figure = go.Figure()
    _add_hours(figure, site, outdoor_kg_kg)
    low_c, high_c = _reach(site, [each for each, _, _ in envelopes.values()])
    _add_saturation(figure, low_c, high_c, pressure_pa)
    for name, (envelope, colour, dash) in envelopes.items():
        x, y = outline(envelope, pressure_pa)
        line = {"color": colour, "width": 2, "dash": dash}
        figure.add_scatter(x=theme.compact(x), y=theme.compact(y), name=name, mode="lines", line=line, hoverinfo="name")
    _add_inlet(figure, site)
    tops_g_kg = [float(outline(each, pressure_pa)[1].max()) for each, _, _ in envelopes.values()]
    top_g_kg = 1.08 * max(1000.0 * float(outdoor_kg_kg.max()), *tops_g_kg)
    figure.update_xaxes(title_text="Dry bulb [°C]", range=[low_c, high_c])
    figure.update_yaxes(title_text="Water in dry air [g/kg]", range=[0.0, top_g_kg])
    theme.titled(
        figure,
        psychrometric_finding(site, outdoor_kg_kg, ashrae_class),
        f"Squares count the hours outdoors in steps of {CELL_K:g} K and {CELL_G_KG:g} g/kg, mean over the "
        "replications; dots are the air into the servers as long as the plant meets the load. Lines: saturated air and "
        f"ASHRAE's envelopes at the mean pressure of {pressure_pa / 1000.0:.1f} kPa.",
        520 + theme.LEGEND_PX,
    )
    return figure.update_layout(margin_t=24 + theme.LEGEND_PX)


def _reach(site: pd.DataFrame, envelopes: list[Envelope]) -> tuple[float, float]:
    """Ends of the axis of temperatures [degC]."""
    low_c = min(float(site["dry_bulb_c"].min()), *(each.low_c for each in envelopes))
    high_c = max(float(site["dry_bulb_c"].max()), float(site["server_inlet_c"].max()), *(e.high_c for e in envelopes))
    return low_c - 2.0, high_c + 2.0


def _add_hours(figure: go.Figure, site: pd.DataFrame, outdoor_kg_kg: FloatArray) -> None:
    """Hours outdoors in each cell."""
    column = np.floor(site["dry_bulb_c"].to_numpy() / CELL_K)
    row = np.floor(1000.0 * outdoor_kg_kg / CELL_G_KG)
    hours = pd.Series(site["duration_s"].to_numpy() / HOUR_S / site["replication"].nunique())
    cells = hours.groupby([pd.Series(row, name="row"), pd.Series(column, name="column")]).sum().unstack("column")
    cells = cells.reindex(index=_every(row), columns=_every(column))
    figure.add_heatmap(
        x=(cells.columns.to_numpy() + 0.5) * CELL_K,
        y=(cells.index.to_numpy() + 0.5) * CELL_G_KG,
        z=theme.compact(cells.to_numpy()),
        colorscale=SHADES,
        colorbar={"title": {"text": "h", "font": {"size": 12}}, "thickness": 12, "outlinewidth": 0},
        hoverongaps=False,
        hovertemplate="outdoors %{x:.1f} °C, %{y:.1f} g/kg: %{z:.3~g} h<extra></extra>",
    )


def _every(places: FloatArray) -> FloatArray:
    """All places from the lowest to the highest."""
    return np.arange(places.min(), places.max() + 1.0)


def _add_saturation(figure: go.Figure, low_c: float, high_c: float, pressure_pa: float) -> None:
    dry_c = np.linspace(low_c, high_c, 120)
    saturated = 1000.0 * moist_air.saturation_humidity_ratio_kg_kg(dry_c, pressure_pa)
    line = {"color": theme.INK, "width": 1.6}
    figure.add_scatter(
        x=theme.compact(dry_c),
        y=theme.compact(saturated),
        name="Saturated air",
        mode="lines",
        line=line,
        hoverinfo="name",
    )


def _add_inlet(figure: go.Figure, site: pd.DataFrame) -> None:
    """Air into the servers, once each kind."""
    inlet = pd.DataFrame(
        {
            "x": site["server_inlet_c"].round(1),
            "y": (1000.0 * site["server_inlet_kg_kg"]).round(1),
            "s": site["duration_s"],
        }
    )
    hours = inlet.groupby(["x", "y"])["s"].sum() / HOUR_S / site["replication"].nunique()
    size = 5.0 + 7.0 * np.sqrt(hours / hours.max())
    figure.add_scatter(
        x=theme.compact(hours.index.get_level_values("x")),
        y=theme.compact(hours.index.get_level_values("y")),
        name="Servers' inlets",
        mode="markers",
        marker={"color": theme.VERMILION, "size": theme.compact(size), "opacity": 0.8, "line": {"width": 0}},
        customdata=theme.compact(hours),
        hovertemplate="into the servers %{x:.1f} °C, %{y:.1f} g/kg: %{customdata:.3~g} h<extra></extra>",
    )


def outline(envelope: Envelope, pressure_pa: float) -> tuple[FloatArray, FloatArray]:
    """A closed line around *envelope*: dry bulb [degC] and water [g/kg]."""
    dry_c = np.linspace(envelope.low_c, envelope.high_c, 61)
    low, high = envelope.humidity_limits_kg_kg(dry_c, np.full(len(dry_c), pressure_pa))
    low = np.minimum(low, high)
    x = np.concatenate((dry_c, dry_c[::-1], dry_c[:1]))
    return x, 1000.0 * np.concatenate((low, high[::-1], low[:1]))


def psychrometric_finding(site: pd.DataFrame, outdoor_kg_kg: FloatArray, ashrae_class: str) -> str:
    """For how much of the time air is within the envelopes, outdoors and at the servers."""
    weight_s, pressure_pa = site["duration_s"].to_numpy(), site["pressure_pa"].to_numpy()
    limits = recommended(ashrae_class), allowable(ashrae_class, moist_air.altitude_m(float(pressure_pa.mean())))
    dry_c = site["dry_bulb_c"].to_numpy()
    outside = [each.left_by(dry_c, outdoor_kg_kg, pressure_pa) for each in limits]
    outdoors = [1.0 - float(np.average(each, weights=weight_s)) for each in outside]
    servers = [
        1.0 - float(np.average(site[name], weights=weight_s)) for name in ("outside_recommended", "outside_allowable")
    ]
    return (
        f"Outdoor air is as class {ashrae_class} allows for {percent(outdoors[1])} of the time, as recommended for "
        f"{percent(outdoors[0])}; the servers' air for {percent(servers[1])} and {percent(servers[0])}"
    )
