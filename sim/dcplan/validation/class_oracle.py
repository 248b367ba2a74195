"""Requests that differ, give up and come back, as plain SimPy: a process per request, slow and easy to believe.

It shares no code with `serving.class_kernel`: admission, disciplines, time-outs, retries, users, failures, batches that
adapt, zones, sessions, and routing to unequal replicas are written a second time. Given the same times, draws, bits,
classes, zones and sessions it must give the same departures.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterator, Sequence
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
    LOST,
    REFUSED,
    SERVED,
    SPILLED,
    TIMED_OUT,
    WASTED,
    WITHIN_SLO,
    ClassRules,
)
from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.validation.serving_oracle import Batch, Line, Throttling, after_pause_s, choose, service_time_s, throttled

Process = Generator[simpy.Event, object, None]
Opener = Callable[[simpy.Environment], "World"]
"""Makes an endpoint at time 0."""
MASK = 2**64 - 1
Changes = Sequence[tuple[float, str, int]]
"""When [s], which verb of `ClassEndpoint` (scale, crash, exclude, repair), and its argument; rising."""


@dataclass(eq=False)
class Request:
    """One request on its way."""

    index: int
    kind: int
    born_s: float
    draw: float
    news: float
    bits: int
    source: int
    """Number of its zone or of its session."""
    started: simpy.Event
    done: simpy.Event
    since_s: float = 0.0
    rank: tuple[float, int] = (0.0, 0)
    """By what it is compared: key, and number among all that joined."""
    gone: bool = False
    lost: bool = False


@dataclass
class Outcome:
    """What happened: latency of each request [s], NaN if it gave up, [n]; counts by class; every batch."""

    latency_s: FloatArray
    counts: IntArray
    batches: list[Batch] = field(default_factory=list)
    busy_s: float = 0.0
    energy_j: float = 0.0


class FairLine(Line[Request]):
    """A line that remembers what fair queueing needs, and who serves it."""

    def __init__(self, env: simpy.Environment, replicas: Sequence[int], kinds: int, each_s: float) -> None:
        super().__init__(env, replicas)
        self.tag, self.virtual = [0.0] * kinds, 0.0
        self.each_s = each_s
        self.working: dict[int, simpy.Process] = {}


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
    hardware: Sequence[int]
    zones: Sequence[int]
    most: list[int]
    active: int
    tokens_s: float = 0.0
    excluded: set[int] = field(default_factory=set)
    down: set[int] = field(default_factory=set)
    joined: Iterator[int] = field(default_factory=count)
    seen: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Which replica served a session last, and when that began [s]."""
    fresh_s: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """Since when a replica may remember sessions [s]."""
    routed: dict[int, Iterator[int]] = field(default_factory=lambda: defaultdict(count))
    """Attempts routed so far, in each zone, and in all (0)."""

    @property
    def members(self) -> list[int]:
        """The replicas that get work, zone after zone."""
        up = [each for each in range(len(self.hardware)) if each not in self.excluded]
        return sorted(up[: self.active], key=lambda each: self.zones[each])

    def row(self, replica: int, units: int) -> int:
        """Where the tables tell of a batch on a replica."""
        return self.hardware[replica] * self.rules.rows + units

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
    hardware: Sequence[int],
    requests: Requests,
    changes: Changes = (),
    zones: Sequence[int] = (),
    throttling: Throttling = (),
) -> Outcome:
    """Serve *requests* on replicas of each kind of *hardware* until the last one has left; see `class_kernel.serve`.

    *zones* are those of the replicas, from 1 on; there are none if not given.
    """
    env = simpy.Environment()
    rules = rules._replace(base=throttled(env, rules.base, throttling))
    world = opened(env, rules, discipline, routing, hardware, len(requests.kinds), zones)
    env.process(operator(world, changes))
    if rules.users:
        numbers = iter(range(len(requests.kinds)))
        for _ in range(rules.users):
            env.process(user(world, requests, numbers))
    else:
        env.process(source(world, requests))
    env.run()
    return world.outcome


def opened(
    env: simpy.Environment,
    rules: ClassRules,
    discipline: str,
    routing: str,
    hardware: Sequence[int],
    count: int,
    zones: Sequence[int] | None = None,
) -> World:
    """An endpoint at time 0, to which *count* requests may come."""
    classes, replicas = len(rules.kinds), len(hardware)
    groups = [list(range(replicas))] if rules.shared else [[replica] for replica in range(replicas)]
    lines = [FairLine(env, group, classes, each_s(rules, hardware[group[0]])) for group in groups]
    outcome = Outcome(np.full(count, np.nan), np.zeros((classes, COUNTS), dtype=np.int64))
    most = [rules.base.max_batch] * replicas
    zones = zones or [0] * replicas
    world = World(env, rules, discipline, routing, lines, outcome, rules.burst, hardware, zones, most, replicas)
    for line in lines:
        env.process(dispatcher(world, line))
    return world


def each_s(rules: ClassRules, hardware: int) -> float:
    """Mean time for each request of a full batch [s]."""
    times_s = rules.base.service_s[hardware * rules.rows + rules.base.max_batch]
    return float((times_s[1:] + times_s[:-1]).mean() / 2.0 / rules.base.max_batch)


