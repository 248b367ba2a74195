"""Time calls in windows: warm up, then interleave all points in random order, and keep every window.

Neighbours on a shared machine come and go over minutes. Measuring one batch size after the other would blame that
drift on a batch size; visiting all of them in a new random order each round spreads it over all alike. For the same
reason windows are short and many where no meter asks for long ones: twenty of a second, spread over the whole
session, see more of the drift than four of five seconds.

A point is done when the interval of its mean is narrow enough and its windows do not drift, or when it has had its
share of windows. Batch sizes are tried in rising order while warming up; when twice in a row the next one answers
hardly more samples per second, or memory ends, larger ones are left out.

A window during which other processes of this machine took CPU time says little about the workload: with all
processors in use, one preempted thread stalls all others. Such a window is kept apart and taken again once the others
are done. What counts is the CPU time of the others, never the timing itself, so slow calls are not selected away.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.machine import CpuTimes, Load, Switches, context_switches, cpu_times, load_between
from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.meters.protocol import Mark, Meter
from dcplan.profiling.point import Key, Point
from dcplan.profiling.statistics import batch_means, drift

Phase = Literal["warm_up", "measured", "disturbed"]
Progress = Callable[[str, int, int], None]

CALLS_PER_WINDOW = 3
"""Fewest calls in a window, however short the window."""
WINDOWS_NEEDED = 5
"""Fewer windows of a point than this give no interval worth printing."""
AGREEING = 3
"""Windows that must agree before warm-up ends (the rule of NVIDIA's perf_analyzer)."""
LONG_CALL_S = 0.3
"""What a pause adds to a call longer than this is lost in its spread: it is not measured [s]."""
OVERDRAFT = 1.5
"""Budgets that are spent at most, on points that would otherwise have too few windows for any result [-]."""
WARM_UP_SHARE = 0.4
"""Share of the budget after which points are warmed up by a single call each [-]."""
LEAST_GAIN = 0.02
"""Relative gain in throughput below which a larger batch counts as useless [-]."""
MOST_WINDOWS = 1.4
"""Windows of a point, disturbed ones included, after which no more are taken, relative to those planned [-]."""
PAUSE_S = 1.0
"""How long to look whether others are still busy, before looking again [s]."""


@dataclass(frozen=True)
class Plan:
    """How long to measure."""

    idle_s: float
    """Time to watch the idle machine before the start [s]."""
    warm_up_window_s: float
    """Length of a warm-up window [s]."""
    warm_up_windows: tuple[int, int]
    """Fewest and most warm-up windows of a point."""
    settle_s: float
    """Untimed calls at the start of each window, which refill the caches [s]."""
    window_s: float
    """Length of a measured window [s]."""
    windows: tuple[int, int]
    """Fewest and most undisturbed windows of each point."""
    half_width: float = 0.05
    """Half-width of the interval of the mean at which a point is done, and most drift, relative to the mean [-]."""
    patience_s: float = 0
    """Time to wait for other processes to finish, before the start, and again in all after it [s]."""
    agreement: float = 0.05
    """Largest spread between agreeing warm-up windows, relative to their mean [-]."""
    budget_s: float = float("inf")
    """Time after which no further window is started [s]."""
    all_batches: bool = False
    """Whether to measure batch sizes as well that answer hardly more samples per second."""
    in_a_row: int = 1
    """Windows that a visit to a point takes, one right after the other: a meter sees them as one long window."""


FULL = Plan(
    idle_s=5,
    warm_up_window_s=0.5,
    warm_up_windows=(3, 8),
    settle_s=0.1,
    window_s=1,
    windows=(10, 30),
    patience_s=900,
)
QUICK = Plan(
    idle_s=2, warm_up_window_s=0.2, warm_up_windows=(3, 4), settle_s=0.05, window_s=0.4, windows=(5, 10), budget_s=40
)
BRIEF = Plan(
    idle_s=3,
    warm_up_window_s=0.1,
    warm_up_windows=(3, 5),
    settle_s=0.15,
    window_s=0.5,
    windows=(6, 6),
    in_a_row=3,
)
"""For a device that is rented by the minute: two visits to each point, of a second and a half."""
METERED_WINDOW_S = 5.0
"""Energy counters tick every 0.1 s or so: shorter windows measure the tick (method: Zeus, NSDI 2023) [s]."""
METERED_IDLE_S = 60.0
"""How long the resting machine is watched, before and after, where a meter tells what it draws [s]."""


@dataclass(frozen=True)
class Clock:
    """Where the time comes from; tests bring their own."""

    wall_ns: Callable[[], int] = time.perf_counter_ns
    cpu: Callable[[], CpuTimes] = cpu_times
    sleep: Callable[[float], None] = time.sleep
    switches: Callable[[], Switches] = context_switches


@dataclass(frozen=True)
class Window:
    """The calls timed in one go."""

    start_s: float
    """Start, since the start of the measurement [s]."""
    call_s: NDArray[np.float64]
    """Duration of each call [s]."""
    cpu_s: float
    """CPU time of the process over all threads [s]."""
    load: Load
    """What others took of the machine meanwhile."""
    wall_s: float
    """Duration of the window, pauses and bookkeeping included [s]."""
    marks: tuple[Mark, Mark] | None = None
    """The energy meter at the start and at the end."""
    switches: Switches | None = None
    """How often threads of this process were switched out meanwhile; None where nobody counted."""
    device_s: float | None = None
    """Mean time that an accelerator was busy with a call [s]; None on a CPU, or with several calls at once."""

    @property
    def mean_s(self) -> float:
        """Mean duration of a call [s]."""
        return float(self.call_s.mean())


@dataclass
class Series:
    """All windows of a point, in the order they were taken."""

    point: Point
    warm_up: list[Window] = field(default_factory=list)
    settled: bool = False
    measured: list[Window] = field(default_factory=list)
    disturbed: list[Window] = field(default_factory=list)
    """Windows left out of the results, since other processes took part of the machine."""

    def steady(self, limit: float) -> bool:
        """Whether interval and drift of the mean are within *limit*, relative to the mean."""
        interval = batch_means([window.call_s for window in self.measured])
        moved = drift([window.mean_s for window in self.measured])
        return interval.relative_half_width <= limit and abs(moved) <= limit

    def lacks(self, plan: Plan) -> bool:
        """Whether another window is wanted."""
        fewest, most = plan.windows
        have = len(self.measured)
        if have + len(self.disturbed) >= round(MOST_WINDOWS * most):
            return False
        return have < fewest or (have < most and not self.steady(plan.half_width))


class Kept(NamedTuple):
    """A window as the journal keeps it."""

    key: Key
    phase: Phase
    window: Window


Keep = Callable[[Kept], object]


def _ignore(*_: object) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Bench:
    """What a measurement runs on; tests bring their own.

    Attributes:
        clock: Where the time comes from.
        meter: What tells the energy.
        progress: Told the stage, and how much of it is done, out of how much.
        keep: Told every window when it is complete.
        known: Windows of an earlier, interrupted measurement.
    """

    clock: Clock = field(default_factory=Clock)
    meter: Meter = field(default_factory=NoMeter)
    progress: Progress = _ignore
    keep: Keep = _ignore
    known: Sequence[Kept] = ()


def measure(points: Sequence[Point], plan: Plan, order: random.Random, bench: Bench | None = None) -> list[Series]:
    """Warm up the points, leave out useless ones, then time the rest in rounds, each round in a new random order."""
    bench = bench or Bench()
    series = _resumed(points, bench.known)
    timer = _Timer(bench, plan)
    series = list(_warmed_up(series, plan, timer, bench.progress))
    _take_rounds(series, plan, order, timer, bench.progress)
    return series


def _resumed(points: Sequence[Point], known: Sequence[Kept]) -> list[Series]:
    series = {point.key: Series(point) for point in points}
    for key, phase, window in known:
        if key in series:
            getattr(series[key], phase).append(window)
            series[key].settled |= phase == "measured"
    return list(series.values())


def _warmed_up(series: Sequence[Series], plan: Plan, timer: _Timer, progress: Progress) -> Iterator[Series]:
    """Warm up each point, in rising order of batch; those worth measuring."""
    ladders: dict[tuple[object, ...], _Ladder] = {}
    warm: dict[Key, float] = {}
    for done, one in enumerate(series):
        progress("warm up", done, len(series))
        key = one.point.key
        if key.idle_s:  # the same call has been warmed up without the pause
            one.settled = True
            if warm.get(key._replace(idle_s=0.0), 0.0) <= LONG_CALL_S:
                yield one
            continue
        ladder = ladders.setdefault(key._replace(batch=0), _Ladder(plan.all_batches))
        if not ladder.ended and (ladder.warmed(one, plan, timer)):
            warm[key] = (one.warm_up or one.measured)[-1].mean_s
            yield one
    progress("warm up", len(series), len(series))


class _Ladder:
    """Batch sizes of one task, tried in rising order until throughput stops growing or memory ends."""

    def __init__(self, whole: bool) -> None:
        self.whole = whole
        self.best_per_s = 0.0
        self.useless = 0
        self.ended = False

    def warmed(self, series: Series, plan: Plan, timer: _Timer) -> bool:
        """Warm up *series*; whether it ran, and is no third size in a row that gains nothing."""
        try:
            if series.lacks(plan):
                _warm_up(series, plan, timer)
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, MemoryError) and "memory" not in str(error):
                raise
            self.ended = True
            return False
        if not series.warm_up:
            return True
        per_s = series.point.key.samples / series.warm_up[-1].mean_s
        self.useless = 0 if per_s > (1 + LEAST_GAIN) * self.best_per_s else self.useless + 1
        self.best_per_s = max(self.best_per_s, per_s)
        self.ended = self.useless >= 2 and not self.whole
        return True


