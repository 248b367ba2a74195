"""Requests that differ, give up, and come back: classes, queue disciplines, time-outs, retries, rate limit, users.

A request that gives up at one replica comes back at another, so replicas depend on each other and events must be taken
in the order of time. There are three kinds, earliest first and in this order at one instant: alarms (a batch is done, a
batch that waited long enough starts, a request that waited too long leaves), requests that come back, new ones. Alarms
are a binary heap with one entry per replica and queue, so a request costs O(log replicas + classes).

A request that is refused or gives up tries again after backoff_s * factor^k, k = 0, 1, ..., at most longest_s, of which
the share `jitter` is random (full jitter: M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015). A
replica that fails loses what it serves and what waits in front of it alone; as long as it still gets requests, each of
them fails at once. Where batches adapt, the most requests in a batch of a replica grow by one with every full batch
that took less than `adapt_s`, and shrink by a tenth with every one that took longer (D. Crankshaw et al., "Clipper",
NSDI 2017, section 4.3). A request is sent to a replica of its own zone, unless the one chosen holds `spill_over`
requests, or none is ready there: then to one chosen among all, and if that is in another zone, its answer takes the
time of the way there and back longer (in the words of the Envoy documentation, "Zone aware routing": local zone and
cross zone routing; there the share of the hosts decides, here the load does). A replica that served the last request of
a session not longer than `keeps_s` ago takes less time for the next one, by the share `saves`. Users are a closed loop:
who has got an answer, or given up, thinks and asks again (L. Kleinrock, "Queueing Systems", vol. 2, 1976, section
4.11).

Oracle: `validation.class_oracle`, a SimPy process per request, equal to 1e-9 s on shared streams.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.class_routing import routed
from dcplan.serving.class_state import (
    ARRIVED,
    ATTEMPTED,
    BUSY_S,
    COMING,
    ENERGY_J,
    GIVEN_UP,
    GONE,
    JOINED,
    LATENCY_S,
    LEFT,
    LIMITED,
    LOST,
    NOW_S,
    READY,
    REFUSED,
    SERVED,
    SPILLED,
    THINKING,
    TIMED_OUT,
    TOKENS,
    TOKENS_S,
    WAIT_S,
    WASTED,
    WITHIN_SLO,
    ClassRules,
    ClassState,
    ClassTotals,
)
from dcplan.serving.compiled import function, kernel
from dcplan.serving.disciplines import FAIR, key_of
from dcplan.serving.heaps import pop, push, set_alarm
from dcplan.serving.histogram import FloatArray, bin_of
from dcplan.serving.kernel import UintArray, after_pause_s, moved_pace, service_s, under_spell
from dcplan.serving.policies import mixed, unit
from dcplan.serving.pool import FREE, FREE_PLACES, NOBODY
from dcplan.serving.reference import by_reference

LESS = 0.9
"""What is left of the most requests in a batch after one that took too long (Clipper, see above)."""

# --- a queue ----------------------------------------------------------------------------------------------------------


@function
def _append(rules: ClassRules, state: ClassState, queue: int, slot: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """Put a request at the end of the list of its class."""
    this = state.pool[slot]
    kind = this.kind
    units, weight = rules.kinds[kind].units, rules.kinds[kind].weight
    finish = max(state.line[queue, kind].tag, state.queue[queue].virtual) + units / weight
    state.line[queue, kind].tag = finish
    order = state.numbers[JOINED]
    state.numbers[JOINED] = order + 1
    due_s = now_s + rules.kinds[kind].deadline_s
    this.key = key_of(rules.discipline, order, rules.kinds[kind].priority, due_s, finish)
    this.order = order
    this.since_s = now_s
    this.next = NOBODY
    last = state.line[queue, kind].tail
    if state.line[queue, kind].patient == NOBODY:
        state.line[queue, kind].patient = slot
    if last == NOBODY:
        state.line[queue, kind].head = slot
    else:
        state.pool[last].next = slot
    state.line[queue, kind].tail = slot
    state.queue[queue].waiting += 1


@function
def _behead(state: ClassState, queue: int, kind: int) -> int:  # pragma: no cover - compiled
    """Take the first request off the list of a class."""
    slot = state.line[queue, kind].head
    state.line[queue, kind].head = state.pool[slot].next
    if state.line[queue, kind].patient == slot:
        state.line[queue, kind].patient = state.pool[slot].next
    if state.line[queue, kind].head == NOBODY:
        state.line[queue, kind].tail = NOBODY
    state.queue[queue].waiting -= 1
    return slot  # type: ignore[no-any-return]


@function
def _next_kind(pool: NDArray[Any], line: NDArray[Any], queue: int) -> int:  # pragma: no cover - compiled
    """The class whose first request is served next; some request waits."""
    best = NOBODY
    key, order = np.inf, 0
    for kind in range(line.shape[1]):
        slot = line[queue, kind].head
        if slot != NOBODY:
            mine, since = pool[slot].key, pool[slot].order
            if best == NOBODY or mine < key or (mine == key and since < order):
                best, key, order = kind, mine, since
    return best


@function
def _can_start(rules: ClassRules, state: ClassState, queue: int) -> bool:  # pragma: no cover - compiled
    """Whether a request waits, and a replica is idle."""
    idle = state.numbers[READY] > 0 if rules.shared else state.replica[queue].serving == 0
    return idle and state.queue[queue].waiting > 0  # type: ignore[no-any-return]


@function
def _due_s(rules: ClassRules, state: ClassState, queue: int) -> float:  # pragma: no cover - compiled
    """When a batch starts though it is not full [s]: infinite if none can."""
    if not _can_start(rules, state, queue):
        return np.inf
    oldest_s = np.inf
    for kind in range(len(rules.kinds)):
        slot = state.line[queue, kind].head
        if slot != NOBODY:
            oldest_s = min(oldest_s, state.pool[slot].since_s)
    if rules.base.from_pickup:
        oldest_s = max(oldest_s, state.replica[queue].free_s)
    return oldest_s + rules.base.max_delay_s


@function
def _most(rules: ClassRules, state: ClassState, queue: int) -> int:  # pragma: no cover - compiled
    """Requests in a full batch of the replica that takes the next one; if all are busy, the most of any."""
    if not rules.shared:
        return state.replica[queue].most  # type: ignore[no-any-return]
    ready = state.numbers[READY]
    return state.replica[state.ready[ready - 1]].most if ready > 0 else rules.base.max_batch


@function
def _look(rules: ClassRules, state: ClassState, totals: ClassTotals, queue: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """Start batches if it is time, and set the queue's alarm for what it does next by itself."""
    alarm_s = _due_s(rules, state, queue)
    while alarm_s <= now_s or (
        state.queue[queue].waiting >= _most(rules, state, queue) and _can_start(rules, state, queue)
    ):
        _start(rules, state, totals, queue, now_s)
        alarm_s = _due_s(rules, state, queue)
    for kind in range(len(rules.kinds)):
        slot = state.line[queue, kind].patient
        if slot != NOBODY:
            alarm_s = min(alarm_s, state.pool[slot].since_s + rules.kinds[kind].timeout_s)
    who = len(state.replica) + queue
    if state.alarm[who].at_s != alarm_s:
        set_alarm(state.alarm, who, alarm_s)


