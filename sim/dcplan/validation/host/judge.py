"""Predicted against measured: the error of every number, whether it lay inside its interval, and a verdict.

On a quiet machine the median error over the judged runs must reach the targets. On a machine that others used at the
same time no error is worth that name beyond how well the machine repeats itself: then each error is judged against the
difference between two measurements of the same run, and the table says so; without a second measurement there is no
verdict. What others took is read from the machine's counters, and from the speed of the bare call before and after
each run, never from the run itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dcplan.profiling.machine import Load
from dcplan.validation.host.cases import Case
from dcplan.validation.host.predict import GRID, LEVELS, METRICS, Prediction
from dcplan.validation.host.run import Measured
from dcplan.validation.host.schedule import Counted

Bound = Literal["value", "low", "high"]
TARGETS = {"mean": 0.05, "p50": 0.05, "p99": 0.10, "throughput": 0.02}
"""Largest median error of a metric over the judged runs [-]."""
DRIFT_LIMIT = 0.05
"""Largest change of the bare call's time since it was profiled, and largest median difference of mean latency between
two measurements of the same run, of a quiet machine [-]."""


TOLERATED = 0.1
"""Share of the runs that may be disturbed on a quiet machine [-]."""


@dataclass(frozen=True)
class Outcome:
    """A case, each time predicted and then measured.

    Attributes:
        predictions: What was expected, one for each measurement.
        measured: Metric -> value, one for each measurement.
        quantile_s: Measured latency at each of `GRID` [s], of the first measurement.
        loads: What others took of the machine in each measurement.
        drifts: How much longer the bare call took around each measurement than when it was profiled [-].
        errors: Requests without an answer, in all measurements.
        late_s: 99th percentile of how late requests were sent [s], worst of the measurements.
    """

    predictions: tuple[Prediction, ...]
    measured: tuple[Mapping[str, float], ...]
    quantile_s: list[float]
    loads: tuple[Load, ...]
    drifts: tuple[float, ...]
    errors: int
    late_s: float

    @property
    def case(self) -> Case:
        """What was predicted and measured."""
        return self.predictions[0].case

    def expected(self, bound: Bound, metric: str) -> float:
        """Mean over the predictions of their value, or of a bound of their intervals."""
        return float(np.mean([getattr(each, bound)[metric] for each in self.predictions]))

    def error(self, metric: str) -> float:
        """Predicted over measured, less one, of the means over the measurements [-]."""
        return self.expected("value", metric) / float(np.mean([each[metric] for each in self.measured])) - 1.0

    def inside(self, metric: str) -> float:
        """Share of the measurements that lay inside the interval predicted for them [-]."""
        pairs = zip(self.predictions, self.measured, strict=True)
        return float(np.mean([ours.low[metric] <= each[metric] <= ours.high[metric] for ours, each in pairs]))

    def repeatability(self, metric: str) -> float | None:
        """Difference between the largest and the smallest measurement, relative to their mean [-]; None of one."""
        values = [each[metric] for each in self.measured]
        return (max(values) - min(values)) / float(np.mean(values)) if len(values) > 1 else None


@dataclass(frozen=True)
class Judgement:
    """The verdict on one metric over all judged cases.

    Attributes:
        metric: Which.
        error: Median absolute error [-].
        target: What it should be at most [-]; on a contended machine the repeatability if that is larger, and
            infinite if that is not known.
        repeatability: Median difference between measurements of the same case [-]; None if measured once.
        inside: Share of the judged measurements inside their interval [-].
        cases: How many were judged.
    """

    metric: str
    error: float
    target: float
    repeatability: float | None
    inside: float
    cases: int

    @property
    def ok(self) -> bool:
        """Whether the error is within its target."""
        return self.error <= self.target


def metrics(measured: Measured, counted: Counted) -> dict[str, float]:
    """What was measured of the part of the run that counts; the same part that the simulation counts."""
    done = measured.done_s
    answered = (done >= counted.warm_up_s) & (done < counted.horizon_s)
    latency_s = measured.latency_s[answered]
    batches = measured.batches
    within = (batches.start_s >= counted.warm_up_s) & (batches.start_s < counted.horizon_s)
    cpu_s = batches.cpu_s[within]
    return {
        "mean": float(latency_s.mean()),
        **{name: float(np.quantile(latency_s, level)) for name, level in LEVELS.items()},
        "throughput": float(answered.sum()) / (counted.horizon_s - counted.warm_up_s),
        "batch": float(batches.size[within].mean()),
        "cpu": float(cpu_s[-1] - cpu_s[0]),
    }


def quantiles(measured: Measured, counted: Counted) -> list[float]:
    """Measured latency at each of `GRID` [s]."""
    done = measured.done_s
    answered = (done >= counted.warm_up_s) & (done < counted.horizon_s)
    return [float(value) for value in np.quantile(measured.latency_s[answered], GRID)]


def contended(outcomes: Sequence[Outcome]) -> str:
    """Why the machine counts as contended; empty if it was quiet."""
    return " and ".join(filter(None, (_taken(outcomes), _drifted(outcomes), _unrepeatable(outcomes))))


def _taken(outcomes: Sequence[Outcome]) -> str:
    loads = [load for outcome in outcomes for load in outcome.loads]
    busy = sum(load.contended for load in loads)
    tolerated = busy <= TOLERATED * len(loads)
    return "" if tolerated else f"others or the hypervisor took CPU time in {busy} of {len(loads)} runs"


def _drifted(outcomes: Sequence[Outcome]) -> str:
    drifts = [drift for outcome in outcomes for drift in outcome.drifts]
    far = [abs(drift) for drift in drifts if abs(drift) > DRIFT_LIMIT]
    if len(far) <= TOLERATED * len(drifts):
        return ""
    return f"around {len(far)} of {len(drifts)} runs the bare call took up to {max(far):.0%} more or less than before"


def _unrepeatable(outcomes: Sequence[Outcome]) -> str:
    judged = [outcome for outcome in outcomes if outcome.case.judged]
    repeats = [moved for outcome in judged if (moved := outcome.repeatability("mean")) is not None]
    moved = float(np.median(repeats)) if repeats else 0.0
    return "" if moved <= DRIFT_LIMIT else f"the same run repeats itself to {moved:.1%} only in mean latency"


def judge(outcomes: Sequence[Outcome]) -> list[Judgement]:
    """The verdict on every metric; those without a target pass whatever their error."""
    judged = [outcome for outcome in outcomes if outcome.case.judged]
    crowded = bool(contended(outcomes))
    return [_judgement(metric, judged, crowded) for metric in known(outcomes)]


def known(outcomes: Sequence[Outcome]) -> list[str]:
    """The metrics that were predicted and measured in every run; energy is not where a meter fails to tell it."""
    told = [set(outcome.predictions[0].value).intersection(*outcome.measured) for outcome in outcomes]
    return [metric for metric in METRICS if all(metric in each for each in told)]


def _judgement(metric: str, judged: Sequence[Outcome], crowded: bool) -> Judgement:
    repeats = [value for outcome in judged if (value := outcome.repeatability(metric)) is not None]
    repeatability = float(np.median(repeats)) if repeats else None
    target = TARGETS.get(metric, float("inf"))
    if crowded:
        target = float("inf") if repeatability is None else max(target, repeatability)
    errors = [abs(outcome.error(metric)) for outcome in judged]
    inside = float(np.mean([outcome.inside(metric) for outcome in judged]))
    return Judgement(metric, float(np.median(errors)), target, repeatability, inside, len(judged))
