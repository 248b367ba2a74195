"""What a request costs in energy, by how much is asked: few requests carry the power that servers draw at rest."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from dcplan.report import theme
from dcplan.report.figures.latency import log_axis
from dcplan.report.numbers import Scale, digits, percent, quantity, scale

FloatArray = NDArray[np.float64]

NARROW = 1.5
"""Ratio of the busiest to the quietest tenth of the run below which there is nothing to compare."""
BINS = 16
"""Bins of the load, equally wide on a log axis."""
DOTS = 400
"""Most intervals that are drawn one by one."""
TENTH = 0.1


def by_load(steps: pd.DataFrame, attribution: pd.DataFrame) -> pd.DataFrame:
    """Load and energy of each interval that answered anything: `rate_per_s`, `served`, `idle_j`, `active_j`.

    Args:
        steps: The part of the table `endpoints` of one endpoint, all replications.
        attribution: The part of the table `attribution` of the same.
    """
    key = ["replication", "time_s"]
    found = steps[[*key, "duration_s", "served"]].merge(attribution[[*key, "idle_j", "active_j"]], on=key)
    found = found[found["served"] > 0]
    return found.assign(rate_per_s=found["served"] / found["duration_s"])


def per_request_figure(name: str, steps: pd.DataFrame, attribution: pd.DataFrame) -> go.Figure | None:
    """Energy per request over requests per second; None if the load hardly changes.

    Args:
        name: The endpoint.
        steps: Its part of the table `endpoints`, all replications.
        attribution: Its part of the table `attribution`.
    """
    found = by_load(steps, attribution)
    energy_j = float((found["idle_j"] + found["active_j"]).sum())
    if energy_j <= 0.0 or _mean_rate(_busiest(found)) < NARROW * _mean_rate(_quietest(found)):
        return None
    whole_j = ((found["idle_j"] + found["active_j"]) / found["served"]).to_numpy(dtype=float)
    work_j = (found["active_j"] / found["served"]).to_numpy(dtype=float)
    unit = scale(float(np.median(whole_j)), "J")
    figure = go.Figure()
    _dots(figure, found, whole_j, unit)
    rates, (whole, work) = binned(found["rate_per_s"].to_numpy(dtype=float), (whole_j, work_j))
    for values, label, colour, fill in (
        (work, "work", theme.GREEN, "tozeroy"),
        (whole, "work and rest", theme.BLUE, "tonexty"),
    ):
        figure.add_scatter(
            x=rates,
            y=theme.compact(values * unit.factor),
            name=label,
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 6},
            fill=fill,
            fillcolor=theme.faint(colour),
            hovertemplate=f"%{{y:,.3~g}} {unit.unit} at %{{x:,.3~g}} /s",
        )
    ends = found["rate_per_s"].min() / 1.1, found["rate_per_s"].max() * 1.1
    figure.update_xaxes(title_text="Requests answered per second, log scale", **log_axis(*ends))
    most = float(np.quantile(whole_j, 0.995))
    figure.update_yaxes(title_text=f"Energy of a request [{unit.unit}]", range=[0, 1.1 * most * unit.factor])
    return theme.titled(
        figure,
        per_request_finding(name, found, steps, attribution),
        "Each dot is an interval of the run; lines are medians of intervals of about the same load. Green is what the "
        "work takes, blue on top of it what the endpoint's slots draw at rest, shared by the requests that come.",
        380,
    ).update_layout(margin_t=theme.LEGEND_PX, hovermode="closest")


def _dots(figure: go.Figure, found: pd.DataFrame, whole_j: FloatArray, unit: Scale) -> None:
    """Intervals of the run, every so many of them where there are more than can be told apart."""
    shown = np.unique(np.linspace(0, len(found) - 1, DOTS).astype(int))
    figure.add_scatter(
        x=theme.compact(found["rate_per_s"].to_numpy(dtype=float)[shown]),
        y=theme.compact(whole_j[shown] * unit.factor),
        mode="markers",
        marker={"color": theme.faint(theme.MUTED, 0.35), "size": 4},
        hoverinfo="skip",
        showlegend=False,
    )


def binned(rate: FloatArray, values: tuple[FloatArray, ...]) -> tuple[FloatArray, tuple[FloatArray, ...]]:
    """Median rate of the intervals in each bin of the rate that holds any, and the medians of *values* there."""
    edges = np.geomspace(rate.min(), rate.max(), BINS + 1)
    place = np.clip(np.searchsorted(edges, rate, side="right") - 1, 0, BINS - 1)
    medians = pd.DataFrame(np.column_stack((rate, *values))).groupby(place).median().to_numpy(dtype=float)
    return medians[:, 0], tuple(medians[:, 1:].T)


def per_request_finding(name: str, found: pd.DataFrame, steps: pd.DataFrame, attribution: pd.DataFrame) -> str:
    """What a request takes when it is quiet and when it is busy, and how much of all is energy at rest."""
    rest_j = float(attribution["idle_j"].sum())
    whole_j = rest_j + float(attribution["active_j"].sum())
    mean_j = whole_j / float(steps["served"].sum())
    quiet, busy = _quietest(found), _busiest(found)
    return (
        f"A request to {name} takes {quantity(mean_j, 'J')} on average: "
        f"{_each(quiet)} when {digits(_mean_rate(quiet))} come per second, "
        f"{_each(busy)} when {digits(_mean_rate(busy))} do; {percent(rest_j / whole_j)} of all is drawn at rest"
    )


def _each(part: pd.DataFrame) -> str:
    """Energy per request in some intervals."""
    return quantity(float(part[["idle_j", "active_j"]].sum().sum() / part["served"].sum()), "J")


def _mean_rate(part: pd.DataFrame) -> float:
    return float(part["served"].sum() / part["duration_s"].sum())


def _quietest(found: pd.DataFrame) -> pd.DataFrame:
    """The tenth of the intervals in which least is asked."""
    return found.nsmallest(math.ceil(TENTH * len(found)), "rate_per_s")


def _busiest(found: pd.DataFrame) -> pd.DataFrame:
    """The tenth of the intervals in which most is asked."""
    return found.nlargest(math.ceil(TENTH * len(found)), "rate_per_s")
