"""What a server adds to the call that it makes, measured before anything is predicted.

In runs of their own, none of which is one of the judged runs or shares its arrivals:

- with a call that does nothing, at a light load: the time that a request spends outside the worker, and how long a lone
  one really waits for company, because the timers of servers are coarse;
- with nearly as many requests as it can serve, looking only at batches that waited already when the one before them
  ended: the time from the end of a batch to the start of the next, which keeps the worker from serving, the worker's
  CPU time per second, and how much longer a call takes while requests come and answers go (load generator and front
  end use the processors too);
- with pauses between batches: how much longer a call takes in a process that rested.

A machine whose neighbours come and go is slow for seconds and then fast again, which would drown all of that. So crowds
are short and many, each between two looks at the call by itself, and a batch after a pause is compared with a full
batch right behind it, which has the same luck (a pacemaker).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcplan.errors import InputError
from dcplan.profiling.measure import CALLS_PER_WINDOW, Series, Window
from dcplan.profiling.meters.protocol import Meter
from dcplan.profiling.point import Key, Point, nothing
from dcplan.validation.host.bare import Speed, mean_s
from dcplan.validation.host.energy import Draw, Watch, resting_w
from dcplan.validation.host.records import Batches
from dcplan.validation.host.run import Measured
from dcplan.validation.host.schedule import Counted, FloatArray, Schedule, schedule_of
from dcplan.validation.host.ways import SAMPLES, THREADS, Serving

PAUSES_S = (0.0005, 0.002, 0.01, 0.03, 0.1)
"""Rests of a worker before a batch, in the middle of what is counted as the same pause [s]."""
LONGEST = 2.0
"""Rests that are counted, relative to the longest of these [-]."""
CHUNKS = 5
"""Parts that the batches after a pause are split into, for an interval."""
CROWD, CROWD_S = 0.9, 1.3
"""Requests of a crowded run, relative to what the server can do [-]; how long they come [s]: half a spell."""
CROWDS = (16, 2)
"""How many crowded runs there are, in full and quick."""
BEGINS_S = 0.2
"""When requests begin to come [s]."""
BEHIND_S = 0.0005
"""From the end of a batch that did not wait for company to the pacemaker behind it [s]."""
ECHO_RATE = 40.0
"""Requests per second to a server whose call does nothing: it rests between them."""


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


def server_of(
    serving: Serving,
    series: Sequence[Series],
    speed: Speed,
    echo: Measured,
    quick: bool,
    folder: Path,
    meter: Meter,
) -> Server:
    """What a way of serving adds to the call, measured now.

    Args:
        serving: The way of serving.
        series: Times of the call by itself.
        speed: Looks at the call by itself.
        echo: A run of `light` without a batching rule and with a call that does nothing.
        quick: Whether to take the short way.
        folder: Where to write what the runs leave.
        meter: Tells power.
    """
    rule = serving.rule
    half = CROWDS[quick] // 2
    idle_w = resting_w(meter)
    crowds = list(_crowds(serving, series, speed, range(half), folder, meter))
    held = serving.echo(rule, light(quick), folder / "held") if rule.max_delay_s else echo
    rested = dict(_rested(serving, added(echo, held, crowds), series, quick, folder))
    crowds += _crowds(serving, series, speed, range(half, 2 * half), folder, meter)
    server = added(echo, held, crowds)
    hot_s = server.slowing * mean_s(series, rule.max_batch)
    after = [
        one
        for size, measured in rested.items()
        for one in after_pauses(measured, size, rule.max_batch, hot_s, server.cycle_s)
    ]
    return replace(server, after=tuple(after), draw=_draw(idle_w, crowds))


@dataclass(frozen=True)
class Crowd:
    """What a server did with batches that waited already when the one before them ended.

    Attributes:
        alone_s: What the call would have taken by itself just then [s]: the mean before and after.
        call_s: Times of the call [s], [k].
        cycle_s: Time from the batch before to each [s], [k].
        cpu_share: CPU time of the worker per second [-].
        power_w: Power of the machine [W]; None without a meter.
    """

    alone_s: float
    call_s: FloatArray
    cycle_s: FloatArray
    cpu_share: float
    power_w: float | None = None


def _draw(idle_w: float | None, crowds: Sequence[Crowd]) -> Draw | None:
    """Power at rest and at work; None unless all of it is known."""
    busy_w = [each.power_w for each in crowds if each.power_w is not None]
    return None if idle_w is None or len(busy_w) < len(crowds) else Draw(idle_w, float(np.mean(busy_w)))


def _crowds(
    serving: Serving, series: Sequence[Series], speed: Speed, numbers: Iterable[int], folder: Path, meter: Meter
) -> Iterator[Crowd]:
    """Crowded runs, each between two looks at the bare call."""
    size = serving.rule.max_batch
    alone_s = mean_s(series, size)
    asked = crowd(size, CROWD * size / alone_s)
    speed.look()
    for number in numbers:
        before = speed.drift(series)
        watch = Watch(meter, Counted(BEGINS_S, CROWD_S))
        measured = serving.run(asked, folder / f"crowd{number}", watch.begin)
        speed.look()
        drift = (before + speed.drift(series)) / 2
        yield replace(crowd_of(measured, size, (1.0 + drift) * alone_s), power_w=watch.watts())


def crowd_of(measured: Measured, size: int, alone_s: float) -> Crowd:
    """The batches of *size* requests that all waited when the batch before them ended, while more requests came."""
    batches = measured.batches
    full = waited(batches, measured.arrival_s, size)
    if full.sum() < CHUNKS:
        raise InputError("this machine is too busy to be verified: its server cannot be kept busy", "let it rest first")
    busy_s = batches.end_s[full] - batches.end_s[:-1][full[1:]]
    cpu_s = batches.cpu_s[full] - batches.cpu_s[:-1][full[1:]]
    return Crowd(alone_s, batches.duration_s[full], batches.idle_before_s[full], float(cpu_s.sum() / busy_s.sum()))


def waited(batches: Batches, arrival_s: FloatArray, size: int) -> NDArray[np.bool_]:
    """Which batches hold *size* requests that had all come when the batch before them ended, [b]."""
    full = np.equal(batches.size, size)
    last_s = arrival_s[np.minimum(batches.head + size, len(arrival_s)) - 1]
    full[1:] &= last_s[1:] < batches.end_s[:-1]
    full[:1] = False
    return full


def added(echo: Measured, held: Measured, crowds: Sequence[Crowd]) -> Server:
    """What a server adds.

    Args:
        echo: A run of a server that does nothing, without a batching rule.
        held: The same with the rule.
        crowds: What it did in crowds.
    """
    cycle_s = float(np.concatenate([each.cycle_s for each in crowds]).mean())
    slowing = float(np.mean([each.call_s.mean() for each in crowds]) / np.mean([each.alone_s for each in crowds]))
    cpu_share = float(np.mean([each.cpu_share for each in crowds]))
    overhead_s = np.sort(echo.latency_s[np.isfinite(echo.latency_s)])
    delay_s = float(np.nanmedian(held.latency_s) - np.nanmedian(echo.latency_s))
    return Server(np.maximum(0.0, overhead_s - cycle_s), cycle_s, slowing, cpu_share, max(0.0, delay_s))


def _rested(
    serving: Serving, server: Server, series: Sequence[Series], quick: bool, folder: Path
) -> Iterator[tuple[int, Measured]]:
    """Runs with pauses, by the size of the batches after them; a lone request rests for the delay in any case."""
    largest = serving.rule.max_batch
    longest_s = LONGEST * PAUSES_S[2 if quick else -1]
    for size in [1] if quick else sorted({1, largest}):
        waits_s = server.delay_s if size < largest else 0.0
        times_s = waits_s, mean_s(series, size), mean_s(series, largest), longest_s
        yield size, serving.run(paced(size, largest, *times_s, groups=40 if quick else 200), folder / f"paced{size}")


def after_pauses(measured: Measured, size: int, largest: int, hot_s: float, cycle_s: float) -> Iterator[Series]:
    """Batches of *size* requests by the pause before them, as long as they were if their pacemakers took *hot_s*.

    Args:
        measured: A run of a schedule made by `paced`.
        size: Requests in each batch after a pause.
        largest: Requests in a full batch.
        hot_s: Mean time of a full batch that starts right behind another [s].
        cycle_s: Time of the worker between two batches, which is no pause [s].
    """
    batches = measured.batches
    at_once = waited(batches, measured.arrival_s, largest)
    pacemaker = np.flatnonzero(at_once)
    first = pacemaker - (1 if size == largest else 2)
    fits = (first >= 1) & (batches.size[first] == size) & ~at_once[first]
    first, pacemaker = first[fits], pacemaker[fits]
    pause_s = batches.idle_before_s[first] - cycle_s
    taken_s, pace_s = batches.duration_s[first], batches.duration_s[pacemaker]
    bounds_s = np.sqrt(np.multiply(PAUSES_S[:-1], PAUSES_S[1:]))
    place = np.digitize(pause_s, bounds_s)
    for number in range(len(PAUSES_S)):
        chosen = (place == number) & (pause_s > 0.0) & (pause_s < LONGEST * PAUSES_S[-1])
        if chosen.sum() < CHUNKS * CALLS_PER_WINDOW:
            continue
        parts = np.array_split(taken_s[chosen] * hot_s / pace_s[chosen].mean(), CHUNKS)
        windows = [Window(0.0, part, 0.0, measured.load, 0.0) for part in parts]
        key = Key("infer", size * SAMPLES, threads=THREADS, idle_s=round(float(np.median(pause_s[chosen])), 6))
        yield Series(Point(key, lambda: nothing), [], True, windows)


def light(quick: bool) -> Schedule:
    """Requests that find the server at rest."""
    gaps_s = np.random.default_rng(1).standard_exponential(40 if quick else 400) / ECHO_RATE
    return schedule_of(0.5 + np.cumsum(gaps_s), 1)


def crowd(size: int, rate: float) -> Schedule:
    """A queue of three batches of *size* requests, and then *rate* requests per second."""
    gaps_s = np.random.default_rng(1).standard_exponential(round(rate * CROWD_S)) / rate
    return schedule_of(np.concatenate((np.full(3 * size, BEGINS_S), BEGINS_S + np.cumsum(gaps_s))), SAMPLES)


def paced(
    size: int, largest: int, waits_s: float, call_s: float, hot_s: float, longest_s: float, groups: int
) -> Schedule:
    """Groups of *size* requests after pauses of all lengths, each with a pacemaker: a full batch right behind a batch.

    Args:
        size: Requests that come together; a full batch, or one that has to wait for company.
        largest: Requests in a full batch.
        waits_s: How long the requests wait for company [s].
        call_s: How long their batch takes [s].
        hot_s: How long a full batch takes [s].
        longest_s: The longest pause [s]; lengths are spread evenly over their logarithms.
        groups: How many.
    """
    rng = np.random.default_rng(1)
    full = size == largest
    busy_s = call_s + hot_s if full else waits_s + call_s + BEHIND_S + 2 * hot_s
    pauses_s = np.exp(rng.uniform(np.log(PAUSES_S[0] / 2), np.log(longest_s), groups))
    start_s = BEGINS_S + np.cumsum(pauses_s + busy_s * rng.uniform(1.0, 1.4, groups))
    behind_s = start_s if full else start_s + waits_s + 1.2 * call_s + BEHIND_S
    comes_s = [np.repeat(start_s, size), np.repeat(behind_s, largest if full else 2 * largest)]
    return schedule_of(np.sort(np.concatenate(comes_s)), SAMPLES)