def _take_rounds(series: list[Series], plan: Plan, order: random.Random, timer: _Timer, progress: Progress) -> None:
    """Visit all points that still lack windows, round by round, until none does or time is up."""
    fewest = plan.windows[0]
    while lacking := [one for one in series if one.lacks(plan) and not timer.over(_patience(one))]:
        for one in order.sample(lacking, len(lacking)):
            if timer.over(_patience(one)):
                continue
            progress("measure", sum(min(fewest, len(each.measured)) for each in series), len(series) * fewest)
            taken = timer.windows(one.point, plan.window_s, plan.in_a_row)
            for window in taken:
                phase: Phase = "disturbed" if window.load.disturbed else "measured"
                getattr(one, phase).append(window)
                timer.keep(Kept(one.point.key, phase, window))
            if taken[-1].load.disturbed:
                timer.await_quiet()
    for one in series:
        _make_do(one)
    progress("measure", len(series) * fewest, len(series) * fewest)


def _patience(series: Series) -> float:
    """Budgets that a point may take [-]: more while it has too few windows for any result."""
    return OVERDRAFT if len(series.measured) < WINDOWS_NEEDED else 1.0


def _make_do(series: Series) -> None:
    """Use disturbed windows, the least disturbed first, where there are too few others for any result."""
    series.disturbed.sort(key=lambda window: window.load.others_percent)
    missing = max(0, WINDOWS_NEEDED - len(series.measured))
    series.measured += series.disturbed[:missing]
    series.disturbed = series.disturbed[missing:]
    series.measured.sort(key=lambda window: window.start_s)


