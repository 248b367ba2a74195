"""Repeat a timed trial until its mean is known well enough, or it has had its share of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from dcplan.profiling.probes.result import STABLE, interval


@dataclass(frozen=True)
class Pace:
    """How long to measure one thing.

    Attributes:
        trials: Fewest and most trials.
        trial_s: Length of a trial [s].
        least_s: Time that all trials together take at least [s].
        budget_s: Time after which no trial beyond the fewest is started [s].
        half_width: Half-width of the interval at which it is done, relative to the mean [-].
    """

    trials: tuple[int, int]
    trial_s: float
    least_s: float
    budget_s: float
    half_width: float = STABLE


FULL = Pace(trials=(8, 16), trial_s=0.4, least_s=3.2, budget_s=8)
QUICK = Pace(trials=(5, 8), trial_s=0.08, least_s=0.4, budget_s=1.5)


def repeat(trial: Callable[[], float], pace: Pace) -> list[float]:
    """The values of as many calls of *trial* as *pace* asks for."""
    begin, values = time.perf_counter(), list[float]()
    fewest, most = pace.trials
    while len(values) < most:
        values.append(trial())
        taken_s = time.perf_counter() - begin
        if len(values) < fewest or taken_s < min(pace.least_s, pace.budget_s):
            continue
        if taken_s >= pace.budget_s or interval(values).relative_half_width <= pace.half_width:
            break
    return values


def rates(call: Callable[[], object], pace: Pace, wait: Callable[[], object] = lambda: None) -> list[float]:
    """Calls per second of every trial [1/s]; *wait* returns once all calls made so far are done."""
    count = calls_in(pace.trial_s, lambda count: _took_s(call, count, wait))
    return repeat(lambda: count / _took_s(call, count, wait), pace)


def calls_in(wanted_s: float, took_s: Callable[[int], float]) -> int:
    """How many calls last about *wanted_s*, from trying more and more of them; this also warms up."""
    took_s(1)
    count = 1
    while True:
        taken_s = took_s(count)
        if taken_s >= wanted_s / 3 or count >= 10**8:
            return max(1, round(count * wanted_s / max(taken_s, 1e-9)))
        count = max(2 * count, min(100 * count, int(count * wanted_s / 2 / max(taken_s, 1e-9))))


def _took_s(call: Callable[[], object], count: int, wait: Callable[[], object]) -> float:
    wait()
    begin = time.perf_counter()
    for _ in range(count):
        call()
    wait()
    return time.perf_counter() - begin
