"""A workload measured on a kind of machine: how long a batch takes, and how much that varies.

Between measured batch sizes time is linear. A batch larger than the largest measured one is run as several calls, one
after the other; a smaller one than the smallest is refused. Of the measured variance of a call, the share that lies
between windows of a few seconds is slow (a busy neighbour, heat) and hits all calls of a long request alike; the rest
is fast and averages out over its calls. So the spread of a request of k calls is sqrt(slow + (1 - slow) / k) of that of
a single call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.errors import InputError
from dcplan.profiles.library import Library, Profile

FloatArray = NDArray[np.float64]

LEVELS = {
    "q000_s": 0.0,
    "q001_s": 0.01,
    "q005_s": 0.05,
    "q010_s": 0.1,
    "q025_s": 0.25,
    "q050_s": 0.5,
    "q075_s": 0.75,
    "q090_s": 0.9,
    "q095_s": 0.95,
    "q099_s": 0.99,
    "q100_s": 1.0,
}
"""Quantile columns of the tables."""

DRAW_STEPS = 200
"""Equal steps of the draw from 0 to 1 in a service time table: every measured quantile is a knot."""


@dataclass(frozen=True)
class Timing:
    """Times of one call by batch size.

    Attributes:
        batch: Measured batch sizes, increasing, [n].
        mean_s, low_s, high_s: Mean time of a call and its 95 % interval [s], [n].
        quantile_s: Time of a call at each of `LEVELS` [s], [n, 11].
        slow: Share of the variance of a call that lies between windows [-], [n].
        verdict: What the instrument said of each point: VALID or UNSTABLE; INVALID points are left out, [n].
    """

    batch: FloatArray
    mean_s: FloatArray
    low_s: FloatArray
    high_s: FloatArray
    quantile_s: FloatArray
    slow: FloatArray
    verdict: tuple[str, ...]

    @property
    def unstable(self) -> list[int]:
        """Batch sizes whose times had not settled when measuring ended."""
        return [int(size) for size, verdict in zip(self.batch, self.verdict, strict=True) if verdict != "VALID"]

    def call_s(self, samples: FloatArray) -> FloatArray:
        """Mean time of calls with so many samples each [s], shape of *samples*."""
        return np.interp(samples, self.batch, self.mean_s)

    def work_s(self, samples: FloatArray) -> FloatArray:
        """Mean time to run so many samples, in as few calls as the largest measured batch allows [s]."""
        calls, rest = self._split(samples)
        return np.asarray(calls * self.mean_s[-1] + np.where(rest > 0, self.call_s(rest), 0.0))

    def by_draw_s(self, samples: FloatArray) -> FloatArray:
        """Time to run so many samples as a function of a uniform draw [s], [len(samples), DRAW_STEPS + 1].

        Linear between the measured quantiles; the mean is the measured mean.
        """
        calls, rest = self._split(samples)
        levels = np.array(list(LEVELS.values()))
        last = np.stack([np.interp(rest, self.batch, column) for column in self.quantile_s.T], axis=1)
        knots = calls[:, None] * self.quantile_s[-1] + np.where(rest[:, None] > 0, last, 0.0)
        draws = np.linspace(0.0, 1.0, DRAW_STEPS + 1)
        table = np.stack([np.interp(draws, levels, row) for row in knots])
        table /= np.trapezoid(table, draws, axis=1)[:, None]
        count = calls + (rest > 0)
        slow = np.interp(samples, self.batch, self.slow)
        spread = np.sqrt(slow + (1.0 - slow) / count)
        return np.asarray(self.work_s(samples)[:, None] * (1.0 + spread[:, None] * (table - 1.0)))

    def _split(self, samples: FloatArray) -> tuple[FloatArray, FloatArray]:
        if np.any(samples < self.batch[0]):
            raise ValueError(f"a batch of {samples.min():g} is below the smallest measured batch of {self.batch[0]:g}")
        calls, rest = np.divmod(samples, self.batch[-1])
        return calls, rest


@dataclass(frozen=True)
class ComputeProfile:
    """A workload on a kind of machine."""

    profile: Profile
    infer: Timing
    train: Timing | None

    @property
    def recipe_batch(self) -> int:
        """Samples per training step in the workload's own recipe."""
        try:
            return int(self.profile.header["recipe"]["batch"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{self.profile.path}: the profile has no recipe", "write 'batch' instead") from error

    def step_s(self, batch: int) -> float:
        """Mean time of a training step [s]."""
        if self.train is None:
            raise ValueError("training was not measured; run dcplan profile again")
        low, high = self.train.batch[0], self.train.batch[-1]
        if not low <= batch <= high:
            raise ValueError(f"training was measured for batches of {low:g} to {high:g}, not {batch}")
        return float(self.train.call_s(np.array([batch], dtype=float))[0])


def load_compute(library: Library, sku: str, workload: str) -> ComputeProfile:
    """The profile of *workload* on machines of kind *sku*."""
    profile = library.load("compute", f"{sku}/{workload}")
    infer = _timing(profile, "infer")
    train = _timing(profile, "train") if (profile.path / "train.csv").is_file() else None
    return ComputeProfile(profile, infer, train)


def _timing(profile: Profile, task: str) -> Timing:
    path = profile.table(f"{task}.csv")
    try:
        table = pd.read_csv(path).sort_values("batch")
        columns = ["batch", "time_mean_s", "time_low_s", "time_high_s", *LEVELS]
        verdict = table["verdict"].astype(str).str.split(":").str[0]
        table = table[verdict != "INVALID"]
        numbers = table[columns].to_numpy(dtype=np.float64)
        windows = pd.read_csv(profile.table("windows.csv"))
        windows = windows[(windows["task"] == task) & (windows["phase"] == "measured")]
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: is not a table of measured times: {error}", "measure it again") from error
    times = np.delete(numbers, columns.index("time_low_s"), axis=1)  # an interval may reach below zero
    if not len(numbers) or not np.isfinite(numbers).all() or (times <= 0).any():
        raise InputError(f"{path}: holds times that are missing, zero or negative", "measure it again")
    kept = tuple(verdict[verdict != "INVALID"])
    quantile_s = numbers[:, 4:]
    slow = np.array(
        [
            _slow_share(windows[windows["batch"] == size], row)
            for size, row in zip(numbers[:, 0], quantile_s, strict=True)
        ]
    )
    return Timing(numbers[:, 0], numbers[:, 1], numbers[:, 2], numbers[:, 3], quantile_s, slow, kept)


def _slow_share(windows: pd.DataFrame, quantile_s: FloatArray) -> float:
    """Share of the variance of a call that lies between windows [-], 0..1 (one-way analysis of variance)."""
    draws = np.linspace(0.0, 1.0, DRAW_STEPS + 1)
    times_s = np.interp(draws, list(LEVELS.values()), quantile_s)
    total = float(times_s.var())
    if len(windows) < 2 or total == 0.0:
        return 1.0  # nothing is known of how calls differ: let them all be alike, which is cautious
    between = float(windows["mean_s"].var(ddof=1))
    calls = float(windows["n"].mean())
    slow = (between - total / calls) / (1.0 - 1.0 / calls) if calls > 1 else between
    return float(np.clip(slow / total, 0.0, 1.0))
