"""What is measured before anything is predicted: the call by itself, and what a server adds to it.

The call is timed back to back, as `dcplan profile` times a model: windows, warm-up, random order. What a server adds is
measured in three runs of its own, none of which is one of the judged runs:

- with a call that does nothing, at a light load: the time that a request spends outside the worker, and how long a lone
  one really waits for company, because the timers of servers are coarse;
- with slightly more requests than it can serve, so that there is always a next batch: the time from the end of a batch
  to the start of the next, which keeps the worker from serving, the worker's CPU time per second, and how much longer
  a call takes while requests come and answers go (load generator and front end use the processors too);
- with pauses between batches: how much longer a call takes in a process that rested.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling import machine
from dcplan.profiling.measure import Bench, Plan, Progress, Series, Window, measure
from dcplan.profiling.meters.protocol import Meter
from dcplan.profiling.point import Key, Point, nothing
from dcplan.profiling.statistics import Z95, Interval
from dcplan.profiling.summary import Summary, summarise
from dcplan.profiling.write import write
from dcplan.validation.host.call import Call
from dcplan.validation.host.cases import RULES
from dcplan.validation.host.energy import Draw, Watch, resting_w
from dcplan.validation.host.run import WORKLOAD, Measured
from dcplan.validation.host.schedule import Counted, FloatArray, Schedule, schedule_of
from dcplan.validation.host.ways import SAMPLES, THREADS, Serving

SKU = "this-host"
PAUSES_S = (0.0005, 0.002, 0.01, 0.03, 0.1)
"""Rests of a worker before a batch [s]."""
CHUNKS = 5
"""Parts that the batches after a pause are split into, for an interval."""
FULL = Plan(
    idle_s=2, warm_up_window_s=0.3, warm_up_windows=(3, 8), settle_s=0.05, window_s=0.5, windows=(10, 20),
    half_width=0.02, patience_s=60, all_batches=True, budget_s=45,
)  # fmt: skip
QUICK = replace(FULL, idle_s=1, warm_up_windows=(3, 3), window_s=0.25, windows=(8, 10), budget_s=9, patience_s=0)
CROWD, CROWD_S, CROWDS = 1.1, 1.5, 4
"""Requests of a crowded run, relative to what the server can do [-]; how long they come [s]; how many such runs."""
CROWD_BEGINS_S = 0.2
"""When they begin to come [s]."""
ECHO_RATE = 40.0
"""Requests per second to a server whose call does nothing: it rests between them."""
SETTLING, LOOK_S = 15, 0.33
"""How a sentinel looks: calls before it counts, and for how long it counts [s]."""


@dataclass(frozen=True)
class Server:
    """What a way of serving adds to the call.

    Attributes:
        overhead_s: Time that a request spends outside the worker [s], samples, [k].
        cycle_s: Time of the worker between two batches when there is always a next one [s].
        slowing: How much longer a call takes while requests come than by itself, as a factor [-].
        cpu_share: CPU time of the worker per second that it is busy [-].
        delay_s: How long a lone request really waits for a fuller batch [s].
        after: Calls after pauses, one series for each size of batch and pause.
        draw: Power of the machine; None without a meter.
    """

    overhead_s: FloatArray
    cycle_s: float
    slowing: float
    cpu_share: float
    delay_s: float
    after: tuple[Series, ...] = ()
    draw: Draw | None = None


def time_calls(call: Call, sizes: Sequence[int], quick: bool, told: Progress) -> list[Series]:
    """Time *call* back to back at batches of so many requests each."""
    keys = [Key("infer", size * SAMPLES, threads=THREADS) for size in sizes]
    points = [Point(key, partial(_on_images, call, key.batch // SAMPLES)) for key in keys]
    series = measure(points, QUICK if quick else FULL, random.Random(1), Bench(progress=told))
    require_steady(series)
    return series


def require_steady(series: Sequence[Series]) -> None:
    """Raise an InputError if the machine was too unsteady for its times to mean anything."""
    for one in series:
        verdict = summarise(one).verdict
        if verdict.startswith("INVALID"):
            raise InputError(
                f"this machine is too busy to be verified: {one.point.key}: {verdict}", "let it rest first"
            )


def server_of(serving: Serving, series: Sequence[Series], quick: bool, folder: Path, meter: Meter) -> Server:
    """What a way of serving adds to the call, measured now; *series* are the times of the call."""
    idle_w = resting_w(meter)
    asked = light(quick)
    echo = serving.echo(RULES[0], asked, folder / "echo")
    held = serving.echo(serving.rule, asked, folder / "held") if serving.rule.max_delay_s else echo
    crowds = [_crowded(serving, series, folder / f"crowd{number}", meter) for number in range(1 if quick else CROWDS)]
    bare = replace(added(echo, held, crowds), draw=_draw(idle_w, crowds))
    return replace(bare, after=tuple(_after(serving, bare, series, quick, folder)))


@dataclass(frozen=True)
class Crowd:
    """What a server did while there was always a next batch.

    Attributes:
        bare_s: Mean time of the call by itself, just before and after [s].
        call_s: Mean time of the call [s].
        cycle_s: Mean time from a batch to the next [s].
        cpu_share: CPU time of the worker per second [-].
        power_w: Power of the machine [W]; None without a meter.
    """

    bare_s: float
    call_s: float
    cycle_s: float
    cpu_share: float
    power_w: float | None = None


def _draw(idle_w: float | None, crowds: Sequence[Crowd]) -> Draw | None:
    """Power at rest and at work; None unless all of it is known."""
    busy_w = [each.power_w for each in crowds if each.power_w is not None]
    return None if idle_w is None or len(busy_w) < len(crowds) else Draw(idle_w, float(np.mean(busy_w)))


def _crowded(serving: Serving, series: Sequence[Series], folder: Path, meter: Meter) -> Crowd:
    """A crowded run, between two looks at the bare call."""
    size = serving.rule.max_batch
    asked = crowd(size, CROWD * size / mean_s(series, size))
    following = _on_images(serving.call, size)
    before_s = _look(following).mean()
    watch = Watch(meter, Counted(CROWD_BEGINS_S, CROWD_S))
    measured = serving.run(asked, folder, watch.begin)
    bare_s = float(before_s + _look(following).mean()) / 2
    return replace(crowd_of(measured, size, bare_s), power_w=watch.watts())


def crowd_of(measured: Measured, size: int, bare_s: float) -> Crowd:
    """The batches of *size* requests that all waited when the batch before them ended, while more requests came."""
    batches, arrival_s = measured.batches, measured.arrival_s
    full = batches.size == size
    last_s = arrival_s[np.minimum(batches.head + size, len(arrival_s)) - 1]
    full[1:] &= last_s[1:] < batches.end_s[:-1]
    full[0] = False
    full &= batches.end_s < arrival_s[-1]
    if full.sum() < CHUNKS:
        raise InputError("this machine is too busy to be verified: its server cannot be kept busy", "let it rest first")
    busy_s = batches.end_s[full] - batches.end_s[:-1][full[1:]]
    cpu_s = batches.cpu_s[full] - batches.cpu_s[:-1][full[1:]]
    return Crowd(
        bare_s,
        float(batches.duration_s[full].mean()),
        float(batches.idle_before_s[full].mean()),
        float(cpu_s.sum() / busy_s.sum()),
    )


def added(echo: Measured, held: Measured, crowds: Sequence[Crowd]) -> Server:
    """What a server adds: *echo* without and *held* with its batching rule, both doing nothing; *crowds* kept busy."""
    cycle_s = float(np.mean([each.cycle_s for each in crowds]))
    slowing = float(np.median([each.call_s / each.bare_s for each in crowds]))
    cpu_share = float(np.mean([each.cpu_share for each in crowds]))
    overhead_s = np.sort(echo.latency_s[np.isfinite(echo.latency_s)])
    delay_s = float(np.nanmedian(held.latency_s) - np.nanmedian(echo.latency_s))
    return Server(np.maximum(0.0, overhead_s - cycle_s), cycle_s, slowing, cpu_share, max(0.0, delay_s))


def _after(serving: Serving, bare: Server, series: Sequence[Series], quick: bool, folder: Path) -> Iterator[Series]:
    """Calls after pauses; a lone request rests for the delay in any case."""
    largest = serving.rule.max_batch
    for size in [1] if quick else sorted({1, largest}):
        delay_s = bare.delay_s if size < largest else 0.0
        pauses = [pause_s for pause_s in (PAUSES_S[2::2] if quick else PAUSES_S) if pause_s > delay_s]
        gaps_s = [pause_s - delay_s for pause_s in pauses]
        asked, wanted = paced(size, gaps_s, 3 * CHUNKS if quick else 6 * CHUNKS, delay_s + mean_s(series, size))
        measured = serving.run(asked, folder / f"paced{size}")
        yield from after_pauses(measured, size, [pauses[index] for index in wanted])


def after_pauses(measured: Measured, size: int, wanted: Sequence[float]) -> Iterator[Series]:
    """Batches of *size* requests by the pause that was wanted before each [s]."""
    whole = measured.batches.size == size
    duration_s = measured.batches.duration_s
    for pause_s in sorted(set(wanted)):
        chosen = duration_s[whole & (np.array(wanted)[measured.batches.head // size] == pause_s)]
        if len(chosen) < CHUNKS:
            continue
        windows = [Window(0.0, part, 0.0, measured.load, 0.0) for part in np.array_split(chosen, CHUNKS)]
        key = Key("infer", size * SAMPLES, threads=THREADS, idle_s=pause_s)
        yield Series(Point(key, lambda: nothing), [], True, windows)


def swing(series: Sequence[Series], run_s: float) -> float:
    """Standard deviation of the machine's speed from one run of *run_s* to another, relative to its mean [-].

    All windows in the order of time, each relative to the mean of its point, in groups as long as a run.
    """
    windows = sorted(
        (window.start_s, window.mean_s / float(np.mean([each.mean_s for each in one.measured])))
        for one in series
        for window in one.measured
    )
    start_s, relative = np.array(windows).T
    group = (start_s - start_s[0]) // run_s
    means = [relative[group == number].mean() for number in np.unique(group)]
    return float(np.std(means, ddof=1)) if len(means) > 1 else 0.0


def _of_a_run(summary: Summary, swing: float) -> Summary:
    """*summary* with the interval of the mean over a run, instead of that of the mean over all time."""
    time_s = summary.time_s
    half = float(np.hypot((time_s.high - time_s.low) / 2, Z95 * swing * time_s.mean))
    return replace(summary, time_s=Interval(time_s.mean, time_s.mean - half, time_s.mean + half))


def write_profile(series: Sequence[Series], server: Server, run_s: float, root: Path) -> None:
    """The profile of the call as *server* makes it, in `<root>/compute/`, and a server kind that holds it.

    Its intervals are those of a run of *run_s*: on a shared machine they are wider than those of the long-run mean.
    """
    moved = swing(series, run_s)
    shifted = [
        *(_served(one, server.slowing, server.cycle_s) for one in series),
        *(_served(one, 1.0, server.cycle_s) for one in server.after),
    ]
    today = datetime.now(UTC).date()
    header = {
        "schema": 2,
        "kind": "measured",
        "description": f"{WORKLOAD} on this machine, as a server calls it: samples gathered, run, and read out.",
        "source": "dcplan verify host, before its runs",
        "year": today.year,
        "date": today.isoformat(),
        "licence": "Apache-2.0",
        "derivation": f"calls timed in windows, back-to-back ones {server.slowing - 1.0:+.1%} for requests that come "
        f"meanwhile; {1e6 * server.cycle_s:.0f} us between batches added to each; "
        f"intervals hold the means of runs of {run_s:g} s, which differ by {moved:.1%}",
        "conditions": {"threads": THREADS, "precision": "fp32"},
        "software": machine.software(),
    }
    summaries = [_of_a_run(summarise(one), moved) for one in shifted]
    write(root / "compute" / SKU / WORKLOAD, header, shifted, summaries, {})
    host = root / "power" / SKU
    host.mkdir(parents=True, exist_ok=True)
    (host / "profile.yaml").write_text(
        "schema: 1\nkind: synthetic\ndescription: This machine; its power is not known and left out.\n"
        f"source: dcplan verify host\nyear: {today.year}\nlicence: Apache-2.0\nderivation: none\nvalues:\n"
        "  idle_w: {value: 0, unit: W}\n  max_w: {value: 0, unit: W}\n  curve: {r: {value: 1, unit: '1'}}\n"
        f"  slots: {{{SKU}: {{value: 1, unit: '1'}}}}\n",
        encoding="utf-8",
    )


class Sentinel:
    """The bare call, timed again and again: how fast the machine is now, relative to when it was profiled.

    Neighbours on the same hardware slow a virtual machine down for minutes without a trace in its own counters.
    """

    def __init__(self, call: Call, series: Sequence[Series]) -> None:
        self.following = _on_images(call, 1)
        self.profiled_s = float(np.median(np.concatenate([window.call_s for window in series[0].measured])))

    def drift(self) -> float:
        """How much longer a call takes than when it was profiled [-]; the middle one of three looks in a second."""
        looks_s = [float(np.median(_look(self.following))) for _ in range(3)]
        return float(np.median(looks_s)) / self.profiled_s - 1.0


def _look(following: Callable[[], object]) -> FloatArray:
    """Times of calls in a third of a second [s], after some that refill the caches as a profile's windows do."""
    for _ in range(SETTLING):
        following()
    taken: list[float] = []
    end_s = time.perf_counter() + LOOK_S
    while (begin_s := time.perf_counter()) < end_s:
        following()
        taken.append(time.perf_counter() - begin_s)
    return np.array(taken)


