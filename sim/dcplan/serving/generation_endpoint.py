"""An endpoint that generates text, with the verbs of `endpoint.Endpoint`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dcplan.serving import generation_kernel, generation_state
from dcplan.serving.class_state import areas
from dcplan.serving.endpoint import NO_KINDS
from dcplan.serving.generation_state import GenerationRules, GenerationState, GenerationTotals
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.serving.kernel import UintArray
from dcplan.serving.scaling import occupied
from dcplan.serving.state import BUSY_S, ENERGY_J, Totals
from dcplan.serving.throttle import Throttle, begin_anew, throttled_generation

MAX_PLACES = 1 << 22
"""Most sequences in the system: 370 MB; a backlog that outgrows them never ends."""


class Prompts(NamedTuple):
    """A block of requests, each array [n].

    Attributes:
        times_s: Arrival times [s], sorted.
        routes: 64 random bits, for the routing policy.
        prompts: Tokens of each prompt.
        outputs: Tokens of each answer.
        sources: See `generation_kernel.serve`.
        known: See there.
    """

    times_s: FloatArray
    routes: UintArray
    prompts: IntArray
    outputs: IntArray
    sources: IntArray = NO_KINDS
    known: IntArray = NO_KINDS


NOTHING = Prompts(np.empty(0), np.empty(0, dtype=np.uint64), NO_KINDS, NO_KINDS)
"""No requests: only time passes."""


@dataclass
class GenerationEndpoint:
    """One endpoint in time.

    Attributes:
        rules: What does not change.
        state: Queues and replicas now.
        detail: What has happened so far, token by token.
        requests: Those still to come.
    """

    rules: GenerationRules
    state: GenerationState
    detail: GenerationTotals
    requests: Iterator[Prompts]
    _measured: GenerationRules = field(init=False)
    _block: Prompts = field(default=NOTHING, init=False)
    _next: int = field(default=0, init=False)
    _now_s: float = field(default=0.0, init=False)
    _active: int = field(init=False)
    _excluded: set[int] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._measured = self.rules
        self._active = len(self.state.replica)

    @classmethod
    def new(
        cls, rules: GenerationRules, replicas: int, requests: Iterator[Prompts], zones: IntArray | None = None
    ) -> GenerationEndpoint:
        """An idle endpoint at time 0; *zones* are those of its replicas, from 1 on, if there are any."""
        state = generation_state.new_state(rules, replicas, zones)
        return cls(rules, state, generation_state.new_totals(rules), requests)

    @property
    def in_system(self) -> int:
        """Requests waiting or running."""
        return generation_state.in_system(self.state)

    @property
    def occupied(self) -> int:
        """Replicas up to the last that holds any request."""
        return occupied(self.state.replica["waiting"] + (self.state.replica["phase"] != generation_state.IDLE))

    @property
    def totals(self) -> Totals:
        """What has happened so far, as for any endpoint."""
        return generation_state.as_totals(self.detail)

    @property
    def work(self) -> FloatArray:
        """Replica-seconds busy and energy of batches, [1, 2]: all replicas are of one kind."""
        return self.totals.sums[[BUSY_S, ENERGY_J]][None, :]

    def scale(self, active: int) -> None:
        """Give new requests to *active* replicas only, from now on: the first ones that are not excluded."""
        self._active = active
        self._gather()

    def crash(self, replica: int) -> None:
        """A replica fails now: it loses what it holds, and what it gets until it is excluded or repaired."""
        self.state.replica["up"][replica] = False
        state = generation_state.in_python(self.state)
        waiting, lost = int(self.state.replica["waiting"][replica]), generation_state.held(self.state, replica)
        for place, slot in enumerate(lost):
            this = state.pool[slot]
            if place < waiting and self.rules.timeout_s < np.inf and this.done == this.cached == 0:
                generation_kernel.forget_patience(state.pool, slot)
            this.done = this.cached = this.host = 0
            with np.errstate(over="ignore"):
                generation_kernel.fail(self.rules, state, self.detail.counts, slot, self._now_s)
        self.detail.counts[generation_state.LOST] += len(lost)
        generation_state.stop(self.state, replica)

    def exclude(self, replica: int) -> None:
        """Give no new requests to a replica, from now on."""
        self._excluded.add(replica)
        self._gather()

    def repair(self, replica: int) -> None:
        """A replica that failed works again, from now on."""
        self.state.replica["up"][replica] = True
        self._excluded.discard(replica)
        self._gather()

    def _gather(self) -> None:
        """Say which replicas get requests; those that did not before have forgotten all texts."""
        state = self.state
        members = [each for each in range(len(state.replica)) if each not in self._excluded][: self._active]
        for each in members:
            if not state.replica["member"][each]:
                generation_state.forget(state, each)
        state.replica["member"] = False
        state.replica["member"][members] = True
        ready = sorted(members, key=lambda each: int(state.replica["zone"][each]))
        state.ready[: len(ready)] = ready
        state.areas[:] = areas(state.replica["zone"][ready], state.areas)

    def throttle(self, throttle: Throttle) -> None:
        """Let steps that begin from now on follow *throttle*."""
        self.rules = throttled_generation(self._measured, throttle)
        begin_anew(self.rules, self.state)

    def advance(self, until_s: float) -> None:
        """Serve every request that arrives before *until_s* [s] and bring all replicas up to it."""
        self._now_s = until_s
        while self._advance_block(until_s):
            pass
        generation_kernel.serve(self.rules, self.state, self.detail, *NOTHING, 0, until_s)

    def _advance_block(self, until_s: float) -> bool:
        """Serve the requests of the block that come before *until_s*; whether there may be more of them."""
        if self._next == len(self._block.times_s):
            self._block, self._next = next(self.requests, NOTHING), 0
        times_s = self._block.times_s
        if not len(times_s) or times_s[self._next] >= until_s:
            return False
        stop_s = np.inf if times_s[-1] < until_s else until_s
        self._next = generation_kernel.serve(self.rules, self.state, self.detail, *self._block, self._next, stop_s)
        if self._next < len(times_s) and times_s[self._next] < until_s:
            self._grow()
        return True

    def _grow(self) -> None:
        if 2 * len(self.state.pool) > MAX_PLACES:
            raise OverflowError(
                f"{self.in_system} requests are in the system, and ever more; add replicas, lower the demand, or limit "
                "the queue (queue: {limit: 100})"
            )
        self.state = generation_state.grown(self.state)
