"""A mean over independent replications and its 95 % confidence interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number, its unit and its confidence interval; None where there is nothing to say."""

    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None


def student_t(degrees: int, confidence: float = CONFIDENCE) -> float:
    """The two-sided quantile of Student's t distribution [-].

    >>> round(student_t(4), 3)
    2.776
    """
    from scipy.special import stdtrit  # scipy.stats would add a second to every run

    return float(stdtrit(degrees, 0.5 + confidence / 2))


def estimate(
    values: Sequence[float],
    unit: str,
    confidence: float = CONFIDENCE,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """Mean of *values*, one per replication, with Student's interval; none from a single replication.

    Args:
        values: One per replication; those that are not finite are left out.
        unit: Of the values.
        confidence: Of the interval [-].
        within: What the KPI cannot be below and above; it is ignored if a value is.

    >>> estimate([1.0, 2.0, 3.0], "s").value
    2.0
    """
    finite = np.array([value for value in values if np.isfinite(value)])
    if not len(finite):
        return Estimate(None, unit)
    mean = float(finite.mean())
    if len(finite) < 2:
        return Estimate(mean, unit)
    half = student_t(len(finite) - 1, confidence) * float(finite.std(ddof=1)) / float(np.sqrt(len(finite)))
    lowest = within[0] if finite.min() >= within[0] else -np.inf
    highest = within[1] if finite.max() <= within[1] else np.inf
    return Estimate(mean, unit, max(lowest, mean - half), min(highest, mean + half))
