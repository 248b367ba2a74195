"""What is felt of an interrupted supply: batteries bridge, generators start and may stop, cooling comes back later.

    0 ------------- start ------------------ a generator too few ------------ the supply is back
      battery         generators               what is left in the battery
      no cooling             restart: no cooling yet

A supply that is back before *battery_s* is not felt, unless the room, which has no cooling until *restart_s* after its
power is back, is too warm by then. Servers are down until they have power, and, if they were too warm, cooling.
Generators that share the load fail at the same rate each, are not repaired during an interruption, and get fuel in
time; the battery is full again before the next one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dcplan.reliability.blocks import Downtime, working


@dataclass(frozen=True)
class Standby:
    """What stands between an interrupted supply and the servers."""

    battery_s: float
    """How long the batteries carry the servers [s]."""
    battery_ready: float
    """Chance that they do when asked to [-]."""
    hot_s: float
    """How long the servers run without cooling [s]."""
    restart_s: float
    """Time from power to cooling [s]."""
    generators: int = 0
    needed: int = 1
    """Generators without which the building is not carried."""
    start_probability: float = 0.0
    """Chance that one starts [-]."""
    start_s: float = 0.0
    """Until they take the load [s]."""
    run_s: float = math.inf
    """Mean time of running until one fails [s]."""
    common: float = 0.0
    """Share of the generators' failures that takes all of them [-]."""

    @property
    def beta(self) -> float:
        """Share of failures by common cause [-]; a single generator has none."""
        return self.common if self.generators > 1 else 0.0


def felt(per_s: float, mean_s: float, standby: Standby) -> Downtime:
    """What servers feel of a supply that is interrupted *per_s* times a second, for exponential times of *mean_s* [s].

    Exact but for generators that stop while the plant still restarts after their start: that is counted twice.
    """
    chances = working(standby.generators, standby.start_probability, standby.common)
    count = time_s = 0.0
    for ready, battery_s in ((standby.battery_ready, standby.battery_s), (1.0 - standby.battery_ready, 0.0)):
        left_s = max(battery_s - standby.start_s, 0.0)
        first, again = (_gap(mean_s, standby, battery_s, longest_s) for longest_s in (standby.start_s, math.inf))
        after = _gap(mean_s, standby, left_s, math.inf)
        for started, chance in enumerate(chances):
            weight = ready * float(chance)
            if started < standby.needed:
                count, time_s = count + weight * again[0], time_s + weight * again[1]
                continue
            stops = math.exp(-standby.start_s / mean_s) * stopping(started, mean_s, standby)
            count += weight * (first[0] + stops * after[0])
            time_s += weight * (first[1] + stops * after[1])
    return Downtime(per_s * time_s, per_s * count)


def stopping(started: int, mean_s: float, standby: Standby) -> float:
    """Chance that too few of *started* generators are left before an interruption of mean *mean_s* [s] is over.

    Pure death against an exponential end: theta_i = (i a theta_(i-1) + b) / (i a + b + 1 / mean), theta = 1 below what
    is needed, a and b the rates of failures alone and together.
    """
    alone_per_s, together_per_s = (1.0 - standby.beta) / standby.run_s, standby.beta / standby.run_s
    theta = 1.0
    for running in range(standby.needed, started + 1):
        rate = running * alone_per_s
        theta = (rate * theta + together_per_s) / (rate + together_per_s + 1.0 / mean_s)
    return theta


def _gap(mean_s: float, standby: Standby, battery_s: float, longest_s: float) -> tuple[float, float]:
    """Chance and mean time [s] of down time in a gap without power, exponential of *mean_s* and at most *longest_s*."""
    if longest_s == 0.0:
        return 0.0, 0.0
    warm_s = standby.hot_s - standby.restart_s

    def chance(after_s: float) -> float:
        return 1.0 if after_s < 0.0 else math.exp(-after_s / mean_s) if after_s < longest_s else 0.0

    def excess_s(after_s: float) -> float:
        whole_s = mean_s * -math.expm1(-longest_s / mean_s)
        if after_s < 0.0:
            return whole_s - after_s
        return mean_s * (math.exp(-after_s / mean_s) - math.exp(-longest_s / mean_s)) if after_s < longest_s else 0.0

    if standby.hot_s < battery_s:
        return chance(warm_s), excess_s(warm_s)
    if warm_s >= battery_s:
        return chance(battery_s), excess_s(battery_s)
    warm = excess_s(warm_s) - excess_s(battery_s) - (battery_s - warm_s) * chance(battery_s)
    return chance(warm_s), excess_s(battery_s) + warm


def gap_down(gap_s: np.ndarray, battery_s: np.ndarray, standby: Standby) -> tuple[np.ndarray, np.ndarray]:
    """From when until when servers are down in gaps of *gap_s* without power [s]; equal where they are not.

    >>> standby = Standby(300.0, 1.0, 180.0, 60.0)
    >>> begins_s, ends_s = gap_down(np.array([100.0, 150.0, 400.0]), np.full(3, 300.0), standby)
    >>> (begins_s.tolist(), ends_s.tolist())
    ([180.0, 180.0, 180.0], [180.0, 210.0, 460.0])
    """
    empty = (gap_s > battery_s) & (battery_s <= standby.hot_s)
    cold_s = np.maximum(gap_s + standby.restart_s, standby.hot_s)
    return np.where(empty, battery_s, standby.hot_s), np.where(empty, gap_s, cold_s)
