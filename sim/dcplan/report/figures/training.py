"""How the jobs of a training queue fare: running and waiting over time, and how long each set takes."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dcplan.report import theme
from dcplan.report.course import POINTS, dates, occupancy
from dcplan.report.numbers import Scale, percent, quantity, scale


def jobs_figure(name: str, jobs: pd.DataFrame, horizon_s: float, start: datetime, points: int = POINTS) -> go.Figure:
    """Jobs running and waiting over time; below, wait and time to finish of every set of jobs.

    Args:
        name: The queue.
        jobs: Its part of the table `jobs`, all replications; not empty.
        horizon_s: End of the run [s].
        start: Date of second 0.
        points: Most points of a line.
    """
    replications = max(1, jobs["replication"].nunique())
    edges_s = np.linspace(0.0, horizon_s, points + 1)
    begun_s = jobs["start_s"].fillna(horizon_s).to_numpy(dtype=float)
    ended_s = jobs["end_s"].fillna(horizon_s).to_numpy(dtype=float)
    each = np.full(len(jobs), 1.0 / replications)
    running = occupancy(begun_s, ended_s, each, edges_s)
    waiting = occupancy(jobs["submit_s"].to_numpy(dtype=float), begun_s, each, edges_s)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.55, 0.45], vertical_spacing=0.1)
    days = dates(start, edges_s[:-1])
    for label, values, colour in (("Running", running, theme.GREEN), ("Waiting", waiting, theme.ORANGE)):
        figure.add_scatter(
            x=days,
            y=theme.compact(values),
            name=label,
            stackgroup="jobs",
            mode="lines",
            line={"width": 0.5, "color": colour, "shape": "hv"},
            fillcolor=theme.faint(colour, 0.7),
            hovertemplate="%{y:.3~g} jobs",
            row=1,
            col=1,
        )
    sets = by_set(jobs)
    unit = scale(float(sets[["wait_s", "makespan_s"]].max().max()), "s")
    _sets(figure, sets, start, unit)
    figure.update_yaxes(title_text="Jobs", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text=f"Time [{unit.unit}]", rangemode="tozero", row=2, col=1)
    figure.update_xaxes(range=dates(start, np.array([0.0, horizon_s])))
    return theme.titled(
        figure,
        jobs_finding(name, jobs),
        "Top: jobs that run and that wait for a slot, mean over the replications. Bottom, one pair of marks per set of "
        "jobs submitted together: the mean wait, and the time from submission to the end of the last job.",
        480,
    )


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
            marker={"color": colour, "size": 8, "symbol": symbol},
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
    sets = each.groupby("submit_s")[["wait_s", "makespan_s"]]
    result = sets.mean()
    result["makespan_s"] = result["makespan_s"].where(sets["makespan_s"].count() == sets["makespan_s"].size())
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
