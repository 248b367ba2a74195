"""Text generation again, as plain SimPy: a process per request and per replica, one step at a time.

It shares no code with `serving.generation_kernel`: admission, chunks, blocks and preemption are written a second time.
Given the same arrivals, lengths and routing bits it must give the same times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import simpy
from numpy.typing import NDArray

from dcplan.serving.generation_state import GenerationRules
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.validation.serving_oracle import Scaling, Throttling, active_at, choose, throttle

Process = Generator[simpy.Event, object, None]


@dataclass(eq=False)
class Sequence:
    """One request: its prompt, the answer it will get, and the tokens it has."""

    index: int
    prompt: int
    output: int
    first: simpy.Event
    done: simpy.Event
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
    busy_s: float = 0.0
    energy_j: float = 0.0

    @property
    def refused(self) -> int:
        """Requests that found the queue full."""
        return int(np.isnan(self.done_s).sum())


@dataclass
class Others:
    """Replicas that go on with prompts which others have processed."""

    routing: str
    replicas: list[Replica]
    routes: NDArray[np.uint64]
    routed: int = 0


@dataclass
class Replica:
    """A replica and its queue."""

    waiting: deque[Sequence] = field(default_factory=deque)
    running: list[Sequence] = field(default_factory=list)
    current: Sequence | None = None
    prefilled: int = 0
    woken: simpy.Event | None = None
    moved: int = 0
    """Blocks that go to host memory or come back before the next step."""
    link_s: float = 0.0
    """When the last KV cache that was sent to it is there."""
    others: Others | None = None
    """Where prompts go that it has processed, if not to itself."""

    def load(self) -> int:
        """Requests that wait for it or run on it."""
        return len(self.waiting) + len(self.running) + (self.current is not None)


def simulate(
    rules: GenerationRules,
    routing: str,
    replicas: int,
    times_s: FloatArray,
    routes: NDArray[np.uint64],
    prompts: IntArray,
    outputs: IntArray,
    scaling: Scaling = (),
    throttling: Throttling = (),
) -> Outcome:
    """Serve all requests until the last one has its answer; see `generation_kernel.serve` for the arguments."""
    env = simpy.Environment()
    rules = rules._replace(prefill_s=rules.prefill_s.copy(), decode_s=rules.decode_s.copy())
    env.process(throttle(env, (rules.prefill_s, rules.decode_s), throttling))
    outcome = Outcome(
        np.full(len(times_s), np.nan), np.full(len(times_s), np.nan), np.zeros(rules.max_batch + 1, dtype=np.int64)
    )
    fleet = [Replica() for _ in range(replicas)]
    everyone = fleet
    if rules.prefill_replicas:
        fleet = everyone[: rules.prefill_replicas]
        others = Others(routing, everyone[rules.prefill_replicas :], routes)
        for each in fleet:
            each.others = others
    for each in everyone:
        env.process(run(env, rules, each, outcome))

    def source() -> Process:
        for index, time_s in enumerate(times_s):
            yield env.timeout(float(time_s) - env.now)
            active = fleet[: active_at(scaling, len(fleet), env.now)]
            chosen = active[choose(routing, active, index, int(routes[index]))]
            idle = chosen.woken is not None
            if not idle and 0 <= rules.limit <= len(chosen.waiting):
                continue
            this = Sequence(index, int(prompts[index]), int(outputs[index]), env.event(), env.event())
            env.process(request(env, this, outcome))
            chosen.waiting.append(this)
            if chosen.woken is not None:
                chosen.woken.succeed()
                chosen.woken = None

    env.process(source())
    env.run()
    return outcome


def request(env: simpy.Environment, this: Sequence, outcome: Outcome) -> Process:
    """A request waits for its first token, and for its last."""
    yield this.first
    outcome.first_s[this.index] = env.now
    yield this.done
    outcome.done_s[this.index] = env.now


def run(env: simpy.Environment, rules: GenerationRules, replica: Replica, outcome: Outcome) -> Process:
    """A replica makes step after step."""
    decoded = True
    while True:
        while replica.current is None and replica.waiting and fits(rules, replica):
            admit(rules, replica, replica.waiting.popleft())
        between = replica.current is None or (replica.prefilled > 0 and not decoded)
        if between:
            make_room(rules, replica, outcome)
        if replica.moved:
            waited_s = replica.moved * rules.swap_s
            replica.moved = 0
            yield env.timeout(waited_s)
            outcome.busy_s += waited_s
        decoded = between and bool(replica.running)
        if decoded:
            yield from decode(env, rules, replica, outcome)
        elif replica.current is not None:
            yield from prefill(env, rules, replica, replica.current, outcome)
        else:
            replica.woken = env.event()
            yield replica.woken
            decoded = True


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


def admit(rules: GenerationRules, replica: Replica, this: Sequence) -> None:
    """It is prefilled next, or goes on where it was."""
    if this.swapped:
        this.swapped = False
        replica.moved += blocks(rules, this.length)
        replica.running.append(this)
    elif this.moved:
        this.moved = False
        replica.running.append(this)
    else:
        replica.current, replica.prefilled = this, 0


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


def prefill(
    env: simpy.Environment, rules: GenerationRules, replica: Replica, this: Sequence, outcome: Outcome
) -> Process:
    """Process a piece of a prompt, and of the tokens that were lost by preemption."""
    piece = min(rules.chunk, this.length - replica.prefilled)
    taken_s = float(rules.prefill_s[replica.prefilled + piece] - rules.prefill_s[replica.prefilled])
    yield env.timeout(taken_s)
    outcome.busy_s += taken_s
    outcome.energy_j += taken_s * float(rules.prefill_w[replica.prefilled + piece])
    outcome.prefilled += piece
    replica.prefilled += piece
    if replica.prefilled < this.length:
        return
    replica.current = None
    this.tokens += 1
    if this.tokens == 1:
        this.first.succeed()
    if this.tokens == this.output:
        this.done.succeed()
    elif replica.others is not None:
        env.process(hand_over(env, rules, replica.others, this))
    else:
        replica.running.append(this)


def hand_over(env: simpy.Environment, rules: GenerationRules, others: Others, this: Sequence) -> Process:
    """The KV cache goes to another replica, after those that were sent there before."""
    chosen = others.replicas[
        choose(others.routing, others.replicas, others.routed, mixed(int(others.routes[this.index])))
    ]
    others.routed += 1
    chosen.link_s = max(chosen.link_s, env.now) + this.prompt * rules.move_s
    this.moved, this.there = True, False
    chosen.waiting.append(this)
    yield env.timeout(chosen.link_s - env.now)
    this.there = True
    if chosen.woken is not None:
        chosen.woken.succeed()
        chosen.woken = None


def mixed(bits: int) -> int:
    """The next output of SplitMix64 after the state *bits*."""
    state = (bits + 0x9E3779B97F4A7C15) % 2**64
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state >> shift)) * factor % 2**64
    return state ^ (state >> 31)


def decode(env: simpy.Environment, rules: GenerationRules, replica: Replica, outcome: Outcome) -> Process:
    """One more token for every running sequence."""
    running = len(replica.running)
    mean = sum(each.length for each in replica.running) / running
    row = rules.decode_s[running]
    taken_s = float(np.diff(np.interp([mean, mean + 1], np.arange(len(row)), row))[0])
    yield env.timeout(taken_s)
    outcome.busy_s += taken_s
    outcome.energy_j += taken_s * float(rules.decode_w[running])
    outcome.batches[running] += 1
    for each in list(replica.running):
        each.tokens += 1
        if each.tokens == each.output:
            replica.running.remove(each)
            each.done.succeed()
