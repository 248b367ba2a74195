"""Times of a call by batch size: its mean, how much it varies, and how much longer it takes after a pause.

Between measured batch sizes time is linear. A batch larger than the largest measured one is run as several calls, one
after the other; a smaller one than the smallest is refused. Of the measured variance of a call, the share that lies
between windows (of a second, where no meter asks for longer ones) is slow (a busy neighbour, heat) and hits all calls
of a long request alike; the rest is fast and averages out over its calls. So the spread of a request of k calls is
sqrt(slow + (1 - slow) / k) of that of a single call. How long such spells last is read off the windows in the order of
time; calls that follow each other in a simulation are alike for as long.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.statistics import QUANTILES, Z95

FloatArray = NDArray[np.float64]

LEVELS = QUANTILES
"""Quantile columns of the tables, as the instrument writes them."""

DRAW_STEPS = 200
"""Equal steps of the draw from 0 to 1 in a service time table: every measured quantile is a knot."""


@dataclass(frozen=True)
class Pauses:
    """How much longer a call takes after the processor was idle; by default it was not measured and is nothing.

    Attributes:
        batch: Batch sizes it was measured at, rising, [m].
        pause_s: Pauses [s], rising from 0, [k].
        added_s: Mean time beyond that of back-to-back calls [s], never negative, [m, k].
    """

    batch: FloatArray = field(default_factory=lambda: np.ones(1))
    pause_s: FloatArray = field(default_factory=lambda: np.zeros(1))
    added_s: FloatArray = field(default_factory=lambda: np.zeros((1, 1)))

    def at(self, samples: FloatArray) -> FloatArray:
        """Time added at each pause [s], [len(samples), k]: linear in the batch, constant outside the measured ones."""
        return np.stack([np.interp(samples, self.batch, column) for column in self.added_s.T], axis=1)


@dataclass(frozen=True)
class Timing:
    """Times of one call by batch size.

    Attributes:
        batch: Measured batch sizes, increasing, [n].
        mean_s, low_s, high_s: Mean time of a call and its 95 % interval [s], [n].
        quantile_s: Time of a call at each of `LEVELS` [s], [n, 11].
        slow: Share of the variance of a call that lies between windows [-], [n].
        spell_s: How long what is slow lasts, as its integral time scale [s]; 0 if that is not known.
        verdict: What the instrument said of each point: VALID or UNSTABLE; INVALID points are left out, [n].
        power_w: Power while calls run back to back [W], [n]; NaN where no meter read it.
        pauses: How much longer calls take after a pause.
        derived: Why these are not measured times, in a few words; empty if they are.
    """

    batch: FloatArray
    mean_s: FloatArray
    low_s: FloatArray
    high_s: FloatArray
    quantile_s: FloatArray
    slow: FloatArray
    verdict: tuple[str, ...]
    power_w: FloatArray = field(default_factory=lambda: np.full(1, np.nan))
    pauses: Pauses = field(default_factory=Pauses)
    derived: str = ""
    spell_s: float = 0.0

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
        spread = np.sqrt(self._variance(samples))
        return np.asarray(self.work_s(samples)[:, None] * (1.0 + spread[:, None] * (table - 1.0)))

    def above_rest_w(self, samples: FloatArray, rest_w: float | None) -> FloatArray | None:
        """Power above *rest_w* while running so many samples [W], shape of *samples*; None if either is not known."""
        if rest_w is None or not np.isfinite(self.power_w).all():
            return None
        return np.maximum(0.0, np.interp(samples, self.batch, self.power_w) - rest_w)

    def slowed(self, share: float, rest_w: float, derived: str) -> Timing:
        """Times and power on a *share* of the machine: all takes 1/share as long, for that share of what is above rest.

        *derived* says why these are not measured times.
        """
        return replace(
            self,
            mean_s=self.mean_s / share,
            low_s=self.low_s / share,
            high_s=self.high_s / share,
            quantile_s=self.quantile_s / share,
            power_w=rest_w + share * (self.power_w - rest_w),
            pauses=replace(self.pauses, added_s=self.pauses.added_s / share),
            derived=derived,
        )

    def slow_share(self, samples: FloatArray) -> FloatArray:
        """Share of the variance of the time to run so many samples that is slow [-], shape of *samples*."""
        return np.asarray(np.interp(samples, self.batch, self.slow) / self._variance(samples))

    def _variance(self, samples: FloatArray) -> FloatArray:
        """Variance of the time to run so many samples, relative to that of a single call [-]."""
        calls, rest = self._split(samples)
        slow = np.interp(samples, self.batch, self.slow)
        return np.asarray(slow + (1.0 - slow) / (calls + (rest > 0)))

    def error(self, samples: FloatArray) -> FloatArray:
        """Relative standard error of the mean time to run so many samples [-]: the profile's own uncertainty."""
        half = (self.high_s - self.low_s) / 2 / self.mean_s / Z95
        return np.asarray(np.interp(samples, self.batch, half))

    def _split(self, samples: FloatArray) -> tuple[FloatArray, FloatArray]:
        if np.any(samples < self.batch[0]):
            raise ValueError(f"a batch of {samples.min():g} is below the smallest measured batch of {self.batch[0]:g}")
        calls, rest = np.divmod(samples, self.batch[-1])
        return calls, rest
