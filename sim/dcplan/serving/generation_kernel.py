"""Text generation with continuous batching: sequences join and leave a running batch at every step.

After every step a replica chooses the next one (iteration-level scheduling: Yu et al., "Orca", OSDI 2022). A waiting
request that fits, into the batch and with its prompt into the KV cache, is admitted, first come first served, and its
prompt is processed in a step of its own, at whose end its first token is there; or in chunks that take turns with
decode steps (Agrawal et al., "Sarathi-Serve", OSDI 2024). Otherwise all running sequences get one more token each. What
of a prompt is in the prefix cache of its replica is not processed again (`prefix_cache`). The tokens after the first k
take as long as all of them less the first k, and at least as long as they would alone.

The KV cache is handed out in blocks (Kwon et al., "PagedAttention", SOSP 2023); when a step needs more than there
are, the sequence that was admitted last is preempted and goes back to the front of the queue. Its prompt and its tokens
are processed again (recomputation); or its blocks go to host memory, as long as there is room, and come back when they
fit beside one more for each that runs (swapping; section 4.5 there). The next step waits for these transfers, while the
replica is busy at no power above rest.

Prompts may have replicas of their own (disaggregation: Zhong et al., "DistServe", OSDI 2024; Patel et al., "Splitwise",
ISCA 2024). These process one after another and hand it over with its first token: the routing policy chooses one of
the other replicas, whose link takes in one KV cache after another. Assumed: who finds no room there waits beside the
replica with its cache, so that nothing holds up those who process prompts, and what they do is known before the others
begin.

A request whose prompt nobody has begun with after `timeout_s` leaves the queue; it comes back after a pause, as one
does that was refused, or lost with its replica (`class_kernel`). All wait as long, so who joined a queue first is the
next to give up, and only its replica must be looked at.

A decode step takes what the profile says for its number of sequences and their mean length. As long as nobody joins,
leaves or is preempted, step follows step, and many are taken at once from a table of sums.

Oracle: `validation.generation_oracle`, a SimPy process per request and per replica, one step at a time.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.class_kernel import backoff_s
from dcplan.serving.class_routing import SPILL, WHOLE
from dcplan.serving.compiled import called, function, kernel
from dcplan.serving.generation_state import (
    ARRIVED,
    ASKED,
    ATTEMPTED,
    BUSY_S,
    COMING,
    DECODE,
    ENERGY_J,
    GIVEN_UP,
    IDLE,
    KNOWN,
    LATENCY_S,
    LOST,
    PREEMPTED,
    PREFILL,
    REFUSED,
    SERVED,
    SPILLED,
    STARTED,
    SWAPPED,
    TIMED_OUT,
    TOKENS_IN,
    TOKENS_OUT,
    TTFT_S,
    WAIT_S,
    WITHIN_SLO,
    GenerationRules,
    GenerationState,
    GenerationTotals,
    Pool,
    Record,
)
from dcplan.serving.heaps import pop, push
from dcplan.serving.histogram import FloatArray, IntArray, bin_of
from dcplan.serving.kernel import UintArray
from dcplan.serving.policies import (
    AFFINITY,
    LEAST_LOADED,
    POWER_OF_TWO,
    ROUND_ROBIN,
    first_choice,
    jump,
    mixed,
    second_choice,
)
from dcplan.serving.pool import FREE, FREE_PLACES, NOBODY
from dcplan.serving.prefix_cache import Kept, evict, keep, take
from dcplan.serving.reference import by_reference


@function
def _blocks(tokens: int, block: int) -> int:  # pragma: no cover - compiled
    """Blocks that hold so many tokens."""
    return (tokens + block - 1) // block


@function
def _length(this: Record, rep: Record) -> int:  # pragma: no cover - compiled
    """Tokens of a running sequence, prompt included."""
    return this.prompt + this.output - (this.last_step - rep.steps)  # type: ignore[no-any-return]


@function
def _after_s(decode_s: FloatArray, rep: Record, steps: int) -> float:  # pragma: no cover - compiled
    """When so many more decode steps of the same sequences end [s].

    Counted from when they began to run together, so that it does not depend on where a run is interrupted.
    """
    mean = rep.since_tokens / rep.running
    whole = int(mean)
    above = mean - whole
    last = whole + steps + rep.steps - rep.since_step
    row = decode_s[rep.running]
    at_first, at_last = row[whole], row[last]
    if above > 0.0:
        at_first += above * (row[whole + 1] - at_first)
        at_last += above * (row[last + 1] - at_last)
    return rep.since_s + (at_last - at_first)  # type: ignore[no-any-return]


@function
def _needed(pool: Pool, running: IntArray, rep: Record, block: int, steps: int) -> int:  # pragma: no cover - compiled
    """Blocks that the running sequences need more after so many steps."""
    more = 0
    for k in range(rep.running):
        length = _length(pool[running[k]], rep)
        more += _blocks(length + steps, block) - _blocks(length, block)
    return more


# --- the sequences of a replica ---------------------------------------------------------------------------------------


@function
def _append(pool: Pool, rep: Record, slot: int) -> None:  # pragma: no cover - compiled
    """Put a sequence at the end of the queue."""
    pool[slot].next = NOBODY
    if rep.waiting == 0:
        rep.head = slot
    else:
        pool[rep.tail].next = slot
    rep.tail = slot
    rep.waiting += 1


@function
def _prepend(pool: Pool, rep: Record, slot: int) -> None:  # pragma: no cover - compiled
    """Put a sequence at the front of the queue."""
    pool[slot].next = rep.head if rep.waiting > 0 else NOBODY
    if rep.waiting == 0:
        rep.tail = slot
    rep.head = slot
    rep.waiting += 1


@function
def _fits(rules: GenerationRules, pool: Pool, rep: Record) -> bool:  # pragma: no cover - compiled
    """Whether there is room for the first in the queue, as soon as it is ready."""
    if rep.waiting == 0 or rep.running == rules.max_batch:
        return False
    this = pool[rep.head]
    blocks = rep.blocks + _blocks(this.prompt + this.done + 1, rules.block)
    if this.cached > 0:  # it runs at once, and every one of the others may need a block
        blocks += rep.running
    return blocks <= rules.blocks  # type: ignore[no-any-return]


@function
def _join(pool: Pool, running: IntArray, rep: Record, slot: int) -> None:  # pragma: no cover - compiled
    """A sequence runs from now on."""
    this = pool[slot]
    this.last_step = rep.steps + this.output - this.done
    running[rep.running] = slot
    rep.running += 1
    rep.tokens += this.prompt + this.done
    rep.since_step = NOBODY


@function
def _preempt(
    rules: GenerationRules, pool: Pool, running: IntArray, rep: Record, counts: IntArray
) -> None:  # pragma: no cover - compiled
    """The sequence that was admitted last goes back to the front of the queue with the tokens it has."""
    rep.running -= 1
    slot = running[rep.running]
    this = pool[slot]
    length = _length(this, rep)
    blocks = _blocks(length, rules.block)
    this.done = length - this.prompt
    rep.tokens -= length
    rep.blocks -= blocks
    rep.since_step = NOBODY
    this.ready_s = rep.ends_s
    if rep.host + blocks <= rules.host_blocks:
        this.cached = 1
        this.host = blocks
        rep.host += blocks
        rep.step_s += blocks * rules.swap_s
        counts[SWAPPED] += 1
    else:
        counts[PREEMPTED] += 1
    _prepend(pool, rep, slot)


@function
def _leave(
    rules: GenerationRules, totals: GenerationTotals, this: Record, now_s: float
) -> None:  # pragma: no cover - compiled
    """A sequence has its last token."""
    latency_s = now_s - this.born_s
    totals.counts[SERVED] += 1
    totals.counts[TOKENS_OUT] += this.output
    totals.sums[LATENCY_S] += latency_s
    totals.latency[bin_of(latency_s)] += 1
    kept = latency_s <= rules.slo_s and this.first_s - this.born_s <= rules.ttft_slo_s
    if this.output > 1:
        tpot_s = (now_s - this.first_s) / (this.output - 1)
        totals.tpot[bin_of(tpot_s)] += 1
        kept = kept and tpot_s <= rules.tpot_slo_s
    if kept:
        totals.counts[WITHIN_SLO] += 1


@function
def _free(pool: Pool, numbers: IntArray, slot: int) -> None:  # pragma: no cover - compiled
    """A place for a sequence becomes free."""
    pool[slot].next = numbers[FREE]
    numbers[FREE] = slot
    numbers[FREE_PLACES] += 1


@function
def _hand_over(pool: Pool, rep: Record, slot: int) -> None:  # pragma: no cover - compiled
    """The sequence that was prefilled is ready for another replica."""
    this = pool[slot]
    this.ready_s = rep.ends_s
    this.bits = mixed(this.bits, 1)
    this.cached = 1
    this.next = NOBODY
    if rep.first_out == NOBODY:
        rep.first_out = slot
    else:
        pool[rep.last_out].next = slot
    rep.last_out = slot


@function
def _dismiss(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int
) -> None:  # pragma: no cover - compiled
    """Those that have their last token leave; where prompts are processed for others, those that have the first."""
    rep = state.replica[replica]
    running = state.running[replica]
    kept = 0
    for k in range(rep.running):
        slot = running[k]
        this = state.pool[slot]
        hands_over = replica < rules.prefill_replicas and this.output > 1
        if this.last_step > rep.steps and not hands_over:
            running[kept] = slot
            kept += 1
            continue
        length = this.prompt + (1 if hands_over else this.output)
        rep.tokens -= length
        rep.blocks -= _blocks(length, rules.block)
        if rules.keeps:  # its last token was never put into the KV cache
            keep(state.kept[replica], rep, this.source, (length - 1) // rules.block)
        if hands_over:
            _hand_over(state.pool, rep, slot)
        else:
            _leave(rules, totals, this, rep.ends_s)
            _free(state.pool, state.numbers, slot)
    if kept < rep.running:
        rep.running = kept
        rep.since_step = NOBODY


# --- the steps of a replica -------------------------------------------------------------------------------------------


@function
def _account(
    rules: GenerationRules, sums: FloatArray, rep: Record, until_s: float
) -> None:  # pragma: no cover - compiled
    """A replica was busy with what it does up to *until_s*."""
    if rep.phase == IDLE:
        return
    busy_s = until_s - rep.started_s
    power_w = rules.prefill_w[rep.prefilled + rep.piece] if rep.phase == PREFILL else rules.decode_w[rep.running]
    sums[BUSY_S] += busy_s
    sums[ENERGY_J] += max(0.0, until_s - max(rep.started_s, rep.step_s)) * power_w
    rep.started_s = until_s


@function
def _end_prefill(
    pool: Pool, running: IntArray, rep: Record, totals: GenerationTotals
) -> None:  # pragma: no cover - compiled
    """A piece of a prompt has been processed; after the last one, its sequence has one more token and runs."""
    this = pool[rep.current]
    totals.counts[TOKENS_IN] += rep.piece
    rep.prefilled += rep.piece
    if rep.prefilled < this.prompt + this.done:
        return
    this.done += 1
    if this.done == 1:
        ttft_s = rep.ends_s - this.born_s
        this.first_s = rep.ends_s
        totals.sums[TTFT_S] += ttft_s
        totals.ttft[bin_of(ttft_s)] += 1
    _join(pool, running, rep, rep.current)
    rep.current = NOBODY


@function
def _end_decode(
    rules: GenerationRules, pool: Pool, running: IntArray, rep: Record, batches: IntArray, until_s: float
) -> None:  # pragma: no cover - compiled
    """All running sequences have one more token, or as many as they get by *until_s* together.

    Together they go on until one of them has its last token, another one joins, or the next token does not fit.
    """
    spare = rules.blocks - rep.blocks
    most = pool[running[0]].last_step
    for k in range(1, rep.running):
        most = min(most, pool[running[k]].last_step)
    steps, most = 1, most - rep.steps
    if _fits(rules, pool, rep):
        until_s = min(until_s, pool[rep.head].ready_s)
    if rep.current != NOBODY or until_s <= rep.ends_s:  # they take turns with a prompt, or another one joins
        most = 1
    roomy = rep.running * (1 + most // rules.block) <= spare
    middle = most
    while steps < most:
        if _after_s(rules.decode_s, rep, middle) <= until_s and (
            roomy or _needed(pool, running, rep, rules.block, middle) <= spare
        ):
            steps = middle
        else:
            most = middle - 1
        middle = (steps + most + 1) // 2
    rep.ends_s = _after_s(rules.decode_s, rep, steps)
    rep.blocks += _needed(pool, running, rep, rules.block, steps)
    rep.steps += steps
    rep.tokens += steps * rep.running
    batches[rep.running] += steps


@function
def _admit(
    rules: GenerationRules, pool: Pool, running: IntArray, kept: Kept, rep: Record, totals: GenerationTotals
) -> None:  # pragma: no cover - compiled
    """The first in the queue, for which there is room, is prefilled next; or it runs, for its KV cache is there."""
    slot = rep.head
    this = pool[slot]
    rep.head = this.next
    rep.waiting -= 1
    if this.cached > 0:
        rep.step_s += this.host * rules.swap_s
        rep.blocks += _blocks(this.prompt + this.done, rules.block)
        rep.host -= this.host
        this.cached = 0
        this.host = 0
        _join(pool, running, rep, slot)
        return
    rep.blocks += _blocks(this.prompt + this.done + 1, rules.block)
    rep.current = slot
    rep.prefilled = 0
    rep.piece = 0
    if rules.keeps:
        rep.prefilled = min(take(kept, rep, this.source), this.known // rules.block) * rules.block
    if this.done == 0:
        forget_patience(pool, slot)
        totals.counts[STARTED] += 1
        totals.counts[ASKED] += this.prompt
        totals.counts[KNOWN] += rep.prefilled
        totals.sums[WAIT_S] += rep.ends_s - this.ready_s


@function
def _next_step(
    rules: GenerationRules, pool: Pool, running: IntArray, kept: Kept, rep: Record, totals: GenerationTotals
) -> None:  # pragma: no cover - compiled
    """Choose what the replica does next, and when that ends."""
    rep.started_s = rep.ends_s
    rep.step_s = rep.ends_s
    while rep.current == NOBODY and _fits(rules, pool, rep) and pool[rep.head].ready_s <= rep.ends_s:
        _admit(rules, pool, running, kept, rep, totals)
    slot = rep.current
    decodes = slot == NOBODY
    if rep.phase == PREFILL and rep.piece > 0:  # a piece was processed, a step follows
        decodes = True
    while decodes and rep.blocks + _needed(pool, running, rep, rules.block, 1) > rules.blocks:
        _preempt(rules, pool, running, rep, totals.counts)
    if slot != NOBODY and (not decodes or rep.running == 0):
        rep.piece = min(rules.chunk, pool[slot].prompt + pool[slot].done - rep.prefilled)
        rep.phase = PREFILL
        end_s = rules.prefill_s[rep.prefilled + rep.piece] - rules.prefill_s[rep.prefilled]
        rep.ends_s = rep.step_s + max(end_s, rules.prefill_s[rep.piece])
        rep.since_step = NOBODY
    elif rep.running == 0:
        rep.phase = IDLE
        rep.ends_s = pool[rep.head].ready_s if rep.waiting > 0 else np.inf
    else:
        if rep.since_step == NOBODY:
            rep.since_s = rep.step_s
            rep.since_step = rep.steps
            rep.since_tokens = rep.tokens
        rep.phase = DECODE
        rep.ends_s = _after_s(rules.decode_s, rep, 1)


@function
def _replay(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int, now_s: float, stops: bool
) -> None:  # pragma: no cover - compiled
    """Bring a replica up to *now_s*; *stops*: and account for what it does then."""
    rep = state.replica[replica]
    running, kept = state.running[replica], state.kept[replica]
    while stops or rep.ends_s <= now_s:
        ends = rep.ends_s <= now_s
        if ends and rep.phase == DECODE:
            _end_decode(rules, state.pool, running, rep, totals.batches, now_s)
        _account(rules, totals.sums, rep, rep.ends_s if ends else now_s)
        if not ends:
            return
        if rep.idle > rules.blocks - rep.blocks:
            evict(kept, rep, rules.blocks - rep.blocks)
        if rep.phase == PREFILL:
            _end_prefill(state.pool, running, rep, totals)
        _dismiss(rules, state, totals, replica)
        _next_step(rules, state.pool, running, kept, rep, totals)


# --- time -------------------------------------------------------------------------------------------------------------


@function
def _load(rep: Record) -> int:  # pragma: no cover - compiled
    """Requests that wait for a replica or run on it."""
    return rep.waiting + rep.running + (1 if rep.current != NOBODY else 0)  # type: ignore[no-any-return]


@called
def _hashed(
    replica: NDArray[Any], numbers: int, members: int, bits: int, bound: float
) -> int:  # pragma: no cover - compiled
    """The replica of a session: of those it hashes to the first that is ready and may take one more, see `policies`.

    *members* of the first *numbers* replicas are ready, and the last of these is.
    """
    most, held, number = np.inf, 0, 0
    if bound < np.inf:
        for each in range(numbers):
            held += _load(replica[each]) if replica[each].member else 0
        most = math.ceil(bound * (held + 1) / members)
    while True:
        number += 1
        chosen = jump(mixed(bits, number), numbers)
        if replica[chosen].member and _load(replica[chosen]) < most:
            return chosen


@function
def _compared(routing: int, bits: int, number: int, replicas: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """Two replicas of which the less loaded one gets a request, the first of equals; twice the same one if it is set.

    For the least loaded of all, the first and the last replica.
    """
    if routing == LEAST_LOADED:
        return 0, replicas - 1
    if routing == ROUND_ROBIN:
        return number % replicas, number % replicas
    first = first_choice(bits, replicas)
    if routing == POWER_OF_TWO and replicas > 1:
        return first, second_choice(bits, replicas, first)
    return first, first


@function
def _arrived(
    pool: Pool, numbers: IntArray, now_s: float, bits: int, prompt: int, output: int, source: int, known: int
) -> int:  # pragma: no cover - compiled
    """The place of a request that comes."""
    slot = numbers[FREE]
    this = pool[slot]
    numbers[FREE] = this.next
    numbers[FREE_PLACES] -= 1
    this.came_s = now_s
    this.first_s = np.nan
    this.attempt = 0
    this.ready_s = now_s
    this.bits = bits
    this.prompt = prompt
    this.output = output
    this.done = 0
    this.cached = 0
    this.host = 0
    this.source = source
    this.known = known
    return slot  # type: ignore[no-any-return]


@function
def _handed_over(pool: Pool, fleet: NDArray[Any], replicas: int, until_s: float) -> int:  # pragma: no cover - compiled
    """The next sequence that the first *replicas* hand over before *until_s*; `NOBODY` if there is none."""
    source, at_s = NOBODY, until_s
    for replica in range(replicas):
        slot = fleet[replica].first_out
        if slot != NOBODY and pool[slot].ready_s < at_s:
            source, at_s = replica, pool[slot].ready_s
    if source == NOBODY:
        return NOBODY
    rep = fleet[source]
    slot = rep.first_out
    rep.first_out = pool[slot].next
    return slot  # type: ignore[no-any-return]


@function
def _enter(rules: GenerationRules, pool: Pool, rep: Record, slot: int) -> None:  # pragma: no cover - compiled
    """A sequence joins the queue of a replica, which wakes for it if it is idle; its KV cache is on its way."""
    this = pool[slot]
    if this.cached > 0:
        this.ready_s = max(this.ready_s, rep.link_s) + this.prompt * rules.move_s
        rep.link_s = this.ready_s
    elif rules.timeout_s < np.inf:
        this.newer = 0
        this.older = pool[0].older
        pool[this.older].newer = slot
        pool[0].older = slot
    _append(pool, rep, slot)
    if rep.phase == IDLE:
        rep.ends_s = min(rep.ends_s, this.ready_s)


@called
def leave_queue(pool: Pool, rep: Record, slot: int) -> None:  # pragma: no cover - compiled
    """A sequence does not wait any more."""
    before, each = NOBODY, rep.head
    while each != slot:
        before, each = each, pool[each].next
    if before == NOBODY:
        rep.head = pool[slot].next
    else:
        pool[before].next = pool[slot].next
    if rep.tail == slot:
        rep.tail = before
    rep.waiting -= 1
    forget_patience(pool, slot)


@called
def forget_patience(pool: Pool, slot: int) -> None:  # pragma: no cover - compiled
    """A sequence will not give up any more."""
    this = pool[slot]
    pool[this.older].newer = this.newer
    pool[this.newer].older = this.older


@function
def _candidates(
    rules: GenerationRules,
    state: GenerationState,
    comes: bool,
    held: int,
    area: int,
    stage: int,
    bits: int,
    settled: bool,
) -> tuple[int, int, int, int, bool]:  # pragma: no cover - compiled
    """Replicas that a sequence may go to: the one that it takes if loads are equal; the first, the last, and the step.

    They are numbers of replicas, or else, as told by the last, places in `ready`. In stage 1 they are some of those
    that take over what others have prefilled. If no sequence comes, they are all of the stage; if one may give up, they
    are the replica *held* that it waits for. Unless all is *settled*, they are all of which one might be chosen by its
    session.
    """
    if held != NOBODY:
        return held, held, held, 1, True
    split, last = rules.prefill_replicas, len(state.replica) - 1
    if not comes:
        return NOBODY, split if stage == 1 else 0, split - 1 if split > 0 and stage == 0 else last, 1, True
    here = state.areas[area]
    if here.count == 0:
        return NOBODY, 0, NOBODY, 1, True
    routing = rules.routing
    if routing == AFFINITY and stage == 0:
        last = state.ready[here.first + here.count - 1]
        if not settled:
            return NOBODY, 0, last, 1, True
        chosen = _hashed(state.replica, last + 1, here.count, bits, rules.bound)
        return chosen, chosen, chosen, 1, True
    chosen, other = _compared(POWER_OF_TWO if routing == AFFINITY else routing, bits, here.turn, here.count)
    here.turn += 1
    apart = 1 if routing == LEAST_LOADED else max(1, abs(other - chosen))
    return here.first + chosen, here.first + min(chosen, other), here.first + max(chosen, other), apart, False


@function
def fail(
    rules: GenerationRules, state: GenerationState, counts: IntArray, slot: int, now_s: float
) -> None:  # pragma: no cover - compiled
    """An attempt has failed: there is another one later, or none."""
    this = state.pool[slot]
    if this.attempt + 1 == rules.attempts:
        counts[GIVEN_UP] += 1
        _free(state.pool, state.numbers, slot)
        return
    pause_s = backoff_s(rules, this.attempt, mixed(this.bits, 2 * this.attempt + 1))
    push(state.later, state.numbers[COMING], now_s + pause_s, slot)
    state.numbers[COMING] += 1
    this.attempt += 1


@kernel
def serve(
    rules: GenerationRules,
    state: GenerationState,
    totals: GenerationTotals,
    times_s: FloatArray,
    routes: UintArray,
    prompts: IntArray,
    outputs: NDArray[np.int64],
    sources: NDArray[np.int64],
    known: NDArray[np.int64],
    first: int,
    until_s: float,
) -> int:  # pragma: no cover - compiled
    """Serve the requests that arrive before *until_s*, then bring every replica up to it.

    Args:
        rules: What does not change.
        state: Queues and replicas; changed in place.
        totals: What has happened; added to in place.
        times_s: Arrival times [s], sorted, [n].
        routes: 64 random bits per request, for the routing policy, [n].
        prompts: Tokens of each prompt, [n].
        outputs: Tokens of each answer, at least one, [n].
        sources: Text that each prompt begins with, which goes on with the rest and with the answer, [n], or [0].
        known: Tokens of each prompt that are of that text, fewer than all, [n], or [0].
        first: The first request that has not been looked at.
        until_s: Where to stop [s]; infinite to stop after the last of *times_s*, replicas not brought up to date.

    Returns: The first request not looked at. If it is before *until_s*, there was no place: grow the state, call again.
    """
    rules, state, totals = by_reference(rules), by_reference(state), by_reference(totals)
    index, split = first, rules.prefill_replicas > 0
    limit_s = times_s[-1] if until_s == np.inf and len(times_s) > 0 else until_s
    for stage in range(2 if split else 1):  # first all that arrive, then what is handed over
        comes = True
        while comes:
            slot, held, now_s = NOBODY, NOBODY, limit_s
            area = 1 + stage if split else WHOLE
            if stage == 1:
                slot = _handed_over(state.pool, state.replica, rules.prefill_replicas, limit_s)
                if slot != NOBODY:
                    now_s = state.pool[slot].ready_s
            else:
                patient = state.pool[0].newer
                gives_up_s = state.pool[patient].ready_s + rules.timeout_s if patient > 0 else np.inf
                again_s = state.later[0].at_s if state.numbers[COMING] > 0 else np.inf
                arrival_s = times_s[index] if index < len(times_s) else np.inf
                at_s = min(gives_up_s, again_s, arrival_s)
                if at_s >= until_s or at_s > limit_s:
                    if until_s == np.inf and not split:
                        return index
                elif gives_up_s == at_s:
                    slot, held = patient, state.pool[patient].replica
                elif again_s == at_s:
                    slot = pop(state.later, state.numbers[COMING])
                    state.numbers[COMING] -= 1
                elif state.numbers[FREE_PLACES] == 0:
                    return index
                else:
                    source = sources[index] if len(sources) > 0 else 0
                    same = known[index] if len(known) > 0 else 0
                    slot = _arrived(
                        state.pool,
                        state.numbers,
                        arrival_s,
                        routes[index],
                        prompts[index],
                        outputs[index],
                        source,
                        same,
                    )
                    totals.counts[ARRIVED] += 1
                    index += 1
                if slot != NOBODY:
                    now_s = at_s
            comes = slot != NOBODY
            this = state.pool[slot]
            bits = mixed(this.bits, 2 * this.attempt if stage == 0 else 0)
            if rules.routing == AFFINITY and stage == 0:
                bits = np.uint64(this.source)  # type: ignore[assignment]
            if comes and stage == 0 and held == NOBODY:
                totals.counts[ATTEMPTED] += 1
                this.ready_s = now_s
                this.born_s = this.came_s
                if rules.zoned:
                    area = this.source
            settled = rules.routing != AFFINITY or rules.bound == np.inf or stage == 1  # else all are looked at first
            while True:
                chosen, low, high, apart, direct = _candidates(rules, state, comes, held, area, stage, bits, settled)
                if not direct:
                    chosen = state.ready[chosen]
                for k in range(low, high + 1, apart):
                    _replay(
                        rules, state, totals, k if direct else state.ready[k], now_s, not comes and until_s < np.inf
                    )
                for k in range(low, NOBODY if direct else high + 1, apart):
                    if _load(state.replica[state.ready[k]]) < _load(state.replica[chosen]):
                        chosen = state.ready[k]
                if not settled:
                    settled = True
                    continue
                if not rules.zoned or area == WHOLE:
                    break
                if chosen != NOBODY and _load(state.replica[chosen]) < rules.spill_over:
                    break
                area, bits = WHOLE, mixed(bits, SPILL)
            if not comes:
                continue
            rep, cause = state.replica[chosen], LOST
            if held != NOBODY:
                if state.pool[0].newer != slot:  # it was begun with meanwhile
                    continue
                leave_queue(state.pool, rep, slot)
                cause = TIMED_OUT
            elif chosen != NOBODY:
                if rules.zoned and rep.zone != this.source:
                    totals.counts[SPILLED] += 1
                    this.born_s -= 2.0 * rules.hop_s
                full = stage == 0 and 0 <= rules.limit <= rep.waiting and rep.phase != IDLE
                cause = LOST if not rep.up else REFUSED if full else NOBODY
            if cause == NOBODY:
                this.replica = chosen
                _enter(rules, state.pool, rep, slot)
            else:
                totals.counts[cause] += 1
                fail(rules, state, totals.counts, slot, now_s)
    return index
