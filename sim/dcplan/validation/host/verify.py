"""The story of `dcplan verify host`: measure the call, predict every run, write that down, then measure the runs.

Serves cnn-cifar10 for real on this machine, in this process and over HTTP. Nothing that is learned from a judged run
flows back into its prediction: `predictions.json` is complete before the first of them starts, and says when.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dcplan.profiling import machine
from dcplan.profiling.measure import Series
from dcplan.validation.check import Check
from dcplan.validation.host import judge, service
from dcplan.validation.host.call import make_call, warm_up
from dcplan.validation.host.cases import cases, schedule
from dcplan.validation.host.judge import Judgement, Outcome
from dcplan.validation.host.launch import check_host
from dcplan.validation.host.predict import GRID, METRICS, Prediction, Window, predict
from dcplan.validation.host.run import SEED, WORKLOAD, Measured
from dcplan.validation.host.schedule import Schedule
from dcplan.validation.host.service import Adding
from dcplan.validation.host.ways import SAMPLES, THREADS, Ways, opened

Told = Callable[[str, int, int], None]


def _silent(*_: object) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Length:
    """How much is measured.

    Attributes:
        quick: Whether to take the short way.
        counted: What part of each run counts.
        repeats: Measurements of each run.
        sizes: Batches that the call is timed at [requests].
    """

    quick: bool
    counted: Window
    repeats: int
    sizes: tuple[int, ...]


FULL = Length(False, Window(1.0, 13.0), 2, (1, 2, 3, 4, 6, 8))
QUICK = Length(True, Window(0.5, 3.5), 1, (1, 4, 8))


@dataclass(frozen=True)
class Verification:
    """Everything that came out; `as_json` is what the report is made from."""

    folder: Path
    outcomes: Sequence[Outcome]
    judgements: Sequence[Judgement]
    contended: str
    facts: Mapping[str, Any]

    @property
    def checks(self) -> list[Check]:
        """The targets, as checks: the median error of each metric over the judged runs."""
        source = f"measured on this machine{', which was contended' if self.contended else ''}: {self.folder}"
        return [
            Check(f"host {one.metric}, median error", one.error, 0.0, one.target, "1", source)
            for one in self.judgements
            if one.metric in judge.TARGETS
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain data: machine, verdicts, and every run with its prediction and its measurements."""
        return {
            "schema": 1,
            **self.facts,
            "contended": self.contended,
            "grid": [float(level) for level in GRID],
            "metrics": METRICS,
            "judgements": [
                {**asdict(one), "ok": one.ok, "target": one.target if one.metric in judge.TARGETS else None}
                for one in self.judgements
            ],
            "cases": [_as_json(outcome) for outcome in self.outcomes],
        }


def verify(quick: bool, out: Path, told: Told = _silent) -> Verification:
    """Predict and measure every case; everything is written below *out*, in a folder of this moment.

    Args:
        quick: Two minutes at most, few cases, no repeats.
        out: Where to write.
        told: Told the stage, and how much of it is done, out of how much.
    """
    check_host()
    length = QUICK if quick else FULL
    began = datetime.now(UTC)
    folder = out / "verify-host" / began.strftime("%Y-%m-%dT%H-%M-%SZ")
    call = make_call(WORKLOAD, THREADS, SAMPLES, SEED)
    warm_up(call, max(length.sizes))
    series = service.time_calls(call, length.sizes, quick, told)
    with opened(call, folder / "servers") as ways:
        predicted = list(_predictions(ways, series, length, folder, told))
        _write_down(folder, predicted)
        outcomes = _measured(predicted, ways, length, folder, told)
    facts = _facts(began, quick, length)
    result = Verification(folder, outcomes, judge.judge(outcomes), judge.contended(outcomes), facts)
    (folder / "host.json").write_text(json.dumps(result.as_json(), indent=1), encoding="utf-8")
    return result


def _predictions(
    ways: Ways, series: Sequence[Series], length: Length, folder: Path, told: Told
) -> Iterator[tuple[Prediction, Schedule]]:
    """What each way of serving adds, then every case; the same call times under all of them."""
    wanted = cases(length.quick)
    adding = Adding(ways, series, length.quick, folder / "before")
    for done, case in enumerate(wanted):
        told("predict", done, len(wanted))
        rule, server = case.rule, adding.server(case.way, case.rule)
        root = folder / f"{case.way.replace(' ', '-')}_batch{rule.max_batch}"
        if not root.exists():
            service.write_profile(series, server, root)
        rate = case.load * rule.max_batch / (service.mean_s(series, rule.max_batch) + server.cycle_s)
        asked = schedule(case, rate, length.counted.horizon_s, SEED, SAMPLES)
        yield predict(case, rate, asked, server, length.counted, SAMPLES, root, SEED), asked
    told("predict", len(wanted), len(wanted))


def _write_down(folder: Path, predicted: Sequence[tuple[Prediction, Schedule]]) -> None:
    """All predictions in one file, before any run is measured."""
    document = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "predictions": [prediction.as_json() for prediction, _ in predicted],
    }
    (folder / "predictions.json").write_text(json.dumps(document, indent=1), encoding="utf-8")


def _measured(
    predicted: Sequence[tuple[Prediction, Schedule]], ways: Ways, length: Length, folder: Path, told: Told
) -> list[Outcome]:
    """Measure every case, all of them once in random order, then again."""
    found: dict[str, list[Measured]] = {prediction.case.name: [] for prediction, _ in predicted}
    order = random.Random(SEED)
    runs = [pair for _ in range(length.repeats) for pair in order.sample(predicted, len(predicted))]
    for done, (prediction, asked) in enumerate(runs):
        told("measure", done, len(runs))
        case = prediction.case
        found[case.name].append(ways.run(case.way, case.rule, asked, folder / "runs" / case.name))
    told("measure", len(runs), len(runs))
    return [_outcome(prediction, found[prediction.case.name], length.counted) for prediction, _ in predicted]


def _outcome(prediction: Prediction, measured: Sequence[Measured], counted: Window) -> Outcome:
    return Outcome(
        prediction,
        tuple(judge.metrics(each, counted) for each in measured),
        judge.quantiles(measured[0], counted),
        tuple(each.load for each in measured),
        sum(each.errors for each in measured),
        max(each.lateness.p99_s for each in measured),
    )


def _facts(began: datetime, quick: bool, length: Length) -> dict[str, Any]:
    hardware = machine.identify()
    return {
        "workload": WORKLOAD,
        "samples_per_request": SAMPLES,
        "threads": THREADS,
        "mode": "quick" if quick else "full",
        "began": began.isoformat(timespec="seconds"),
        "counted_s": asdict(length.counted),
        "repeats": length.repeats,
        "sku": machine.default_sku(hardware),
        "hardware": asdict(hardware),
        "software": {**machine.software(), **{name: version(name) for name in ("dcplan", "torch", "mosec")}},
        "targets": judge.TARGETS,
    }


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        **outcome.prediction.as_json(),
        "judged": outcome.prediction.case.judged,
        "measured": [dict(each) for each in outcome.measured],
        "measured_quantile_s": outcome.quantile_s,
        "error": {metric: outcome.error(metric) for metric in METRICS},
        "inside": {metric: outcome.inside(metric) for metric in METRICS},
        "repeatability": {metric: outcome.repeatability(metric) for metric in METRICS},
        "others_percent": [load.others_percent for load in outcome.loads],
        "steal_percent": [load.steal_percent for load in outcome.loads],
        "unanswered": outcome.errors,
        "late_p99_s": outcome.late_s,
    }
