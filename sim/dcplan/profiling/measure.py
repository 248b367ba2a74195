"""Time calls in windows: warm up, then interleave all points in random order, and keep every window.

Neighbours on a shared machine come and go over minutes. Measuring one batch size after the other would blame that
drift on a batch size; visiting all of them in a new random order each round spreads it over all alike.

A window during which other processes of this machine took CPU time says little about the workload: with all
processors in use, one preempted thread stalls all others. Such a window is kept apart and taken again once the others
are done. What counts is the CPU time of the others, never the timing itself, so slow calls are not selected away.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.machine import CpuTimes, Load, cpu_times, load_between

Task = Literal["infer", "train"]
Progress = Callable[[str, int, int], None]

CALLS_PER_WINDOW = 3
"""Fewest calls in a window, however short the window."""
WINDOWS_NEEDED = 5
"""Fewer windows of a point than this give no interval worth printing."""
AGREEING = 3
"""Windows that must agree, within 10 %, before warm-up ends (the rule of NVIDIA's perf_analyzer)."""
MOST_ROUNDS = 1.4
"""Rounds that may be spent, relative to those planned, when windows are disturbed [-]."""
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
    windows: int
    """Undisturbed windows wanted of each point."""
    patience_s: float = 0
    """Time to wait for other processes to finish, before the start, and again in all after it [s]."""
    agreement: float = 0.1
    """Largest spread between agreeing warm-up windows, relative to their mean [-]."""


FULL = Plan(
    idle_s=5, warm_up_window_s=0.5, warm_up_windows=(4, 12), settle_s=0.1, window_s=1, windows=20, patience_s=900
)
QUICK = Plan(idle_s=2, warm_up_window_s=0.15, warm_up_windows=(3, 4), settle_s=0.05, window_s=0.25, windows=5)


@dataclass(frozen=True)
class Clock:
    """Where the time comes from; tests bring their own."""

    wall_ns: Callable[[], int] = time.perf_counter_ns
    cpu: Callable[[], CpuTimes] = cpu_times
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Point:
    """One thing to time: a task at a batch size."""

    task: Task
    batch: int
    call: Callable[[], object]


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


def measure(
    points: Sequence[Point],
    plan: Plan,
    order: random.Random,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> list[Series]:
    """Warm up every point, then time all of them in rounds, each round in a new random order."""
    timer = _Timer(clock or Clock(), plan.settle_s, plan.patience_s)
    report = progress or _silent
    series = [Series(point) for point in points]
    for done, one in enumerate(series):
        report("warm up", done, len(series))
        _warm_up(one, plan, timer)
    report("warm up", len(series), len(series))
    _take_rounds(series, plan, order, timer, report)
    report("measure", len(series) * plan.windows, len(series) * plan.windows)
    return series


def _take_rounds(series: list[Series], plan: Plan, order: random.Random, timer: _Timer, report: Progress) -> None:
    """Visit all points that still lack windows, round by round, until patience is spent."""
    for _ in range(round(MOST_ROUNDS * plan.windows)):
        lacking = [one for one in series if len(one.measured) < plan.windows]
        for one in order.sample(lacking, len(lacking)):
            report("measure", sum(len(other.measured) for other in series), len(series) * plan.windows)
            window = timer.window(one.point.call, plan.window_s)
            if window.load.disturbed:
                one.disturbed.append(window)
                timer.await_quiet()
            else:
                one.measured.append(window)
    for one in series:
        _make_do(one)


def _make_do(series: Series) -> None:
    """Use disturbed windows, the least disturbed first, where there are too few others for any result."""
    series.disturbed.sort(key=lambda window: window.load.others_percent)
    missing = max(0, WINDOWS_NEEDED - len(series.measured))
    series.measured += series.disturbed[:missing]
    series.disturbed = series.disturbed[missing:]
    series.measured.sort(key=lambda window: window.start_s)


def _silent(*_: object) -> None:
    """Report no progress."""


def _warm_up(series: Series, plan: Plan, timer: _Timer) -> None:
    """Take windows until the last few agree, or until there were too many."""
    fewest, most = plan.warm_up_windows
    while len(series.warm_up) < fewest or (not series.settled and len(series.warm_up) < most):
        window = timer.window(series.point.call, plan.warm_up_window_s)
        series.warm_up.append(window)
        if window.load.disturbed:
            timer.await_quiet()
        undisturbed = [window for window in series.warm_up if not window.load.disturbed]
        series.settled = _agree([window.mean_s for window in undisturbed], plan.agreement)


def _agree(means_s: list[float], agreement: float) -> bool:
    last = means_s[-AGREEING:]
    return len(last) == AGREEING and max(last) - min(last) <= agreement * sum(last) / AGREEING


class _Timer:
    """Takes windows, knows when the first one began, and how much patience is left."""

    def __init__(self, clock: Clock, settle_s: float, patience_s: float) -> None:
        self.clock = clock
        self.settle_s = settle_s
        self.patience_s = patience_s
        self.origin_ns = clock.wall_ns()

    def window(self, call: Callable[[], object], window_s: float) -> Window:
        """Call back to back for *window_s*, timing each call."""
        self._settle(call)
        before, start_ns = self.clock.cpu(), self.clock.wall_ns()
        call_ns = self._calls_ns(call, start_ns + int(window_s * 1e9))
        after = self.clock.cpu()
        start_s, cpu_s = (start_ns - self.origin_ns) / 1e9, after.own_s - before.own_s
        return Window(start_s, np.array(call_ns) / 1e9, cpu_s, load_between(before, after))

    def await_quiet(self) -> None:
        """Do nothing while other processes are busy, as long as patience lasts."""
        busy = True
        while busy and self.patience_s > 0:
            before = self.clock.cpu()
            self.clock.sleep(PAUSE_S)
            self.patience_s -= PAUSE_S
            busy = load_between(before, self.clock.cpu()).disturbed

    def _settle(self, call: Callable[[], object]) -> None:
        end_ns = self.clock.wall_ns() + int(self.settle_s * 1e9)
        while True:
            call()
            if self.clock.wall_ns() >= end_ns:
                return

    def _calls_ns(self, call: Callable[[], object], end_ns: int) -> list[int]:
        taken: list[int] = []
        now_ns = 0
        while now_ns < end_ns or len(taken) < CALLS_PER_WINDOW:
            begin_ns = self.clock.wall_ns()
            call()
            now_ns = self.clock.wall_ns()
            taken.append(now_ns - begin_ns)
        return taken