def mean_s(series: Sequence[Series], size: int) -> float:
    """Mean time of a call with *size* requests [s]."""
    (one,) = [each for each in series if each.point.key.batch == size * SAMPLES]
    return float(np.mean([window.mean_s for window in one.measured]))


def light(quick: bool) -> Schedule:
    """Requests that find the server at rest."""
    gaps_s = np.random.default_rng(1).standard_exponential(40 if quick else 400) / ECHO_RATE
    return schedule_of(0.5 + np.cumsum(gaps_s), 1)


def crowd(size: int, rate: float) -> Schedule:
    """A queue of three batches of *size* requests, and then *rate* requests per second, more than can be served."""
    gaps_s = np.random.default_rng(1).standard_exponential(round(rate * CROWD_S)) / rate
    return schedule_of(np.concatenate((np.full(3 * size, CROWD_BEGINS_S), CROWD_BEGINS_S + np.cumsum(gaps_s))), SAMPLES)


def paced(size: int, pauses_s: Sequence[float], each: int, busy_s: float) -> tuple[Schedule, list[int]]:
    """Groups of *size* requests, *each* of them after every pause, in random order; and which pause is before which.

    Args:
        size: Requests that come together.
        pauses_s: Rests of the server before them [s].
        each: Groups for every pause.
        busy_s: How long the server works on a group [s].
    """
    order = list(product(range(each), range(len(pauses_s))))
    random.Random(1).shuffle(order)
    wanted = [index for _, index in order]
    gaps_s = np.array([pauses_s[index] + busy_s for index in wanted])
    return schedule_of(np.repeat(0.2 + np.cumsum(gaps_s), size), SAMPLES), wanted


def _on_images(call: Call, size: int) -> Callable[[], object]:
    """Calls with the next images of the pool."""
    first = 0

    def following() -> None:
        nonlocal first
        first += size
        call(range(first, first + size))

    return following


def _served(series: Series, factor: float, cycle_s: float) -> Series:
    """The times of *series* as the server sees them: longer by a factor, and by the time between two batches."""

    def longer(windows: Sequence[Window]) -> list[Window]:
        return [replace(window, call_s=factor * window.call_s + cycle_s) for window in windows]

    return Series(
        series.point, longer(series.warm_up), series.settled, longer(series.measured), longer(series.disturbed)
    )
