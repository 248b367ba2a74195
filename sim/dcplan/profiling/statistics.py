"""How sure we are of a timing: intervals that respect autocorrelation, quantiles, and a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.measure import CALLS_PER_WINDOW, WINDOWS_NEEDED, Series, Task

QUANTILES = {
    "q000_s": 0.0, "q001_s": 0.01, "q005_s": 0.05, "q010_s": 0.1, "q025_s": 0.25, "q050_s": 0.5,
    "q075_s": 0.75, "q090_s": 0.9, "q095_s": 0.95, "q099_s": 0.99, "q100_s": 1.0,
}  # fmt: skip
"""Column -> probability, of the raw per-call timings."""

STABLE = 0.05
"""Largest half-width of the interval, and largest drift, of a stable point, relative to its mean [-]."""
GROSS = 0.25
"""From this relative half-width on there is no usable mean (torch.utils.benchmark calls such a spread gross) [-]."""

# Two-sided 95 %, 1 to 30 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % confidence interval."""

    mean: float
    low: float
    high: float

    @property
    def relative_half_width(self) -> float:
        """Half the width of the interval, relative to the mean [-]."""
        return (self.high - self.low) / 2 / self.mean


@dataclass(frozen=True)
class Summary:
    """One row of infer.csv or train.csv: what a point takes, and how sure that is."""

    task: Task
    batch: int
    time_s: Interval
    calls: int
    windows: int
    cpu_s_per_sample: float
    verdict: str
    quantiles_s: dict[str, float]


def t95(freedom: int) -> float:
    """Student's t for a two-sided 95 % interval.

    Beyond the table: Cornish-Fisher expansion, Abramowitz and Stegun (1964), Eq. 26.7.5.

    >>> t95(4), round(t95(60), 3)
    (2.776, 2.0)
    """
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def lag_one(values: NDArray[np.float64]) -> float:
    """Autocorrelation at lag one [-]; zero for a constant series."""
    centred = values - values.mean()
    power = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / power if power > 0 else 0.0


def batch_means(batches: Sequence[NDArray[np.float64]]) -> Interval:
    """Mean of a correlated series with its 95 % interval, from the means of its *batches* (at least two).

    Calls that follow each other are alike, so their spread says little; the means of long batches are nearly
    independent. What correlation is left between them (r, at lag one) shrinks the n batches to
    n (1 - r) / (1 + r) effective ones; a negative r is taken as zero, so the interval is never narrowed.

    References: A. M. Law, "Simulation Modeling and Analysis", 5th ed., 2015, sections 4.4 and 9.5.3.
    """
    means = np.array([batch.mean() for batch in batches])
    n, r = len(means), max(0.0, lag_one(means))
    effective = max(1.0, n * (1 - r) / (1 + r))
    mean, half = float(means.mean()), t95(n - 1) * float(means.std(ddof=1)) / effective**0.5
    return Interval(mean, mean - half, mean + half)


def drift(means: Sequence[float]) -> float:
    """Change from the first third of *means* to the last third, relative to the mean [-]."""
    third = -(-len(means) // 3)
    return float((np.mean(means[-third:]) - np.mean(means[:third])) / np.mean(means))


def summarise(series: Series) -> Summary:
    """Sum up the measured windows of a point, whatever the verdict."""
    windows = [window.call_s for window in series.measured]
    calls = np.concatenate(windows)
    time_s = batch_means(windows)
    return Summary(
        task=series.point.task,
        batch=series.point.batch,
        time_s=time_s,
        calls=len(calls),
        windows=len(windows),
        cpu_s_per_sample=sum(window.cpu_s for window in series.measured) / (len(calls) * series.point.batch),
        verdict=verdict(series, time_s),
        quantiles_s={name: float(np.quantile(calls, q)) for name, q in QUANTILES.items()},
    )


def verdict(series: Series, time_s: Interval) -> str:
    """VALID, or `UNSTABLE: reasons` (use with care), or `INVALID: reason` (do not use)."""
    width, moved = time_s.relative_half_width, drift([window.mean_s for window in series.measured])
    if len(series.measured) < WINDOWS_NEEDED:
        return f"INVALID: {len(series.measured)} windows; {WINDOWS_NEEDED} needed"
    if min(len(window.call_s) for window in series.measured) < CALLS_PER_WINDOW:
        return f"INVALID: a window has fewer than {CALLS_PER_WINDOW} calls"
    if width > GROSS:
        return f"INVALID: interval +-{width:.1%} of the mean; {GROSS:.1%} allowed"
    disturbed = sum(window.load.disturbed for window in series.measured)
    doubts = [
        f"{disturbed} of {len(series.measured)} windows disturbed by other processes" if disturbed else "",
        "" if series.settled else "warm-up windows never agreed",
        f"interval +-{width:.1%} of the mean; {STABLE:.1%} allowed" if width > STABLE else "",
        f"drift {moved:+.1%} from first to last third; {STABLE:.1%} allowed" if abs(moved) > STABLE else "",
    ]
    reasons = " and ".join(filter(None, doubts))
    return f"UNSTABLE: {reasons}" if reasons else "VALID"
