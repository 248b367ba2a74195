"""The state of an endpoint between two calls of the kernel: plain arrays that can be copied, cut and compared.

Kernels change the arrays in place, because copying a queue per call would cost more than serving it; `copy` gives a
snapshot. Nothing else is remembered anywhere, so a run cut at any time goes on exactly as the uncut one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcplan.serving.histogram import BINS, FloatArray, IntArray, bin_of

ARRIVED, SERVED, DROPPED, WITHIN_SLO, ROUTED = range(5)
"""Places in `Totals.counts`: requests arrived, answered, dropped, answered within the promise; requests routed."""
LATENCY_S, WAIT_S, BUSY_S, ENERGY_J = range(4)
"""Places in `Totals.sums`: latency and wait of answered requests, replica-seconds busy, energy of batches."""


class Rules(NamedTuple):
    """What does not change while an endpoint runs.

    Attributes:
        routing: Code of the routing policy, see `policies.ROUTING`.
        max_batch: Most requests in a batch.
        max_delay_s: Longest wait of an idle replica for a fuller batch [s].
        from_pickup: Whether that wait counts from the moment the replica turns to the batch, not from the arrival of
            its oldest request.
        limit: Most requests waiting in a queue; negative for no limit.
        slo_s: Promised latency [s]; infinite if none.
        service_s: Service time [s] of a batch of b requests as a piecewise linear function of the draw, in equal
            steps of the draw from 0 to 1, shape [max_batch + 1, steps + 1]; row 0 is not used.
        power_w: Power of a busy replica above idle for each batch size [W], shape [max_batch + 1].
        pause_s: Pauses of a replica at which the time that they add to a batch changes its slope [s], rising from 0,
            shape [pauses].
        pause_bends: By how much it does for a batch of b requests [s/s]: a pause of p seconds adds
            sum_k pause_bends[b, k] max(0, p - pause_s[k]), which is piecewise linear, shape [max_batch + 1, pauses].
        slow: Share of the variance of a batch of b requests that comes in spells: batches of a replica that follow each
            other are alike [-], 0..1, shape [max_batch + 1].
        spell_s: How long a spell lasts, as the integral time scale of the pace of a replica [s]; 0 if batches are
            independent of each other, and then `slow` has no effect.
    """

    routing: int
    max_batch: int
    max_delay_s: float
    from_pickup: bool
    limit: int
    slo_s: float
    service_s: FloatArray
    power_w: FloatArray
    pause_s: FloatArray
    pause_bends: FloatArray
    slow: FloatArray
    spell_s: float


class State(NamedTuple):
    """Queues and replicas at one instant. R replicas, Q queues (R, or 1 if shared), capacity C a power of two.

    Attributes:
        arrival_s: Ring of arrival times of each queue [s], [Q, C].
        draw: Ring of service draws [-], [Q, C].
        news: Ring of the draws that change the pace of a replica [-], [Q, C]; not used without spells.
        head: Place of the oldest request in each ring (counts up, not wrapped), [Q].
        waiting: Requests waiting, those in service not counted, [Q].
        serving: Size of the batch in service; 0 if idle, [R].
        batch_s: Arrival times of the requests in service [s], [R, max_batch].
        started_s: Start of the batch in service, or the time up to which it is accounted [s], [R].
        free_s: End of the batch before that; 0 before the first [s], [R].
        done_s: End of the batch in service; infinite if idle [s], [R].
        next_s: Next thing a replica does by itself; infinite if nothing [s], [R].
        pace: How slow a replica is at `paced_s`: standard normal, higher is slower [-], [R]; not used without spells.
        paced_s: When its pace was last looked at; minus infinity before that [s], [R].
        order: For a shared queue: binary heap of busy replicas by `done_s`, then the idle ones, [R].
        busy: Number of busy replicas, [1].
        active: Replicas that get new requests, the first ones; the others finish what they have, [1].
    """

    arrival_s: FloatArray
    draw: FloatArray
    news: FloatArray
    head: IntArray
    waiting: IntArray
    serving: IntArray
    batch_s: FloatArray
    started_s: FloatArray
    free_s: FloatArray
    done_s: FloatArray
    next_s: FloatArray
    pace: FloatArray
    paced_s: FloatArray
    order: IntArray
    busy: IntArray
    active: IntArray


class Totals(NamedTuple):
    """What has happened since second 0; totals of parts add up.

    Attributes:
        counts: See ARRIVED and its neighbours, [5].
        sums: See LATENCY_S and its neighbours, [4].
        latency: Histogram of latencies, see `histogram`, [BINS].
        batches: Batches by size, [max_batch + 1].
    """

    counts: IntArray
    sums: FloatArray
    latency: IntArray
    batches: IntArray


class Hits(NamedTuple):
    """Requests that a cache answers, by class, [K]; they are all alike in how long that takes.

    Attributes:
        came: Those that came, [K].
        answered: Those that have their answer, [K].
        hit_s: The time from the one to the other [s].
    """

    came: IntArray
    answered: IntArray
    hit_s: float


def new_state(replicas: int, shared: bool, max_batch: int, capacity: int = 16) -> State:
    """An endpoint on which nothing has happened yet."""
    queues = 1 if shared else replicas
    while capacity < 2 * max_batch:
        capacity *= 2
    return State(
        arrival_s=np.zeros((queues, capacity)),
        draw=np.zeros((queues, capacity)),
        news=np.zeros((queues, capacity)),
        head=np.zeros(queues, dtype=np.int64),
        waiting=np.zeros(queues, dtype=np.int64),
        serving=np.zeros(replicas, dtype=np.int64),
        batch_s=np.zeros((replicas, max_batch)),
        started_s=np.zeros(replicas),
        free_s=np.zeros(replicas),
        done_s=np.full(replicas, np.inf),
        next_s=np.full(replicas, np.inf),
        pace=np.zeros(replicas),
        paced_s=np.full(replicas, -np.inf),
        order=np.arange(replicas, dtype=np.int64),
        busy=np.zeros(1, dtype=np.int64),
        active=np.full(1, replicas, dtype=np.int64),
    )


def new_totals(max_batch: int) -> Totals:
    """Totals of nothing."""
    return Totals(
        counts=np.zeros(5, dtype=np.int64),
        sums=np.zeros(4),
        latency=np.zeros(BINS, dtype=np.int64),
        batches=np.zeros(max_batch + 1, dtype=np.int64),
    )


def copy(state: State) -> State:
    """A snapshot that later calls do not change."""
    return State._make(array.copy() for array in state)


def grown(state: State) -> State:
    """The same state with rings of twice the capacity."""
    capacity = state.arrival_s.shape[1]
    places = (state.head[:, None] + np.arange(capacity)) % (2 * capacity)
    old = (state.head[:, None] + np.arange(capacity)) % capacity
    rings = []
    for ring in (state.arrival_s, state.draw, state.news):
        wider = np.zeros((ring.shape[0], 2 * capacity))
        np.put_along_axis(wider, places, np.take_along_axis(ring, old, axis=1), axis=1)
        rings.append(wider)
    return state._replace(arrival_s=rings[0], draw=rings[1], news=rings[2])


def in_system(state: State) -> int:
    """Requests waiting or in service."""
    return int(state.waiting.sum() + state.serving.sum())


def with_hits(totals: Totals, hits: Hits, slo_s: float) -> Totals:
    """*totals* and those of a cache in front, whose requests are of one class."""
    came, answered = int(hits.came.sum()), int(hits.answered.sum())
    counts, sums, latency = totals.counts.copy(), totals.sums.copy(), totals.latency.copy()
    counts[ARRIVED] += came
    counts[SERVED] += answered
    counts[WITHIN_SLO] += answered if hits.hit_s <= slo_s else 0
    sums[LATENCY_S] += answered * hits.hit_s
    latency[bin_of(hits.hit_s)] += answered
    return totals._replace(counts=counts, sums=sums, latency=latency)
