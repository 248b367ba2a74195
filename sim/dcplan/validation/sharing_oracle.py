"""Devices that run several batches at once, as plain SimPy: a process per request, per batch and per queue.

It shares no code with `serving.sharing_kernel`: batching, refusing, routing and processor sharing are written a second
time. A batch knows the work that is left of it, and is woken whenever another one comes or goes. Given the same times,
draws, bits and classes it must give the same departures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
import simpy

from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import FloatArray
from dcplan.serving.sharing_state import SharingRules
from dcplan.validation.serving_oracle import (
    Pace,
    Scaling,
    Throttling,
    active_at,
    after_pause_s,
    choose,
    service_time_s,
    throttled,
)

Process = Generator[simpy.Event, object, None]


@dataclass
class Request:
    """One request on its way."""

    index: int
    kind: int
    arrival_s: float
    draw: float
    news: float
    done: simpy.Event


@dataclass
class Outcome:
    """What happened: when each request left [s], NaN if it was refused, [n]; what was drawn while devices were busy."""

    done_s: FloatArray
    sizes: list[int] = field(default_factory=list)
    busy_s: float = 0.0
    energy_j: float = 0.0


class Device:
    """A device: a queue for each class, and batches that share it."""

    def __init__(self, env: simpy.Environment, kinds: int) -> None:
        self.env = env
        self.waiting: list[deque[Request]] = [deque() for _ in range(kinds)]
        self.running = [0] * kinds
        self.pace = [Pace() for _ in range(kinds)]
        self.power_w: dict[int, float] = {}
        self.since_s = self.free_s = 0.0
        self.held = 0
        self.changed = env.event()

    def load(self) -> int:
        """Requests waiting or in service."""
        return self.held

    def change(self, outcome: Outcome) -> None:
        """A batch comes or goes: account for the time before, and wake who waits for such a thing."""
        if self.power_w:
            passed_s = self.env.now - self.since_s
            outcome.busy_s += passed_s
            outcome.energy_j += passed_s * float(np.mean(list(self.power_w.values())))
        self.since_s = self.env.now
        self.wake()

    def wake(self) -> None:
        """Something changed."""
        self.changed.succeed()
        self.changed = self.env.event()


def simulate(
    rules: SharingRules,
    routing: str,
    devices: int,
    requests: Requests,
    scaling: Scaling = (),
    until_s: float = np.inf,
    throttling: Throttling = (),
) -> Outcome:
    """Serve *requests* until the last one has left, or up to *until_s* [s]."""
    env = simpy.Environment()
    rules = rules._replace(base=throttled(env, rules.base, throttling))
    outcome = Outcome(np.full(len(requests.times_s), np.nan))
    each = [Device(env, len(rules.kinds)) for _ in range(devices)]
    for device in each:
        for kind in range(len(rules.kinds)):
            env.process(dispatcher(rules, device, kind, outcome))
    env.process(source(env, rules, routing, each, requests, outcome, scaling))
    env.run(None if until_s == np.inf else until_s)
    for device in each:
        device.change(outcome)
    return outcome


def source(
    env: simpy.Environment,
    rules: SharingRules,
    routing: str,
    devices: Sequence[Device],
    requests: Requests,
    outcome: Outcome,
    scaling: Scaling,
) -> Process:
    """Requests come one after the other, and each goes its own way."""
    for index, time_s in enumerate(requests.times_s):
        yield env.timeout(float(time_s) - env.now)
        active = devices[: active_at(scaling, len(devices), env.now)]
        device = active[choose(routing, active, index, int(requests.routes[index]))]
        news = float(requests.news[index]) if rules.base.spell_s else 0.0
        this = Request(index, int(requests.kinds[index]), env.now, float(requests.draws[index]), news, env.event())
        env.process(request(env, rules, device, this, outcome))


def request(env: simpy.Environment, rules: SharingRules, device: Device, this: Request, outcome: Outcome) -> Process:
    """A request comes, waits, is served, and leaves; or it is refused."""
    line, limits = device.waiting[this.kind], rules.kinds[this.kind]
    fills = len(line) + 1 >= limits["max_batch"] or limits["max_delay_s"] == 0
    at_once = device.running[this.kind] < limits["instances"] and fills
    if 0 <= limits["limit"] <= len(line) and not at_once:
        return
    line.append(this)
    device.held += 1
    device.wake()
    yield this.done
    outcome.done_s[this.index] = env.now


def dispatcher(rules: SharingRules, device: Device, kind: int, outcome: Outcome) -> Process:
    """Whenever an instance of a class is free, give it a batch that is full or has waited long enough."""
    env, line, limits = device.env, device.waiting[kind], rules.kinds[kind]
    while True:
        while not (line and device.running[kind] < limits["instances"]):
            yield device.changed
        due_s = line[0].arrival_s + float(limits["max_delay_s"])
        if len(line) < limits["max_batch"] and due_s > env.now:
            yield device.changed if due_s == np.inf else device.changed | env.timeout(due_s - env.now)
        if line and (len(line) >= limits["max_batch"] or line[0].arrival_s + float(limits["max_delay_s"]) <= env.now):
            taken = [line.popleft() for _ in range(min(len(line), int(limits["max_batch"])))]
            device.running[kind] += 1
            env.process(batch(rules, device, taken, work_s(rules, device, taken), outcome))


def work_s(rules: SharingRules, device: Device, taken: Sequence[Request]) -> float:
    """How long a batch takes alone on the device [s]."""
    base, head, now_s = rules.base, taken[0], device.env.now
    limits = rules.kinds[head.kind]
    row = int(limits["row"]) + len(taken)
    draw, pace = head.draw, device.pace[head.kind]
    if limits["spell_s"]:
        pace.moved(now_s, float(limits["spell_s"]), head.news)
    if base.spell_s:
        slow = base.slow[row]
        draw = NormalDist().cdf(slow**0.5 * pace.now + (1 - slow) ** 0.5 * draw)
    alone_s = service_time_s(base.service_s[row], draw)
    if sum(device.running) == 1:  # this one
        alone_s += after_pause_s(base, row, now_s - device.free_s)
    return alone_s


def batch(rules: SharingRules, device: Device, taken: list[Request], left_s: float, outcome: Outcome) -> Process:
    """A batch shares the device with others until its work is done."""
    env, kind, number = device.env, taken[0].kind, taken[0].index
    outcome.sizes.append(len(taken))
    device.change(outcome)
    device.power_w[number] = float(rules.base.power_w[int(rules.kinds[kind]["row"]) + len(taken)])
    device.wake()
    while left_s > 0:
        since_s, others = env.now, len(device.power_w)
        end = env.timeout(left_s * others)
        yield device.changed | end
        left_s = 0.0 if end.processed else left_s - (env.now - since_s) / others
    device.change(outcome)
    del device.power_w[number]
    device.running[kind] -= 1
    device.held -= len(taken)
    device.free_s = env.now
    for each in taken:
        each.done.succeed()
    device.wake()
