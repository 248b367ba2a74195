"""Text generation again, as plain SimPy: a process per request and per replica, one step at a time.

It shares no code with `serving.generation_kernel`: admission, chunks, blocks, preemption, prefix caches, failures and
routing to zones and sessions are written a second time. Given the same arrivals, lengths and routing bits it must give
the same times.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import simpy

from dcplan.serving.generation_endpoint import Prompts
from dcplan.serving.generation_state import GenerationRules
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.validation.class_oracle import Changes, jump, mixed
from dcplan.validation.serving_oracle import Throttling, choose, throttle

Process = Generator[simpy.Event, object, None]


@dataclass(eq=False)
class Request:
    """One request: its prompt, the answer it will get, and the tokens it has."""

    index: int
    prompt: int
    output: int
    begun: simpy.Event
    """Its first prefill begins."""
    done: simpy.Event
    lost: simpy.Event
    first_s: float = np.nan
    text: int = 0
    known: int = 0
    """The text that its prompt begins with, and how many tokens of it."""
    tokens: int = 0
    swapped: bool = False
    moved: bool = False
    there: bool = True
    """Whether it waits with its KV cache, in host memory or from another replica; and whether that has come."""

    @property
    def length(self) -> int:
        """Tokens in the KV cache or still to be put there."""
        return self.prompt + self.tokens


@dataclass
class Outcome:
    """What happened: times of each request [s], NaN if refused, [n]; and counts."""

    first_s: FloatArray
    done_s: FloatArray
    batches: IntArray
    preempted: int = 0
    swapped: int = 0
    prefilled: int = 0
    ttft_s: list[float] = field(default_factory=list)
    """Of every attempt that got a token, from when its request came [s]."""
    known: int = 0
    """Tokens of prompts that were in a prefix cache when these were begun with."""
    refused: int = 0
    lost: int = 0
    timed_out: int = 0
    given_up: int = 0
    attempted: int = 0
    spilled: int = 0
    busy_s: float = 0.0
    energy_j: float = 0.0


@dataclass
class Replica:
    """A replica and its queue."""

    waiting: deque[Request] = field(default_factory=deque)
    running: list[Request] = field(default_factory=list)
    current: Request | None = None
    prefilled: int = 0
    woken: simpy.Event | None = None
    moved: int = 0
    """Blocks that go to host memory or come back before the next step."""
    link_s: float = 0.0
    """When the last KV cache that was sent to it is there."""
    kept: dict[int, int] = field(default_factory=dict)
    """Blocks of each text in its prefix cache, the one used longest ago first."""
    hands_over: bool = False
    """Whether prompts that it has processed go to others."""
    begun: bool = False
    """Whether a piece of the current prompt has been processed since it was admitted."""
    process: simpy.Process | None = None

    def load(self) -> int:
        """Requests that wait for it or run on it."""
        return len(self.waiting) + len(self.running) + (self.current is not None)


@dataclass
class World:
    """What all processes share."""

    env: simpy.Environment
    rules: GenerationRules
    routing: str
    fleet: list[Replica]
    zones: Sequence[int]
    requests: Prompts
    outcome: Outcome
    active: int
    excluded: set[int] = field(default_factory=set)
    down: set[int] = field(default_factory=set)
    routed: dict[int, Iterator[int]] = field(default_factory=lambda: defaultdict(count))
    """Sequences routed so far, in each zone, and in all (0)."""

    def members(self, zone: int = 0) -> list[int]:
        """The replicas that get requests, zone after zone, or those of one zone."""
        up = [each for each in range(len(self.fleet)) if each not in self.excluded][: self.active]
        return sorted((each for each in up if zone in (0, self.zones[each])), key=lambda each: self.zones[each])

    def choose(self, zone: int, bits: int, policy: str) -> int | None:
        """One of the replicas of a zone by a policy that looks at loads; None if there is none."""
        if not (members := self.members(zone)):
            return None
        lines = [self.fleet[each] for each in members]
        return members[choose(policy, lines, next(self.routed[zone]), bits)]


def simulate(
    rules: GenerationRules,
    routing: str,
    replicas: int,
    requests: Prompts,
    changes: Changes = (),
    zones: Sequence[int] = (),
    throttling: Throttling = (),
) -> Outcome:
    """Serve all requests until the last one has its answer; see `generation_kernel.serve` for *requests*.

    *zones* are those of the replicas, from 1 on; there are none if not given.
    """
    env, total = simpy.Environment(), len(requests.times_s)
    rules = rules._replace(prefill_s=rules.prefill_s.copy(), decode_s=rules.decode_s.copy())
    env.process(throttle(env, (rules.prefill_s, rules.decode_s), throttling))
    outcome = Outcome(np.full(total, np.nan), np.full(total, np.nan), np.zeros(rules.max_batch + 1, dtype=np.int64))
    fleet = [Replica(hands_over=each < rules.prefill_replicas) for each in range(replicas)]
    if rules.prefill_replicas:
        zones = [1 if each.hands_over else 2 for each in fleet]
    world = World(env, rules, routing, fleet, zones or [0] * replicas, requests, outcome, replicas)
    for each in fleet:
        each.process = env.process(run(world, each))
    env.process(operator(world, changes))
    env.process(source(world))
    env.run()
    return outcome


def operator(world: World, changes: Changes) -> Process:
    """Replicas come and go, fail and are repaired; one that gets requests anew knows no text."""
    for at_s, verb, argument in changes:
        yield world.env.timeout(at_s - world.env.now)
        before = world.members()
        if verb == "scale":
            world.active = argument
        elif verb == "exclude":
            world.excluded.add(argument)
        elif verb == "crash":
            world.down.add(argument)
            crash(world, world.fleet[argument])
        elif verb == "repair":
            world.down.discard(argument)
            world.excluded.discard(argument)
        for each in world.members():
            if each not in before:
                world.fleet[each].kept.clear()


def crash(world: World, replica: Replica) -> None:
    """A replica fails with all that it holds, and starts with nothing."""
    for each in (*replica.waiting, *replica.running, *([replica.current] if replica.current else [])):
        each.lost.succeed()
    assert replica.process is not None, "it has been working"
    replica.process.interrupt()
    replica.waiting.clear()
    replica.running.clear()
    replica.kept.clear()
    replica.current, replica.woken, replica.moved = None, None, 0
    replica.process = world.env.process(run(world, replica))


def source(world: World) -> Process:
    """Requests come one after the other, and each goes its own way."""
    for index, time_s in enumerate(world.requests.times_s):
        yield world.env.timeout(float(time_s) - world.env.now)
        world.env.process(request(world, index))


def request(world: World, index: int) -> Process:
    """A request tries, perhaps several times, and is answered or gives up."""
    env, rules, outcome = world.env, world.rules, world.outcome
    came_s, bits = env.now, int(world.requests.routes[index])
    for attempt in range(rules.attempts):
        outcome.attempted += 1
        cause = yield from trial(world, index, attempt, came_s)
        if not cause:
            return
        setattr(outcome, cause, getattr(outcome, cause) + 1)
        if attempt + 1 < rules.attempts:
            full_s = min(rules.longest_s, rules.backoff_s * rules.factor**attempt)
            share = (mixed(bits, 2 * attempt + 1) >> 11) / 2**53
            yield env.timeout(full_s * (1.0 - rules.jitter * share))
    outcome.given_up += 1


def trial(world: World, index: int, attempt: int, came_s: float) -> Generator[simpy.Event, object, str]:
    """One attempt; returns why it failed, or nothing."""
    env, rules, requests, outcome = world.env, world.rules, world.requests, world.outcome
    prompt, output = int(requests.prompts[index]), int(requests.outputs[index])
    this = Request(index, prompt, output, env.event(), env.event(), env.event())
    if len(requests.known):
        this.text, this.known = int(requests.sources[index]), int(requests.known[index])
    zone = int(requests.sources[index]) if rules.zoned else 0
    bits = mixed(int(requests.routes[index]), 2 * attempt)
    number = hashed(world, this.text) if world.routing == "affinity" else routed(world, zone, bits)
    if number is None:
        return "lost"
    away = zone > 0 and world.zones[number] != zone
    outcome.spilled += away
    if number in world.down:
        return "lost"
    chosen = world.fleet[number]
    if chosen.woken is None and 0 <= rules.limit <= len(chosen.waiting):
        return "refused"
    chosen.waiting.append(this)
    wake(chosen)
    if rules.timeout_s < np.inf:
        yield this.begun | this.lost | env.timeout(rules.timeout_s)
        if not this.begun.triggered and not this.lost.triggered:
            chosen.waiting.remove(this)
            return "timed_out"
    yield this.done | this.lost
    away_s = 2.0 * rules.hop_s if away else 0.0
    if not np.isnan(this.first_s):
        outcome.ttft_s.append(this.first_s - came_s + away_s)
    if this.lost.triggered:
        return "lost"
    outcome.first_s[index], outcome.done_s[index] = this.first_s + away_s, env.now + away_s
    return ""


def routed(world: World, zone: int, bits: int) -> int | None:
    """The replica that an attempt is sent to; None if there is none."""
    if not zone:
        return world.choose(1 if world.rules.prefill_replicas else 0, bits, world.routing)
    number = world.choose(zone, bits, world.routing)
    if number is None or world.fleet[number].load() >= world.rules.spill_over:
        number = world.choose(0, mixed(bits, 2048), world.routing)
    return number


def hashed(world: World, text: int) -> int | None:
    """The replica of a conversation; None if there is none."""
    members = world.members(1 if world.rules.prefill_replicas else 0)
    if not members:
        return None
    loads = {each: world.fleet[each].load() for each in members}
    bound = world.rules.bound
    most = np.inf if bound == np.inf else int(np.ceil(bound * (sum(loads.values()) + 1) / len(members)))
    tried = (jump(mixed(text, number), max(members) + 1) for number in count(1))
    return next(each for each in tried if loads.get(each, np.inf) < most)


def wake(replica: Replica) -> None:
    """It looks what there is to do."""
    if replica.woken is not None:
        replica.woken.succeed()
        replica.woken = None


def run(world: World, replica: Replica) -> Process:
    """A replica makes step after step, until it fails."""
    env, rules, outcome = world.env, world.rules, world.outcome
    decoded = True
    try:
        while True:
            while replica.current is None and replica.waiting and fits(rules, replica):
                admit(rules, replica, replica.waiting.popleft(), outcome)
            between = replica.current is None or (replica.begun and not decoded)
            if between:
                make_room(rules, replica, outcome)
            if replica.moved:
                waited_s = replica.moved * rules.swap_s
                replica.moved = 0
                yield from work(env, outcome, waited_s, 0.0)
            decoded = between and bool(replica.running)
            if decoded:
                yield from decode(world, replica)
            elif replica.current is not None:
                yield from prefill(world, replica, replica.current)
            else:
                replica.woken = env.event()
                yield replica.woken
                decoded = True
    except simpy.Interrupt:
        return


def work(env: simpy.Environment, outcome: Outcome, taken_s: float, power_w: float) -> Process:
    """A replica is busy for so long, or until it fails."""
    start_s = env.now
    try:
        yield env.timeout(taken_s)
    finally:
        outcome.busy_s += env.now - start_s
        outcome.energy_j += (env.now - start_s) * power_w


def evict(rules: GenerationRules, replica: Replica) -> None:
    """The prefix cache loses blocks that are in use now, from the end of the text that was used longest ago."""
    for text in list(replica.kept):
        excess = used(rules, replica) + sum(replica.kept.values()) - rules.blocks
        replica.kept[text] -= max(0, min(excess, replica.kept[text]))
        if replica.kept[text] == 0:
            del replica.kept[text]


def keep(rules: GenerationRules, replica: Replica, this: Request, tokens: int) -> None:
    """The first tokens of a sequence stay in the prefix cache."""
    if rules.keeps:
        found = max(replica.kept.pop(this.text, 0), tokens // rules.block)
        if found:
            replica.kept[this.text] = found


def blocks(rules: GenerationRules, tokens: int) -> int:
    """Blocks for so many tokens."""
    return -(-tokens // rules.block)


def used(rules: GenerationRules, replica: Replica, more: int = 0) -> int:
    """Blocks in use when every running sequence has so many tokens more."""
    held = sum(blocks(rules, each.length + more) for each in replica.running)
    return held + (blocks(rules, replica.current.length + 1) if replica.current else 0)


def fits(rules: GenerationRules, replica: Replica) -> bool:
    """Whether the first in the queue can be admitted; one with its cache leaves a block for each that runs."""
    first = replica.waiting[0]
    needed = blocks(rules, first.length + 1)
    others = used(rules, replica) + (len(replica.running) if first.swapped or first.moved else 0)
    return first.there and len(replica.running) < rules.max_batch and others + needed <= rules.blocks


def admit(rules: GenerationRules, replica: Replica, this: Request, outcome: Outcome) -> None:
    """It is prefilled next, or goes on where it was."""
    if this.swapped:
        this.swapped = False
        replica.moved += blocks(rules, this.length)
        replica.running.append(this)
    elif this.moved:
        this.moved = False
        replica.running.append(this)
    else:
        found = replica.kept.pop(this.text, 0) if rules.keeps else 0
        replica.current, replica.begun = this, False
        replica.prefilled = min(found, this.known // rules.block) * rules.block
        if this.tokens == 0:
            outcome.known += replica.prefilled
            this.begun.succeed()


def make_room(rules: GenerationRules, replica: Replica, outcome: Outcome) -> None:
    """Preempt, the last admitted first, until everybody's next token fits."""
    while used(rules, replica, 1) > rules.blocks:
        last = replica.running.pop()
        held = sum(blocks(rules, each.length) for each in replica.waiting if each.swapped)
        replica.waiting.appendleft(last)
        if held + blocks(rules, last.length) <= rules.host_blocks:
            last.swapped = True
            replica.moved += blocks(rules, last.length)
            outcome.swapped += 1
        else:
            outcome.preempted += 1


