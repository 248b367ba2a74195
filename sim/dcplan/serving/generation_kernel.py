"""Text generation with continuous batching: sequences join and leave a running batch at every step.

After every step a replica chooses the next one (iteration-level scheduling: Yu et al., "Orca", OSDI 2022). A waiting
request that fits, into the batch and with its prompt into the KV cache, is admitted, first come first served, and its
prompt is processed in a step of its own, at whose end its first token is there; or in chunks that take turns with
decode steps (Agrawal et al., "Sarathi-Serve", OSDI 2024). Otherwise all running sequences get one more token each. The
KV cache is handed out in blocks (Kwon et al., "PagedAttention", SOSP 2023); when the next step needs more than there
are, the sequence that was admitted last is preempted: it goes back to the front of the queue, and its prompt and the
tokens that it has are processed again (recomputation).

A decode step takes what the profile says for its number of sequences and their mean length. As long as nobody joins,
leaves or is preempted, step follows step, and many are taken at once from a table of sums.

Oracle: `validation.generation_oracle`, a SimPy process per request and per replica, one step at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.compiled import function, kernel
from dcplan.serving.generation_state import (
    ACTIVE,
    ARRIVED,
    BUSY_S,
    DECODE,
    ENERGY_J,
    IDLE,
    LATENCY_S,
    PREEMPTED,
    PREFILL,
    REFUSED,
    ROUTED,
    SERVED,
    STARTED,
    TOKENS_IN,
    TOKENS_OUT,
    TTFT_S,
    WAIT_S,
    WITHIN_SLO,
    GenerationRules,
    GenerationState,
    GenerationTotals,
)
from dcplan.serving.histogram import FloatArray, IntArray, bin_of
from dcplan.serving.kernel import UintArray
from dcplan.serving.policies import LEAST_LOADED, POWER_OF_TWO, ROUND_ROBIN, first_choice, second_choice
from dcplan.serving.pool import FREE, FREE_PLACES, NOBODY


@function
def _blocks(rules: GenerationRules, tokens: int) -> int:  # pragma: no cover - compiled
    """Blocks that hold so many tokens."""
    return (tokens + rules.block - 1) // rules.block


@function
def _length(state: GenerationState, replica: int, slot: int) -> int:  # pragma: no cover - compiled
    """Tokens of a running sequence, prompt included."""
    left = state.pool[slot].last_step - state.replica[replica].steps
    return state.pool[slot].prompt + state.pool[slot].output - left  # type: ignore[no-any-return]


@function
def _decode_s(rules: GenerationRules, running: int, tokens: int, steps: int) -> float:  # pragma: no cover - compiled
    """Time of so many decode steps, the first at so many tokens of all sequences together [s]."""
    mean = tokens / running
    whole = int(mean)
    part = mean - whole
    row = rules.decode_s[running]
    at_first = row[whole] + part * (row[whole + 1] - row[whole])
    last = whole + steps
    at_last = row[last] + part * (row[last + 1] - row[last]) if part > 0.0 else row[last]
    return at_last - at_first  # type: ignore[no-any-return]


@function
def _after_s(
    rules: GenerationRules, state: GenerationState, replica: int, steps: int
) -> float:  # pragma: no cover - compiled
    """When so many more decode steps of the same sequences end [s].

    Counted from when they began to run together, so that it does not depend on where a run is interrupted.
    """
    this = state.replica[replica]
    steps += this.steps - this.since_step
    return this.since_s + _decode_s(rules, this.running, this.since_tokens, steps)  # type: ignore[no-any-return]


@function
def _needed(
    rules: GenerationRules, state: GenerationState, replica: int, steps: int
) -> int:  # pragma: no cover - compiled
    """Blocks that the running sequences need more after so many steps."""
    more = 0
    for k in range(state.replica[replica].running):
        length = _length(state, replica, state.running[replica, k])
        more += _blocks(rules, length + steps) - _blocks(rules, length)
    return more


# --- the queue of a replica -------------------------------------------------------------------------------------------


@function
def _append(state: GenerationState, replica: int, slot: int) -> None:  # pragma: no cover - compiled
    """Put a sequence at the end of the queue."""
    rep = state.replica[replica]
    state.pool[slot].next = NOBODY
    if rep.waiting == 0:
        rep.head = slot
    else:
        state.pool[rep.tail].next = slot
    rep.tail = slot
    rep.waiting += 1


@function
def _prepend(state: GenerationState, replica: int, slot: int) -> None:  # pragma: no cover - compiled
    """Put a sequence at the front of the queue."""
    rep = state.replica[replica]
    state.pool[slot].next = rep.head if rep.waiting > 0 else NOBODY
    if rep.waiting == 0:
        rep.tail = slot
    rep.head = slot
    rep.waiting += 1


@function
def _leave(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, slot: int, now_s: float
) -> None:  # pragma: no cover - compiled
    """A sequence has its last token."""
    this = state.pool[slot]
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
    state.pool[slot].next = state.numbers[FREE]
    state.numbers[FREE] = slot
    state.numbers[FREE_PLACES] += 1


@function
def _account(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int, until_s: float
) -> None:  # pragma: no cover - compiled
    """A replica was busy with what it does up to *until_s*."""
    rep = state.replica[replica]
    busy_s = until_s - rep.started_s
    totals.sums[BUSY_S] += busy_s
    if rep.phase == PREFILL:
        totals.sums[ENERGY_J] += busy_s * rules.prefill_w[rep.prefilled + rep.piece]
    else:
        totals.sums[ENERGY_J] += busy_s * rules.decode_w[rep.running]
    rep.started_s = until_s


# --- the steps of a replica -------------------------------------------------------------------------------------------


@function
def _end_prefill(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int
) -> None:  # pragma: no cover - compiled
    """A piece of a prompt has been processed; after the last one, its sequence has one more token and runs."""
    rep = state.replica[replica]
    now_s, slot = rep.ends_s, rep.current
    totals.counts[TOKENS_IN] += rep.piece
    rep.prefilled += rep.piece
    if rep.prefilled < state.pool[slot].prompt + state.pool[slot].done:
        return
    rep.current = NOBODY
    state.pool[slot].done += 1
    if state.pool[slot].done == 1:
        ttft_s = now_s - state.pool[slot].born_s
        state.pool[slot].first_s = now_s
        totals.sums[TTFT_S] += ttft_s
        totals.ttft[bin_of(ttft_s)] += 1
    length = state.pool[slot].prompt + state.pool[slot].done
    if state.pool[slot].done == state.pool[slot].output:
        rep.blocks -= _blocks(rules, length)
        _leave(rules, state, totals, slot, now_s)
        return
    state.pool[slot].last_step = rep.steps + state.pool[slot].output - state.pool[slot].done
    state.running[replica, rep.running] = slot
    rep.running += 1
    rep.tokens += length


@function
def _take_steps(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int, steps: int
) -> None:  # pragma: no cover - compiled
    """All running sequences have so many tokens more; none of them has its last."""
    rep = state.replica[replica]
    running = rep.running
    rep.blocks += _needed(rules, state, replica, steps)
    rep.steps += steps
    rep.tokens += steps * running
    totals.batches[running] += steps


@function
def _end_decode(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int
) -> None:  # pragma: no cover - compiled
    """Every running sequence has one more token; those that have their last one leave."""
    rep = state.replica[replica]
    _take_steps(rules, state, totals, replica, 1)
    now_s, steps, kept = rep.ends_s, rep.steps, 0
    for k in range(rep.running):
        slot = state.running[replica, k]
        if state.pool[slot].last_step == steps:
            length = state.pool[slot].prompt + state.pool[slot].output
            rep.tokens -= length
            rep.blocks -= _blocks(rules, length)
            _leave(rules, state, totals, slot, now_s)
        else:
            state.running[replica, kept] = slot
            kept += 1
    rep.running = kept


@function
def _preempt(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int
) -> None:  # pragma: no cover - compiled
    """The sequence that was admitted last goes back to the front of the queue with the tokens it has."""
    rep = state.replica[replica]
    last = rep.running - 1
    slot = state.running[replica, last]
    length = _length(state, replica, slot)
    state.pool[slot].done = length - state.pool[slot].prompt
    rep.running = last
    rep.tokens -= length
    rep.blocks -= _blocks(rules, length)
    _prepend(state, replica, slot)
    totals.counts[PREEMPTED] += 1


@function
def _free_steps(
    rules: GenerationRules, state: GenerationState, replica: int, until_s: float
) -> int:  # pragma: no cover - compiled
    """Decode steps that end by *until_s*, after which nobody has its last token and the next step still fits."""
    rep = state.replica[replica]
    running = rep.running
    most = state.pool[state.running[replica, 0]].last_step
    for k in range(1, running):
        most = min(most, state.pool[state.running[replica, k]].last_step)
    most -= rep.steps + 1
    spare = rules.blocks - rep.blocks
    low, high = 0, most
    if running * (1 + (most + 1) // rules.block) > spare:
        while low < high:
            middle = (low + high + 1) // 2
            if _needed(rules, state, replica, middle + 1) <= spare:
                low = middle
            else:
                high = middle - 1
        most = low
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if _after_s(rules, state, replica, middle) <= until_s:
            low = middle
        else:
            high = middle - 1
    return low


@function
def _next_step(
    rules: GenerationRules,
    state: GenerationState,
    totals: GenerationTotals,
    replica: int,
    now_s: float,
    until_s: float,
    changed: bool,
) -> None:  # pragma: no cover - compiled
    """Choose what the replica does next, and when that ends; many decode steps at once up to *until_s*.

    *changed*: whether others run than in the step before.
    """
    rep = state.replica[replica]
    if rep.current == NOBODY and rep.waiting > 0:
        slot = rep.head
        needed = _blocks(rules, state.pool[slot].prompt + state.pool[slot].done + 1)
        fits = rep.blocks + needed <= rules.blocks
        if fits and rep.running < rules.max_batch:
            rep.head = state.pool[slot].next
            rep.waiting -= 1
            rep.blocks += needed
            rep.current = slot
            rep.prefilled = 0
            rep.piece = 0
            if state.pool[slot].done == 0:
                totals.counts[STARTED] += 1
                totals.sums[WAIT_S] += now_s - state.pool[slot].born_s
    slot = rep.current
    decodes = slot == NOBODY
    if rep.phase == PREFILL and rep.prefilled > 0:  # a piece was, a step follows
        decodes = True
    together = rep.running
    while decodes and rep.blocks + _needed(rules, state, replica, 1) > rules.blocks:
        _preempt(rules, state, totals, replica)
    running = rep.running
    rep.started_s = now_s
    if slot != NOBODY and (not decodes or running == 0):
        prefilled = rep.prefilled
        piece = min(rules.chunk, state.pool[slot].prompt + state.pool[slot].done - prefilled)
        rep.piece = piece
        rep.phase = PREFILL
        rep.ends_s = now_s + rules.prefill_s[prefilled + piece] - rules.prefill_s[prefilled]
        return
    if running == 0:
        rep.phase = IDLE
        rep.ends_s = np.inf
        return
    if rep.phase != DECODE or changed or running < together:
        rep.since_s = now_s
        rep.since_step = rep.steps
        rep.since_tokens = rep.tokens
    rep.phase = DECODE
    if slot == NOBODY:
        steps = _free_steps(rules, state, replica, until_s)
        if steps > 0:
            at_s = _after_s(rules, state, replica, steps)
            _take_steps(rules, state, totals, replica, steps)
            _account(rules, state, totals, replica, at_s)
    rep.ends_s = _after_s(rules, state, replica, 1)


@function
def _replay(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, replica: int, now_s: float
) -> None:  # pragma: no cover - compiled
    """Bring a replica up to *now_s*."""
    rep = state.replica[replica]
    while rep.ends_s <= now_s:
        at_s = rep.ends_s
        _account(rules, state, totals, replica, at_s)
        before = rep.running
        if rep.phase == PREFILL:
            _end_prefill(rules, state, totals, replica)
        else:
            _end_decode(rules, state, totals, replica)
        _next_step(rules, state, totals, replica, at_s, now_s, rep.running != before)


# --- time -------------------------------------------------------------------------------------------------------------


@function
def _load(state: GenerationState, replica: int) -> int:  # pragma: no cover - compiled
    """Requests that wait for a replica or run on it."""
    rep = state.replica[replica]
    prefilled = 1 if rep.current != NOBODY else 0
    return rep.waiting + rep.running + prefilled  # type: ignore[no-any-return]


@function
def _routed(
    rules: GenerationRules, state: GenerationState, totals: GenerationTotals, bits: int, now_s: float
) -> int:  # pragma: no cover - compiled
    """The replica that a request goes to; those that are compared, and it, are brought up to *now_s*."""
    replicas = state.numbers[ACTIVE]
    chosen = first_choice(bits, replicas)
    if rules.routing == ROUND_ROBIN:
        chosen = state.numbers[ROUTED] % replicas
    state.numbers[ROUTED] += 1
    first, last, other = chosen, chosen, NOBODY
    if rules.routing == LEAST_LOADED:
        first, last = 0, replicas - 1
    elif rules.routing == POWER_OF_TWO and replicas > 1:
        other = second_choice(bits, replicas, chosen)
        _replay(rules, state, totals, other, now_s)
    for replica in range(first, last + 1):
        _replay(rules, state, totals, replica, now_s)
    if rules.routing == LEAST_LOADED:
        chosen = 0
        for replica in range(1, replicas):
            if _load(state, replica) < _load(state, chosen):
                chosen = replica
    elif other != NOBODY and _load(state, other) < _load(state, chosen):
        chosen = other
    return int(chosen)


@kernel
def serve(
    rules: GenerationRules,
    state: GenerationState,
    totals: GenerationTotals,
    times_s: FloatArray,
    routes: UintArray,
    prompts: IntArray,
    outputs: NDArray[np.int64],
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
        first: The first request that has not been looked at.
        until_s: Where to stop [s]; infinite to stop after the last of *times_s*, replicas not brought up to date.

    Returns: The first request not looked at. If it is before *until_s*, there was no place: grow the state, call again.
    """
    index = first
    while index < len(times_s) and times_s[index] < until_s:
        if state.numbers[FREE_PLACES] == 0:
            return index
        now_s = times_s[index]
        replica = _routed(rules, state, totals, routes[index], now_s)
        totals.counts[ARRIVED] += 1
        idle = state.replica[replica].phase == IDLE
        if 0 <= rules.limit <= state.replica[replica].waiting and not idle:
            totals.counts[REFUSED] += 1
        else:
            slot = state.numbers[FREE]
            state.numbers[FREE] = state.pool[slot].next
            state.numbers[FREE_PLACES] -= 1
            state.pool[slot].born_s = now_s
            state.pool[slot].first_s = np.nan
            state.pool[slot].prompt = prompts[index]
            state.pool[slot].output = outputs[index]
            state.pool[slot].done = 0
            _append(state, replica, slot)
            if idle:
                _next_step(rules, state, totals, replica, now_s, now_s, True)
        index += 1
    if until_s < np.inf:
        for replica in range(len(state.replica)):
            _replay(rules, state, totals, replica, until_s)
            if state.replica[replica].phase != IDLE:
                _account(rules, state, totals, replica, until_s)
    return index
