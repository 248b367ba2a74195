"""A cache, request by request: the least recently used objects leave it, or those that have been in it too long.

The objects in the cache form a ring, linked through arrays over the whole catalogue and closed by place 0, which is
nobody's: the next older one from there is the newest, the next newer one the oldest. So a request costs the same
whatever the size: it is looked up, moved to the front, and if it is new in a full cache, the oldest makes room. An
object is put in at the instant at which it is missed, as if its answer took no time to come (as in every closed form of
`hit_ratio`). One that expires keeps its place until it is asked for again or is the oldest.

Oracle: `validation.cache_oracle`, an ordered dictionary.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcplan.scenario.cache import Cache, Lru
from dcplan.serving.compiled import function, kernel
from dcplan.serving.histogram import FloatArray, IntArray

BoolArray = NDArray[np.bool_]

NEWER, OLDER = range(2)
"""Columns of `CacheState.link`."""
ABSENT = 2**32 - 1
"""Instead of a neighbour: the object is not in the cache. No sign: an index that cannot be negative is read faster."""


class CacheRules(NamedTuple):
    """What does not change.

    Attributes:
        size: Objects that it holds at most.
        ttl_s: How long an object is kept [s]; infinite for as long as there is room.
        from_request: Whether that counts from the last request, not from when the object was put in.
    """

    size: int
    ttl_s: float
    from_request: bool


class CacheState(NamedTuple):
    """What is in the cache. N objects.

    Attributes:
        link: The next newer and the next older object, 0 at the ends; `ABSENT` if it is not in the cache, [N + 1, 2].
        since_s: When each object's time began [s], [N + 1]; [0] where none expires.
        entries: Objects in the cache, those expired included, [1].
    """

    link: NDArray[np.uint32]
    since_s: FloatArray
    entries: IntArray


def cache_rules(spec: Cache) -> CacheRules:
    """The rules of *spec*."""
    if isinstance(spec, Lru):
        return CacheRules(spec.places, np.inf, False)
    return CacheRules(spec.places, float(spec.ttl), spec.ttl_from == "request")


def new_cache(rules: CacheRules, objects: int) -> CacheState:
    """An empty cache in front of so many *objects*."""
    link = np.full((objects + 1, 2), ABSENT, dtype=np.uint32)
    link[0] = 0
    since_s = np.zeros(objects + 1 if rules.ttl_s < np.inf else 0)
    return CacheState(link, since_s, np.zeros(1, dtype=np.int64))


@function
def _take_out(link: NDArray[np.uint32], which: int) -> None:  # pragma: no cover - compiled
    """Let the neighbours of *which* know each other."""
    newer, older = link[which, NEWER], link[which, OLDER]
    link[newer, OLDER] = older
    link[older, NEWER] = newer


@function
def _put_first(link: NDArray[np.uint32], which: int) -> None:  # pragma: no cover - compiled
    """Make *which* the newest."""
    second = link[0, OLDER]
    link[which, NEWER], link[which, OLDER] = 0, second
    link[second, NEWER] = which
    link[0, OLDER] = which


@kernel
def look_up(
    rules: CacheRules,
    state: CacheState,
    times_s: FloatArray,
    objects: IntArray,
    hit: BoolArray,
    first: int,
    until_s: float,
) -> int:  # pragma: no cover - compiled
    """Look up what is asked for before *until_s*.

    Args:
        rules: What does not change.
        state: What is in the cache; changed in place.
        times_s: When requests come [s], sorted, [n].
        objects: What each one asks for, from 1 on, [n].
        hit: Whether the cache has it; written, [n].
        first: The first request that has not been looked at.
        until_s: Where to stop [s].

    Returns: The first request not looked at.
    """
    link, expires = state.link, rules.ttl_s < np.inf
    index = first
    while index < len(times_s) and times_s[index] < until_s:
        now_s, which = times_s[index], objects[index]
        held = link[which, NEWER] != ABSENT
        fresh = held
        if expires:
            fresh = held and now_s - state.since_s[which] < rules.ttl_s
            if rules.from_request or not fresh:
                state.since_s[which] = now_s
        hit[index] = fresh
        if held:
            _take_out(link, which)
        elif state.entries[0] < rules.size:
            state.entries[0] += 1
        else:
            oldest = link[0, NEWER]
            _take_out(link, oldest)
            link[oldest, NEWER] = ABSENT
        _put_first(link, which)
        index += 1
    return index
