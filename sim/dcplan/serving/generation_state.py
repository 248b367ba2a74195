"""The state of an endpoint that generates text token by token, between two calls of `generation_kernel`.

Sequences live in a pool. A replica runs some of them, and the others wait in a linked list in front of it. How far a
running one has come is not written down at every token: it follows from the steps that its replica has made.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.class_state import AREA, LATER, areas
from dcplan.serving.histogram import BINS, FloatArray, IntArray, bin_of
from dcplan.serving.pool import FREE_PLACES, NOBODY, grown_pool, new_pool
from dcplan.serving.prefix_cache import KEPT
from dcplan.serving.state import Hits, Totals

(
    ARRIVED,
    SERVED,
    REFUSED,
    WITHIN_SLO,
    STARTED,
    PREEMPTED,
    TOKENS_IN,
    TOKENS_OUT,
    SWAPPED,
    ASKED,
    KNOWN,
    LOST,
    SPILLED,
    ATTEMPTED,
    TIMED_OUT,
    GIVEN_UP,
) = range(16)
"""Places in `GenerationTotals.counts`: requests that came, were answered, were refused by a full queue, were answered
within all promises; attempts whose first prefill began; sequences that have to start over; tokens of prompts, those
processed again included, and of answers; sequences whose KV cache went to host memory; tokens of the prompts whose
first prefill began, and those of them that were in the prefix cache; attempts that failed with their replica, or came
when there was none; those sent to another zone; all attempts, and those that waited too long; requests whose last one
failed."""
LATENCY_S, TTFT_S, WAIT_S, BUSY_S, ENERGY_J = range(5)
"""Places in `GenerationTotals.sums`: time to the whole answer and to its first token, of those that have it; time to
the start of the first prefill; replica-seconds busy; energy of the steps."""

SEQUENCE = np.dtype(
    [
        ("came_s", np.float64),
        ("born_s", np.float64),
        ("first_s", np.float64),
        ("ready_s", np.float64),
        ("bits", np.uint64),
        ("prompt", np.int64),
        ("output", np.int64),
        ("done", np.int64),
        ("last_step", np.int64),
        ("cached", np.int64),
        ("host", np.int64),
        ("source", np.int64),
        ("known", np.int64),
        ("attempt", np.int64),
        ("replica", np.int64),
        ("older", np.int64),
        ("newer", np.int64),
        ("next", np.int64),
    ],
    align=True,
)
"""A sequence: when it came; the same, but earlier by its way from and to another zone; when its first token was
there, NaN before; from when on it may be admitted; 64 random bits for its next routing; tokens of its prompt and of its
answer; tokens that it has while it does not run; while it runs, the step of its replica that makes its last token;
whether it waits with its KV cache, 1 or 0; its blocks in host memory; the text that it goes on with, or its zone, and
the tokens of its prompt that are of that text; attempts that failed; where it waits; the ones that joined a queue just
before and after it among those that may give up, of which place 0 is both ends and holds no sequence; the place of the
one behind it in the queue, or of the next free place."""

REPLICA = np.dtype(
    [
        ("ends_s", np.float64),
        ("started_s", np.float64),
        ("step_s", np.float64),
        ("since_s", np.float64),
        ("since_step", np.int64),
        ("since_tokens", np.int64),
        ("phase", np.int64),
        ("steps", np.int64),
        ("running", np.int64),
        ("tokens", np.int64),
        ("blocks", np.int64),
        ("host", np.int64),
        ("current", np.int64),
        ("prefilled", np.int64),
        ("piece", np.int64),
        ("head", np.int64),
        ("tail", np.int64),
        ("waiting", np.int64),
        ("first_out", np.int64),
        ("last_out", np.int64),
        ("link_s", np.float64),
        ("idle", np.int64),
        ("texts", np.int64),
        ("spare", np.int64),
        ("zone", np.int64),
        ("up", np.bool_),
        ("member", np.bool_),
    ],
    align=True,
)
"""A replica: when its step ends, infinite if idle; up to when it is accounted; when its step begins, after transfers;
since when the same sequences are decoded, with the steps and tokens at that time, `NOBODY` steps if others are; what it
does; decode steps so far; sequences that run, and their tokens so far; blocks of the KV cache in use, and of host
memory; the sequence that is prefilled, its tokens that are, and those in this step; first and last of its queue, and
how many wait; first and last of those that it has prefilled for others; when the last KV cache on its link is there;
blocks of its prefix cache, most texts in it so far, and its first free place; its zone, from 1 on, or whether it
processes prompts (1) or goes on with them (2) where others do the rest; whether it works, and whether it gets requests.
"""

Pool = NDArray[Any]
"""An array of `SEQUENCE`."""
Record = Any
"""A `SEQUENCE` or a `REPLICA`: numba reads and writes their fields as attributes."""

IDLE, PREFILL, DECODE = range(3)
"""What a replica does."""
COMING = 2
"""Place in `GenerationState.numbers`, after those of the pool."""


class GenerationRules(NamedTuple):
    """What does not change while the endpoint runs.

    Attributes:
        routing: Code of the routing policy, see `policies.ROUTING`.
        max_batch: Most sequences that run together on a replica.
        limit: Most requests waiting for a replica; negative for no limit.
        block: Tokens in a block of the KV cache.
        blocks: Blocks of a replica.
        chunk: Most tokens of a prompt in a step; all of them in one if it is as large as the longest.
        prefill_s: Time to process the first tokens of a prompt [s], by their number, [longest + 1]; 0 for none.
        decode_s: Time of decode steps of b sequences from an average of 0 to one of c tokens each, a step a token [s],
            [max_batch + 1, longest + 2]: the step at an average of c takes decode_s[b, c + 1] - decode_s[b, c].
        prefill_w: Power above rest while the first tokens of a prompt are processed [W], by number, [longest + 1].
        decode_w: Power above rest of decode steps by sequences [W], [max_batch + 1].
        ttft_slo_s: Promised time to the first token [s]; infinite if none.
        tpot_slo_s: Promised time per further token, mean over the answer [s]; infinite if none.
        slo_s: Promised time to the whole answer [s]; infinite if none.
        host_blocks: Blocks that the host memory of a replica holds for preempted sequences; 0 if they start over.
        swap_s: Time that a block takes to go there, or to come back [s].
        prefill_replicas: The first replicas, which process prompts and hand them over; 0 if all replicas do everything.
        move_s: Time that the KV cache of a token takes from there to another replica [s].
        keeps: Whether replicas have a prefix cache.
        zoned: Whether requests come from zones.
        spill_over: Requests that a replica holds when those from its own zone go to any.
        hop_s: Time from one zone to another [s].
        timeout_s: Longest time that a request waits for its first prefill [s]; infinite if as long as it takes.
        attempts, backoff_s, factor, longest_s, jitter: See `ClassRules`.
        bound: For affinity, how many times the mean a replica may hold of requests; infinite if any number.
    """

    routing: int
    max_batch: int
    limit: int
    block: int
    blocks: int
    chunk: int
    prefill_s: FloatArray
    decode_s: FloatArray
    prefill_w: FloatArray
    decode_w: FloatArray
    ttft_slo_s: float
    tpot_slo_s: float
    slo_s: float
    host_blocks: int = 0
    swap_s: float = 0.0
    prefill_replicas: int = 0
    move_s: float = 0.0
    keeps: bool = False
    zoned: bool = False
    spill_over: int = 0
    hop_s: float = 0.0
    bound: float = np.inf
    timeout_s: float = np.inf
    attempts: int = 1
    backoff_s: float = 0.0
    factor: float = 1.0
    longest_s: float = 0.0
    jitter: float = 0.0


class GenerationState(NamedTuple):
    """Everything at one instant. R replicas, S places for sequences.

    Attributes:
        pool: `SEQUENCE`, [S].
        replica: `REPLICA`, [R].
        running: Sequences that run, in the order of their admission, [R, max_batch].
        kept: `prefix_cache.KEPT`, [R, 1 + blocks], or [R, 1] without prefix caches.
        ready: Replicas that get requests, zone by zone, in the first places, [R].
        areas: All that are ready, then those of each zone, `class_state.AREA`, [1 + zones], or [1].
        later: Binary heap of requests that come back, `class_state.LATER`, [S].
        numbers: First free place, free places, entries of `later`, [3].
    """

    pool: Pool
    replica: NDArray[Any]
    running: IntArray
    kept: NDArray[Any]
    ready: IntArray
    areas: NDArray[Any]
    later: NDArray[Any]
    numbers: IntArray


class GenerationTotals(NamedTuple):
    """What has happened since second 0; totals of parts add up.

    Attributes:
        counts: See ARRIVED and its neighbours, [16].
        sums: See LATENCY_S and its neighbours, [5].
        latency: Histogram of the time to the whole answer, see `histogram`, [BINS].
        ttft: Histogram of the time to the first token, [BINS].
        tpot: Histogram of the time per further token, mean over each answer of two tokens or more, [BINS].
        batches: Decode steps by the number of sequences in them, [max_batch + 1].
    """

    counts: IntArray
    sums: FloatArray
    latency: IntArray
    ttft: IntArray
    tpot: IntArray
    batches: IntArray


def new_state(
    rules: GenerationRules, replicas: int, zones: IntArray | None = None, places: int = 64
) -> GenerationState:
    """An endpoint on which nothing has happened yet, with room for so many sequences; *zones* are those of replicas."""
    replica = np.zeros(replicas, dtype=REPLICA)
    replica["ends_s"] = np.inf
    for name in ("current", "head", "tail", "since_step", "first_out", "last_out"):
        replica[name] = NOBODY
    if zones is None:
        zones = np.zeros(replicas, dtype=np.int64)
        if rules.prefill_replicas:
            zones[:] = 1 + (np.arange(replicas) >= rules.prefill_replicas)
    replica["zone"], replica["up"], replica["member"] = zones, True, True
    ready = np.argsort(zones, kind="stable")
    return GenerationState(
        pool=new_pool(SEQUENCE, places),
        replica=replica,
        running=np.zeros((replicas, rules.max_batch), dtype=np.int64),
        kept=np.zeros((replicas, 1 + (rules.blocks if rules.keeps else 0)), dtype=KEPT),
        ready=ready,
        areas=areas(zones[ready], np.zeros(1 + zones.max(), dtype=AREA)),
        later=np.zeros(places, dtype=LATER),
        numbers=np.array([1, places - 1, 0], dtype=np.int64),
    )


def new_totals(rules: GenerationRules) -> GenerationTotals:
    """Totals of nothing."""
    return GenerationTotals(
        counts=np.zeros(16, dtype=np.int64),
        sums=np.zeros(5),
        latency=np.zeros(BINS, dtype=np.int64),
        ttft=np.zeros(BINS, dtype=np.int64),
        tpot=np.zeros(BINS, dtype=np.int64),
        batches=np.zeros(rules.max_batch + 1, dtype=np.int64),
    )


def grown(state: GenerationState) -> GenerationState:
    """The same state with room for twice as many sequences."""
    pool, numbers = grown_pool(state.pool, state.numbers)
    later = np.concatenate((state.later, np.zeros_like(state.later)))
    return state._replace(pool=pool, later=later, numbers=numbers)


def forget(state: GenerationState, replica: int) -> None:
    """The prefix cache of a replica is empty."""
    state.kept[replica] = 0
    for name in ("idle", "texts", "spare"):
        state.replica[name][replica] = 0


def in_python(state: GenerationState) -> GenerationState:
    """The same state for functions of the kernel, which read fields as attributes, when Python calls them."""
    return state._replace(pool=state.pool.view(np.recarray), later=state.later.view(np.recarray))


def held(state: GenerationState, replica: int) -> list[int]:
    """The sequences of a replica, those that wait first."""
    rep = state.replica[replica]
    found, slot = [], int(rep["head"])
    for _ in range(int(rep["waiting"])):
        found.append(slot)
        slot = int(state.pool["next"][slot])
    found += [int(rep["current"])] if rep["current"] != NOBODY else []
    return found + [int(each) for each in state.running[replica, : rep["running"]]]


def stop(state: GenerationState, replica: int) -> None:
    """A replica holds nothing any more; it was accounted for up to now."""
    for name in ("phase", "running", "tokens", "blocks", "host", "waiting"):
        state.replica[name][replica] = 0
    state.replica["current"][replica] = state.replica["since_step"][replica] = NOBODY
    state.replica["ends_s"][replica] = np.inf
    forget(state, replica)


def in_system(state: GenerationState) -> int:
    """Requests that wait or run."""
    return len(state.pool) - 1 - int(state.numbers[FREE_PLACES])


def as_totals(totals: GenerationTotals) -> Totals:
    """*totals* as those of any endpoint."""
    arrived, served, _, within, *_ = totals.counts
    latency_s, _, wait_s, busy_s, energy_j = totals.sums
    return Totals(
        counts=np.array([arrived, served, totals.counts[GIVEN_UP], within, arrived], dtype=np.int64),
        sums=np.array([latency_s, wait_s, busy_s, energy_j]),
        latency=totals.latency,
        batches=totals.batches,
    )


def with_hits(totals: GenerationTotals, hits: Hits, rules: GenerationRules) -> GenerationTotals:
    """*totals* and those of a cache in front, whose answers come whole: no replica writes a token of them."""
    came, answered, place = int(hits.came.sum()), int(hits.answered.sum()), bin_of(hits.hit_s)
    counts, sums = totals.counts.copy(), totals.sums.copy()
    latency, ttft = totals.latency.copy(), totals.ttft.copy()
    counts[ARRIVED] += came
    counts[SERVED] += answered
    counts[WITHIN_SLO] += answered if hits.hit_s <= min(rules.ttft_slo_s, rules.slo_s) else 0
    sums[[LATENCY_S, TTFT_S]] += answered * hits.hit_s
    latency[place] += answered
    ttft[place] += answered
    return totals._replace(counts=counts, sums=sums, latency=latency, ttft=ttft)
