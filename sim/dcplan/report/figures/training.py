"""How the jobs of a training queue fare: running and waiting over time, and how long each set takes."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import POINTS, dates, occupancy
from dcplan.report.numbers import Scale, percent, quantity, scale

FloatArray = NDArray[np.float64]

RARELY = 0.25
"""Share of the run below which a queue counts as empty most of the time."""


def jobs_figure(name: str, jobs: pd.DataFrame, horizon_s: float, start: datetime, points: int = POINTS) -> go.Figure:
    """Jobs running and waiting over time; below, wait and time to finish of every set of jobs.

    Args:
        name: The queue.
        jobs: Its part of the table `jobs`, all replications; not empty.
        horizon_s: End of the run [s].
        start: Date of second 0.
        points: Most points of a line.
    """
    sets = by_set(jobs)
    from_s, to_s = window(jobs, sets, horizon_s)
    whole = to_s - from_s >= horizon_s
    figure = make_subplots(rows=2, cols=1, row_heights=[0.55, 0.45], vertical_spacing=0.2)
    _occupied(figure, jobs, np.linspace(from_s, to_s, points + 1), horizon_s, start)
    unit = scale(float(sets[["wait_s", "makespan_s"]].max().max()), "s")
    _sets(figure, sets, start, unit)
    figure.update_yaxes(title_text=f"Time [{unit.unit}]", rangemode="tozero", row=2, col=1)
    theme.titled(
        figure,
        jobs_finding(name, jobs),
        f"Top: jobs that run and that wait for a slot, {'over the run' if whole else 'in the set that takes longest'}, "
        "mean over the replications. Bottom, one pair of marks per set of jobs submitted together: the mean wait, and "
        "the time from submission to the end of the last job, if it ended.",
        500,
    )
    theme.over_time(figure, dates(start, np.array([0.0, horizon_s])))
    figure.update_xaxes(range=dates(start, np.array([from_s, to_s])), row=1, col=1)
    return figure.update_layout(margin_t=theme.LEGEND_PX, legend_traceorder="normal")


def window(jobs: pd.DataFrame, sets: pd.DataFrame, horizon_s: float) -> tuple[float, float]:
    """What to show of the queue: the whole run [s], or the slowest set where the queue is empty most of the time."""
    finished = sets["makespan_s"].dropna()
    busy_s = float(finished.sum())
    if len(finished) < len(sets) or len(sets) < 2 or busy_s > RARELY * horizon_s:
        return 0.0, horizon_s
    submit_s, makespan_s = float(finished.index[int(finished.argmax())]), float(finished.max())
    last_s = float(jobs.loc[jobs["submit_s"] == submit_s, "end_s"].max())
    return max(0.0, submit_s - 0.05 * makespan_s), min(horizon_s, last_s + 0.1 * makespan_s)


def _occupied(figure: go.Figure, jobs: pd.DataFrame, edges_s: FloatArray, horizon_s: float, start: datetime) -> None:
    """Running jobs, and on top of them waiting jobs."""
    begun_s = jobs["start_s"].fillna(horizon_s).to_numpy(dtype=float)
    ended_s = jobs["end_s"].fillna(horizon_s).to_numpy(dtype=float)
    each = np.full(len(jobs), 1.0 / max(1, jobs["replication"].nunique()))
    running = occupancy(begun_s, ended_s, each, edges_s)
    waiting = occupancy(jobs["submit_s"].to_numpy(dtype=float), begun_s, each, edges_s)
    days = dates(start, edges_s)
    for label, values, colour in (("Running", running, theme.GREEN), ("Waiting", waiting, theme.ORANGE)):
        figure.add_scatter(
            x=days,
            y=theme.compact(np.append(values, values[-1])),
            name=label,
            stackgroup="jobs",
            mode="lines",
            line={"width": 0, "color": colour, "shape": "hv"},
            fillcolor=theme.faint(colour, 0.75),
            hovertemplate="%{y:.3~g} jobs",
            row=1,
            col=1,
        )
    most = float((running + waiting).max())
    figure.update_yaxes(title_text="Jobs", range=[0.0, 1.05 * max(most, 1.0)], row=1, col=1)


def _sets(figure: go.Figure, sets: pd.DataFrame, start: datetime, unit: Scale) -> None:
    days = dates(start, sets.index.to_numpy(dtype=float))
    for label, column, colour, symbol in (
        ("Until the last job ends", "makespan_s", theme.BLUE, "circle"),
        ("Mean wait", "wait_s", theme.VERMILION, "diamond"),
    ):
        figure.add_scatter(
            x=days,
            y=theme.compact(sets[column].to_numpy(dtype=float) * unit.factor),
            name=label,
            mode="markers",
            marker={"color": colour, "size": 9, "symbol": symbol},
            cliponaxis=False,
            hovertemplate=f"%{{y:,.3~g}} {unit.unit}",
            row=2,
            col=1,
        )


def by_set(jobs: pd.DataFrame) -> pd.DataFrame:
    """Mean wait and makespan [s] of the jobs submitted together, by time of submission [s].

    The makespan is NaN for a set that was not finished in some replication.
    """
    timed = jobs.assign(wait_s=jobs["start_s"] - jobs["submit_s"], whole_s=jobs["end_s"] - jobs["submit_s"])
    each = timed.groupby(["submit_s", "replication"]).agg(
        wait_s=("wait_s", "mean"), makespan_s=("whole_s", "max"), ended=("end_s", "count"), jobs=("job", "size")
    )
    each["makespan_s"] = each["makespan_s"].where(each["ended"] == each["jobs"])
    unfinished = each["makespan_s"].isna().groupby("submit_s").any()
    result = each.groupby("submit_s")[["wait_s", "makespan_s"]].mean()
    result["makespan_s"] = result["makespan_s"].mask(unfinished)
    return result


def jobs_finding(name: str, jobs: pd.DataFrame) -> str:
    """How many jobs finish, and how long they wait and take."""
    ended = int(jobs["end_s"].notna().sum())
    makespan_s = by_set(jobs)["makespan_s"].max()
    wait_s = float((jobs["start_s"] - jobs["submit_s"]).mean())
    done = f"{name} finishes all of its jobs" if ended == len(jobs) else (
        f"{name} finishes {percent(ended / len(jobs))} of its jobs by the end of the run"
    )  # fmt: skip
    if np.isfinite(wait_s):
        done += "; jobs start at once" if wait_s == 0 else f"; they wait {quantity(wait_s, 's')} on average"
    if np.isfinite(makespan_s):
        done += f", and the slowest set is ready after {quantity(float(makespan_s), 's')}"
    return done
