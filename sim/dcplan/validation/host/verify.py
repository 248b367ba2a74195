"""The story of `dcplan verify host`: measure the call, predict every run, write that down, then measure the runs.

Serves cnn-cifar10 for real on this machine, in this process and over HTTP. Nothing that is learned from a judged run
flows back into its prediction: `predictions.json` is complete before the first of them starts, and says when.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dcplan.profiling import machine
from dcplan.profiling.measure import Series
from dcplan.validation.check import Check
from dcplan.validation.host import judge, service
from dcplan.validation.host.call import Call, make_call, warm_up
from dcplan.validation.host.cases import RULES, Case, Way, cases, schedule
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.judge import Judgement, Outcome
from dcplan.validation.host.launch import check_host
from dcplan.validation.host.mosec_server import ModelServer, ServerSpec, running
from dcplan.validation.host.predict import GRID, METRICS, Prediction, Window, predict
from dcplan.validation.host.run import SEED, WORKLOAD, Measured, measure_http, measure_inprocess
from dcplan.validation.host.schedule import Schedule
from dcplan.validation.host.service import Server

SAMPLES = 8
"""Images that each request carries."""
THREADS = 1
"""Threads of the model: the load generator needs a processor too."""

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
    series = service.time_calls(call, length.sizes, SAMPLES, THREADS, quick, told)
    service.require_usable(series)
    with ExitStack() as stack:
        servers = {
            rule: stack.enter_context(running(_spec(rule), folder / "servers" / f"batch{rule.max_batch}"))
            for rule in RULES
        }
        predicted = list(_predictions(call, series, servers, length, folder, told))
        _write_down(folder, predicted)
        outcomes = _measured(predicted, call, servers, length, folder, told)
    facts = _facts(began, quick, length)
    result = Verification(folder, outcomes, judge.judge(outcomes), judge.contended(outcomes), facts)
    (folder / "host.json").write_text(json.dumps(result.as_json(), indent=1), encoding="utf-8")
    return result


def _predictions(
    call: Call,
    series: Sequence[Series],
    servers: Mapping[Rule, ModelServer],
    length: Length,
    folder: Path,
    told: Told,
) -> Iterator[tuple[Prediction, Schedule]]:
    """What each way of serving adds, then every case; the same call times under all of them."""
    wanted = cases(length.quick)
    adding = _Adding(call, servers, length.quick, folder)
    roots: set[Path] = set()
    for done, case in enumerate(wanted):
        told("predict", done, len(wanted))
        root = folder / f"{case.way.replace(' ', '-')}_batch{case.rule.max_batch}"
        server = adding.server(case.way, case.rule)
        if root not in roots:
            service.write_profile(series, server.cycle_s, WORKLOAD, THREADS, root)
            roots.add(root)
        rate = case.load * case.rule.max_batch / (_call_s(series, case.rule) + server.cycle_s)
        asked = schedule(case, rate, length.counted.horizon_s, SEED, SAMPLES)
        yield predict(case, rate, asked, server, length.counted, SAMPLES, root, SEED), asked
    told("predict", len(wanted), len(wanted))


class _Adding:
    """What each way of serving adds to the call, measured when it is first asked for."""

    def __init__(self, call: Call, servers: Mapping[Rule, ModelServer], quick: bool, folder: Path) -> None:
        self.call, self.running, self.quick, self.folder = call, servers, quick, folder / "before"
        self.echoes: dict[tuple[Way, Rule], Measured] = {}
        self.servers: dict[tuple[Way, Rule], Server] = {}

    def server(self, way: Way, rule: Rule) -> Server:
        """What *way* adds under *rule*."""
        if (way, rule) not in self.servers:
            echo = self._echo(way, RULES[0])
            held = self._echo(way, rule)
            self.servers[way, rule] = service.added(echo, held, self._full(way, rule))
        return self.servers[way, rule]

    def _echo(self, way: Way, rule: Rule) -> Measured:
        if (way, rule) not in self.echoes:
            folder = self.folder / f"echo_{way.replace(' ', '-')}_batch{rule.max_batch}"
            measure = service.echo_http if way == "http" else service.echo_inside
            self.echoes[way, rule] = measure(rule, self.quick, folder)
        return self.echoes[way, rule]

    def _full(self, way: Way, rule: Rule) -> Measured:
        folder = self.folder / f"full_{way.replace(' ', '-')}_batch{rule.max_batch}"
        if way == "http":
            return service.full_http(rule, SAMPLES, THREADS, self.quick, folder, self.running[rule])
        return service.full_inside(self.call, rule, SAMPLES, THREADS, self.quick, folder)


def _call_s(series: Sequence[Series], rule: Rule) -> float:
    """Mean time of a full batch [s]."""
    (full,) = [one for one in series if one.point.key.batch == rule.max_batch * SAMPLES and not one.point.key.idle_s]
    return float(sum(window.mean_s for window in full.measured)) / len(full.measured)


def _write_down(folder: Path, predicted: Sequence[tuple[Prediction, Schedule]]) -> None:
    """All predictions in one file, before any run is measured."""
    document = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "predictions": [prediction.as_json() for prediction, _ in predicted],
    }
    (folder / "predictions.json").write_text(json.dumps(document, indent=1), encoding="utf-8")


def _measured(
    predicted: Sequence[tuple[Prediction, Schedule]],
    call: Call,
    servers: Mapping[Rule, ModelServer],
    length: Length,
    folder: Path,
    told: Told,
) -> list[Outcome]:
    """Measure every case, all of them once in random order, then again."""
    found: dict[str, list[Measured]] = {prediction.case.name: [] for prediction, _ in predicted}
    order = random.Random(SEED)
    runs = [pair for _ in range(length.repeats) for pair in order.sample(predicted, len(predicted))]
    for done, (prediction, asked) in enumerate(runs):
        told("measure", done, len(runs))
        case = prediction.case
        found[case.name].append(_run(case, asked, call, servers, folder / "runs" / case.name))
    told("measure", len(runs), len(runs))
    return [_outcome(prediction, found[prediction.case.name], length.counted) for prediction, _ in predicted]


def _run(case: Case, asked: Schedule, call: Call, servers: Mapping[Rule, ModelServer], folder: Path) -> Measured:
    rule = case.rule
    if case.way == "http":
        server = servers[rule]
        return measure_http(asked, rule.max_batch, rule.max_delay_s, SAMPLES, THREADS, folder, server=server)
    return measure_inprocess(asked, rule.max_batch, rule.max_delay_s, SAMPLES, THREADS, folder, call=call)


def _outcome(prediction: Prediction, measured: Sequence[Measured], counted: Window) -> Outcome:
    return Outcome(
        prediction,
        tuple(judge.metrics(each, counted) for each in measured),
        judge.quantiles(measured[0], counted),
        tuple(each.load for each in measured),
        sum(each.errors for each in measured),
        max(each.lateness.p99_s for each in measured),
    )


def _spec(rule: Rule) -> ServerSpec:
    return ServerSpec(rule.max_batch, rule.max_delay_s, WORKLOAD, SAMPLES, THREADS, SEED)


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
