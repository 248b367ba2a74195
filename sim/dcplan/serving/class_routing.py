"""Which replica a request goes to, where requests or replicas differ: by zone, by session, or by a policy."""

from __future__ import annotations

import math

import numpy as np

from dcplan.serving.class_state import READY, ClassRules, ClassState
from dcplan.serving.compiled import function
from dcplan.serving.histogram import FloatArray
from dcplan.serving.policies import (
    AFFINITY,
    LEAST_LOADED,
    POWER_OF_D,
    POWER_OF_TWO,
    ROUND_ROBIN,
    SHORTEST_EXPECTED_DELAY,
    WEIGHTED,
    first_choice,
    jump,
    mixed,
    second_choice,
    unit,
)
from dcplan.serving.pool import NOBODY

CHOICE = 1 << 10
"""Number of the random bits behind the first choice but one of `power_of_d`; those below are for attempts."""
SPILL = 1 << 11
"""Number of the random bits for the choice among all zones."""
WHOLE = 0
"""Number of the area that is the whole endpoint, see `ClassState.areas`."""


@function
def _load(state: ClassState, replica: int) -> int:  # pragma: no cover - compiled
    return state.queue[replica].waiting + state.replica[replica].serving  # type: ignore[no-any-return]


@function
def _delay_s(state: ClassState, replica: int) -> float:  # pragma: no cover - compiled
    """When a request that joins now would be answered, if all before it take their share of full batches [s]."""
    return (_load(state, replica) + 1) * state.replica[replica].each_s  # type: ignore[no-any-return]


@function
def _drawn(share: FloatArray, first: int, count: int, draw: float) -> int:  # pragma: no cover - compiled
    """The first of *count* rising shares, from *first* on, that is above *draw*, all of them drawn from."""
    low, high = first, first + count - 1
    before = share[first - 1] if first > 0 else 0.0
    draw = before + draw * (share[high] - before)
    while low < high:
        middle = (low + high) // 2
        if share[middle] > draw:
            high = middle
        else:
            low = middle + 1
    return low


@function
def routed(rules: ClassRules, state: ClassState, source: int, bits: int) -> int:  # pragma: no cover - compiled
    """The queue that an attempt goes to, or NOBODY, by the number of its zone or session."""
    if rules.shared:
        return 0
    if rules.base.routing == AFFINITY:
        return _hashed(rules, state, source)
    area = source if len(state.areas) > 1 else WHOLE
    while True:
        chosen = _chosen(rules, state, area, bits)
        if area == WHOLE or (chosen != NOBODY and _load(state, chosen) < rules.spill_over):
            return chosen
        area, bits = WHOLE, mixed(bits, SPILL)


@function
def _hashed(rules: ClassRules, state: ClassState, session: int) -> int:  # pragma: no cover - compiled
    """The replica of a session, or NOBODY: of those it hashes to the first that is ready and may take one more."""
    replicas, held = state.numbers[READY], 0
    if replicas == 0:
        return NOBODY
    most = np.inf
    if rules.bound < np.inf:
        for k in range(replicas):
            held += _load(state, state.ready[k])
        most = math.ceil(rules.bound * (held + 1) / replicas)
    last, number = state.ready[replicas - 1], 0
    while True:
        number += 1
        replica = jump(mixed(np.uint64(session + rules.salt), number), last + 1)  # type: ignore[arg-type]
        if state.replica[replica].member and _load(state, replica) < most:
            return replica


@function
def _chosen(rules: ClassRules, state: ClassState, area: int, bits: int) -> int:  # pragma: no cover - compiled
    """One of the ready replicas of an area, or NOBODY if it has none; see `policies`."""
    routing = rules.base.routing
    first, replicas, turn = state.areas[area].first, state.areas[area].count, state.areas[area].turn
    if replicas == 0:
        return NOBODY
    state.areas[area].turn = turn + 1
    if routing == ROUND_ROBIN:
        return state.ready[first + turn % replicas]  # type: ignore[no-any-return]
    if routing == WEIGHTED:
        return state.ready[_drawn(state.share, first, replicas, unit(bits))]  # type: ignore[no-any-return]
    if routing in (LEAST_LOADED, SHORTEST_EXPECTED_DELAY):
        chosen = state.ready[first]
        for k in range(1, replicas):
            other = state.ready[first + k]
            if routing == LEAST_LOADED:
                better = _load(state, other) < _load(state, chosen)
            else:
                better = _delay_s(state, other) < _delay_s(state, chosen)
            if better:
                chosen = other
        return int(chosen)
    place = first_choice(bits, replicas)
    chosen = state.ready[first + place]
    if routing == POWER_OF_TWO and replicas > 1:
        other = state.ready[first + second_choice(bits, replicas, place)]
        if _load(state, other) < _load(state, chosen):
            chosen = other
    elif routing == POWER_OF_D:
        for k in range(1, rules.choices):
            other = state.ready[first + first_choice(mixed(bits, CHOICE + k), replicas)]
            if _load(state, other) < _load(state, chosen):
                chosen = other
    return int(chosen)
