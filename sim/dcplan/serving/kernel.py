"""The compiled heart: arrivals, routing, queueing, dynamic batching and accounting of one endpoint.

A replica with its own queue depends on the others only through routing, so it is brought up to date only when a request
looks at it: its completions and batch starts are replayed up to that instant, then it rests. The cost of a request
is thus independent of the number of replicas (except for `least_loaded`, which looks at all of them).

Order of things at one instant: completions and batch starts first, then arrivals. A batch starts as soon as its replica
is free and it is full, or its oldest request has waited `max_delay_s` (counted from the request's arrival or, with
`from_pickup`, from when the replica, being free, turned to it). A batch that starts on a replica that was idle takes
longer the longer the pause (`pause_bends`). Where there are spells, each replica has a pace that changes with time (an
Ornstein-Uhlenbeck process, sampled exactly at the starts of batches), and the service times of its batches follow it. A
request is dropped if `limit` requests wait already, unless its arrival starts a batch at once.

Oracle: `validation.serving_oracle`, a SimPy process per request, equal to 1e-9 s on shared streams.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.compiled import function, kernel
from dcplan.serving.histogram import FloatArray, bin_of
from dcplan.serving.policies import (
    LEAST_LOADED,
    POWER_OF_TWO,
    ROUND_ROBIN,
    first_choice,
    least_loaded,
    second_choice,
)
from dcplan.serving.reference import by_reference
from dcplan.serving.state import (
    ARRIVED,
    BUSY_S,
    DROPPED,
    ENERGY_J,
    LATENCY_S,
    ROUTED,
    SERVED,
    WAIT_S,
    WITHIN_SLO,
    Rules,
    State,
    Totals,
)

UintArray = NDArray[np.uint64]
SQRT2 = math.sqrt(2.0)

# Compiled functions write to arrays; nothing here may allocate or call back into Python.


@function
def service_s(rules: Rules, size: int, draw: float) -> float:  # pragma: no cover - compiled
    """Service time [s] of a batch: piecewise linear in the draw, the last piece extended past 1."""
    pieces = rules.service_s.shape[1] - 1
    place = draw * pieces
    piece = min(int(place), pieces - 1)
    share = place - piece
    return float(rules.service_s[size, piece] * (1.0 - share) + rules.service_s[size, piece + 1] * share)


@function
def after_pause_s(rules: Rules, size: int, pause_s: float) -> float:  # pragma: no cover - compiled
    """How much longer a batch takes after a pause [s]; nothing if there was none."""
    added_s = 0.0
    for k in range(len(rules.pause_s)):
        added_s += rules.pause_bends[size, k] * max(0.0, pause_s - rules.pause_s[k])
    return added_s


@function
def moved_pace(pace: float, after_s: float, spell_s: float, news: float) -> float:  # pragma: no cover - compiled
    """The pace of a replica, so long after it was last looked at [-].

    D. T. Gillespie, "Exact numerical simulation of the Ornstein-Uhlenbeck process and its integral", Phys. Rev. E 54
    (1996) 2084, Eq. 1.9a: pace(t + dt) = a pace(t) + sqrt(1 - a^2) n, a = exp(-dt / spell_s), n standard normal.
    """
    kept = math.exp(-after_s / spell_s)
    return kept * pace + math.sqrt(1.0 - kept * kept) * news


@function
def under_spell(pace: float, slow: float, draw: float) -> float:  # pragma: no cover - compiled
    """The place in `Rules.service_s` [-] of a batch: so much of its variance follows the pace of its replica."""
    return 0.5 * math.erfc(-(math.sqrt(slow) * pace + math.sqrt(1.0 - slow) * draw) / SQRT2)


@function
def _start(rules: Rules, state: State, totals: Totals, queue: int, replica: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """Take a batch from the head of *queue* into *replica*."""
    mask = state.arrival_s.shape[1] - 1
    size = min(state.waiting[queue], rules.max_batch)
    head = state.head[queue]
    wait_s = 0.0
    for k in range(size):
        arrival_s = state.arrival_s[queue, (head + k) & mask]
        state.batch_s[replica, k] = arrival_s
        wait_s += now_s - arrival_s
    draw = state.draw[queue, head & mask]
    if rules.spell_s > 0.0:
        news = state.news[queue, head & mask]
        pace = moved_pace(state.pace[replica], now_s - state.paced_s[replica], rules.spell_s, news)
        state.pace[replica] = pace
        state.paced_s[replica] = now_s
        draw = under_spell(pace, rules.slow[size], draw)
    duration_s = service_s(rules, size, draw) + after_pause_s(rules, size, now_s - state.free_s[replica])
    state.head[queue] = head + size
    state.waiting[queue] -= size
    state.serving[replica] = size
    state.started_s[replica] = now_s
    state.done_s[replica] = now_s + duration_s
    totals.sums[WAIT_S] += wait_s
    totals.batches[size] += 1


@function
def _account(rules: Rules, state: State, totals: Totals, replica: int, until_s: float) -> None:
    # pragma: no cover - compiled
    """Book the busy time and energy of the batch in service up to *until_s*."""
    busy_s = until_s - state.started_s[replica]
    totals.sums[BUSY_S] += busy_s
    totals.sums[ENERGY_J] += busy_s * rules.power_w[state.serving[replica]]
    state.started_s[replica] = until_s


@function
def _finish(rules: Rules, state: State, totals: Totals, replica: int) -> None:  # pragma: no cover - compiled
    """Answer the requests of the batch in service."""
    done_s = state.done_s[replica]
    _account(rules, state, totals, replica, done_s)
    size = state.serving[replica]
    total_s = 0.0
    within = 0
    for k in range(size):
        latency_s = done_s - state.batch_s[replica, k]
        total_s += latency_s
        totals.latency[bin_of(latency_s)] += 1
        if latency_s <= rules.slo_s:
            within += 1
    totals.sums[LATENCY_S] += total_s
    totals.counts[WITHIN_SLO] += within
    totals.counts[SERVED] += size
    state.serving[replica] = 0
    state.free_s[replica] = done_s
    state.done_s[replica] = np.inf


@function
def _replay(rules: Rules, state: State, totals: Totals, replica: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """Bring a replica with its own queue up to *now_s*."""
    mask = state.arrival_s.shape[1] - 1
    while state.next_s[replica] <= now_s:
        at_s = state.next_s[replica]
        if state.serving[replica] > 0:
            _finish(rules, state, totals, replica)
        waiting = state.waiting[replica]
        if waiting == 0:
            state.next_s[replica] = np.inf
            continue
        oldest_s = state.arrival_s[replica, state.head[replica] & mask]
        if rules.from_pickup:
            oldest_s = max(oldest_s, state.free_s[replica])
        due_s = oldest_s + rules.max_delay_s
        if waiting >= rules.max_batch or due_s <= at_s:
            _start(rules, state, totals, replica, replica, at_s)
            state.next_s[replica] = state.done_s[replica]
        else:
            state.next_s[replica] = due_s


@kernel
def per_replica(
    rules: Rules,
    state: State,
    totals: Totals,
    times_s: FloatArray,
    draws: FloatArray,
    routes: UintArray,
    news: FloatArray,
    first: int,
    until_s: float,
) -> int:  # pragma: no cover - compiled
    """Serve the requests that arrive before *until_s*, then bring every replica up to it.

    Args:
        rules: What does not change.
        state: Queues and replicas; changed in place.
        totals: What has happened; added to in place.
        times_s: Arrival times [s], sorted, [n].
        draws: Draw behind the service time of the batch that a request heads [-], see `endpoint.Requests`, [n].
        routes: 64 random bits per request, for the routing policy, [n].
        news: What changes the pace of the replica it starts on [-], [n]; not read without spells.
        first: The first request that has not been looked at.
        until_s: Where to stop [s]; infinite to stop after the last of *times_s*, replicas not brought up to date.

    Returns: The first request not looked at. If it is before *until_s*, a ring was full: grow the state and call again.
    """
    rules, state, totals = by_reference(rules), by_reference(state), by_reference(totals)
    replicas = state.active[0]
    capacity = state.arrival_s.shape[1]
    mask = capacity - 1
    index = first
    while index < len(times_s) and times_s[index] < until_s:
        now_s = times_s[index]
        replica, other, looked_at = 0, 0, 1
        if rules.routing == ROUND_ROBIN:
            replica = totals.counts[ROUTED] % replicas
        elif rules.routing == LEAST_LOADED:
            looked_at = replicas
        else:
            replica = first_choice(routes[index], replicas)
            if rules.routing == POWER_OF_TWO and replicas > 1:
                other, looked_at = second_choice(routes[index], replicas, replica), 2
        for k in range(looked_at):  # one place for all: each call takes seconds to compile
            candidate = k if rules.routing == LEAST_LOADED else replica if k == 0 else other
            if state.next_s[candidate] <= now_s:
                _replay(rules, state, totals, candidate, now_s)
        if rules.routing == LEAST_LOADED:
            replica = least_loaded(state.waiting, state.serving, replicas)
        elif looked_at == 2:
            load = state.waiting[replica] + state.serving[replica]
            if state.waiting[other] + state.serving[other] < load:
                replica = other
        waiting = state.waiting[replica]
        if waiting == capacity:
            return index
        totals.counts[ROUTED] += 1
        totals.counts[ARRIVED] += 1
        at_once = state.serving[replica] == 0 and (waiting + 1 >= rules.max_batch or rules.max_delay_s == 0.0)
        if rules.limit >= 0 and waiting >= rules.limit and not at_once:
            totals.counts[DROPPED] += 1
        else:
            place = (state.head[replica] + waiting) & mask
            state.arrival_s[replica, place] = now_s
            state.draw[replica, place] = draws[index]
            if rules.spell_s > 0.0:
                state.news[replica, place] = news[index]
            state.waiting[replica] = waiting + 1
            if at_once:
                _start(rules, state, totals, replica, replica, now_s)
                state.next_s[replica] = state.done_s[replica]
            elif state.serving[replica] == 0 and waiting == 0:
                state.next_s[replica] = now_s + rules.max_delay_s
        index += 1
    if until_s < np.inf:
        for replica in range(len(state.serving)):
            _replay(rules, state, totals, replica, until_s)
            if state.serving[replica] > 0:
                _account(rules, state, totals, replica, until_s)
    return index


# --- one queue for all replicas: a heap of busy replicas by completion time ----------------------------------------


@function
def _sift_up(state: State, child: int) -> None:  # pragma: no cover - compiled
    order, done_s = state.order, state.done_s
    while child > 0:
        parent = (child - 1) // 2
        if done_s[order[parent]] <= done_s[order[child]]:
            return
        order[parent], order[child] = order[child], order[parent]
        child = parent


@function
def _sift_down(state: State) -> None:  # pragma: no cover - compiled
    order, done_s, busy = state.order, state.done_s, state.busy[0]
    parent = 0
    while 2 * parent + 1 < busy:
        child = 2 * parent + 1
        if child + 1 < busy and done_s[order[child + 1]] < done_s[order[child]]:
            child += 1
        if done_s[order[parent]] <= done_s[order[child]]:
            return
        order[parent], order[child] = order[child], order[parent]
        parent = child


@function
def _start_next(rules: Rules, state: State, totals: Totals, now_s: float) -> None:  # pragma: no cover - compiled
    """An idle replica (there is one) takes the next batch from the shared queue."""
    place = state.busy[0]
    state.busy[0] += 1
    _start(rules, state, totals, 0, state.order[place], now_s)
    _sift_up(state, place)


@function
def _finish_next(rules: Rules, state: State, totals: Totals) -> None:  # pragma: no cover - compiled
    """The busy replica that is done first answers its batch and becomes idle."""
    first = state.order[0]
    _finish(rules, state, totals, first)
    state.busy[0] -= 1
    state.order[0], state.order[state.busy[0]] = state.order[state.busy[0]], first
    _sift_down(state)


@function
def _replay_shared(rules: Rules, state: State, totals: Totals, now_s: float) -> None:  # pragma: no cover - compiled
    """Bring a shared queue and its replicas up to *now_s*."""
    mask = state.arrival_s.shape[1] - 1
    replicas = len(state.serving)
    while True:
        done_s = state.done_s[state.order[0]] if state.busy[0] > 0 else np.inf
        due_s = np.inf
        if state.busy[0] < replicas and state.waiting[0] > 0:
            due_s = state.arrival_s[0, state.head[0] & mask] + rules.max_delay_s
        if min(done_s, due_s) > now_s:
            return
        if done_s <= due_s:
            _finish_next(rules, state, totals)
            waiting = state.waiting[0]
            overdue = waiting > 0 and state.arrival_s[0, state.head[0] & mask] + rules.max_delay_s <= done_s
            if waiting >= rules.max_batch or overdue:
                _start_next(rules, state, totals, done_s)
        else:
            _start_next(rules, state, totals, due_s)


@kernel
def shared(
    rules: Rules,
    state: State,
    totals: Totals,
    times_s: FloatArray,
    draws: FloatArray,
    news: FloatArray,
    first: int,
    until_s: float,
) -> int:  # pragma: no cover - compiled
    """Like `per_replica`, for one queue from which every free replica takes the next batch."""
    rules, state, totals = by_reference(rules), by_reference(state), by_reference(totals)
    replicas = len(state.serving)
    capacity = state.arrival_s.shape[1]
    mask = capacity - 1
    index = first
    while index < len(times_s) and times_s[index] < until_s:
        now_s = times_s[index]
        _replay_shared(rules, state, totals, now_s)
        waiting = state.waiting[0]
        if waiting == capacity:
            return index
        totals.counts[ROUTED] += 1
        totals.counts[ARRIVED] += 1
        idle = state.busy[0] < replicas
        at_once = idle and (waiting + 1 >= rules.max_batch or rules.max_delay_s == 0.0)
        if rules.limit >= 0 and waiting >= rules.limit and not at_once:
            totals.counts[DROPPED] += 1
        else:
            place = (state.head[0] + waiting) & mask
            state.arrival_s[0, place] = now_s
            state.draw[0, place] = draws[index]
            if rules.spell_s > 0.0:
                state.news[0, place] = news[index]
            state.waiting[0] = waiting + 1
            if at_once:
                _start_next(rules, state, totals, now_s)
        index += 1
    if until_s < np.inf:
        _replay_shared(rules, state, totals, until_s)
        for replica in range(replicas):
            if state.serving[replica] > 0:
                _account(rules, state, totals, replica, until_s)
    return index
