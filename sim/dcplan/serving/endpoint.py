"""An endpoint that can be advanced to any instant: its rules, its state, and the requests still to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dcplan.serving import kernel
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.serving.kernel import UintArray
from dcplan.serving.scaling import occupied
from dcplan.serving.state import BUSY_S, ENERGY_J, Rules, State, Totals, grown, in_system, new_state, new_totals
from dcplan.serving.throttle import Throttle, throttled

MAX_PLACES = 1 << 24
"""Most places in all queues of an endpoint together: 270 MB; a backlog that outgrows them never ends."""


NONE: FloatArray = np.empty(0)
NO_KINDS: IntArray = np.empty(0, dtype=np.int64)


class Requests(NamedTuple):
    """A block of requests, each array [n].

    Attributes:
        times_s: Arrival times [s], sorted.
        draws: Draw behind the service time of the batch that a request heads [-]: its place in `Rules.service_s`, or a
            standard normal number where there are spells.
        routes: 64 random bits, for the routing policy.
        news: Standard normal numbers that change the pace of the replica it starts on [-]; empty without spells.
        kinds: Class of each request, its place among those of the endpoint; empty where all are alike.
        labels: What the sender calls each request; empty if nobody wants to know when it leaves.
        sources: Number of the zone that each request comes from, from 1 on, or of its session; empty where neither
            matters.
    """

    times_s: FloatArray
    draws: FloatArray
    routes: UintArray
    news: FloatArray = NONE
    kinds: IntArray = NO_KINDS
    labels: IntArray = NO_KINDS
    sources: IntArray = NO_KINDS


@dataclass
class Endpoint:
    """One endpoint in time."""

    rules: Rules
    shared: bool
    state: State
    totals: Totals
    requests: Iterator[Requests]
    _measured: Rules = field(init=False)
    _block: Requests | None = field(default=None, init=False)
    _next: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._measured = self.rules

    @classmethod
    def new(cls, rules: Rules, replicas: int, shared: bool, requests: Iterator[Requests]) -> Endpoint:
        """An idle endpoint at time 0."""
        state = new_state(replicas, shared, rules.max_batch)
        return cls(rules, shared, state, new_totals(rules.max_batch), requests)

    @property
    def in_system(self) -> int:
        """Requests waiting or in service."""
        return in_system(self.state)

    @property
    def occupied(self) -> int:
        """Replicas up to the last that holds any request."""
        return occupied(self.state.waiting + self.state.serving)

    @property
    def detail(self) -> None:
        """What is counted beyond `totals`: nothing, where all requests are alike."""
        return None

    @property
    def work(self) -> FloatArray:
        """Replica-seconds busy and energy of batches, [1, 2]: all replicas are of one kind."""
        return self.totals.sums[[BUSY_S, ENERGY_J]][None, :]

    def scale(self, active: int) -> None:
        """Give new requests to the first *active* replicas only, from now on; for queues in front of each replica."""
        self.state.active[0] = active

    def throttle(self, throttle: Throttle) -> None:
        """Let batches that start from now on follow *throttle*."""
        self.rules = throttled(self._measured, throttle)

    def advance(self, until_s: float) -> None:
        """Serve every request that arrives before *until_s* [s] and bring all replicas up to it."""
        while (block := self._current()) is not None and block.times_s[self._next] < until_s:
            last = block.times_s[-1] < until_s
            self._step(block, np.inf if last else until_s)
        self._step(NOTHING, until_s)

    def _current(self) -> Requests | None:
        """The block that holds the next request; None when there are no more."""
        while self._block is None or self._next >= len(self._block.times_s):
            self._block, self._next = next(self.requests, None), 0
            if self._block is None:
                self.requests = iter(())
                return None
        return self._block

    def _step(self, block: Requests, until_s: float) -> None:
        first = 0 if block is NOTHING else self._next
        while True:
            first = self._call(block, first, until_s)
            if first >= len(block.times_s) or block.times_s[first] >= until_s:
                break
            self._grow()
        if block is not NOTHING:
            self._next = first

    def _grow(self) -> None:
        if 2 * self.state.arrival_s.size > MAX_PLACES:
            raise OverflowError(
                f"more than {self.in_system} requests are in the system and their number keeps growing; "
                "add replicas, lower the demand, or limit the queue, e.g. queue: {limit: 1000}"
            )
        self.state = grown(self.state)

    def _call(self, block: Requests, first: int, until_s: float) -> int:
        rules, state, totals, (times_s, draws, routes, news, *_) = self.rules, self.state, self.totals, block
        if self.shared:
            return int(kernel.shared(rules, state, totals, times_s, draws, news, first, until_s))
        return int(kernel.per_replica(rules, state, totals, times_s, draws, routes, news, first, until_s))


NOTHING = Requests(NONE, NONE, np.empty(0, dtype=np.uint64))
"""No requests: only time passes."""
