"""One measured property of the machine, with its interval and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

from dcplan.profiling.statistics import Interval, drift, early_stopping_index, t95

TRIALS_NEEDED = 5
"""Fewer trials than this give no interval worth printing."""
STABLE = 0.05
"""Largest half-width of the interval, and largest drift, of a stable result, relative to its mean [-]."""
GROSS = 0.25
"""From this relative half-width on there is no usable mean [-]."""


@dataclass(frozen=True)
class Result:
    """What a probe found.

    Attributes:
        name: What was measured: "gemm_bf16", "read_sequential".
        value: Mean over the trials, in *unit*; not a number if it could not be measured.
        unit: "FLOP/s", "B/s", "s" or "1/s".
        low, high: 95 % interval of the mean, in *unit*.
        trials: How many trials it rests on.
        conditions: What must be the same for the value to be the same.
        meaning: What was measured, in one line.
        verdict: VALID, `UNSTABLE: reasons` (use with care) or `INVALID: reason` (do not use).
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    trials: int
    conditions: Mapping[str, object] = field(default_factory=dict)
    meaning: str = ""
    verdict: str = "VALID"

    @property
    def measured(self) -> bool:
        """False if there is only a reason why there is no value."""
        return not math.isnan(self.value)


def interval(values: Sequence[float]) -> Interval:
    """Mean of the trials with its 95 % t interval; no number is below zero, so neither is its lower end.

    >>> found = interval([9.0, 10.0, 11.0])
    >>> found.mean, round(found.low, 3), round(found.high, 3)
    (10.0, 7.516, 12.484)
    """
    if len(values) < 2:
        return Interval(fmean(values), 0.0, math.inf) if values else Interval(math.nan, math.nan, math.nan)
    mean, half = fmean(values), t95(len(values) - 1) * stdev(values) / len(values) ** 0.5
    return Interval(mean, max(0.0, mean - half), mean + half)


def verdict(values: Sequence[float]) -> str:
    """What the trials alone say about themselves."""
    if len(values) < TRIALS_NEEDED:
        return f"INVALID: {len(values)} trials; {TRIALS_NEEDED} needed"
    if not all(math.isfinite(value) and value > 0 for value in values):
        return "INVALID: a trial gave no positive number"
    width, moved = interval(values).relative_half_width, drift(values)
    if width > GROSS:
        return f"INVALID: the 95 % interval is +-{width:.0%} of the mean; at most {GROSS:.0%} is of use"
    reasons = [f"the 95 % interval is +-{width:.1%} of the mean"] if width > STABLE else []
    reasons += [f"drifts by {moved:+.1%}"] if abs(moved) > STABLE else []
    return f"UNSTABLE: {', '.join(reasons)}" if reasons else "VALID"


def too_few(counts: Sequence[int]) -> str:
    """Why trials of so many calls tell no 99th percentile (MLPerf's rule of early stopping); empty if they do."""
    if all(early_stopping_index(count, 0.99) is not None for count in counts):
        return ""
    return f"a trial has {min(counts)} calls; a 99th percentile wants 662"


def summarise(
    name: str, unit: str, values: Sequence[float], meaning: str, conditions: Mapping[str, object], problem: str = ""
) -> Result:
    """The result of *values*, one per trial, in *unit*; *problem* makes it invalid whatever they say."""
    mean = interval(values)
    said = f"INVALID: {problem}" if problem else verdict(values)
    return Result(name, mean.mean, unit, mean.low, mean.high, len(values), dict(conditions), meaning, said)


def not_measured(name: str, unit: str, reason: str, meaning: str = "") -> Result:
    """A result that says only why there is none."""
    nothing = math.nan
    return Result(name, nothing, unit, nothing, nothing, 0, {}, meaning, f"INVALID: not measured: {reason}")
