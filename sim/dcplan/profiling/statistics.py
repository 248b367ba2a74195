"""How sure we are of a timing: intervals that respect autocorrelation, and bounds of percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma

import numpy as np
from numpy.typing import NDArray

QUANTILES = {
    "q000_s": 0.0, "q001_s": 0.01, "q005_s": 0.05, "q010_s": 0.1, "q025_s": 0.25, "q050_s": 0.5,
    "q075_s": 0.75, "q090_s": 0.9, "q095_s": 0.95, "q099_s": 0.99, "q100_s": 1.0,
}  # fmt: skip
"""Column -> probability, of the raw per-call timings: what the simulator draws from."""

Z95 = 1.959964
"""Half-width of a 95 % interval of a normal distribution, in standard errors [-]."""

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


def t95(freedom: int) -> float:
    """Student's t for a two-sided 95 % interval.

    Beyond the table: Cornish-Fisher expansion, Abramowitz and Stegun (1964), Eq. 26.7.5.

    >>> t95(4), round(t95(60), 3)
    (2.776, 2.0)
    """
    if freedom <= len(_T95):
        return _T95[freedom - 1]
    z = Z95
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def lag_one(values: NDArray[np.float64]) -> float:
    """Autocorrelation at lag one [-]; zero for a constant series."""
    centred = values - values.mean()
    power = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / power if power > 0 else 0.0


def time_scale(values: NDArray[np.float64]) -> float:
    """How long a correlated series remembers, in steps: its autocorrelation, summed up to where it first vanishes.

    For an Ornstein-Uhlenbeck process that is its time constant; for independent values it is half a step.

    Reference: H. Tennekes and J. L. Lumley, "A First Course in Turbulence", 1972, section 6.4 (integral scale).

    >>> time_scale(np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0]))
    1.0
    """
    centred = values - values.mean()
    power = float(centred @ centred)
    total = 0.5
    for lag in range(1, len(values)):
        kept = float(centred[lag:] @ centred[:-lag])
        if kept <= 0.0:
            break
        total += kept / power
    return total


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


def percentile_bounds(values: NDArray[np.float64], level: float) -> tuple[float, float] | None:
    """Distribution-free 95 % bounds of the *level* percentile of independent *values*; None if they are too few.

    The number of values below the true percentile is binomial(n, level); the bounds are the order statistics at its
    2.5 % and 97.5 % points (normal approximation with continuity correction), so both must exist.

    Reference: W. J. Conover, "Practical Nonparametric Statistics", 3rd ed., 1999, section 3.2.
    """
    n = len(values)
    spread = Z95 * (n * level * (1 - level)) ** 0.5
    low, high = int(np.floor(n * level - spread)), int(np.ceil(n * level + spread))
    if low < 1 or high >= n:
        return None
    ordered = np.partition(values, (low - 1, high))
    return float(ordered[low - 1]), float(ordered[high])


def early_stopping_index(calls: int, level: float) -> int | None:
    """Place, counted from the largest, of MLPerf's early-stopping estimate of a percentile; None if calls are too few.

    The estimate is the k-th largest latency with the largest k for which k - 1 values beyond it out of *calls* still
    show, with 99 % confidence, that no more than 1 - *level* of all are: P(Binomial(calls, 1 - level) <= k - 1) <= 1 %.
    At least one value must lie beyond it, which asks for 64 calls for the 90th percentile and 662 for the 99th.

    Reference: MLCommons, "inference_rules.adoc", appendix "early stopping criterion", confidence 0.99, tolerance 0.

    >>> early_stopping_index(64, 0.9), early_stopping_index(63, 0.9), early_stopping_index(662, 0.99)
    (2, None, 2)
    """
    tail = 1 - level
    mean, spread = calls * tail, (calls * tail * level) ** 0.5
    k = max(0, int(mean - 10 * spread))  # what lies below is less than 1e-20
    log = lgamma(calls + 1) - lgamma(k + 1) - lgamma(calls - k + 1)
    term, total = exp(log + k * np.log(tail) + (calls - k) * np.log(level)), 0.0
    while total + term <= 0.01 and k < calls:
        total += term
        k += 1
        term *= (calls - k + 1) / k * tail / level
    return k if k > 1 else None
