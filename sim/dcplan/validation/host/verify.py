"""The story of `dcplan verify host`: measure the call, then predict each run, write that down, and measure it.

Serves cnn-cifar10 for real on this machine, in this process and over HTTP, under three batching rules: six blocks. For
each block the call is timed once more, and what the server adds is measured. Before each run the call is looked at for
a moment, because the speed of a shared machine changes within minutes; the run is predicted, `prediction.json` is
written and says when, and only then is the run measured. Nothing that is learned from a judged run flows back into a
prediction.
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
from typing import Any, get_args

from dcplan.errors import InputError
from dcplan.profiling import machine
from dcplan.profiling.measure import Series
from dcplan.profiling.meters.choose import choose
from dcplan.profiling.meters.protocol import Meter
from dcplan.validation.check import Check
from dcplan.validation.host import bare, judge, service
from dcplan.validation.host.bare import Speed
from dcplan.validation.host.block import Block, Length, Taken
from dcplan.validation.host.call import Call, make_call, warm_up
from dcplan.validation.host.cases import RULES, Case, Way, cases
from dcplan.validation.host.judge import Judgement, Outcome
from dcplan.validation.host.launch import check_host
from dcplan.validation.host.predict import GRID, METRICS, compile_kernel
from dcplan.validation.host.run import SEED, WORKLOAD, Measured
from dcplan.validation.host.schedule import Counted
from dcplan.validation.host.server_scenario import Most, most
from dcplan.validation.host.ways import SAMPLES, THREADS, opened

Told = Callable[[str, int, int], None]


def _silent(*_: object) -> None:
    """Nobody is told."""


FULL = Length(
    quick=False,
    counted=Counted(1.0, 11.0),
    repeats=2,
    spare=0.3,
    look_s=1.3,
    replications=40,
    sizes=(1, 2, 3, 4, 6, 8),
)
QUICK = Length(
    quick=True, counted=Counted(0.5, 2.5), repeats=1, spare=0.0, look_s=0.5, replications=20, sizes=(1, 4, 8)
)


@dataclass(frozen=True)
class Verification:
    """Everything that came out; `as_json` is what the report is made from."""

    folder: Path
    outcomes: Sequence[Outcome]
    judgements: Sequence[Judgement]
    contended: str
    facts: Mapping[str, Any]
    server_scenario: Sequence[Most] = ()

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
            "server_scenario": [_most_as_json(one) for one in self.server_scenario],
            "cases": [_as_json(outcome, judge.known(self.outcomes)) for outcome in self.outcomes],
        }


def verify(
    quick: bool, out: Path, told: Told = _silent, meter: Meter | None = None, slo_s: float | None = None
) -> Verification:
    """Predict and measure every case; everything is written below *out*, in a folder of this moment.

    Args:
        quick: Two minutes at most, few cases, no repeats.
        out: Where to write.
        told: Told the stage, and how much of it is done, out of how much.
        meter: Tells the energy of the runs; the best that this machine has if None.
        slo_s: Latency for which the most requests per second are sought as well [s]; not if None.
    """
    check_host()
    if slo_s is not None and not 0.0 < slo_s < float("inf"):
        raise InputError(f"a promised latency of {slo_s:g} s makes no sense", "give more than zero, e.g. --slo '50 ms'")
    meter = meter or choose()
    length = QUICK if quick else FULL
    began = datetime.now(UTC)
    folder = out / "verify-host" / began.strftime("%Y-%m-%dT%H-%M-%SZ")
    compile_kernel()
    call = make_call(WORKLOAD, THREADS, SAMPLES, SEED)
    warm_up(call, max(length.sizes))
    meter.start()
    try:
        blocks = list(_blocks(call, cases(quick), length, folder, told, meter, slo_s))
    finally:
        meter.stop()
    outcomes = [outcome for found, _ in blocks for outcome in found]
    server_scenario = [found for _, found in blocks if found is not None]
    facts = {**_facts(began, quick, length), "power": meter.describe()}
    judgements, contended = judge.judge(outcomes), judge.contended(outcomes)
    result = Verification(folder, outcomes, judgements, contended, facts, server_scenario)
    (folder / "host.json").write_text(json.dumps(result.as_json(), indent=1), encoding="utf-8")
    return result


def _blocks(
    call: Call, chosen: Sequence[Case], length: Length, folder: Path, told: Told, meter: Meter, slo_s: float | None
) -> Iterator[tuple[list[Outcome], Most | None]]:
    """Each way of serving under each rule: calibrated, and then its runs, and what it can take within *slo_s*."""
    series: list[Series] = []
    speed = Speed(call, length.look_s)
    echoes: dict[Way, Measured] = {}
    blocks = [list(block) for _, block in groupby(chosen, key=lambda case: (case.way, case.rule))]
    for number, cases_of_block in enumerate(blocks, start=1):
        way, rule = cases_of_block[0].way, cases_of_block[0].rule
        place = folder / f"{number}-{way.replace(' ', '-')}-batch{rule.max_batch}"
        series = _timed(call, series, length, told)
        with opened(way, rule, call, place / "server") as serving:
            told(f"block {number} of {len(blocks)}: what a server adds", 0, 1)
            before = place / "before"
            if way not in echoes:
                echoes[way] = serving.echo(RULES[0], service.light(length.quick), before / "echo")
            server = service.server_of(serving, series, speed, echoes[way], length.quick, before, meter)
            block = Block(serving, series, server, speed, length, place, meter)
            yield _measured(block, cases_of_block, told), _most(block, slo_s, told)


def _timed(call: Call, known: list[Series], length: Length, told: Told) -> list[Series]:
    """Times of the call: those that are *known*, and new ones; enough of them at first, a few more for every block."""
    if known and length.quick:
        return known
    plan = bare.AGAIN if known else bare.QUICK if length.quick else bare.FIRST
    found = bare.time_calls(call, length.sizes, plan, told)
    found = bare.pooled(known, found) if known else found
    bare.require_steady(found)
    return found


def _most(block: Block, slo_s: float | None, told: Told) -> Most | None:
    """What a block can take within *slo_s*, if it is asked for."""
    if slo_s is None:
        return None
    told(f"most requests per second with p99 within {1e3 * slo_s:g} ms", 0, 1)
    return most(block, slo_s)


def _measured(block: Block, chosen: Sequence[Case], told: Told) -> list[Outcome]:
    """All cases of a block once in random order, then again; what was disturbed is taken once more."""
    block.speed.look()
    capacity = block.capacity()
    found: dict[Case, list[Taken]] = {case: [] for case in chosen}
    order = random.Random(SEED)
    runs = [case for _ in range(block.length.repeats) for case in order.sample(chosen, len(chosen))]
    spare = round(block.length.spare * len(runs))
    for done in count():
        told("serve", done, max(len(runs), 1))
        if done >= len(runs):
            break
        case = runs[done]
        taken = block.run(case, case.load * capacity, len(found[case]) + 1)
        found[case].append(taken)
        if taken.disturbed and spare:
            spare -= 1
            runs.append(case)
    return [_outcome(found[case], block.length) for case in chosen]


def _outcome(taken: Sequence[Taken], length: Length) -> Outcome:
    """The undisturbed measurements of a case, as many as were wanted; others only where there are too few."""
    chosen = sorted(taken, key=lambda each: each.disturbed)[: length.repeats]
    return Outcome(
        tuple(each.prediction for each in chosen),
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


def _most_as_json(one: Most) -> dict[str, Any]:
    """Plain data; an end that is not known is None, since JSON has no infinity."""
    ends = {name: [end if isfinite(end) else None for end in getattr(one, name)] for name in ("predicted", "measured")}
    return {**asdict(one), **ends}


def _as_json(outcome: Outcome, metrics: Sequence[str]) -> dict[str, Any]:
    return {
        **outcome.predictions[0].as_json(),
        "judged": outcome.case.judged,
        **{bound: {metric: outcome.expected(bound, metric) for metric in metrics} for bound in get_args(judge.Bound)},
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