def operator(world: World, changes: Changes) -> Process:
    """Replicas come and go, fail and are repaired."""
    for at_s, verb, argument in changes:
        yield world.env.timeout(at_s - world.env.now)
        before = world.members
        if verb == "scale":
            world.active = argument
        elif verb == "exclude":
            world.excluded.add(argument)
        elif verb == "crash":
            crash(world, argument)
        elif verb == "repair":
            world.excluded.discard(argument)
            world.down.discard(argument)
            world.lines[0 if world.rules.shared else argument].free_s[argument] = world.env.now
            world.fresh_s[argument] = world.env.now
        world.fresh_s |= {each: world.env.now for each in world.members if each not in before}
        if world.rules.shared:
            line = world.lines[0]
            kept = [each for each in line.idle if each in world.members]
            new = [each for each in world.members if each not in kept and each not in line.working]
            line.idle = new[::-1] + kept
            line.wake(world.env)


def crash(world: World, number: int) -> None:
    """A replica fails with all that it holds."""
    line = world.lines[0 if world.rules.shared else number]
    world.down.add(number)
    if number in line.working:
        line.working[number].interrupt()
    if world.rules.shared:
        world.excluded.add(number)
        return
    for each in line.waiting:
        lose(each)
    line.waiting.clear()


def lose(this: Request) -> None:
    """Tell a request, waiting or in service, that its attempt failed."""
    if not this.gone:
        this.lost = True
        (this.done if this.started.triggered else this.started).succeed()


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
    bits, kind, draw = int(requests.routes[index]), int(requests.kinds[index]), float(requests.draws[index])
    source = int(requests.sources[index]) if len(requests.sources) else 0
    return Request(index, kind, env.now, draw, news, bits, source, env.event(), env.event())


def request(world: World, this: Request) -> Generator[simpy.Event, object, bool]:
    """A request tries, perhaps several times, and is answered or gives up; returns whether it was answered."""
    env, rules, counts = world.env, world.rules, world.outcome.counts[this.kind]
    counts[ARRIVED] += 1
    for attempt in range(rules.attempts):
        counts[ATTEMPTED] += 1
        cause = yield from trial(world, replace(this), attempt)
        if cause == SERVED:
            return True
        counts[cause] += 1
        if attempt + 1 < rules.attempts:
            full_s = min(rules.longest_s, rules.backoff_s * rules.factor**attempt)
            share = (mixed(this.bits, 2 * attempt + 1) >> 11) / 2**53
            yield env.timeout(full_s * (1.0 - rules.jitter * share))
    counts[GIVEN_UP] += 1
    return False


def trial(world: World, this: Request, attempt: int) -> Generator[simpy.Event, object, int]:
    """One attempt; returns why it failed, or SERVED."""
    env, rules, counts = world.env, world.rules, world.outcome.counts[this.kind]
    if not world.admitted():
        return LIMITED
    line, away = world.lines[0], False
    if not rules.shared:
        number = routed(world, this.source, mixed(this.bits, 2 * attempt))
        if number is None:
            return LOST
        away = any(world.zones) and world.zones[number] != this.source
        counts[SPILLED] += away
        if number in world.down:
            return LOST
        line = world.lines[number]
    waiting, base = len(line.waiting), rules.base
    at_once = bool(line.idle) and (waiting + 1 >= world.most[line.idle[-1]] or base.max_delay_s == 0)
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
    if not this.lost:
        yield this.done
    if this.lost:
        return LOST
    if away and rules.hop_s:
        yield env.timeout(2.0 * rules.hop_s)
    counts[SERVED] += 1
    counts[WITHIN_SLO] += env.now - this.born_s <= rules.kinds[this.kind]["slo_s"]
    world.outcome.latency_s[this.index] = env.now - this.born_s
    return SERVED


def routed(world: World, source: int, bits: int) -> int | None:
    """The replica that an attempt is sent to, by the number of its zone or session; None if there is none."""
    if world.routing == "affinity":
        return hashed(world, source)
    zone = source if any(world.zones) else 0
    local = [each for each in world.members if world.zones[each] == zone]
    if zone and local:
        found = local[chosen(world, [world.lines[each] for each in local], next(world.routed[zone]), bits)]
        if world.lines[found].load() < world.rules.spill_over:
            return found
    if not (members := world.members):
        return None
    bits = mixed(bits, 2048) if zone else bits
    return members[chosen(world, [world.lines[each] for each in members], next(world.routed[0]), bits)]


def hashed(world: World, session: int) -> int | None:
    """The replica of a session; None if there is none."""
    if not (members := world.members):
        return None
    loads = {each: world.lines[each].load() for each in members}
    bound = world.rules.bound
    most = np.inf if bound == np.inf else int(np.ceil(bound * (sum(loads.values()) + 1) / len(members)))
    tried = (jump(mixed(session + world.rules.salt, number), max(members) + 1) for number in count(1))
    return next(each for each in tried if loads.get(each, np.inf) < most)


