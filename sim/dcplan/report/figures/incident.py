"""What an incident does, on one time axis: from the heat that nobody removes to the answers that users get."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import course, dates
from dcplan.report.facts import Facts
from dcplan.report.numbers import percent, quantity, scale

FULL = 1.0 - 1e-9
WARM_K = 0.1
"""Air that is warmer than usual by less than this is as usual [K]."""
BEFORE_S = 600.0
"""What is shown before the first look at the room [s]."""
SHOWN_ENDPOINTS = len(theme.SERIES)
POINTS = 900
J_PER_MJ = 1e6
SLOWER = 1.2
"""A p99 over the usual one from which on users notice: so much may be chance in steps of a few hundred answers."""
LOGARITHMIC = 20.0
"""Ratio of the longest to the shortest latency from which on their axis is logarithmic."""
PANELS = (
    "Heat missing [kW]",
    "Store [MJ]",
    "Inlet air [°C]",
    "Speed [%]",
    "Servers [kW]",
    "Latency",
    "Dropped [/s]",
)


def incident_figure(room: pd.DataFrame, endpoints: pd.DataFrame, tails: pd.DataFrame, known: Facts) -> go.Figure:
    """Heat, store, inlet air, speed and power of the servers, latency and drops of the endpoints, one above the other.

    Args:
        room: The table `room`; not empty.
        endpoints: The table `endpoints`.
        tails: The table `tails`.
        known: When the run starts, when servers slow down or switch off, and what is lost when.
    """
    first = room["replication"].min()
    looks = with_before(room[room["replication"] == first])
    steps = endpoints[endpoints["replication"] == first].merge(
        tails, on=["replication", "endpoint", "time_s", "duration_s"]
    )
    begins_s, ends_s = window_s(looks, known)
    looks = looks[looks["time_s"] <= ends_s]
    steps = steps[(steps["time_s"] >= begins_s) & (steps["time_s"] + steps["duration_s"] <= ends_s + 1.0)]
    panels = [name for name in PANELS if name != "Store [MJ]" or looks["store_j"].max() > 0.0]
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.022)
    row = {name: number for number, name in enumerate(panels, start=1)}
    for name in panels:
        figure.update_yaxes(
            title={"text": name.replace(" [", "<br>["), "font": {"size": 12}}, nticks=4, row=row[name], col=1
        )
    _add_looks(figure, looks, known, row)
    _add_answers(figure, steps, known, row)
    _add_limits(figure, known, row["Inlet air [°C]"])
    _add_losses(figure, known, ends_s)
    theme.titled(
        figure,
        incident_finding(looks, steps),
        "Cause and effect from top to bottom, in the first replication: heat that the plant does not remove, "
        f"{'cold left in the store of chilled water, ' if 'Store [MJ]' in row else ''}air that the servers breathe in "
        "and the temperatures at which they slow down and switch off, their speed over full speed, their power, "
        "p99 (dotted: mean) of the answers of each step, requests never answered. Shaded: while something is lost.",
        120 * len(panels) + 70,
    )
    figure.update_layout(margin_t=30 + theme.LEGEND_PX)
    return theme.over_time(figure, dates(known.start, np.array([begins_s, ends_s])))


def with_before(looks: pd.DataFrame) -> pd.DataFrame:
    """The looks of one replication, and before the first of them some minutes in which all is as usual."""
    row = looks.iloc[0]
    usual = row.copy()
    usual["inlet_c"], usual["rise_k"], usual["missing_w"], usual["speed"] = (
        row["inlet_c"] - row["rise_k"],
        0.0,
        0.0,
        1.0,
    )
    usual["store_j"] = looks["store_j"].max()
    gap_s = float(looks["time_s"].diff().min()) if len(looks) > 1 else 0.0
    times_s = [max(0.0, row["time_s"] - gap_s - BEFORE_S), row["time_s"] - gap_s]
    before = pd.DataFrame([usual, usual]).assign(time_s=times_s)
    return pd.concat([before, looks], ignore_index=True)


def window_s(looks: pd.DataFrame, known: Facts) -> tuple[float, float]:
    """From when until when there is something to see [s]."""
    begins_s = float(looks["time_s"].iloc[0])
    unusual = (looks["rise_k"] > WARM_K) | (looks["speed"] < FULL) | (looks["missing_w"] > 0.0)
    unusual |= looks["store_j"] < 0.999 * looks["store_j"].max()
    last_s = float(looks.loc[unusual, "time_s"].max()) if unusual.any() else float(looks["time_s"].max())
    return begins_s, min(known.horizon_s, last_s + BEFORE_S)


def _add_looks(figure: go.Figure, looks: pd.DataFrame, known: Facts, row: dict[str, int]) -> None:
    """What each look found in the room."""
    for name, column, factor, colour, hover in (
        ("Heat missing [kW]", "missing_w", 1e-3, theme.VERMILION, "%{y:,.3~f} kW"),
        ("Store [MJ]", "store_j", 1.0 / J_PER_MJ, theme.SKY, "%{y:,.3~f} MJ"),
        ("Inlet air [°C]", "inlet_c", 1.0, theme.ORANGE, "%{y:.1f} °C"),
        ("Speed [%]", "speed", 100.0, theme.GREEN, "%{y:.1f} %"),
        ("Servers [kW]", "it_w", 1e-3, theme.BLUE, "%{y:,.3~f} kW"),
    ):
        if name in row:
            shown = course(looks["time_s"], looks[column], pd.Series(np.ones(len(looks))), POINTS)
            figure.add_scatter(
                x=dates(known.start, shown.time_s),
                y=theme.compact(shown.mean * factor),
                name=name.partition(" [")[0],
                mode="lines",
                line={"width": 1.8, "color": colour},
                hovertemplate=hover,
                showlegend=False,
                row=row[name],
                col=1,
            )
            figure.update_yaxes(rangemode="normal" if column == "inlet_c" else "tozero", row=row[name], col=1)


def _add_answers(figure: go.Figure, steps: pd.DataFrame, known: Facts, row: dict[str, int]) -> None:
    """Latency and drops of each endpoint."""
    every_s = pd.concat([steps["latency_p99_s"], _mean_s(steps)]).dropna()
    unit = scale(float(every_s.median()) if len(every_s) else 0.0, "s")
    for number, (name, rows) in enumerate(steps.groupby("endpoint", sort=False)):
        if number >= SHOWN_ENDPOINTS:
            break
        days = dates(known.start, (rows["time_s"] + rows["duration_s"] / 2).to_numpy(dtype=float))
        for panel, values, hover, dash in (
            ("Latency", unit.factor * rows["latency_p99_s"], f"p99 %{{y:,.4~g}} {unit.unit}", "solid"),
            ("Latency", unit.factor * _mean_s(rows), f"mean %{{y:,.4~g}} {unit.unit}", "dot"),
            ("Dropped [/s]", rows["dropped"] / rows["duration_s"], "%{y:,.4~g} /s", "solid"),
        ):
            figure.add_scatter(
                x=days,
                y=theme.compact(values),
                name=theme.escaped(theme.shortened(str(name))),
                legendgroup=str(number),
                mode="lines+markers" if dash == "solid" else "lines",
                marker={"size": 3},
                line={"width": 1.4, "color": theme.SERIES[number], "dash": dash},
                hovertemplate=hover,
                showlegend=panel == "Latency" and dash == "solid",
                row=row[panel],
                col=1,
            )
    figure.update_yaxes(rangemode="tozero", row=row["Dropped [/s]"], col=1)
    figure.update_yaxes(title_text=f"Latency<br>[{unit.unit}]", row=row["Latency"], col=1)
    if len(every_s) and every_s.max() > LOGARITHMIC * max(every_s.min(), 1e-12):
        figure.update_yaxes(type="log", dtick=1, row=row["Latency"], col=1)


def _mean_s(steps: pd.DataFrame) -> pd.Series:
    """Mean latency of each step [s]; NaN where nothing was answered."""
    return steps["latency_s"] / steps["served"].where(steps["served"] > 0)


def _add_limits(figure: go.Figure, known: Facts, row: int) -> None:
    """Temperatures at which servers slow down and switch off."""
    for limit_c, text in ((known.throttles_from_c, "slower from here"), (known.shutdown_c, "off")):
        if limit_c is not None:
            figure.add_hline(y=limit_c, line={"color": theme.MUTED, "width": 1, "dash": "dash"}, row=row, col=1)
            figure.add_annotation(
                x=1,
                y=limit_c,
                xref="x domain",
                xanchor="right",
                yanchor="bottom",
                text=text,
                font={"size": 11, "color": theme.MUTED},
                showarrow=False,
                row=row,
                col=1,
            )


def _add_losses(figure: go.Figure, known: Facts, ends_s: float) -> None:
    """A band over all panels while something is lost, with what it is above."""
    for loss in known.losses:
        if loss.begins_s >= ends_s:
            continue
        ends = dates(known.start, np.array([loss.begins_s, min(loss.ends_s, ends_s)]))
        figure.add_vrect(
            x0=ends[0], x1=ends[1], fillcolor=theme.faint(theme.VERMILION, 0.10), line_width=0, layer="below"
        )
        figure.add_annotation(
            x=ends[0],
            y=1.0,
            xref="x",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            text=theme.escaped(loss.text),
            font={"size": 12, "color": theme.VERMILION},
            showarrow=False,
        )


def incident_finding(looks: pd.DataFrame, steps: pd.DataFrame) -> str:
    """How warm it became and how soon, what the servers did, and what users noticed."""
    failed = looks[looks["missing_w"] > 0.0]
    if failed.empty:
        return "The room stays as cool as it was: what is left of the plant removes all heat"
    hottest = looks.iloc[int(looks["inlet_c"].argmax())]
    after_s = float(hottest["time_s"] - failed["time_s"].iloc[0])
    peak = f"The servers' air is {hottest['inlet_c']:.1f} °C at most, {quantity(after_s, 's')} after cooling fell short"
    if hottest["rise_k"] < WARM_K:
        peak = "The servers' air stays as cool as it was"
    return peak + _did(looks) + _noticed(steps, float(failed["time_s"].iloc[0]))


def _did(looks: pd.DataFrame) -> str:
    """What servers did about it."""
    lasts_s = -looks["time_s"].diff(-1).fillna(0.0)
    off_s = float(lasts_s[looks["speed"] == 0.0].sum())
    slow = (looks["speed"] < FULL) & (looks["speed"] > 0.0)
    parts = []
    if slow.any():
        slowest = percent(float(looks.loc[slow, "speed"].min()))
        parts.append(f"slow down to {slowest} for {quantity(float(lasts_s[slow].sum()), 's')}")
    if off_s > 0.0:
        parts.append(f"are off for {quantity(off_s, 's')}")
    return f"; servers {' and '.join(parts)}" if parts else "; servers keep their speed"


def _noticed(steps: pd.DataFrame, failed_s: float) -> str:
    """What users notice: how much slower answers are, and how many never come."""
    later = steps[steps["time_s"] >= failed_s - 1.0]
    earlier = steps[steps["time_s"] + steps["duration_s"] <= failed_s]
    if later.empty or not later["arrived"].any():
        return ""
    usual_s, worst_s = float(earlier["latency_p99_s"].median()), float(later["latency_p99_s"].max())
    parts = []
    if usual_s > 0.0 and worst_s > SLOWER * usual_s:
        parts.append(f"p99 goes from {quantity(usual_s, 's')} up to {quantity(worst_s, 's')}")
    if later["dropped"].any():
        parts.append(
            f"{percent(float(later['dropped'].sum() / later['arrived'].sum()))} of the requests meanwhile get none"
        )
    return f"; {' and '.join(parts)}" if parts else "; users notice nothing"
