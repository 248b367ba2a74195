"""The story of `dcplan verify host`: measure the call, predict the runs, write that down, then measure the runs.

Serves cnn-cifar10 for real on this machine, in this process and over HTTP, under three batching rules: six blocks. Each
block is a verification of its own: the call is timed, its runs are predicted, `predictions.json` is written and says
when, and only then are the runs measured, close enough in time for the machine to be the same. Nothing that is learned
from a judged run flows back into a prediction.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count, groupby
from math import isfinite
from pathlib import Path
from typing import Any

from dcplan.profiling import machine
from dcplan.profiling.measure import Series
from dcplan.profiling.meters.choose import choose
from dcplan.profiling.meters.protocol import Meter
from dcplan.validation.check import Check
from dcplan.validation.host import judge, service
from dcplan.validation.host.call import Call, make_call, warm_up
from dcplan.validation.host.cases import Case, cases, schedule
from dcplan.validation.host.energy import Watch
from dcplan.validation.host.judge import Judgement, Outcome
from dcplan.validation.host.launch import check_host
from dcplan.validation.host.predict import GRID, METRICS, Prediction, predict
from dcplan.validation.host.run import SEED, WORKLOAD, Measured
from dcplan.validation.host.schedule import Counted, Schedule
from dcplan.validation.host.service import Sentinel
from dcplan.validation.host.ways import SAMPLES, THREADS, Serving, opened

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
        spare: Runs that may be taken again because something disturbed them, relative to all [-].
        sizes: Batches that the call is timed at [requests].
    """

    quick: bool
    counted: Counted
    repeats: int
    spare: float
    sizes: tuple[int, ...]