def jump(key: int, buckets: int) -> int:
    """Jump consistent hash, arXiv:1406.2294: the last of the jumps that stays within the buckets."""
    jumps = [0]
    while jumps[-1] < buckets:
        key = (key * 2862933555777941757 + 1) & MASK
        jumps.append(int((jumps[-1] + 1) * (2**31 / ((key >> 33) + 1))))
    return jumps[-2]


def chosen(world: World, lines: Sequence[FairLine], index: int, bits: int) -> int:
    """The line that attempt number *index* joins."""
    if world.routing == "shortest_expected_delay":
        return min(range(len(lines)), key=lambda line: ((lines[line].load() + 1) * lines[line].each_s, line))
    if world.routing == "weighted":
        speeds = np.cumsum([1.0 / line.each_s for line in lines])
        return int(np.argmax(speeds / speeds[-1] > (bits >> 11) / 2**53))
    if world.routing == "power_of_d":
        numbers = [0, *range(1025, 1024 + world.rules.choices)]
        drawn = [(mixed(bits, number) >> 32) * len(lines) // 2**32 for number in numbers]
        return min(drawn, key=lambda line: lines[line].load())
    return choose(world.routing, lines, index, bits)


def dispatcher(world: World, line: FairLine) -> Process:
    """Whenever a replica is free, give it a batch that is full or whose oldest request has waited long enough."""
    env = world.env
    while True:
        while not (line.idle and line.waiting):
            yield line.changed
        wait_s = due_s(world, line) - env.now
        if len(line.waiting) < world.most[line.idle[-1]] and wait_s > 0:
            yield line.changed if wait_s == np.inf else line.changed | env.timeout(wait_s)
        if not (line.idle and line.waiting):
            continue
        most = world.most[line.idle[-1]]
        if len(line.waiting) >= most or due_s(world, line) <= env.now:
            line.waiting = deque(sorted(line.waiting, key=lambda each: each.rank))
            taken = [line.waiting.popleft() for _ in range(min(len(line.waiting), most))]
            line.serving += len(taken)
            for each in taken:
                each.started.succeed()
                line.virtual = max(line.virtual, each.rank[0])
            number = line.idle.pop()
            line.working[number] = env.process(replica(world, line, number, taken))


def due_s(world: World, line: FairLine) -> float:
    """When the wait of an idle replica for a fuller batch ends [s]."""
    oldest_s = min(each.since_s for each in line.waiting)
    if world.rules.base.from_pickup:
        oldest_s = max(oldest_s, line.free_s[line.idle[-1]])
    return oldest_s + world.rules.base.max_delay_s


def replica(world: World, line: FairLine, number: int, taken: list[Request]) -> Process:
    """A replica serves a batch and is free again, unless it fails before."""
    env, base, start_s = world.env, world.rules.base, world.env.now
    row = world.row(number, sum(int(world.rules.kinds[each.kind]["units"]) for each in taken))
    draw = taken[0].draw
    if base.spell_s:
        slow, pace = base.slow[row], line.pace[number].moved(start_s, base.spell_s, taken[0].news)
        draw = NormalDist().cdf(slow**0.5 * pace + (1 - slow) ** 0.5 * draw)
    taken_s = service_time_s(base.service_s[row], draw) + after_pause_s(base, row, start_s - line.free_s[number])
    taken_s *= 1.0 - world.rules.saves * remembered(world, number, taken)
    failed = False
    try:
        yield env.timeout(taken_s)
    except simpy.Interrupt:
        failed = True
    world.outcome.batches.append(Batch(number, start_s, env.now, tuple(each.index for each in taken)))
    world.outcome.busy_s += env.now - start_s
    world.outcome.energy_j += (env.now - start_s) * float(base.power_w[row])
    line.serving -= len(taken)
    del line.working[number]
    if failed:
        for each in taken:
            lose(each)
        if not world.rules.shared:
            line.idle.append(number)  # for when it is repaired
        return
    for each in taken:
        each.done.succeed()
        world.outcome.counts[each.kind, WASTED] += each.gone
    if taken_s > world.rules.adapt_s:
        world.most[number] = max(1, int(0.9 * world.most[number]))
    elif world.rules.adapt_s < np.inf and len(taken) == world.most[number]:
        world.most[number] = min(base.max_batch, len(taken) + 1)
    line.free_s[number] = env.now
    if number in world.members or not world.rules.shared:
        line.idle.append(number)
    line.wake(env)


def remembered(world: World, number: int, taken: Sequence[Request]) -> float:
    """The share of a batch whose sessions the replica remembers."""
    now_s, units, known = world.env.now, 0, 0
    for each in taken if world.rules.saves else ():
        size = int(world.rules.kinds[each.kind]["units"])
        last, at_s = world.seen.get(each.source, (None, 0.0))
        units += size
        known += size * (last == number and at_s >= max(world.fresh_s[number], now_s - world.rules.keeps_s))
        world.seen[each.source] = number, now_s
    return known / units if units else 0.0


def mixed(bits: int, number: int) -> int:
    """SplitMix64: number *number* after *bits*; *bits* itself at 0."""
    if number == 0:
        return bits
    z = (bits + number * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)
