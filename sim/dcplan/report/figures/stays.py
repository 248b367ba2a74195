"""Where the time of a pipeline's requests goes: how long they stay at each endpoint."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import percent, quantity, scale

ROW_PX = 44


def stays_figure(name: str, stays: pd.DataFrame, latency_s: float) -> go.Figure:
    """The mean stay at each endpoint, one bar each, in the order of the stages.

    Args:
        name: The pipeline.
        stays: Its part of the table `stays`, all replications; some answers in it.
        latency_s: Its mean latency [s].
    """
    means = mean_stays(stays)
    unit = scale(float(means["stay_s"].max()), "s")
    figure = go.Figure()
    figure.add_bar(
        x=theme.compact(means["stay_s"].to_numpy() * unit.factor),
        y=list(range(len(means))),
        orientation="h",
        marker_color=[theme.SERIES[stage % 2] for stage in means["stage"]],
        text=[quantity(stay_s, "s") for stay_s in means["stay_s"]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x:,.4~g} " + unit.unit + "<extra></extra>",
        showlegend=False,
    )
    labels = [f"{stage + 1}. {endpoint}" for stage, endpoint in zip(means["stage"], means["endpoint"], strict=True)]
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, range=[len(labels) - 0.5, -0.5], showgrid=False
    )
    most = float(means["stay_s"].max()) * unit.factor
    figure.update_xaxes(title_text=f"Mean stay [{unit.unit}]", range=[0, 1.25 * most], nticks=6)
    rest_s = max(0.0, latency_s - float(means.groupby("stage")["stay_s"].max().sum()))
    return theme.titled(
        figure,
        stays_finding(name, means, latency_s),
        "From when a request reaches an endpoint to its answer, waits and further attempts included, mean of the "
        "answers that were waited for; endpoints with the same number work side by side. The rest of the mean latency "
        f"of {quantity(latency_s, 's')}, {quantity(rest_s, 's')}, is network and storage, and waiting for the slower "
        "of those side by side.",
        130 + ROW_PX * len(labels),
    )


def mean_stays(stays: pd.DataFrame) -> pd.DataFrame:
    """Mean stay at each endpoint that answered anything: columns stage, endpoint, stay_s."""
    sums = stays.groupby(["stage", "endpoint"], sort=False)[["answers", "stay_s"]].sum().reset_index()
    sums = sums[sums["answers"] > 0].reset_index(drop=True)
    return sums.assign(stay_s=sums["stay_s"] / sums["answers"])[["stage", "endpoint", "stay_s"]]


def stays_finding(name: str, means: pd.DataFrame, latency_s: float) -> str:
    """Where most of the time goes."""
    place = int(means["stay_s"].argmax())
    longest_s = float(means["stay_s"].iloc[place])
    share = percent(min(1.0, longest_s / latency_s))
    return f"{name} spends most of its time at {means['endpoint'].iloc[place]}: {quantity(longest_s, 's')}, {share}"
