"""The same blocks by simulation: many years at once, of which only failures and repairs are followed.

Histories run side by side ("lanes") and are laid one after the other on one axis of time. A lane starts in a state
drawn from the long run, and an outage that begins in it counts as long as it lasts. Where several blocks are down the
times are united, so what the closed form takes to be rare (outages that overlap, or that come while servers start) is
seen here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dcplan.reliability.blocks import FloatArray, Group, failed_shares, working
from dcplan.reliability.diagram import Block, Diagram
from dcplan.reliability.standby import Standby, gap_down

YEAR_S = 365.0 * 86400.0
LANES = 1000
"""Histories side by side, at most."""
LANE_S = 10.0 * YEAR_S
"""Least length of one [s]."""


@dataclass(frozen=True)
class Spans:
    """From when until when something is down [s], arrays [n]."""

    begins_s: FloatArray
    ends_s: FloatArray

    @classmethod
    def none(cls) -> Self:
        """It never is."""
        return cls(np.empty(0), np.empty(0))

    @property
    def lasts_s(self) -> FloatArray:
        """How long each lasts [s]."""
        return self.ends_s - self.begins_s

    def where(self, kept: NDArray[np.bool_]) -> Spans:
        """Those that are *kept*."""
        return Spans(self.begins_s[kept], self.ends_s[kept])

    def beyond(self, bridged_s: float) -> Spans:
        """What is left after the first *bridged_s* of each [s]."""
        return Spans(self.begins_s + bridged_s, self.ends_s).where(self.lasts_s > bridged_s)

    def longer(self, by_s: float) -> Spans:
        """Each *by_s* longer [s]."""
        return Spans(self.begins_s, self.ends_s + by_s)


def united(several: Iterable[Spans]) -> Spans:
    """When at least one is down, in order of time.

    >>> one, other = Spans(np.array([0.0, 5.0]), np.array([2.0, 6.0])), Spans(np.array([1.0]), np.array([3.0]))
    >>> united((one, other)).ends_s.tolist()
    [3.0, 6.0]
    """
    parts = list(several)
    begins_s = np.concatenate([each.begins_s for each in parts] or [np.empty(0)])
    ends_s = np.concatenate([each.ends_s for each in parts] or [np.empty(0)])
    order = np.argsort(begins_s, kind="stable")
    begins_s, until_s = begins_s[order], np.maximum.accumulate(ends_s[order])
    if not len(begins_s):
        return Spans.none()
    first = np.concatenate(([True], begins_s[1:] > until_s[:-1]))
    last = np.concatenate((first[1:], [True]))
    return Spans(begins_s[first], until_s[last])


def met(one: Spans, other: Spans) -> Spans:
    """When both are down; each in order of time and without overlap.

    >>> one, other = Spans(np.array([0.0]), np.array([9.0])), Spans(np.array([1.0, 8.0]), np.array([2.0, 12.0]))
    >>> met(one, other).lasts_s.tolist()
    [1.0, 1.0]
    """
    first = np.searchsorted(other.ends_s, one.begins_s, side="right")
    count = np.maximum(np.searchsorted(other.begins_s, one.ends_s, side="left") - first, 0)
    mine = np.repeat(np.arange(len(count)), count)
    theirs = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    return Spans(
        np.maximum(one.begins_s[mine], other.begins_s[theirs]), np.minimum(one.ends_s[mine], other.ends_s[theirs])
    )


def alone_down(group: Group, years: float, rng: np.random.Generator) -> Spans:
    """When *group* is down by failures of single components."""
    lanes = max(1, min(LANES, int(years * YEAR_S / LANE_S)))
    length_s, spare = years * YEAR_S / lanes, group.spare
    failed = np.asarray(rng.choice(group.installed + 1, lanes, p=failed_shares(group)))
    now_s, since_s = np.zeros(lanes), np.full(lanes, math.nan)
    lane_s = length_s * np.arange(lanes)
    begins_s, ends_s = [], []
    if group.alone_per_s == 0.0:
        return Spans.none()
    while len(now_s):
        worse = (group.installed - failed) * group.alone_per_s
        rate = worse + group.repair_per_s(failed.astype(np.float64))
        now_s = now_s + rng.standard_exponential(len(rate)) / rate
        fails = rng.random(len(rate)) * rate < worse
        back = ~fails & (failed == spare + 1) & ~np.isnan(since_s)
        begins_s.append((lane_s + since_s)[back])
        ends_s.append((lane_s + now_s)[back])
        since_s = np.where(fails & (failed == spare) & (now_s < length_s), now_s, np.where(back, math.nan, since_s))
        failed = failed + np.where(fails, 1, -1)
        left = (now_s < length_s) | ~np.isnan(since_s)
        now_s, since_s, failed, lane_s = now_s[left], since_s[left], failed[left], lane_s[left]
    return united([Spans(np.concatenate(begins_s), np.concatenate(ends_s))])


def together_down(group: Group, years: float, rng: np.random.Generator) -> Spans:
    """When *group* is down by a common cause."""
    if group.together_per_s == 0.0:
        return Spans.none()
    count = rng.poisson(years * YEAR_S * group.together_per_s / (1.0 + group.together_per_s * group.component.repair_s))
    begins_s = np.sort(rng.random(count)) * years * YEAR_S
    return united([Spans(begins_s, begins_s + rng.exponential(group.component.repair_s, count))])


def through(interrupted: Spans, standby: Standby, rng: np.random.Generator) -> Spans:
    """What servers feel of a supply that is *interrupted*."""
    gone_s, count = interrupted.lasts_s, len(interrupted.lasts_s)
    battery_s = np.where(rng.random(count) < standby.battery_ready, standby.battery_s, 0.0)
    runs_s = _run_s(count, standby, rng)
    starts = runs_s > 0.0
    first_s = np.where(starts, np.minimum(gone_s, standby.start_s), gone_s)
    again_s = np.where(starts, np.maximum(gone_s - standby.start_s - runs_s, 0.0), 0.0)
    felt = []
    for offset_s, gap_s, left_s in (
        (0.0, first_s, battery_s),
        (standby.start_s + runs_s, again_s, np.maximum(battery_s - standby.start_s, 0.0)),
    ):
        from_s, until_s = gap_down(gap_s, left_s, standby)
        spans = Spans(interrupted.begins_s + offset_s + from_s, interrupted.begins_s + offset_s + until_s)
        felt.append(spans.where((gap_s > 0.0) & (until_s > from_s)))
    return united(felt)


def _run_s(count: int, standby: Standby, rng: np.random.Generator) -> FloatArray:
    """How long enough generators run in each of *count* interruptions [s]; 0 if too few start."""
    chances = working(standby.generators, standby.start_probability, standby.common)
    started = rng.choice(standby.generators + 1, count, p=chances / chances.sum())
    runs_s, alone_s = np.zeros(count), standby.run_s / (1.0 - standby.beta) if standby.beta < 1.0 else math.inf
    for running in range(standby.needed, standby.generators + 1):
        step_s = rng.standard_exponential(count) * alone_s / running
        runs_s += np.where(started >= running, step_s, 0.0)
    together_s = rng.exponential(standby.run_s / standby.beta, count) if standby.beta > 0.0 else math.inf
    return np.asarray(np.minimum(runs_s, together_s))


def of_block(block: Block, years: float, rng: np.random.Generator) -> Spans:
    """When servers feel a block of the path or of the cooling."""
    single, together = alone_down(block.group, years, rng), together_down(block.group, years, rng)
    return united((single.beyond(block.one_s), together.beyond(block.all_s)))


def of_paths(diagram: Diagram, years: float, rng: np.random.Generator) -> Spans:
    """When no path works."""
    first, *second = (united(of_block(block, years, rng) for block in diagram.path) for _ in range(diagram.paths))
    if not second:
        return first
    shared = rng.random(len(first.begins_s)) < diagram.common
    apart = second[0].where(rng.random(len(second[0].begins_s)) >= diagram.common)
    return united((first.where(shared), met(first.where(~shared), apart)))


PATHS = "power paths"
"""Name of what the paths leave together."""


def simulate(diagram: Diagram, years: float, rng: np.random.Generator) -> dict[str, Spans]:
    """When servers feel each block, the paths as one, in *years* years."""
    supply = {
        block.name: united(
            through(spans, diagram.standby, rng)
            for spans in (alone_down(block.group, years, rng), together_down(block.group, years, rng))
        )
        for block in diagram.supply
    }
    cooling = {block.name: of_block(block, years, rng) for block in diagram.cooling}
    return supply | {PATHS: of_paths(diagram, years, rng)} | cooling


def outages(found: Mapping[str, Spans], recovery_s: float) -> Spans:
    """When servers do not serve: without power or cool air, and for *recovery_s* after that [s]."""
    return united(each.longer(recovery_s) for each in found.values())


def down_by_period_s(spans: Spans, period_s: float, periods: int) -> FloatArray:
    """Down time in each period [s], [periods]; *spans* in order of time and without overlap.

    >>> down_by_period_s(Spans(np.array([5.0]), np.array([12.0])), 10.0, 3).tolist()
    [5.0, 2.0, 0.0]
    """
    edges_s = period_s * np.arange(periods + 1)
    done_s = np.concatenate(([0.0], np.cumsum(spans.lasts_s)))
    before = np.searchsorted(spans.begins_s, edges_s, side="right")
    if not len(spans.begins_s):
        return np.zeros(periods)
    latest = np.maximum(before - 1, 0)
    beyond_s = np.where(before > 0, np.maximum(spans.ends_s[latest] - edges_s, 0.0), 0.0)
    return np.diff(done_s[before] - beyond_s)