FULL = Length(False, Counted(1.0, 9.0), 2, 0.3, (1, 2, 3, 4, 6, 8))
QUICK = Length(True, Counted(0.5, 2.5), 1, 0.0, (1, 4, 8))


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
        """The targets, as checks: the median error of each metric over the judged runs, where there is a verdict."""
        source = f"measured on this machine{', which was contended' if self.contended else ''}: {self.folder}"
        return [
            Check(f"host {one.metric}, median error", one.error, 0.0, one.target, "1", source)
            for one in self.judgements
            if isfinite(one.target)
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain data: machine, verdicts, and every run with its prediction and its measurements."""
        return {
            "schema": 1,
            **self.facts,
            "contended": self.contended,
            "grid": [float(level) for level in GRID],
            "metrics": {metric: METRICS[metric] for metric in judge.known(self.outcomes)},
            "judgements": [
                {**asdict(one), "ok": one.ok, "target": one.target if isfinite(one.target) else None}
                for one in self.judgements
            ],
            "cases": [_as_json(outcome, judge.known(self.outcomes)) for outcome in self.outcomes],
        }


def verify(quick: bool, out: Path, told: Told = _silent, meter: Meter | None = None) -> Verification:
    """Predict and measure every case; everything is written below *out*, in a folder of this moment.

    Args:
        quick: Two minutes at most, few cases, no repeats.
        out: Where to write.
        told: Told the stage, and how much of it is done, out of how much.
        meter: Tells the energy of the runs; the best that this machine has if None.
    """
    check_host()
    meter = meter or choose()
    length = QUICK if quick else FULL
    began = datetime.now(UTC)
    folder = out / "verify-host" / began.strftime("%Y-%m-%dT%H-%M-%SZ")
    call = make_call(WORKLOAD, THREADS, SAMPLES, SEED)
    warm_up(call, max(length.sizes))
    meter.start()
    try:
        outcomes = list(_blocks(call, cases(quick), length, folder, told, meter))
    finally:
        meter.stop()
    facts = {**_facts(began, quick, length), "power": meter.describe()}
    result = Verification(folder, outcomes, judge.judge(outcomes), judge.contended(outcomes), facts)
    (folder / "host.json").write_text(json.dumps(result.as_json(), indent=1), encoding="utf-8")
    return result


def _blocks(
    call: Call, chosen: Sequence[Case], length: Length, folder: Path, told: Told, meter: Meter
) -> Iterator[Outcome]:
    """Each way of serving under each rule: calibrated, predicted, written down, measured."""
    series: list[Series] = []
    blocks = [list(block) for _, block in groupby(chosen, key=lambda case: (case.way, case.rule))]
    for number, block in enumerate(blocks, start=1):
        place = folder / f"{number}-{block[0].way.replace(' ', '-')}-batch{block[0].rule.max_batch}"
        if not (length.quick and series):
            series = service.time_calls(call, length.sizes, length.quick, told)
        with opened(block[0].way, block[0].rule, call, place / "server") as serving:
            told(f"block {number} of {len(blocks)}: predict", 0, 1)
            predicted = _predicted(serving, series, block, length, place, meter)
            _write_down(place, predicted)
            yield from _measured(predicted, serving, Sentinel(call, series), length, place, told, meter)


def _predicted(
    serving: Serving, series: Sequence[Series], block: Sequence[Case], length: Length, folder: Path, meter: Meter
) -> list[tuple[Prediction, Schedule]]:
    """What the way of serving adds to the call, then every case of the block."""
    server = service.server_of(serving, series, length.quick, folder / "before", meter)
    counted = length.counted
    service.write_profile(series, server, counted.horizon_s - counted.warm_up_s, folder)
    call_s = server.slowing * service.mean_s(series, serving.rule.max_batch)
    capacity = serving.rule.max_batch / (call_s + server.cycle_s)
    predicted = []
    for case in block:
        rate = case.load * capacity
        asked = schedule(case, rate, counted.horizon_s, SEED, SAMPLES)
        predicted.append((predict(case, rate, asked, server, counted, SAMPLES, folder, SEED), asked))
    return predicted


def _write_down(folder: Path, predicted: Sequence[tuple[Prediction, Schedule]]) -> None:
    """All predictions of a block in one file, before any of its runs is measured."""
    document = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "predictions": [prediction.as_json() for prediction, _ in predicted],
    }
    (folder / "predictions.json").write_text(json.dumps(document, indent=1), encoding="utf-8")


@dataclass(frozen=True)
class Taken:
    """A measurement, how much longer the bare call took around it than when it was profiled [-], and its energy [J]."""

    measured: Measured
    drift: float
    joules: float | None = None

    @property
    def disturbed(self) -> bool:
        """Whether something else got in its way."""
        return judge.disturbed(self.measured.load, self.drift)

    def metrics(self, counted: Counted) -> dict[str, float]:
        """What was measured of the part that counts."""
        energy = {} if self.joules is None else {"energy": self.joules}
        return {**judge.metrics(self.measured, counted), **energy}


def _measured(
    predicted: Sequence[tuple[Prediction, Schedule]],
    serving: Serving,
    sentinel: Sentinel,
    length: Length,
    folder: Path,
    told: Told,
    meter: Meter,
) -> list[Outcome]:
    """Measure the cases of a block, all once in random order, then again; what was disturbed is taken once more."""
    found: dict[str, list[Taken]] = {prediction.case.name: [] for prediction, _ in predicted}
    order = random.Random(SEED)
    runs = [pair for _ in range(length.repeats) for pair in order.sample(predicted, len(predicted))]
    spare = round(length.spare * len(runs))
    before = sentinel.drift()
    for done in count():
        told("serve", done, max(len(runs), 1))
        if done >= len(runs):
            break
        prediction, asked = runs[done]
        case = prediction.case
        watch = Watch(meter, length.counted)
        measured = serving.run(asked, folder / case.name, watch.begin)
        after = sentinel.drift()
        taken, before = Taken(measured, max(before, after, key=abs), watch.joules()), after
        found[case.name].append(taken)
        if taken.disturbed and spare:
            spare -= 1
            runs.append((prediction, asked))
    return [_outcome(prediction, found[prediction.case.name], length) for prediction, _ in predicted]


def _outcome(prediction: Prediction, taken: Sequence[Taken], length: Length) -> Outcome:
    """The undisturbed measurements of a case, as many as were wanted; others only where there are too few."""
    chosen = sorted(taken, key=lambda each: each.disturbed)[: length.repeats]
    return Outcome(
        prediction,
        tuple(each.metrics(length.counted) for each in chosen),
        judge.quantiles(chosen[0].measured, length.counted),
        tuple(each.measured.load for each in chosen),
        tuple(each.drift for each in chosen),
        sum(each.measured.errors for each in chosen),
        max(each.measured.lateness.p99_s for each in chosen),
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


def _as_json(outcome: Outcome, metrics: Sequence[str]) -> dict[str, Any]:
    return {
        **outcome.prediction.as_json(),
        "judged": outcome.prediction.case.judged,
        **{
            bound: {metric: getattr(outcome.prediction, bound)[metric] for metric in metrics}
            for bound in ("value", "low", "high")
        },
        "measured": [{metric: each[metric] for metric in metrics} for each in outcome.measured],
        "measured_quantile_s": outcome.quantile_s,
        "error": {metric: outcome.error(metric) for metric in metrics},
        "inside": {metric: outcome.inside(metric) for metric in metrics},
        "repeatability": {metric: outcome.repeatability(metric) for metric in metrics},
        "others_percent": [load.others_percent for load in outcome.loads],
        "steal_percent": [load.steal_percent for load in outcome.loads],
        "drift": list(outcome.drifts),
        "unanswered": outcome.errors,
        "late_p99_s": outcome.late_s,
    }