@function
def _start(rules: ClassRules, state: ClassState, totals: ClassTotals, queue: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """An idle replica takes the next batch of *queue*."""
    replica = queue
    if rules.shared:
        state.numbers[READY] -= 1
        replica = state.ready[state.numbers[READY]]
    this = state.replica[replica]
    size = min(state.queue[queue].waiting, this.most)
    units, warm, draw, news = 0, 0, 0.0, 0.0
    for k in range(size):
        kind = _next_kind(state.pool, state.line, queue)
        slot = _behead(state, queue, kind)
        state.batch[replica, k] = slot
        units += rules.kinds[kind].units
        if rules.saves > 0.0:
            seen = state.seen[state.pool[slot].source]
            if seen.replica == replica and seen.at_s >= max(this.fresh_s, now_s - rules.keeps_s):
                warm += rules.kinds[kind].units
            seen.replica, seen.at_s = replica, now_s
        totals.sums[kind, WAIT_S] += now_s - state.pool[slot].since_s
        if rules.discipline == FAIR:
            state.queue[queue].virtual = max(state.queue[queue].virtual, state.pool[slot].key)
        if k == 0:
            draw, news = state.pool[slot].draw, state.pool[slot].news
    if rules.base.spell_s > 0.0:
        pace = moved_pace(this.pace, now_s - this.paced_s, this.spell_s, news)
        draw = under_spell(pace, rules.base.slow[this.row + units], draw)
        this.pace = pace
        this.paced_s = now_s
    row = this.row + units
    taken_s = service_s(rules.base, row, draw) + after_pause_s(rules.base, row, now_s - this.free_s)
    if rules.saves > 0.0:
        taken_s *= 1.0 - rules.saves * warm / units
    this.taken_s = taken_s
    this.serving = size
    this.units = units
    this.started_s = now_s
    totals.batches[size] += 1
    set_alarm(state.alarm, replica, now_s + taken_s)


# --- a request's way --------------------------------------------------------------------------------------------------


@function
def _enter(
    state: ClassState, born_s: float, draw: float, news: float, bits: int, kind: int, label: int, source: int
) -> int:  # pragma: no cover - compiled
    """A place in the pool for a new request; there must be a free one."""
    slot = state.numbers[FREE]
    this = state.pool[slot]
    state.numbers[FREE] = this.next
    state.numbers[FREE_PLACES] -= 1
    this.born_s = born_s
    this.draw = draw
    this.news = news
    this.bits = bits
    this.kind = kind
    this.attempt = 0
    this.label = label
    this.source = source
    this.gone = False
    this.answered = False
    return slot  # type: ignore[no-any-return]


@function
def _free(state: ClassState, slot: int) -> None:  # pragma: no cover - compiled
    """A place is free again."""
    state.pool[slot].next = state.numbers[FREE]
    state.numbers[FREE] = slot
    state.numbers[FREE_PLACES] += 1


@function
def _leave(rules: ClassRules, state: ClassState, slot: int, answered: bool, now_s: float) -> None:
    # pragma: no cover - compiled
    """A request is gone; its user, if it has one, thinks about the next."""
    if rules.reports:
        departure = state.left[state.numbers[LEFT]]
        departure.at_s = now_s
        departure.label = state.pool[slot].label
        departure.answered = answered
        state.numbers[LEFT] += 1
    _free(state, slot)
    if rules.users > 0:
        state.numbers[THINKING] += 1


@function
def backoff_s(rules: Any, attempt: int, bits: int) -> float:  # pragma: no cover - compiled
    """Time from the end of *attempt* (from 0) to the next one [s]; the random part from its *bits*."""
    full_s = min(rules.longest_s, rules.backoff_s * math.pow(rules.factor, attempt))
    return full_s * (1.0 - rules.jitter * unit(bits))  # type: ignore[no-any-return]


@function
def _fail(rules: ClassRules, state: ClassState, totals: ClassTotals, slot: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """An attempt has failed: there is another one later, or none."""
    this = state.pool[slot]
    attempt = this.attempt
    if attempt + 1 < rules.attempts:
        this.attempt = attempt + 1
        at_s = now_s + backoff_s(rules, attempt, mixed(this.bits, 2 * attempt + 1))
        push(state.later, state.numbers[COMING], at_s, slot)
        state.numbers[COMING] += 1
    else:
        totals.counts[this.kind, GIVEN_UP] += 1
        _leave(rules, state, slot, False, now_s)


@function
def _admitted(rules: ClassRules, state: ClassState, now_s: float) -> bool:  # pragma: no cover - compiled
    """Whether the rate limit lets an attempt pass: a token bucket (J. S. Turner, IEEE Commun. Mag. 24(10), 1986)."""
    if rules.rate_per_s == np.inf:
        return True
    tokens = min(rules.burst, state.moments[TOKENS] + (now_s - state.moments[TOKENS_S]) * rules.rate_per_s)
    state.moments[TOKENS_S] = now_s
    state.moments[TOKENS] = tokens - 1.0 if tokens >= 1.0 else tokens
    return tokens >= 1.0  # type: ignore[no-any-return]


@function
def _is_full(rules: ClassRules, state: ClassState, queue: int, kind: int) -> bool:  # pragma: no cover - compiled
    """Whether a queue has no room for a request of a class, which would not be served at once either."""
    waiting = state.queue[queue].waiting
    if rules.kinds[kind].limit < 0 or waiting < rules.kinds[kind].limit:
        return False
    idle = state.numbers[READY] > 0 if rules.shared else state.replica[queue].serving == 0
    return not (idle and (waiting + 1 >= _most(rules, state, queue) or rules.base.max_delay_s == 0.0))


@function
def _try(rules: ClassRules, state: ClassState, totals: ClassTotals, slot: int, now_s: float) -> int:
    # pragma: no cover - compiled
    """An attempt: the queue that it joins, or NOBODY if it fails."""
    this = state.pool[slot]
    kind, attempt = this.kind, this.attempt
    totals.counts[kind, ATTEMPTED] += 1
    if attempt == 0:
        totals.counts[kind, ARRIVED] += 1
    queue, cause = NOBODY, LIMITED
    if _admitted(rules, state, now_s):
        queue, cause = routed(rules, state, this.source, mixed(this.bits, 2 * attempt)), LOST
        if len(state.areas) > 1 and queue != NOBODY and state.replica[queue].zone != this.source:
            totals.counts[kind, SPILLED] += 1
        if queue != NOBODY and (rules.shared or state.replica[queue].up):
            cause = REFUSED if _is_full(rules, state, queue, kind) else NOBODY
    if cause != NOBODY:
        totals.counts[kind, cause] += 1
        return NOBODY
    _append(rules, state, queue, slot, now_s)
    return queue


@function
def _answer(rules: ClassRules, state: ClassState, totals: ClassTotals, slot: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """A request gets its answer and leaves."""
    this = state.pool[slot]
    kind, latency_s = this.kind, now_s - this.born_s
    totals.counts[kind, SERVED] += 1
    totals.sums[kind, LATENCY_S] += latency_s
    totals.latency[kind, bin_of(latency_s)] += 1
    if latency_s <= rules.kinds[kind].slo_s:
        totals.counts[kind, WITHIN_SLO] += 1
    _leave(rules, state, slot, True, now_s)


@function
def _finish(rules: ClassRules, state: ClassState, totals: ClassTotals, replica: int, now_s: float) -> None:
    # pragma: no cover - compiled
    """Answer the requests of a batch; the replica is idle."""
    rep = state.replica[replica]
    _account(rules, state, totals, replica, now_s)
    for k in range(rep.serving):
        slot = state.batch[replica, k]
        this = state.pool[slot]
        kind = this.kind
        if this.gone:
            totals.counts[kind, WASTED] += 1
            state.numbers[GONE] -= 1
            _free(state, slot)
            continue
        if rules.hop_s > 0.0 and rep.zone != this.source:
            this.answered = True
            push(state.later, state.numbers[COMING], now_s + 2.0 * rules.hop_s, slot)
            state.numbers[COMING] += 1
        else:
            _answer(rules, state, totals, slot, now_s)
    if rep.taken_s > rules.adapt_s:
        rep.most = max(1, int(LESS * rep.most))
    elif rep.serving == rep.most and rules.adapt_s < np.inf:
        rep.most = min(rules.base.max_batch, rep.most + 1)
    rep.serving = 0
    rep.free_s = now_s
    if rules.shared and rep.member:
        state.ready[state.numbers[READY]] = replica
        state.numbers[READY] += 1
    set_alarm(state.alarm, replica, np.inf)


@function
def _account(rules: ClassRules, state: ClassState, totals: ClassTotals, replica: int, until_s: float) -> None:
    # pragma: no cover - compiled
    """Book the busy time and energy of the batch in service up to *until_s*."""
    rep = state.replica[replica]
    busy_s = until_s - rep.started_s
    totals.work[rep.hardware, BUSY_S] += busy_s
    totals.work[rep.hardware, ENERGY_J] += busy_s * rules.base.power_w[rep.row + rep.units]
    rep.started_s = until_s


@function
def _impatient(rules: ClassRules, state: ClassState, totals: ClassTotals, queue: int, now_s: float) -> int:
    # pragma: no cover - compiled
    """A request of *queue* that has waited too long, or NOBODY, as when a batch is due at this very instant."""
    if _due_s(rules, state, queue) <= now_s:
        return NOBODY
    for kind in range(len(rules.kinds)):
        slot = state.line[queue, kind].patient
        if slot != NOBODY and state.pool[slot].since_s + rules.kinds[kind].timeout_s <= now_s:
            totals.counts[kind, TIMED_OUT] += 1
            if not rules.unaware:
                return _behead(state, queue, kind)
            this = state.pool[slot]
            client = _enter(state, this.born_s, this.draw, this.news, this.bits, kind, this.label, this.source)
            state.pool[client].attempt = this.attempt
            state.line[queue, kind].patient = this.next
            state.pool[slot].gone = True
            state.numbers[GONE] += 1
            return client
    return NOBODY


@function
def _victim(rules: ClassRules, state: ClassState, totals: ClassTotals, replica: int, now_s: float) -> int:
    # pragma: no cover - compiled
    """A replica fails: the next request that it loses, or NOBODY when there are no more.

    It loses those that it serves, and those that wait in front of it alone; who gave up before does not notice.
    """
    rep = state.replica[replica]
    if rep.up and rep.serving > 0:
        _account(rules, state, totals, replica, now_s)
    rep.up = False
    kind = 0
    while True:
        if rep.serving > 0:
            rep.serving -= 1
            slot = state.batch[replica, rep.serving]
        elif rules.shared or kind == len(rules.kinds):
            set_alarm(state.alarm, replica, np.inf)
            return NOBODY
        elif state.line[replica, kind].head == NOBODY:
            kind += 1
            continue
        else:
            slot = _behead(state, replica, kind)
        if not state.pool[slot].gone:
            totals.counts[state.pool[slot].kind, LOST] += 1
            return slot  # type: ignore[no-any-return]
        state.numbers[GONE] -= 1
        _free(state, slot)


# --- time -------------------------------------------------------------------------------------------------------------

DONE, WANTS_PLACES, WANTS_REQUESTS, WANTS_READER = range(4)
"""Why `serve` returned."""


@kernel
def serve(
    rules: ClassRules,
    state: ClassState,
    totals: ClassTotals,
    times_s: FloatArray,
    draws: FloatArray,
    routes: UintArray,
    news: FloatArray,
    kinds: NDArray[np.int64],
    labels: NDArray[np.int64],
    sources: NDArray[np.int64],
    first: int,
    more: bool,
    until_s: float,
    crashed: int,
    looks: int,
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Serve until *until_s*: what happens by itself at that instant still happens, new requests do not come any more.

    Args:
        rules: What does not change.
        state: Queues and replicas; changed in place.
        totals: What has happened; added to in place.
        times_s: Arrival times [s], sorted; with users, how long each request is thought about [s], [n].
        draws: See `endpoint.Requests`, [n].
        routes: 64 random bits per request, for routing and for the time between attempts, [n].
        news: See `endpoint.Requests`, [n].
        kinds: Class of each request, [n].
        labels: What its sender calls it, [n]; not read if nobody wants to know.
        sources: Zone that it comes from, or its session, [n], or [0] where neither matters.
        first: The first request that has not been looked at.
        more: Whether more requests follow those given.
        until_s: Where to stop [s].
        crashed: A replica that fails before anything else happens, or NOBODY.
        looks: A queue that must be looked at, because its replicas have changed, or NOBODY.

    Returns: The first request not looked at, and what to do: nothing (`DONE`), or call again after making the state
        larger (`WANTS_PLACES`), with more requests (`WANTS_REQUESTS`), or after taking out who has left
        (`WANTS_READER`).
    """
    rules, state, totals = by_reference(rules), by_reference(state), by_reference(totals)
    replicas = len(state.replica)
    index, count = first, len(times_s)
    if looks != NOBODY:
        set_alarm(state.alarm, replicas + looks, state.moments[NOW_S])
    while True:
        if rules.reports and state.numbers[LEFT] + len(state.pool) > len(state.left):
            return index, WANTS_READER
        if rules.unaware and state.numbers[FREE_PLACES] == 0:
            return index, WANTS_PLACES
        if index == count and more and (rules.users == 0 or state.numbers[THINKING] > 0):
            return index, WANTS_REQUESTS
        thinks = index < count and state.numbers[THINKING] > 0
        arrival_s = times_s[index] if rules.users == 0 and index < count else np.inf
        later_s = state.later[0].at_s if state.numbers[COMING] > 0 else np.inf
        who = state.alarm[0].order
        alarm_s = state.alarm[who].at_s
        now_s, queue, failed = state.moments[NOW_S], NOBODY, NOBODY
        if crashed != NOBODY:
            failed = _victim(rules, state, totals, crashed, now_s)
            if failed == NOBODY:
                crashed = NOBODY
        elif not thinks and alarm_s <= min(later_s, arrival_s):
            if alarm_s > until_s or alarm_s == np.inf:
                break
            now_s = alarm_s
            if who < replicas:
                _finish(rules, state, totals, who, now_s)
                queue = 0 if rules.shared else who
            else:
                queue = who - replicas
                failed = _impatient(rules, state, totals, queue, now_s)
        else:
            if not thinks:
                now_s = min(later_s, arrival_s)
                if now_s >= until_s:
                    break
            if thinks or arrival_s < later_s:
                if state.numbers[FREE_PLACES] == 0:
                    return index, WANTS_PLACES
                born_s = now_s + times_s[index] if thinks else now_s
                pace_news = news[index] if rules.base.spell_s > 0.0 else 0.0
                label = labels[index] if rules.reports else 0
                source = sources[index] if len(sources) > 0 else 0
                slot = _enter(state, born_s, draws[index], pace_news, routes[index], kinds[index], label, source)
                index += 1
            else:
                slot = pop(state.later, state.numbers[COMING])
                state.numbers[COMING] -= 1
            if thinks:
                push(state.later, state.numbers[COMING], state.pool[slot].born_s, slot)
                state.numbers[COMING] += 1
                state.numbers[THINKING] -= 1
            elif state.pool[slot].answered:
                _answer(rules, state, totals, slot, now_s)
            else:
                queue = _try(rules, state, totals, slot, now_s)
                failed = slot if queue == NOBODY else NOBODY
        state.moments[NOW_S] = now_s
        if failed != NOBODY:
            _fail(rules, state, totals, failed, now_s)
        if queue != NOBODY:
            _look(rules, state, totals, queue, now_s)
    for replica in range(replicas):
        if state.replica[replica].serving > 0 and until_s < np.inf:
            _account(rules, state, totals, replica, until_s)
    if until_s < np.inf:
        state.moments[NOW_S] = until_s
    return index, DONE
