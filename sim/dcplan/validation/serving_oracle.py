"""The endpoint again, as plain SimPy: a process per request and per replica, slow and easy to believe.

It shares no code with the kernel: routing, batching, dropping and the service time are written a second time. Given the
same arrival times, draws and routing bits it must give the same departures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Generic, Protocol, TypeVar

import numpy as np
import simpy

from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import FloatArray
from dcplan.serving.state import Rules

Process = Generator[simpy.Event, object, None]


@dataclass
class Request:
    """One request on its way."""

    index: int
    arrival_s: float
    draw: float
    news: float
    done: simpy.Event


@dataclass(frozen=True)
class Batch:
    """A batch that was served: when, where, and which requests."""

    replica: int
    start_s: float
    done_s: float
    requests: tuple[int, ...]


@dataclass
class Outcome:
    """What happened to every request."""

    done_s: FloatArray
    """Departure of each request [s]; NaN if dropped, [n]."""
    batches: list[Batch] = field(default_factory=list)
    busy_s: float = 0.0
    energy_j: float = 0.0

    @property
    def dropped(self) -> int:
        """Requests that found no room."""
        return int(np.isnan(self.done_s).sum())


@dataclass
class Pace:
    """How slow a replica is, in standard normal numbers, and when that was looked at [s]."""

    now: float = 0.0
    at_s: float = -np.inf

    def moved(self, at_s: float, spell_s: float, news: float) -> float:
        """The pace at *at_s* [s]: what is left of the last one after so long, and *news*."""
        left = np.exp(-(at_s - self.at_s) / spell_s)
        self.now, self.at_s = float(left * self.now + np.sqrt(1 - left**2) * news), at_s
        return self.now


Waiting = TypeVar("Waiting")


class Line(Generic[Waiting]):
    """A queue, the replicas that serve it (the one that became idle last is used first), and what wakes them."""

    def __init__(self, env: simpy.Environment, replicas: Sequence[int]) -> None:
        self.waiting: deque[Waiting] = deque()
        self.idle = list(reversed(replicas))
        self.free_s = dict.fromkeys(replicas, 0.0)
        self.pace = {replica: Pace() for replica in replicas}
        self.serving = 0
        self.changed = env.event()

    def load(self) -> int:
        """Requests waiting or in service."""
        return len(self.waiting) + self.serving

    def wake(self, env: simpy.Environment) -> None:
        """Tell the dispatcher that a request came or a replica became free."""
        self.changed.succeed()
        self.changed = env.event()


Scaling = Sequence[tuple[float, int]]
"""From when on [s] how many of the replicas, the first ones, get new requests; rising."""


def active_at(scaling: Scaling, replicas: int, now_s: float) -> int:
    """Replicas that get new requests at *now_s* [s]; all before the first change."""
    changed = [active for from_s, active in scaling if from_s <= now_s]
    return changed[-1] if changed else replicas


Throttling = Sequence[tuple[float, float]]
"""From when on [s] service takes how many times as long as measured; rising."""


def throttle(env: simpy.Environment, tables: Sequence[FloatArray], throttling: Throttling) -> Process:
    """Change *tables* of service times, which what starts from then on follows."""
    measured = [table.copy() for table in tables]
    for from_s, longer in throttling:
        yield env.timeout(from_s - env.now)
        for table, before in zip(tables, measured, strict=True):
            table[:] = longer * before


def throttled(env: simpy.Environment, rules: Rules, throttling: Throttling) -> Rules:
    """*rules* with service times of their own, which change as *throttling* says."""
    rules = rules._replace(service_s=rules.service_s.copy(), pause_bends=rules.pause_bends.copy())
    env.process(throttle(env, (rules.service_s, rules.pause_bends), throttling))
    return rules


def simulate(
    rules: Rules,
    routing: str,
    replicas: int,
    shared: bool,
    requests: Requests,
    scaling: Scaling = (),
    throttling: Throttling = (),
) -> Outcome:
    """Serve *requests* until the last one has left."""
    env = simpy.Environment()
    rules = throttled(env, rules, throttling)
    outcome = Outcome(np.full(len(requests.times_s), np.nan))
    groups = [list(range(replicas))] if shared else [[replica] for replica in range(replicas)]
    lines: list[Line[Request]] = [Line(env, group) for group in groups]
    for line in lines:
        env.process(dispatcher(env, rules, line, outcome))
    env.process(source(env, rules, routing, lines, requests, outcome, scaling))
    env.run()
    return outcome


def source(
    env: simpy.Environment,
    rules: Rules,
    routing: str,
    lines: list[Line[Request]],
    requests: Requests,
    outcome: Outcome,
    scaling: Scaling,
) -> Process:
    """Requests arrive one after the other, and each goes its own way."""
    for index, time_s in enumerate(requests.times_s):
        yield env.timeout(float(time_s) - env.now)
        active = lines[: active_at(scaling, len(lines), env.now)]
        line = active[choose(routing, active, index, int(requests.routes[index]))]
        news = float(requests.news[index]) if rules.spell_s else 0.0
        this = Request(index, env.now, requests.draws[index], news, env.event())
        env.process(request(env, rules, line, this, outcome))


def request(env: simpy.Environment, rules: Rules, line: Line[Request], this: Request, outcome: Outcome) -> Process:
    """A request arrives, waits, is served, leaves; or it is dropped."""
    waiting = len(line.waiting)
    starts_at_once = bool(line.idle) and (waiting + 1 >= rules.max_batch or rules.max_delay_s == 0)
    if 0 <= rules.limit <= waiting and not starts_at_once:
        return
    line.waiting.append(this)
    line.wake(env)
    yield this.done
    outcome.done_s[this.index] = env.now


def dispatcher(env: simpy.Environment, rules: Rules, line: Line[Request], outcome: Outcome) -> Process:
    """Whenever a replica is free, give it a batch that is full or whose oldest request has waited long enough."""
    while True:
        while not (line.idle and line.waiting):
            yield line.changed
        due_s = since_s(rules, line) + rules.max_delay_s
        if len(line.waiting) < rules.max_batch and due_s > env.now:
            yield line.changed | env.timeout(due_s - env.now)
        if line.idle and line.waiting:
            due_s = since_s(rules, line) + rules.max_delay_s
            if len(line.waiting) >= rules.max_batch or due_s <= env.now:
                taken = [line.waiting.popleft() for _ in range(min(len(line.waiting), rules.max_batch))]
                line.serving += len(taken)
                env.process(replica(env, rules, line, line.idle.pop(), taken, outcome))


def since_s(rules: Rules, line: Line[Request]) -> float:
    """When the wait for a fuller batch began [s]: the oldest request came, or the replica turned to it."""
    arrival_s = line.waiting[0].arrival_s
    return max(arrival_s, line.free_s[line.idle[-1]]) if rules.from_pickup else arrival_s


def replica(
    env: simpy.Environment, rules: Rules, line: Line[Request], number: int, taken: list[Request], outcome: Outcome
) -> Process:
    """A replica serves a batch and is free again."""
    start_s = env.now
    draw = taken[0].draw
    if rules.spell_s:
        slow, pace = rules.slow[len(taken)], line.pace[number].moved(start_s, rules.spell_s, taken[0].news)
        draw = NormalDist().cdf(slow**0.5 * pace + (1 - slow) ** 0.5 * draw)
    duration_s = service_time_s(rules.service_s[len(taken)], draw)
    if start_s > line.free_s[number]:
        duration_s += after_pause_s(rules, len(taken), start_s - line.free_s[number])
    yield env.timeout(duration_s)
    outcome.batches.append(Batch(number, start_s, env.now, tuple(each.index for each in taken)))
    outcome.busy_s += duration_s
    outcome.energy_j += duration_s * float(rules.power_w[len(taken)])
    for each in taken:
        each.done.succeed()
    line.serving -= len(taken)
    line.free_s[number] = env.now
    line.idle.append(number)
    line.wake(env)


def after_pause_s(rules: Rules, size: int, pause_s: float) -> float:
    """How much longer a batch takes after a pause [s]: the slope changes at every knot passed."""
    added_s, slope, since_s = 0.0, 0.0, 0.0
    for knot_s, bend in zip(rules.pause_s, rules.pause_bends[size], strict=True):
        if knot_s >= pause_s:
            break
        added_s += slope * (knot_s - since_s)
        slope, since_s = slope + float(bend), float(knot_s)
    return added_s + slope * (pause_s - since_s)


class Loaded(Protocol):
    """A line, as routing sees it."""

    def load(self) -> int:
        """Requests waiting or in service."""


def choose(routing: str, lines: Sequence[Loaded], index: int, bits: int) -> int:
    """The line that request number *index* joins."""
    count = len(lines)
    if routing == "round_robin":
        return index % count
    upper, lower = bits >> 32, bits & 0xFFFFFFFF
    first = upper * count // 2**32
    if routing == "random" or count == 1:
        return first
    if routing == "least_loaded":
        return min(range(count), key=lambda line: (lines[line].load(), line))
    others = [line for line in range(count) if line != first]
    second = others[lower * (count - 1) // 2**32]
    return second if lines[second].load() < lines[first].load() else first


def service_time_s(times_s: FloatArray, draw: float) -> float:
    """The service time at *draw*, linear between equal steps and past the last one [s]."""
    grid = np.linspace(0.0, 1.0, len(times_s))
    if draw >= 1.0:
        slope = (times_s[-1] - times_s[-2]) / (grid[-1] - grid[-2])
        return float(times_s[-1] + slope * (draw - 1.0))
    return float(np.interp(draw, grid, times_s))
