"""Requests that differ, give up and come back, as plain SimPy: a process per request, slow and easy to believe.

It shares no code with `serving.class_kernel`: admission, disciplines, time-outs, retries and users are written a second
time. Given the same times, draws, bits and classes it must give the same departures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from statistics import NormalDist

import numpy as np
import simpy

from dcplan.serving.class_state import (
    ARRIVED,
    ATTEMPTED,
    COUNTS,
    GIVEN_UP,
    LIMITED,
    REFUSED,
    SERVED,
    TIMED_OUT,
    WASTED,
    WITHIN_SLO,
    ClassRules,
)
from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.validation.serving_oracle import Batch, Line, Scaling, active_at, after_pause_s, choose, service_time_s

Process = Generator[simpy.Event, object, None]
MASK = 2**64 - 1


@dataclass(eq=False)
class Request:
    """One request on its way."""

    index: int
    kind: int
    born_s: float
    draw: float
    news: float
    bits: int
    started: simpy.Event
    done: simpy.Event
    since_s: float = 0.0
    rank: tuple[float, int] = (0.0, 0)
    """By what it is compared: key, and number among all that joined."""
    gone: bool = False


@dataclass
class Outcome:
    """What happened: latency of each request [s], NaN if it gave up, [n]; counts by class; every batch."""

    latency_s: FloatArray
    counts: IntArray
    batches: list[Batch] = field(default_factory=list)
    busy_s: float = 0.0
    energy_j: float = 0.0


class FairLine(Line[Request]):
    """A line that remembers what fair queueing needs."""

    def __init__(self, env: simpy.Environment, replicas: Sequence[int], kinds: int) -> None:
        super().__init__(env, replicas)
        self.tag, self.virtual = [0.0] * kinds, 0.0


@dataclass
class World:
    """What all processes share."""

    env: simpy.Environment
    rules: ClassRules
    discipline: str
    routing: str
    lines: list[FairLine]
    outcome: Outcome
    tokens: float
    tokens_s: float = 0.0
    scaling: Scaling = ()
    joined: Iterator[int] = field(default_factory=count)
    routed: Iterator[int] = field(default_factory=count)

    def admitted(self) -> bool:
        """Whether the rate limit lets an attempt pass."""
        if self.rules.rate_per_s == np.inf:
            return True
        earned = (self.env.now - self.tokens_s) * self.rules.rate_per_s
        self.tokens, self.tokens_s = min(self.rules.burst, self.tokens + earned), self.env.now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True

    def join(self, line: FairLine, this: Request) -> None:
        """Put a request where it waits."""
        rules, kind, order = self.rules, this.kind, next(self.joined)
        line.tag[kind] = max(line.tag[kind], line.virtual) + rules.kinds[kind]["units"] / rules.kinds[kind]["weight"]
        keys = {
            "fifo": float(order),
            "priority": float(rules.kinds[kind]["priority"]),
            "deadline": self.env.now + float(rules.kinds[kind]["deadline_s"]),
            "fair": line.tag[kind],
        }
        this.since_s, this.rank = self.env.now, (keys[self.discipline], order)
        this.started, this.done = self.env.event(), self.env.event()
        line.waiting.append(this)
        line.wake(self.env)


def simulate(
    rules: ClassRules,
    discipline: str,
    routing: str,
    replicas: int,
    requests: Requests,
    scaling: Scaling = (),
) -> Outcome:
    """Serve *requests* until the last one has left; see `class_kernel.serve`."""
    env = simpy.Environment()
    classes = len(rules.kinds)
    groups = [list(range(replicas))] if rules.shared else [[replica] for replica in range(replicas)]
    lines = [FairLine(env, group, classes) for group in groups]
    outcome = Outcome(np.full(len(requests.kinds), np.nan), np.zeros((classes, COUNTS), dtype=np.int64))
    world = World(env, rules, discipline, routing, lines, outcome, rules.burst, scaling=scaling)
    for line in lines:
        env.process(dispatcher(world, line))
    if rules.users:
        numbers = iter(range(len(requests.kinds)))
        for _ in range(rules.users):
            env.process(user(world, requests, numbers))
    else:
        env.process(source(world, requests))
    env.run()
    return outcome


def source(world: World, requests: Requests) -> Process:
    """Requests come one after the other, and each goes its own way."""
    for index, time_s in enumerate(requests.times_s):
        yield world.env.timeout(float(time_s) - world.env.now)
        world.env.process(request(world, new(world, requests, index)))


def user(world: World, requests: Requests, numbers: Iterator[int]) -> Process:
    """Somebody thinks, asks, waits for the answer, and starts again, until all requests are used up."""
    for index in numbers:
        yield world.env.timeout(float(requests.times_s[index]))
        yield world.env.process(request(world, new(world, requests, index)))


def new(world: World, requests: Requests, index: int) -> Request:
    """Request number *index*, now."""
    env = world.env
    news = float(requests.news[index]) if world.rules.base.spell_s else 0.0
    bits = int(requests.routes[index])
    return Request(
        index, int(requests.kinds[index]), env.now, float(requests.draws[index]), news, bits, env.event(), env.event()
    )


def request(world: World, this: Request) -> Process:
    """A request tries, perhaps several times, and is answered or gives up."""
    env, rules, counts = world.env, world.rules, world.outcome.counts[this.kind]
    counts[ARRIVED] += 1
    for attempt in range(rules.attempts):
        counts[ATTEMPTED] += 1
        cause = yield from trial(world, replace(this), attempt)
        if cause == SERVED:
            return
        counts[cause] += 1
        if attempt + 1 < rules.attempts:
            full_s = min(rules.longest_s, rules.backoff_s * rules.factor**attempt)
            share = (mixed(this.bits, 2 * attempt + 1) >> 11) / 2**53
            yield env.timeout(full_s * (1.0 - rules.jitter * share))
    counts[GIVEN_UP] += 1


def trial(world: World, this: Request, attempt: int) -> Generator[simpy.Event, object, int]:
    """One attempt; returns why it failed, or SERVED."""
    env, rules, counts = world.env, world.rules, world.outcome.counts[this.kind]
    if not world.admitted():
        return LIMITED
    line = world.lines[0]
    if len(world.lines) > 1:
        active = world.lines[: active_at(world.scaling, len(world.lines), env.now)]
        line = active[choose(world.routing, active, next(world.routed), mixed(this.bits, 2 * attempt))]
    waiting, base = len(line.waiting), rules.base
    at_once = bool(line.idle) and (waiting + 1 >= base.max_batch or base.max_delay_s == 0)
    if 0 <= rules.kinds[this.kind]["limit"] <= waiting and not at_once:
        return REFUSED
    world.join(line, this)
    timeout_s = float(rules.kinds[this.kind]["timeout_s"])
    yield this.started if timeout_s == np.inf else this.started | env.timeout(timeout_s)
    if not this.started.triggered:
        this.gone = True
        if not rules.unaware:
            line.waiting.remove(this)
        return TIMED_OUT
    yield this.done
    counts[SERVED] += 1
    counts[WITHIN_SLO] += env.now - this.born_s <= rules.kinds[this.kind]["slo_s"]
    world.outcome.latency_s[this.index] = env.now - this.born_s
    return SERVED


def dispatcher(world: World, line: FairLine) -> Process:
    """Whenever a replica is free, give it a batch that is full or whose oldest request has waited long enough."""
    env, base = world.env, world.rules.base
    while True:
        while not (line.idle and line.waiting):
            yield line.changed
        wait_s = due_s(world, line) - env.now
        if len(line.waiting) < base.max_batch and wait_s > 0:
            yield line.changed | env.timeout(wait_s)
        if line.idle and line.waiting and (len(line.waiting) >= base.max_batch or due_s(world, line) <= env.now):
            line.waiting = deque(sorted(line.waiting, key=lambda each: each.rank))
            taken = [line.waiting.popleft() for _ in range(min(len(line.waiting), base.max_batch))]
            line.serving += len(taken)
            for each in taken:
                each.started.succeed()
                line.virtual = max(line.virtual, each.rank[0])
            env.process(replica(world, line, line.idle.pop(), taken))


def due_s(world: World, line: FairLine) -> float:
    """When the wait of an idle replica for a fuller batch ends [s]."""
    oldest_s = min(each.since_s for each in line.waiting)
    if world.rules.base.from_pickup:
        oldest_s = max(oldest_s, line.free_s[line.idle[-1]])
    return oldest_s + world.rules.base.max_delay_s


def replica(world: World, line: FairLine, number: int, taken: list[Request]) -> Process:
    """A replica serves a batch and is free again."""
    env, base, start_s = world.env, world.rules.base, world.env.now
    units = sum(int(world.rules.kinds[each.kind]["units"]) for each in taken)
    draw = taken[0].draw
    if base.spell_s:
        slow, pace = base.slow[units], line.pace[number].moved(start_s, base.spell_s, taken[0].news)
        draw = NormalDist().cdf(slow**0.5 * pace + (1 - slow) ** 0.5 * draw)
    taken_s = service_time_s(base.service_s[units], draw) + after_pause_s(base, units, start_s - line.free_s[number])
    yield env.timeout(taken_s)
    world.outcome.batches.append(Batch(number, start_s, env.now, tuple(each.index for each in taken)))
    world.outcome.busy_s += taken_s
    world.outcome.energy_j += taken_s * float(base.power_w[units])
    for each in taken:
        each.done.succeed()
        world.outcome.counts[each.kind, WASTED] += each.gone
    line.serving -= len(taken)
    line.free_s[number] = env.now
    line.idle.append(number)
    line.wake(env)


def mixed(bits: int, attempt: int) -> int:
    """SplitMix64: the *attempt*-th number after *bits*; *bits* itself at 0."""
    if attempt == 0:
        return bits
    z = (bits + attempt * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)
