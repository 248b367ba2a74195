"""The state of an endpoint whose requests differ, give up and come back, between two calls of `class_kernel`.

Requests that are in the system live in a pool; a queue is one linked list per class, because within a class all wait
equally long before they give up and none overtakes another. So whatever the discipline, the next request is the head of
one of the lists, and so is the next one to give up.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcplan.serving.histogram import BINS, FloatArray, IntArray, bin_of
from dcplan.serving.pool import FREE_PLACES, NOBODY, grown_pool, new_pool
from dcplan.serving.state import Hits, Rules, Totals

ARRIVED, ATTEMPTED, REFUSED, LIMITED, TIMED_OUT, WASTED, LOST, GIVEN_UP, SERVED, WITHIN_SLO, SPILLED = range(11)
"""Places in `ClassTotals.counts`: requests that came; their attempts; attempts refused by a full queue, refused by the
rate limit, that waited too long, and of those the ones served in vain, that a failed replica lost; requests that gave
up for good, were answered, were answered as promised; attempts sent to a replica in another zone."""
COUNTS = SPILLED + 1
LATENCY_S, WAIT_S = range(2)
"""Places in `ClassTotals.sums`: latency of answered requests since their first attempt, wait of their last one."""
BUSY_S, ENERGY_J = range(2)
"""Places in `ClassTotals.work`: replica-seconds busy, energy of batches, on each kind of hardware."""

REQUEST = np.dtype(
    [
        ("born_s", np.float64),
        ("since_s", np.float64),
        ("key", np.float64),
        ("draw", np.float64),
        ("news", np.float64),
        ("bits", np.uint64),
        ("order", np.int64),
        ("next", np.int64),
        ("kind", np.int64),
        ("attempt", np.int64),
        ("label", np.int64),
        ("source", np.int64),
        ("gone", np.bool_),
        ("answered", np.bool_),
    ],
    align=True,
)
"""A request in the system: when it first came, when it joined its queue, what it is compared by, the draws of its
service time and of its replica's pace, 64 random bits, its number among all that joined, the place of the one behind it
(or of the next free place), its class, how many attempts it has made before this one, what its sender calls it, the
number of its zone or session, whether it has given up, and whether its answer is on its way from another zone."""

REPLICA = np.dtype(
    [
        ("up", np.bool_),
        ("member", np.bool_),
        ("zone", np.int64),
        ("hardware", np.int64),
        ("row", np.int64),
        ("each_s", np.float64),
        ("most", np.int64),
        ("serving", np.int64),
        ("units", np.int64),
        ("taken_s", np.float64),
        ("started_s", np.float64),
        ("free_s", np.float64),
        ("pace", np.float64),
        ("paced_s", np.float64),
        ("spell_s", np.float64),
        ("fresh_s", np.float64),
    ],
    align=True,
)
"""A replica: whether it works; whether it is to get work; the number of its zone, from 1 on, or 0 if there are none;
its kind of hardware, the first row of that in the tables, and the time that it takes for each request of a full batch;
most requests in a batch, now; requests in service, their size together, and the time that they take; when that began,
or up to when it is accounted; when it became free before that; its pace, when that was looked at, and how long slow
spells last; and since when it may remember sessions."""

LINE = np.dtype([("head", np.int64), ("tail", np.int64), ("patient", np.int64), ("tag", np.float64)], align=True)
"""The requests of one class in one queue, a linked list: the first and the last, the first that has not given up, and
the virtual finish time of the last that joined, for fair queueing [-]."""

QUEUE = np.dtype([("waiting", np.int64), ("virtual", np.float64)], align=True)
"""A queue: requests in it, and its virtual time, which is the tag of the request taken last [-]."""

SEEN = np.dtype([("replica", np.int64), ("at_s", np.float64)], align=True)
"""Which replica served a session last, and when that began [s]."""

AREA = np.dtype([("first", np.int64), ("count", np.int64), ("turn", np.int64)], align=True)
"""Replicas of which routing chooses: the first of them in `ClassState.ready`, how many, and attempts routed so far."""

ALARM = np.dtype([("at_s", np.float64), ("order", np.int64), ("place", np.int64)], align=True)
"""When somebody acts by himself [s], infinite if never; who is at this place of the heap, and where he himself is."""

LATER = np.dtype([("at_s", np.float64), ("who", np.int64)], align=True)
"""A request that comes (back) by itself: when [s], and which."""

DEPARTURE = np.dtype([("at_s", np.float64), ("label", np.int64), ("answered", np.bool_)], align=True)
"""A request that has left: when [s], what its sender calls it, and whether it was answered or gave up."""

KIND = np.dtype(
    [
        ("priority", np.float64),
        ("deadline_s", np.float64),
        ("weight", np.float64),
        ("units", np.int64),
        ("timeout_s", np.float64),
        ("limit", np.int64),
        ("slo_s", np.float64),
    ],
    align=True,
)
"""A class: its rank, low numbers first; time within which a request should start [s]; its share of the service when all
classes wait, relative to the others [-]; size of a request, as a multiple of the smallest [-]; longest wait in a queue
[s], infinite if it never gives up; requests waiting in a queue, of all classes, at which one of this class is refused,
negative for none; promised latency [s], infinite if none."""


def kinds_of(**columns: ArrayLike) -> NDArray[Any]:
    """Classes from the fields of `KIND`, each a value per class, [K]."""
    kinds = np.zeros(len(np.atleast_1d(columns["units"])), dtype=KIND)
    for name in KIND.names or ():
        kinds[name] = columns[name]
    return kinds


class ClassRules(NamedTuple):
    """What does not change while the endpoint runs. K classes.

    Attributes:
        base: Routing, batching, service times and power; the latter by the size of a batch in units instead of
            requests, for one kind of hardware after the other, [hardware * rows, ...]; its `limit` and `slo_s` are not
            used.
        rows: Rows for each kind of hardware, max_batch * largest size + 1.
        choices: Replicas that `power_of_d` compares.
        adapt_s: Time that a batch may take before batches of its replica get smaller [s]; infinite if they do not.
        shared: Whether all replicas take from one queue.
        discipline: Code of the queue discipline, see `disciplines.DISCIPLINES`.
        kinds: The classes, `KIND`, [K].
        unaware: Whether a request that gives up stays in the queue and is served in vain.
        attempts: Most attempts of a request, the first one included.
        backoff_s: Time to the second attempt [s].
        factor: By how much it grows with each further one [-].
        longest_s: Longest time between attempts [s].
        jitter: Share of that time that is random, 0..1 [-].
        rate_per_s: Attempts admitted per second in the long run; infinite if all are.
        burst: Attempts admitted at one instant after a rest.
        users: Users who each wait for an answer, think, and ask again; 0 if requests come by themselves.
        reports: Whether somebody wants to know who leaves when.
        spill_over: Requests that a replica holds when those from its own zone are sent to any zone instead.
        hop_s: Time from one zone to another, one way [s].
        bound: With `affinity`: a replica gets no request beyond so many times the mean load [-]; infinite if any.
        salt: Where the numbers begin by which sessions are hashed.
        sessions: How many there are, numbered from 1 on, if replicas remember them; else 0.
        keeps_s: For how long a replica remembers a session [s].
        saves: Share of the service time that this saves [-].
    """

    base: Rules
    rows: int
    choices: int
    adapt_s: float
    shared: bool
    discipline: int
    kinds: NDArray[Any]
    unaware: bool
    attempts: int
    backoff_s: float
    factor: float
    longest_s: float
    jitter: float
    rate_per_s: float
    burst: float
    users: int
    reports: bool
    spill_over: int
    hop_s: float
    bound: float
    salt: int
    sessions: int
    keeps_s: float
    saves: float


class ClassState(NamedTuple):
    """Everything at one instant. R replicas, Q queues (R, or 1 if shared), K classes, S places for requests.

    Attributes:
        pool: Requests in the system, and free places, `REQUEST`, [S].
        line: `LINE`, [Q, K].
        queue: `QUEUE`, [Q].
        replica: `REPLICA`, [R].
        batch: Requests in service, [R, max_batch].
        ready: Replicas that get work, zone after zone, [R]: of a shared queue the idle ones, the one that became idle
            last at the end.
        areas: All that are ready, then those of each zone, `AREA`, [1 + zones], or [1].
        share: How much of the work goes to them and those before them, for `weighted`; 1 for the last, [R].
        alarm: When each replica is done, then when each queue acts by itself: starts a batch that waited long enough,
            or loses a request that did; and their binary heap, `ALARM`, [R + Q].
        later: Binary heap of requests that come (back) by themselves, `LATER`, [S].
        seen: What replicas remember, `SEEN`, [1 + sessions].
        left: Requests that have left since somebody looked, in the order of time, `DEPARTURE`, [2 S], or [0].
        moments: Tokens of the rate limit, when they were counted [s], and how far time has come [s], [3].
        numbers: First free place, free places, attempts that joined a queue so far, entries of `later`, ready replicas,
            users whose next request is not in `later` yet, places of those that gave up but are served nevertheless,
            entries of `left`, [8].
    """

    pool: NDArray[Any]
    line: NDArray[Any]
    queue: NDArray[Any]
    replica: NDArray[Any]
    batch: IntArray
    ready: IntArray
    areas: NDArray[Any]
    share: FloatArray
    alarm: NDArray[Any]
    later: NDArray[Any]
    seen: NDArray[Any]
    left: NDArray[Any]
    moments: FloatArray
    numbers: IntArray


JOINED, COMING, READY, THINKING, GONE, LEFT = range(2, 8)
"""Places in `ClassState.numbers`, after those of the pool."""
TOKENS, TOKENS_S, NOW_S = range(3)
"""Places in `ClassState.moments`."""


class ClassTotals(NamedTuple):
    """What has happened since second 0; totals of parts add up. K classes.

    Attributes:
        counts: See ARRIVED and its neighbours, [K, COUNTS].
        sums: See LATENCY_S and WAIT_S, [K, 2].
        work: See BUSY_S and ENERGY_J, [hardware, 2].
        latency: Histogram of the latencies of each class, see `histogram`, [K, BINS].
        batches: Batches by number of requests, [max_batch + 1].
    """

    counts: IntArray
    sums: FloatArray
    work: FloatArray
    latency: IntArray
    batches: IntArray


def new_state(
    rules: ClassRules, hardware: IntArray, spells_s: FloatArray, zones: IntArray, places: int = 64
) -> ClassState:
    """An endpoint on which nothing has happened yet.

    Args:
        rules: What does not change.
        hardware: Kind of hardware of each replica, [R].
        spells_s: How long slow spells last on each kind [s], [hardware].
        zones: Number of the zone of each replica, from 1 on, or zeros if there are none, [R].
        places: Room for so many requests, or more if more are needed.
    """
    replicas = len(hardware)
    queues, kinds = (1 if rules.shared else replicas), len(rules.kinds)
    while places < rules.users + 2 * rules.base.max_batch:
        places *= 2
    replica = np.zeros(replicas, dtype=REPLICA)
    replica["up"] = replica["member"] = True
    replica["zone"] = zones
    replica["hardware"], replica["row"] = hardware, hardware * rules.rows
    replica["each_s"] = full_s(rules)[hardware] / rules.base.max_batch
    replica["spell_s"] = np.where(spells_s > 0.0, spells_s, rules.base.spell_s)[hardware]
    replica["most"] = rules.base.max_batch
    replica["paced_s"] = -np.inf
    ready = np.argsort(zones, kind="stable")
    alarm = np.zeros(replicas + queues, dtype=ALARM)
    alarm["at_s"] = np.inf
    alarm["order"] = alarm["place"] = np.arange(replicas + queues)
    nobody = np.array((NOBODY, NOBODY, NOBODY, 0.0), dtype=LINE)
    return ClassState(
        pool=new_pool(REQUEST, places),
        line=np.full((queues, kinds), nobody, dtype=LINE),
        queue=np.zeros(queues, dtype=QUEUE),
        replica=replica,
        batch=np.zeros((replicas, rules.base.max_batch), dtype=np.int64),
        ready=ready[::-1].copy() if rules.shared else ready,
        areas=areas(zones, np.zeros(1 + zones.max(), dtype=AREA)),
        share=shares(replica["each_s"][ready]),
        alarm=alarm,
        later=np.zeros(places, dtype=LATER),
        seen=np.full(1 + rules.sessions, np.array((NOBODY, 0.0), dtype=SEEN)),
        left=np.zeros(2 * places if rules.reports else 0, dtype=DEPARTURE),
        moments=np.array([rules.burst, 0.0, 0.0]),
        numbers=np.array([0, places, 0, 0, replicas, rules.users, 0, 0], dtype=np.int64),
    )


def areas(zones: IntArray, before: NDArray[Any]) -> NDArray[Any]:
    """The areas *before*, if the replicas that are ready are now in these *zones*, [ready]."""
    after = before.copy()
    after["count"] = np.bincount(zones, minlength=len(after))
    after["first"] = np.cumsum(after["count"]) - after["count"]
    after[0]["first"], after[0]["count"] = 0, len(zones)
    return after


def full_s(rules: ClassRules) -> FloatArray:
    """Mean time of a full batch of the smallest requests on each kind of hardware [s], [hardware]."""
    table = rules.base.service_s[rules.base.max_batch :: rules.rows]
    return np.asarray(np.trapezoid(table, dx=1.0 / (table.shape[1] - 1), axis=1))


def shares(each_s: FloatArray) -> FloatArray:
    """How much of the work goes to replicas and those before them, by speed, if a request takes them *each_s* [-]."""
    speed = np.cumsum(1.0 / each_s)
    return np.asarray(speed / speed[-1])


def new_totals(rules: ClassRules) -> ClassTotals:
    """Totals of nothing."""
    kinds = len(rules.kinds)
    return ClassTotals(
        counts=np.zeros((kinds, COUNTS), dtype=np.int64),
        sums=np.zeros((kinds, 2)),
        work=np.zeros((len(rules.base.service_s) // rules.rows, 2)),
        latency=np.zeros((kinds, BINS), dtype=np.int64),
        batches=np.zeros(rules.base.max_batch + 1, dtype=np.int64),
    )


def grown(state: ClassState) -> ClassState:
    """The same state with room for twice as many requests."""
    pool, numbers = grown_pool(state.pool, state.numbers)
    return state._replace(
        pool=pool,
        later=np.concatenate((state.later, np.zeros(len(state.later), dtype=LATER))),
        left=np.concatenate((state.left, np.zeros(len(state.left), dtype=DEPARTURE))),
        numbers=numbers,
    )


def in_system(state: ClassState) -> int:
    """Requests waiting, in service, or on their way back; those that a user still thinks about are not."""
    later = state.later["who"][: state.numbers[COMING]]
    thought_about = int(np.count_nonzero((state.pool["attempt"][later] == 0) & ~state.pool["answered"][later]))
    return len(state.pool) - int(state.numbers[FREE_PLACES] + state.numbers[GONE]) - thought_about


def all_classes(totals: ClassTotals) -> Totals:
    """*totals* of all classes together."""
    counts, (latency_s, wait_s) = totals.counts.sum(axis=0), totals.sums.sum(axis=0)
    places = (ARRIVED, SERVED, GIVEN_UP, WITHIN_SLO, ATTEMPTED)
    return Totals(
        counts=counts[list(places)],
        sums=np.array([latency_s, wait_s, *totals.work.sum(axis=0)]),
        latency=totals.latency.sum(axis=0),
        batches=totals.batches,
    )


def with_hits(totals: ClassTotals, hits: Hits, slo_s: FloatArray) -> ClassTotals:
    """*totals* and those of a cache in front; a hit is a request whose first attempt is answered."""
    counts, sums, latency = totals.counts.copy(), totals.sums.copy(), totals.latency.copy()
    counts[:, ARRIVED] += hits.came
    counts[:, ATTEMPTED] += hits.came
    counts[:, SERVED] += hits.answered
    counts[:, WITHIN_SLO] += np.where(hits.hit_s <= slo_s, hits.answered, 0)
    sums[:, LATENCY_S] += hits.answered * hits.hit_s
    latency[:, bin_of(hits.hit_s)] += hits.answered
    return totals._replace(counts=counts, sums=sums, latency=latency)
