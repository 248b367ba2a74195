"""The course of a quantity over the run: replications averaged, steps gathered into few points, dates on the axis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

POINTS = 672
"""Most points of a line: a quarter of an hour in a week, and more than a chart has room for."""


@dataclass(frozen=True)
class Course:
    """A quantity over time.

    Attributes:
        time_s: Start of each point's interval [s].
        mean: Weighted mean over the interval and the replications.
        low: Lowest value of any step and replication in the interval.
        high: Highest value.
    """

    time_s: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray

    def until(self, end_s: float) -> Course:
        """The same with its last values held to *end_s* [s], so that a line through it ends where the run does."""
        held = (np.append(values, values[-1:]) for values in (self.mean, self.low, self.high))
        return Course(np.append(self.time_s, end_s), *held)

    @property
    def spread(self) -> bool:
        """Whether there is more than one value behind a point."""
        return bool(np.any(self.high > self.low))


def course(time_s: pd.Series, value: pd.Series, weight: pd.Series, points: int = POINTS) -> Course:
    """*value* over time from a table with one row per step and replication.

    Args:
        time_s: Start of the step [s].
        value: The quantity; NaN where it has none.
        weight: What a step counts: its length, or the energy for a ratio of energies.
        points: Most points to return.
    """
    times_s = np.unique(time_s.to_numpy(dtype=float))
    groups = min(points, len(times_s))
    group_of_time = np.arange(len(times_s)) * groups // max(1, len(times_s))
    starts_s = times_s[np.searchsorted(group_of_time, np.arange(groups))]
    group = group_of_time[np.searchsorted(times_s, time_s.to_numpy(dtype=float))]
    table = pd.DataFrame({"group": group, "value": value.to_numpy(dtype=float), "weight": weight.to_numpy(dtype=float)})
    table = table[np.isfinite(table["value"])]
    by_group = table.assign(product=table["value"] * table["weight"]).groupby("group")
    sums = by_group[["product", "weight"]].sum()
    mean = (sums["product"] / sums["weight"].where(sums["weight"] > 0)).fillna(by_group["value"].mean())
    ends = by_group["value"].agg(["min", "max"])
    every = np.arange(groups)
    return Course(
        starts_s,
        mean.reindex(every).to_numpy(dtype=float),
        ends["min"].reindex(every).to_numpy(dtype=float),
        ends["max"].reindex(every).to_numpy(dtype=float),
    )


def dates(start: datetime, time_s: FloatArray) -> list[str]:
    """*time_s* seconds after *start* as dates that plotly reads.

    >>> dates(datetime(2025, 7, 7), np.array([0.0, 5400.0]))
    ['2025-07-07 00:00:00', '2025-07-07 01:30:00']
    """
    moments = np.datetime64(start.replace(tzinfo=None), "s") + np.round(time_s).astype("timedelta64[s]")
    return [str(moment).replace("T", " ") for moment in moments]


def occupancy(from_s: FloatArray, to_s: FloatArray, weight: FloatArray, edges_s: FloatArray) -> FloatArray:
    """How many intervals are open, mean over each bin; exact however short an interval is.

    Args:
        from_s: Where each interval opens [s].
        to_s: Where it closes [s], not before it opens.
        weight: What each interval counts.
        edges_s: Edges of the bins [s], increasing.

    >>> occupancy(np.array([0.0]), np.array([5.0]), np.array([2.0]), np.array([0.0, 10.0, 20.0]))
    array([1., 0.])
    """
    summed = _ramp(from_s, weight, edges_s) - _ramp(to_s, weight, edges_s)
    mean: FloatArray = np.diff(summed) / np.diff(edges_s)
    return np.round(mean, 12) + 0.0


def _ramp(from_s: FloatArray, weight: FloatArray, at_s: FloatArray) -> FloatArray:
    """The sum of weight * max(0, at - from) at each of *at_s*."""
    order = np.argsort(from_s)
    weights = np.concatenate(([0.0], np.cumsum(weight[order])))
    moments = np.concatenate(([0.0], np.cumsum(weight[order] * from_s[order])))
    before = np.searchsorted(from_s[order], at_s, side="right")
    result: FloatArray = at_s * weights[before] - moments[before]
    return result