def _warm_up(series: Series, plan: Plan, timer: _Timer) -> None:
    """Take windows until the last few agree, or until there were too many."""
    fewest, most = plan.warm_up_windows if timer.now_s < WARM_UP_SHARE * plan.budget_s else (1, 1)
    taken: list[Window] = []
    while len(taken) < fewest or (not series.settled and len(taken) < most):
        (window,) = timer.windows(series.point, plan.warm_up_window_s, fewest_calls=1)
        taken.append(window)
        timer.keep(Kept(series.point.key, "warm_up", window))
        if window.load.disturbed:
            timer.await_quiet()
        undisturbed = [window for window in taken if not window.load.disturbed]
        series.settled = _agree([window.mean_s for window in undisturbed], plan.agreement)
    series.warm_up += taken


def _agree(means_s: list[float], agreement: float) -> bool:
    last = means_s[-AGREEING:]
    return len(last) == AGREEING and max(last) - min(last) <= agreement * sum(last) / AGREEING


class _Look(NamedTuple):
    """What everything that counts says at one instant."""

    mark: Mark
    cpu: CpuTimes
    switches: Switches
    wall_ns: int


class _Timer:
    """Takes windows, knows when the first one began, and how much time and patience are left."""

    def __init__(self, bench: Bench, plan: Plan) -> None:
        self.clock, self.meter, self.keep = bench.clock, bench.meter, bench.keep
        self.settle_s, self.patience_s, self.budget_s = plan.settle_s, plan.patience_s, plan.budget_s
        self.began_s = max((kept.window.start_s + kept.window.wall_s for kept in bench.known), default=0.0)
        self.origin_ns = self.clock.wall_ns()
        self.waited_s = 0.0

    @property
    def now_s(self) -> float:
        """Time since the measurement began, that of an interrupted one included [s]."""
        return self.began_s + (self.clock.wall_ns() - self.origin_ns) / 1e9

    def over(self, patience: float = 1.0) -> bool:
        """Whether so many budgets are spent; time that was waited for others does not count."""
        return self.now_s - self.waited_s >= patience * self.budget_s

    def windows(
        self, point: Point, window_s: float, in_a_row: int = 1, fewest_calls: int = CALLS_PER_WINDOW
    ) -> list[Window]:
        """Call for *window_s*, back to back or after the pauses of the point, timing each call; so often in a row."""
        point.enter()
        call, idle_s, stopwatch = point.make(), point.key.idle_s, point.stopwatch
        if not idle_s:
            self._settle(call, point.wait)
        timed = stopwatch.around(call) if stopwatch else call
        laps = []
        for _ in range(in_a_row):
            first = self._look()
            call_ns = self._calls_ns(timed, point.wait, idle_s, first.wall_ns + int(window_s * 1e9), fewest_calls)
            laps.append((first, call_ns, self._look()))
        means_s = stopwatch.means_s([len(call_ns) for _, call_ns, _ in laps]) if stopwatch else [None] * in_a_row
        return [self._window(*lap, device_s) for lap, device_s in zip(laps, means_s, strict=True)]

    def _look(self) -> _Look:
        return _Look(self.meter.mark(), self.clock.cpu(), self.clock.switches(), self.clock.wall_ns())

    def _window(self, first: _Look, call_ns: list[int], last: _Look, device_s: float | None) -> Window:
        return Window(
            start_s=self.began_s + (first.wall_ns - self.origin_ns) / 1e9,
            call_s=np.array(call_ns) / 1e9,
            cpu_s=last.cpu.own_s - first.cpu.own_s,
            load=load_between(first.cpu, last.cpu),
            wall_s=(last.wall_ns - first.wall_ns) / 1e9,
            marks=None if self.meter.source == "none" else (first.mark, last.mark),
            switches=last.switches.since(first.switches),
            device_s=device_s,
        )

    def await_quiet(self) -> None:
        """Do nothing while other processes are busy, as long as patience lasts."""
        busy = True
        while busy and self.patience_s > 0:
            before = self.clock.cpu()
            self.clock.sleep(PAUSE_S)
            self.patience_s -= PAUSE_S
            self.waited_s += PAUSE_S
            busy = load_between(before, self.clock.cpu()).disturbed

    def _settle(self, call: Callable[[], object], wait: Callable[[], object]) -> None:
        end_ns = self.clock.wall_ns() + int(self.settle_s * 1e9)
        while True:
            call()
            wait()
            if self.clock.wall_ns() >= end_ns:
                return

    def _calls_ns(
        self, call: Callable[[], object], wait: Callable[[], object], idle_s: float, end_ns: int, fewest: int
    ) -> list[int]:
        taken: list[int] = []
        now_ns = 0
        while now_ns < end_ns or len(taken) < fewest:
            if idle_s:
                self.clock.sleep(idle_s)
            begin_ns = self.clock.wall_ns()
            call()
            wait()
            now_ns = self.clock.wall_ns()
            taken.append(now_ns - begin_ns)
        return taken
