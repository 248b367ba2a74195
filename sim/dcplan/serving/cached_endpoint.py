"""An endpoint behind a cache, with the verbs of `endpoint.Endpoint`: hits are answered at once, misses go on to it.

The kernel of the endpoint behind knows of no cache: it is given the misses, in blocks, just as far as time has come. A
hit arrives, is answered `hit_s` later, and is counted where the others are; it touches no replica.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dcplan.scenario.cache import Cache
from dcplan.serving import class_state, generation_state, state
from dcplan.serving.cache_kernel import BoolArray, CacheRules, CacheState, cache_rules, look_up, new_cache
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.class_state import ClassTotals
from dcplan.serving.endpoint import NO_KINDS, NONE, NOTHING, Endpoint, Requests
from dcplan.serving.generation_endpoint import GenerationEndpoint, Prompts
from dcplan.serving.generation_state import GenerationTotals
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.serving.state import Hits, Totals
from dcplan.serving.throttle import Throttle

Uncached = Endpoint | ClassEndpoint | GenerationEndpoint
"""What can stand behind a cache."""


class Wanted(NamedTuple):
    """A block of requests, and the object that each one asks for, from 1 on, [n]."""

    requests: Requests | Prompts
    objects: IntArray


class Lookups(NamedTuple):
    """What a cache has done: requests that it answers, and objects in it, those expired included."""

    hits: int
    entries: int


@dataclass
class CachedEndpoint:
    """An endpoint and its cache in time. `advance` is its only verb.

    Attributes:
        behind: The endpoint that gets the misses.
        spec: The cache, as the scenario says it.
        rules: What does not change.
        state: What is in the cache.
        requests: Those still to come.
        came: Hits so far, by class, [K]; one class where all are alike.
        answered: Those of them that have their answer, [K].
    """

    behind: Uncached
    spec: Cache
    rules: CacheRules
    state: CacheState
    requests: Iterator[Wanted]
    came: IntArray
    answered: IntArray
    _block: Wanted = field(default=Wanted(NOTHING, NO_KINDS), init=False)
    _next: int = field(default=0, init=False)
    _open_s: FloatArray = field(default_factory=NONE.copy, init=False)
    _open_kinds: IntArray = field(default_factory=NO_KINDS.copy, init=False)

    @classmethod
    def new(cls, behind: Uncached, spec: Cache, requests: Iterator[Wanted]) -> CachedEndpoint:
        """An empty cache in front of an idle endpoint at time 0, which from now on gets the misses among *requests*."""
        rules = cache_rules(spec)
        kinds = len(behind.rules.kinds) if isinstance(behind, ClassEndpoint) else 1
        came, answered = (np.zeros(kinds, dtype=np.int64) for _ in range(2))
        return cls(behind, spec, rules, new_cache(rules, spec.objects), requests, came, answered)

    @property
    def in_system(self) -> int:
        """Requests waiting, in service, or on their way back, hits that have no answer yet included."""
        return self.behind.in_system + len(self._open_s)

    @property
    def lookups(self) -> Lookups:
        """What the cache has done so far."""
        return Lookups(int(self.came.sum()), int(self.state.entries[0]))

    @property
    def detail(self) -> ClassTotals | GenerationTotals | None:
        """What has happened so far, class by class or token by token, hits included."""
        if isinstance(self.behind, ClassEndpoint):
            return class_state.with_hits(self.behind.detail, self._hits, self.behind.rules.kinds["slo_s"])
        if isinstance(self.behind, GenerationEndpoint):
            return generation_state.with_hits(self.behind.detail, self._hits, self.behind.rules)
        return None

    @property
    def occupied(self) -> int:
        """Replicas up to the last that holds any request, or gets some."""
        return self.behind.occupied

    @property
    def work(self) -> FloatArray:
        """Replica-seconds busy and energy of batches on each kind of hardware, [hardware, 2]."""
        return self.behind.work

    @property
    def totals(self) -> Totals:
        """What has happened so far, hits included."""
        detail = self.detail
        if isinstance(detail, ClassTotals):
            return class_state.all_classes(detail)
        if isinstance(detail, GenerationTotals):
            return generation_state.as_totals(detail)
        assert isinstance(self.behind, Endpoint), "others have a detail"
        return state.with_hits(self.behind.totals, self._hits, self.behind.rules.slo_s)

    @property
    def _hits(self) -> Hits:
        return Hits(self.came, self.answered, float(self.spec.hit))

    def scale(self, active: int) -> None:
        """Give misses to the first *active* replicas only, from now on."""
        self.behind.scale(active)

    def throttle(self, throttle: Throttle) -> None:
        """Let what the misses start from now on follow *throttle*."""
        self.behind.throttle(throttle)

    def advance(self, until_s: float) -> None:
        """Answer or serve every request that arrives before *until_s* [s] and bring all replicas up to it."""
        self.behind.requests = self._misses(until_s)  # type: ignore[assignment]  # requests or prompts, as it was made
        self.behind.advance(until_s)
        self._answer(until_s)

    def _misses(self, until_s: float) -> Iterator[Requests | Prompts]:
        """Blocks of the requests before *until_s* [s] that the cache cannot answer; the hits are counted on the way."""
        while (times_s := self._times_s()) is not None and times_s[self._next] < until_s:
            first, hit = self._next, np.empty(len(times_s), dtype=np.bool_)
            self._next = look_up(self.rules, self.state, times_s, self._block.objects, hit, first, until_s)
            seen = slice(first, self._next)
            self._count(hit[seen], seen)
            if not hit[seen].all():
                yield _only(self._block.requests, seen, ~hit[seen])

    def _times_s(self) -> FloatArray | None:
        """Arrival times of the block that holds the next request [s]; None when there are no more."""
        while self._next >= len(self._block.requests.times_s):
            block = next(self.requests, None)
            if block is None:
                return None
            self._block, self._next = block, 0
        return self._block.requests.times_s

    def _count(self, hit: BoolArray, seen: slice) -> None:
        """Note the hits of a part of the block, and answer those whose time has come by its end."""
        requests = self._block.requests
        times_s = requests.times_s[seen]
        kinds = requests.kinds[seen] if isinstance(requests, Requests) and len(requests.kinds) else None
        hit_kinds = np.zeros(int(hit.sum()), dtype=np.int64) if kinds is None else kinds[hit]
        self.came += np.bincount(hit_kinds, minlength=len(self.came))
        self._open_s = np.concatenate((self._open_s, times_s[hit]))
        self._open_kinds = np.concatenate((self._open_kinds, hit_kinds))
        self._answer(float(times_s[-1]))

    def _answer(self, now_s: float) -> None:
        """Hits get their answer."""
        done = int(np.searchsorted(self._open_s + float(self.spec.hit), now_s, side="right"))
        self.answered += np.bincount(self._open_kinds[:done], minlength=len(self.answered))
        self._open_s, self._open_kinds = self._open_s[done:], self._open_kinds[done:]


def _only(requests: Requests | Prompts, seen: slice, kept: BoolArray) -> Requests | Prompts:
    """Those of the part *seen* that are *kept*."""
    parts = (each[seen][kept] if len(each) else each for each in requests)
    return Requests._make(parts) if isinstance(requests, Requests) else Prompts._make(parts)
