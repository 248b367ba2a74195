"""Devices that each run several batches at once, of one model or of several, by processor sharing.

A batch holds requests of one class, which is a model. Each class has a queue of its own in front of each device, and
up to `instances` of its batches run there at a time, whatever the others do: the instance groups of NVIDIA Triton
("Concurrent Model Execution", Triton Inference Server documentation). The device is divided in time: n batches that
run on it get an nth each and take n times as long as alone, and n changes as others come and go. That is the ideal of
time slices that are short beside a batch and cost nothing to switch ("Time-Slicing GPUs in Kubernetes", NVIDIA GPU
Operator documentation); it knows of no gain where two batches fill each other's gaps, and of no loss where they compete
for caches. So one class with room for all its requests is the queue M/G/1-PS (L. Kleinrock, "Queueing Systems", vol. 2,
1976, section 4.4).

All batches of a device get equally much of it, so each is done when that reaches a value known at its start, and an
event costs O(batches that run + classes). The power of a device is the mean of what its batches would draw alone, so
that a batch takes the same energy whoever runs beside it. Devices know nothing of each other: each is brought up to
date when routing looks at it.

Oracle: `validation.sharing_oracle`, a SimPy process per request, equal to 1e-9 s on shared streams.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.class_state import ARRIVED, ATTEMPTED, GIVEN_UP, REFUSED, SERVED, WITHIN_SLO
from dcplan.serving.compiled import function, kernel
from dcplan.serving.histogram import FloatArray, IntArray, bin_of
from dcplan.serving.kernel import UintArray, after_pause_s, moved_pace, service_s, under_spell
from dcplan.serving.policies import LEAST_LOADED, POWER_OF_TWO, ROUND_ROBIN, first_choice, second_choice
from dcplan.serving.pool import FREE, FREE_PLACES, NOBODY
from dcplan.serving.reference import by_reference
from dcplan.serving.sharing_state import ACTIVE, ROUTED, SharingRules, SharingState


@function
def _due_s(kinds: NDArray[Any], pool: NDArray[Any], line: NDArray[Any], device: int, kind: int, now_s: float) -> float:
    # pragma: no cover - compiled
    """When the next batch of a class starts on a device [s]: infinite if none can before another is done."""
    this = line[device, kind]
    if this.waiting == 0 or this.running == kinds[kind].instances:
        return np.inf
    if this.waiting >= kinds[kind].max_batch:
        return now_s
    return pool[this.head].born_s + kinds[kind].max_delay_s  # type: ignore[no-any-return]


@function
def _move(device: NDArray[Any], batch: NDArray[Any], power_w: FloatArray, which: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """Bring a device up to *now_s*: each batch that runs gets its share of the time since the last change."""
    this = device[which]
    if this.running > 0:
        passed_s = now_s - this.at_s
        sum_w = 0.0
        for k in range(this.running):
            sum_w += power_w[batch[which, k].row]
        this.virtual_s += passed_s / this.running
        this.busy_s += passed_s
        this.energy_j += passed_s * sum_w / this.running
    this.at_s = now_s


@function
def _finish(rules: SharingRules, state: SharingState, which: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """The batch of a device that is done first answers its requests."""
    this = state.device[which]
    first = 0
    for k in range(1, this.running):
        if state.batch[which, k].finish_s < state.batch[which, first].finish_s:
            first = k
    done, last = state.batch[which, first], state.batch[which, this.running - 1]
    kind, slot = done.kind, done.head
    line = state.line[which, kind]
    for _ in range(done.size):
        latency_s = now_s - state.pool[slot].born_s
        line.latency_s += latency_s
        state.latency[kind, bin_of(latency_s)] += 1
        state.counts[kind, WITHIN_SLO] += latency_s <= rules.kinds[kind].slo_s
        behind = state.pool[slot].next
        state.pool[slot].next = state.numbers[FREE]
        state.numbers[FREE] = slot
        slot = behind
    state.numbers[FREE_PLACES] += done.size
    state.counts[kind, SERVED] += done.size
    line.running -= 1
    this.held -= done.size
    this.virtual_s = done.finish_s
    this.running -= 1
    done.finish_s, done.row, done.kind, done.size, done.head = last.finish_s, last.row, last.kind, last.size, last.head
    if this.running == 0:
        this.virtual_s = 0.0
        this.free_s = now_s


@function
def _start(rules: SharingRules, state: SharingState, which: int, kind: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """A device begins with the next batch of a class."""
    this, line = state.device[which], state.line[which, kind]
    size = min(line.waiting, rules.kinds[kind].max_batch)
    row = rules.kinds[kind].row + size
    slot = line.head
    draw = state.pool[slot].draw
    spell_s = rules.kinds[kind].spell_s
    if spell_s > 0.0:
        line.pace = moved_pace(line.pace, now_s - line.paced_s, spell_s, state.pool[slot].news)
        line.paced_s = now_s
    if rules.base.spell_s > 0.0:
        draw = under_spell(line.pace, rules.base.slow[row], draw)
    taken_s = service_s(rules.base, row, draw)
    if this.running == 0:
        taken_s += after_pause_s(rules.base, row, now_s - this.free_s)
    new = state.batch[which, this.running]
    new.finish_s, new.row, new.kind, new.size, new.head = this.virtual_s + taken_s, row, kind, size, slot
    for _ in range(size):
        line.wait_s += now_s - state.pool[slot].born_s
        slot = state.pool[slot].next
    line.waiting -= size
    line.head = slot if line.waiting > 0 else NOBODY
    line.running += 1
    this.running += 1
    state.batches[size] += 1


@function
def _replay(rules: SharingRules, state: SharingState, which: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """Let a device do what it does by itself up to *now_s*."""
    this = state.device[which]
    while this.next_s <= now_s and this.next_s < np.inf:
        at_s = this.next_s
        _move(state.device, state.batch, rules.base.power_w, which, at_s)
        if this.done_s <= at_s:
            _finish(rules, state, which, at_s)
        next_s = np.inf
        kind = 0
        while kind < len(rules.kinds):
            due_s = _due_s(rules.kinds, state.pool, state.line, which, kind, at_s)
            if due_s <= at_s:
                _start(rules, state, which, kind, at_s)
            else:
                next_s = min(next_s, due_s)
                kind += 1
        this.done_s = np.inf
        for k in range(this.running):
            left_s = max(0.0, state.batch[which, k].finish_s - this.virtual_s) * this.running
            this.done_s = min(this.done_s, at_s + left_s)
        this.next_s = min(next_s, this.done_s)


@function
def _join(
    rules: SharingRules, state: SharingState, which: int, kind: int, draw: float, news: float, now_s: float
) -> None:  # pragma: no cover - compiled
    """A request comes to a device, and waits, if only for nothing, or is refused."""
    line, kinds = state.line[which, kind], rules.kinds
    at_once = line.running < kinds[kind].instances and (
        line.waiting + 1 >= kinds[kind].max_batch or kinds[kind].max_delay_s == 0.0
    )
    state.counts[kind, ARRIVED] += 1
    state.counts[kind, ATTEMPTED] += 1
    if 0 <= kinds[kind].limit <= line.waiting and not at_once:
        state.counts[kind, REFUSED] += 1
        state.counts[kind, GIVEN_UP] += 1
        return
    slot = state.numbers[FREE]
    this = state.pool[slot]
    state.numbers[FREE] = this.next
    state.numbers[FREE_PLACES] -= 1
    this.born_s, this.draw, this.news, this.next = now_s, draw, news, NOBODY
    if line.waiting == 0:
        line.head = slot
    else:
        state.pool[line.tail].next = slot
    line.tail = slot
    line.waiting += 1
    state.device[which].held += 1
    due_s = _due_s(kinds, state.pool, state.line, which, kind, now_s)
    state.device[which].next_s = min(state.device[which].next_s, due_s)


DONE, WANTS_PLACES, WANTS_REQUESTS = range(3)
"""Why `serve` returned."""


@kernel
def serve(
    rules: SharingRules,
    state: SharingState,
    times_s: FloatArray,
    draws: FloatArray,
    routes: UintArray,
    news: FloatArray,
    kinds: IntArray,
    first: int,
    more: bool,
    until_s: float,
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Serve until *until_s*: what happens by itself at that instant still happens, new requests do not come any more.

    Args:
        rules: What does not change.
        state: Queues and devices; changed in place.
        times_s: Arrival times [s], sorted, [n].
        draws: See `endpoint.Requests`, [n].
        routes: 64 random bits per request, for routing, [n].
        news: See `endpoint.Requests`, [n]; not read without spells.
        kinds: Class of each request, [n].
        first: The first request that has not been looked at.
        more: Whether more requests follow those given.
        until_s: Where to stop [s].

    Returns: The first request not looked at, and what to do: nothing (`DONE`), or call again after making the state
        larger (`WANTS_PLACES`) or with more requests (`WANTS_REQUESTS`).
    """
    rules, state = by_reference(rules), by_reference(state)
    index, arriving = first, True
    while arriving:
        if index == len(times_s) and more:
            return index, WANTS_REQUESTS
        arriving = index < len(times_s) and times_s[index] < until_s
        all_of_them = rules.base.routing == LEAST_LOADED or not arriving
        now_s, looked_at, chosen, other = until_s, len(state.device), 0, 0
        if arriving:
            if state.numbers[FREE_PLACES] == 0:
                return index, WANTS_PLACES
            now_s = times_s[index]
            active = state.numbers[ACTIVE]
            if rules.base.routing == LEAST_LOADED:
                looked_at = active
            elif rules.base.routing == ROUND_ROBIN:
                looked_at, chosen = 1, state.numbers[ROUTED] % active
            else:
                looked_at, chosen = 1, first_choice(routes[index], active)
                if rules.base.routing == POWER_OF_TWO and active > 1:
                    looked_at, other = 2, second_choice(routes[index], active, chosen)
        best = chosen
        for k in range(looked_at):  # one place for all: each call takes seconds to compile
            device = k if all_of_them else chosen if k == 0 else other
            _replay(rules, state, device, now_s)
            if state.device[device].held < state.device[best].held:
                best = device
        if arriving:
            fresh = news[index] if rules.base.spell_s > 0.0 else 0.0
            _join(rules, state, best, kinds[index], draws[index], fresh, now_s)
            state.numbers[ROUTED] += 1
            index += 1
    if until_s < np.inf:
        state.now_s[0] = until_s
    return index, DONE
