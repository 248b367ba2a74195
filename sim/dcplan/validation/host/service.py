"""What is measured before anything is predicted: the call by itself, and what a server adds to it.

The call is timed as `dcplan profile` times a model: windows, warm-up, random order, and after pauses. What a server
adds is measured twice. With a call that does nothing, at a light load: the overhead of a request. With everything
arriving at once, so that there is always a next batch: the time from the end of a batch to the start of the next, which
keeps the worker from serving, and the CPU time of the worker per second of that. Neither is one of the judged runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling import machine
from dcplan.profiling.measure import Bench, Plan, Progress, Series, Window, measure
from dcplan.profiling.point import Key, Point
from dcplan.profiling.summary import summarise
from dcplan.profiling.write import write
from dcplan.validation.host.call import Call
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.mosec_server import ModelServer
from dcplan.validation.host.run import Measured, measure_echo, measure_http, measure_inprocess
from dcplan.validation.host.schedule import FloatArray, Schedule, schedule_of

SKU = "this-host"
PAUSES_S = (0.0005, 0.002, 0.01, 0.05)
FULL = Plan(
    idle_s=2,
    warm_up_window_s=0.3,
    warm_up_windows=(3, 8),
    settle_s=0.05,
    window_s=0.5,
    windows=(8, 16),
    patience_s=300,
    all_batches=True,
)
QUICK = replace(FULL, idle_s=1, warm_up_windows=(3, 3), window_s=0.25, windows=(5, 8), budget_s=22, patience_s=0)
ECHO_RATE = 40.0
"""Requests per second to a server whose call does nothing: it rests between them."""


@dataclass(frozen=True)
class Server:
    """What a way of serving adds to the call.

    Attributes:
        overhead_s: Time that a request spends outside the worker [s], samples, [k].
        cycle_s: Time of the worker between two batches when there is always a next one [s].
        cpu_share: CPU time of the worker per second that it is busy [-].
        delay_s: How long a lone request really waits for a fuller batch [s]; timers of servers are coarse.
    """

    overhead_s: FloatArray
    cycle_s: float
    cpu_share: float
    delay_s: float


def time_calls(
    call: Call, sizes: Sequence[int], samples: int, threads: int, quick: bool, told: Progress
) -> list[Series]:
    """Time *call* at batches of so many requests of *samples* samples each, back to back and after pauses."""
    keys = [Key("infer", size * samples, threads=threads) for size in sizes]
    after = [keys[0], keys[-1]] if quick else [keys[0], keys[len(keys) // 2], keys[-1]]
    pauses = PAUSES_S[1::2] if quick else PAUSES_S
    keys += [key._replace(idle_s=pause_s) for key in after for pause_s in pauses]
    points = [Point(key, partial(_on_images, call, key.batch // samples)) for key in keys]
    bench = Bench(progress=told)
    return measure(points, QUICK if quick else FULL, random.Random(1), bench)


def require_usable(series: Sequence[Series]) -> None:
    """Raise an InputError if the machine was too unsteady to time back-to-back calls at all."""
    for one in series:
        verdict = summarise(one).verdict
        if verdict.startswith("INVALID") and not one.point.key.idle_s:
            raise InputError(
                f"this machine is too busy to be verified: {one.point.key}: {verdict}", "let it rest first"
            )


def write_profile(series: Sequence[Series], cycle_s: float, workload: str, threads: int, root: Path) -> None:
    """The profile of the call with *cycle_s* added to every one, in `<root>/compute/`, and a server that holds it."""
    shifted = [_shifted(one, cycle_s) for one in series]
    today = datetime.now(UTC).date()
    origin = {"year": today.year, "date": today.isoformat(), "licence": "Apache-2.0"}
    header = {
        "schema": 2,
        "kind": "measured",
        "description": f"{workload} on this machine, as a server calls it: samples gathered, run, and read out.",
        "source": "dcplan verify host, before its runs",
        **origin,
        "derivation": f"calls timed one by one in windows; {1e6 * cycle_s:.0f} us between batches added to each",
        "conditions": {"threads": threads, "precision": "fp32"},
        "software": machine.software(),
    }
    write(root / "compute" / SKU / workload, header, shifted, [summarise(one) for one in shifted], {})
    host = root / "power" / SKU
    host.mkdir(parents=True, exist_ok=True)
    (host / "profile.yaml").write_text(
        "schema: 1\nkind: synthetic\ndescription: This machine; its power is not known and left out.\n"
        f"source: dcplan verify host\nyear: {today.year}\nlicence: Apache-2.0\nderivation: none\nvalues:\n"
        "  idle_w: {value: 0, unit: W}\n  max_w: {value: 0, unit: W}\n  curve: {r: {value: 1, unit: '1'}}\n"
        f"  slots: {{{SKU}: {{value: 1, unit: '1'}}}}\n",
        encoding="utf-8",
    )


def echo_inside(rule: Rule, quick: bool, folder: Path) -> Measured:
    """The server in this process under *rule*, at a light load, with a call that does nothing."""
    return measure_inprocess(
        _light(quick), rule.max_batch, rule.max_delay_s, samples_per_request=1, threads=1, folder=folder, call=_nothing
    )


def echo_http(rule: Rule, quick: bool, folder: Path) -> Measured:
    """The same behind mosec."""
    return measure_echo(_light(quick), rule.max_batch, rule.max_delay_s, folder)


def full_inside(call: Call, rule: Rule, samples: int, threads: int, quick: bool, folder: Path) -> Measured:
    """The server in this process with *call*, when everything arrives at once."""
    at_once = _at_once(rule, quick)
    return measure_inprocess(at_once, rule.max_batch, rule.max_delay_s, samples, threads, folder, call=call)


def full_http(rule: Rule, samples: int, threads: int, quick: bool, folder: Path, server: ModelServer) -> Measured:
    """The same behind mosec; *server* runs with *rule*."""
    at_once = _at_once(rule, quick)
    return measure_http(at_once, rule.max_batch, rule.max_delay_s, samples, threads, folder, server=server)


def added(echo: Measured, held: Measured, full: Measured) -> Server:
    """What a server adds: *echo* without and *held* with its batching rule, both doing nothing; *full* all at once."""
    batches = full.batches
    cycle_s = float(np.median(batches.idle_before_s[1:]))
    busy_s = float(batches.end_s[-1] - batches.end_s[0])
    cpu_s = float(batches.cpu_s[-1] - batches.cpu_s[0])
    overhead_s = np.sort(echo.latency_s[np.isfinite(echo.latency_s)])
    delay_s = float(np.nanmedian(held.latency_s) - np.nanmedian(echo.latency_s))
    return Server(np.maximum(0.0, overhead_s - cycle_s), cycle_s, cpu_s / busy_s, max(0.0, delay_s))


def _light(quick: bool) -> Schedule:
    """Requests that find the server at rest."""
    gaps_s = np.random.default_rng(1).standard_exponential(60 if quick else 400) / ECHO_RATE
    return schedule_of(0.5 + np.cumsum(gaps_s), 1)


def _at_once(rule: Rule, quick: bool) -> Schedule:
    """Requests that all come at once."""
    return schedule_of(np.full(rule.max_batch * (20 if quick else 60), 0.2), 1)


def _nothing(images: Sequence[int]) -> None:
    """Serve nothing."""


def _on_images(call: Call, size: int) -> Callable[[], object]:
    """Calls with the next images of the pool."""
    first = 0

    def following() -> None:
        nonlocal first
        first += size
        call(range(first, first + size))

    return following


def _shifted(series: Series, cycle_s: float) -> Series:
    def later(windows: Sequence[Window]) -> list[Window]:
        return [replace(window, call_s=window.call_s + cycle_s) for window in windows]

    return Series(series.point, later(series.warm_up), series.settled, later(series.measured), later(series.disturbed))
