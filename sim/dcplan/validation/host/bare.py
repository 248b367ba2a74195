"""The call by itself: timed back to back as `dcplan profile` times a model, in windows, warm-up, random order.

On a shared machine a call takes a third longer for seconds at a time, whenever a neighbour uses the other thread of the
core, and neighbours stay for minutes; no counter here shows it. So the times of a call by batch size come from all
windows so far (`pooled`), which average over spells, and how fast the machine is now from the last minute (`Speed`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.measure import Bench, Plan, Progress, Series, Window, measure
from dcplan.profiling.point import Key, Point
from dcplan.profiling.summary import summarise
from dcplan.validation.host.call import Call
from dcplan.validation.host.ways import SAMPLES, THREADS

FIRST = Plan(
    idle_s=2, warm_up_window_s=0.3, warm_up_windows=(3, 8), settle_s=0.05, window_s=0.5, windows=(10, 40),
    half_width=0.01, patience_s=60, all_batches=True, budget_s=150,
)  # fmt: skip
"""How the call is timed before the first block of runs; it takes minutes, because spells last for seconds."""
AGAIN = replace(FIRST, warm_up_windows=(1, 1), windows=(6, 6), budget_s=30)
"""How it is timed again before every other block."""
QUICK = replace(FIRST, idle_s=1, warm_up_windows=(2, 2), window_s=0.25, windows=(8, 8), budget_s=9, patience_s=0)
SESSIONS_APART_S = 10.0
"""Windows that start further apart belong to different sessions of timing [s]."""
SETTLING = 15
"""Calls before a look at how fast the machine is counts."""
MEMORY_S = 120.0
"""How long such a look is remembered [s]: short beside the minutes that a neighbour stays, long beside the seconds of a
spell. In ten minutes of calls on a shared machine, 2 s of looks in 25 s foretold the mean of the next 21 s to 3.6 % in
the median with this, to 6.4 % with 15 s, and a single look to 8 %; the mean over all time did so to 3.5 %."""


def time_calls(call: Call, sizes: Sequence[int], plan: Plan, told: Progress) -> list[Series]:
    """Time *call* back to back at batches of so many requests each; windows start at CLOCK_MONOTONIC."""
    keys = [Key("infer", size * SAMPLES, threads=THREADS) for size in sizes]
    points = [Point(key, partial(on_images, call, key.batch // SAMPLES)) for key in keys]
    began_s = time.monotonic()
    found = measure(points, plan, random.Random(1), Bench(progress=told))
    for one in found:
        one.measured[:] = [replace(window, start_s=began_s + window.start_s) for window in one.measured]
    return found


def pooled(before: Sequence[Series], now: Sequence[Series]) -> list[Series]:
    """All windows of both, point by point."""
    earlier = {one.point.key: one for one in before}
    return [
        Series(
            one.point,
            [*earlier[one.point.key].warm_up, *one.warm_up],
            one.settled or earlier[one.point.key].settled,
            [*earlier[one.point.key].measured, *one.measured],
            [*earlier[one.point.key].disturbed, *one.disturbed],
        )
        for one in now
    ]


def levelled(series: Sequence[Series]) -> list[Series]:
    """*series* without what differs from one session of timing to another: that is known by `Speed` when it matters.

    What is left are the spells within a session. The mean over all windows of a point stays about what it was.
    """
    seen = sorted((window.start_s, relative) for one in series for window, relative in _relative(one))
    start_s, relative = np.array(seen).T
    session = np.cumsum(np.diff(start_s, prepend=start_s[0]) > SESSIONS_APART_S)
    speed = np.bincount(session, relative) / np.bincount(session)
    speed_at = dict(zip(start_s.tolist(), speed[session].tolist(), strict=True))
    return [
        replace(one, measured=[replace(each, call_s=each.call_s / speed_at[each.start_s]) for each in one.measured])
        for one in series
    ]


def _relative(series: Series) -> list[tuple[Window, float]]:
    """The windows of a point, each with its mean time relative to that of all of them [-]."""
    mean = float(np.mean([window.mean_s for window in series.measured]))
    return [(window, window.mean_s / mean) for window in series.measured]


def require_steady(series: Sequence[Series]) -> None:
    """Raise an InputError if the machine was too unsteady for its times to mean anything."""
    for one in series:
        verdict = summarise(one).verdict
        if verdict.startswith("INVALID"):
            raise InputError(
                f"this machine is too busy to be verified: {one.point.key}: {verdict}", "let it rest first"
            )


def mean_s(series: Sequence[Series], size: int) -> float:
    """Mean time of a call with *size* requests [s]: every window counts alike."""
    (one,) = [each for each in series if each.point.key.batch == size * SAMPLES]
    return float(np.mean([window.mean_s for window in one.measured]))


class Speed:
    """How fast the machine is now: every call by itself so far, the recent ones counting most.

    Neighbours on the same hardware slow a virtual machine down for minutes without a trace in its own counters.

    Attributes:
        look_s: How long a look takes [s].
        looks: When the call was looked at (CLOCK_MONOTONIC), and its mean time at a single request [s].
    """

    def __init__(self, call: Call, look_s: float) -> None:
        self.following, self.look_s = on_images(call, 1), look_s
        self.looks: list[tuple[float, float]] = []

    def look(self) -> None:
        """Time the call for a moment, after some calls that refill the caches as a profile's windows do."""
        for _ in range(SETTLING):
            self.following()
        count, begin_s = 0, time.monotonic()
        while (now_s := time.monotonic()) < begin_s + self.look_s:
            self.following()
            count += 1
        self.looks.append((now_s, (time.monotonic() - begin_s) / count))

    def drift(self, series: Sequence[Series]) -> float:
        """How much longer a call took at the last look than in *series* on average [-]."""
        return self.looks[-1][1] / mean_s(series, 1) - 1.0

    def pace(self, series: Sequence[Series], now_s: float) -> float:
        """How much longer calls are expected to take at *now_s* than in *series* on average, as a factor [-].

        The weighted mean of all looks and of all windows of *series*, each relative to the mean of its kind; weights
        are durations, and shrink to 1/e for every `MEMORY_S` that has passed since.
        """
        seen = [(at_s, call_s / mean_s(series, 1), self.look_s) for at_s, call_s in self.looks]
        for window, relative in chain.from_iterable(_relative(one) for one in series):
            seen.append((window.start_s, relative, float(window.call_s.sum())))
        at_s, relative, lasted_s = np.array(seen).T
        return float(np.average(relative, weights=lasted_s * np.exp((at_s - now_s) / MEMORY_S)))


def on_images(call: Call, size: int) -> Callable[[], object]:
    """Calls with the next images of the pool."""
    first = 0

    def following() -> None:
        nonlocal first
        first += size
        call(range(first, first + size))

    return following
