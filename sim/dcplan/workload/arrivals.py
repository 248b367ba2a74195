"""When requests arrive: one function per demand kind, all giving blocks of sorted times.

Blocks have a fixed size that does not depend on who asks when, so a run that is interrupted anywhere sees the same
requests as one that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dcplan.scenario.demand import Closed, Constant, Demand, Diurnal, Gamma, Mmpp, Poisson, Trace
from dcplan.signals.clock import Clock
from dcplan.workload.rate import FloatArray, RateCurve, constant

BLOCK = 1 << 15
"""Requests per block: 256 kB of times, small enough for a core's cache."""

HOUR_S = 3600.0

MONDAY = Clock(datetime(2025, 1, 6))
"""Where no calendar is given: a Monday, midnight, without daylight saving."""

Gaps = Callable[[np.random.Generator, int], FloatArray]
"""Draws times between requests on the unit-rate clock."""


@dataclass(frozen=True)
class Recorded:
    """A recorded demand, read from a file or the library: stamps, or rates per interval."""

    stamps_s: FloatArray | None = None
    rate: RateCurve | None = None


def arrivals(
    demand: Demand,
    rng: np.random.Generator,
    horizon_s: float,
    clock: Clock = MONDAY,
    recorded: Recorded | None = None,
    lapse: float = 1.0,
) -> Iterator[FloatArray]:
    """Blocks of arrival times [s since the start], sorted, at least up to *horizon_s*; for users, times to think [s].

    Args:
        demand: What was asked for.
        rng: The stream "arrivals/<endpoint>".
        horizon_s: End of the run [s].
        clock: The site's calendar, which a diurnal demand follows.
        recorded: The trace, for a demand of kind `trace`.
        lapse: How many times faster the demand changes than it comes: times run to *horizon_s* / *lapse*, with the rate
            that would be there *lapse* times later. What changes by itself, such as the states of an mmpp, does not
            hurry, and recorded stamps are given as they are.
    """
    if isinstance(demand, Closed):
        return _thoughts(demand, rng)
    if isinstance(demand, Trace) and recorded is not None and recorded.stamps_s is not None:
        return _blocks(recorded.stamps_s)
    if isinstance(demand, Mmpp):
        curve = rate_curve(demand, rng, horizon_s / lapse)
    else:
        curve = rate_curve(demand, rng, horizon_s, clock, recorded)
        curve = curve if lapse == 1.0 else RateCurve(curve.edges_s / lapse, curve.rate_per_s)
    return _time_changed(curve, _gaps(demand), rng, horizon_s / lapse)


def _thoughts(demand: Closed, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Blocks, without end, of how long a user thinks before each request [s]."""
    while True:
        yield rng.standard_exponential(BLOCK) * demand.think


def rate_curve(
    demand: Demand,
    rng: np.random.Generator,
    horizon_s: float,
    clock: Clock = MONDAY,
    recorded: Recorded | None = None,
) -> RateCurve:
    """The rate that *demand* follows (for `mmpp`, one random path of it)."""
    if isinstance(demand, (Constant, Poisson, Gamma)):
        return constant(demand.rate)
    if isinstance(demand, Mmpp):
        return _modulated(demand, rng, horizon_s)
    if isinstance(demand, Diurnal):
        return _by_wall_clock(demand, clock, horizon_s)
    if isinstance(demand, Closed):
        raise ValueError("users have no rate of their own: they ask when they have thought")
    if recorded is None or recorded.rate is None:
        raise ValueError("a trace of rates needs its recorded rates")
    return recorded.rate


def _by_wall_clock(demand: Diurnal, clock: Clock, horizon_s: float) -> RateCurve:
    """The rate of every hour on the site's wall clock, daylight saving included."""
    into_hour_s = (clock.start - clock.start.replace(minute=0, second=0, microsecond=0)).total_seconds()
    hours = int(np.ceil((horizon_s + into_hour_s) / HOUR_S))
    edges_s = np.arange(hours + 1, dtype=np.float64) * HOUR_S - into_hour_s
    edges_s[0] = 0.0
    wall = clock.wall(edges_s[:-1])
    factors = np.outer(demand.weekly, demand.daily)
    rate_per_s = demand.mean / factors.mean() * factors[np.asarray(wall.day_of_week), np.asarray(wall.hour)]
    return RateCurve(edges_s, rate_per_s)


def _gaps(demand: Demand) -> Gaps:
    if isinstance(demand, Constant):
        return lambda _, count: np.ones(count)
    if isinstance(demand, Gamma):
        shape = demand.cv**-2
        return lambda rng, count: rng.standard_gamma(shape, count) / shape
    return lambda rng, count: rng.standard_exponential(count)


def _time_changed(rate: RateCurve, gaps: Gaps, rng: np.random.Generator, horizon_s: float) -> Iterator[FloatArray]:
    count = 0.0
    while True:
        steps = gaps(rng, BLOCK)
        steps[0] += count
        counts = np.cumsum(steps)
        count = float(counts[-1])
        times_s = rate.when(counts)
        yield times_s
        if times_s[-1] > horizon_s:
            return


def _modulated(demand: Mmpp, rng: np.random.Generator, horizon_s: float) -> RateCurve:
    """One path of the modulating chain: states in turn, each held for an exponential time.

    It starts in a state with the probability with which it is found there, so the rate is stationary from second 0.
    """
    first = int(np.searchsorted(np.cumsum(demand.dwell), rng.random() * np.sum(demand.dwell), side="right"))
    dwell_s, rates = np.roll(demand.dwell, -first), np.roll(demand.rates, -first)
    cycles = max(8, int(1.5 * horizon_s / dwell_s.sum()) + 8)
    ends: list[FloatArray] = []
    last_s = 0.0
    while last_s <= horizon_s:
        held_s = rng.standard_exponential((cycles, len(dwell_s))) * dwell_s
        ends.append(last_s + np.cumsum(held_s.ravel()))
        last_s = float(ends[-1][-1])
    edges_s = np.concatenate(([0.0], *ends))
    return RateCurve(edges_s, np.tile(rates, (len(edges_s) - 1) // len(rates)))


def _blocks(times_s: FloatArray) -> Iterator[FloatArray]:
    for start in range(0, len(times_s), BLOCK):
        yield times_s[start : start + BLOCK]