def prefill(world: World, replica: Replica, this: Request) -> Process:
    """Process a piece of a prompt, and of the tokens that were lost by preemption."""
    rules, outcome = world.rules, world.outcome
    piece = min(rules.chunk, this.length - replica.prefilled)
    end = replica.prefilled + piece
    taken_s = max(float(rules.prefill_s[end] - rules.prefill_s[replica.prefilled]), float(rules.prefill_s[piece]))
    yield from work(world.env, outcome, taken_s, float(rules.prefill_w[end]))
    evict(rules, replica)
    outcome.prefilled += piece
    replica.prefilled, replica.begun = end, True
    if end < this.length:
        return
    replica.current = None
    this.tokens += 1
    if this.tokens == 1:
        this.first_s = world.env.now
    if this.tokens == this.output:
        this.done.succeed()
        keep(rules, replica, this, this.length - 1)
    elif replica.hands_over:
        keep(rules, replica, this, this.prompt)
        world.env.process(hand_over(world, this))
    else:
        replica.running.append(this)


def hand_over(world: World, this: Request) -> Process:
    """The KV cache goes to another replica, after those that were sent there before."""
    policy = "power_of_two" if world.routing == "affinity" else world.routing
    number = world.choose(2, mixed(int(world.requests.routes[this.index]), 1), policy)
    if number is None or number in world.down:
        this.lost.succeed()
        return
    chosen = world.fleet[number]
    chosen.link_s = max(chosen.link_s, world.env.now) + this.prompt * world.rules.move_s
    this.moved, this.there = True, False
    chosen.waiting.append(this)
    yield world.env.timeout(chosen.link_s - world.env.now)
    this.there = True
    wake(chosen)


def decode(world: World, replica: Replica) -> Process:
    """One more token for every running sequence."""
    rules, running = world.rules, len(replica.running)
    mean = sum(each.length for each in replica.running) / running
    row = rules.decode_s[running]
    taken_s = float(np.diff(np.interp([mean, mean + 1], np.arange(len(row)), row))[0])
    yield from work(world.env, world.outcome, taken_s, float(rules.decode_w[running]))
    world.outcome.batches[running] += 1
    for each in replica.running:
        each.tokens += 1
    evict(rules, replica)
    for each in list(replica.running):
        if each.tokens == each.output:
            replica.running.remove(each)
            keep(rules, replica, each, each.length - 1)
            each.done.succeed()
