"""An endpoint whose requests differ, give up or come back, with the verbs of `endpoint.Endpoint`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dcplan.serving import class_kernel, class_state
from dcplan.serving.class_state import ClassRules, ClassState, ClassTotals
from dcplan.serving.endpoint import NOTHING, Requests
from dcplan.serving.histogram import FloatArray, IntArray
from dcplan.serving.pool import NOBODY
from dcplan.serving.scaling import occupied
from dcplan.serving.state import Rules, Totals
from dcplan.serving.throttle import Throttle, throttled

MAX_PLACES = 1 << 22
"""Most requests in the system: 400 MB; a backlog that outgrows them never ends."""


@dataclass
class ClassEndpoint:
    """One endpoint in time.

    Attributes:
        rules: What does not change.
        state: Queues and replicas now.
        detail: What has happened so far, class by class.
        requests: Those still to come, or those that are known so far if there are more later; with users, `times_s` is
            how long each is thought about.
    """

    rules: ClassRules
    state: ClassState
    detail: ClassTotals
    requests: Iterator[Requests]
    _measured: Rules = field(init=False)
    _block: Requests = field(default=NOTHING, init=False)
    _next: int = field(default=0, init=False)
    _active: int = field(init=False)
    _excluded: set[int] = field(default_factory=set, init=False)
    _crashed: int = field(default=NOBODY, init=False)
    _looks: int = field(default=NOBODY, init=False)
    _left: list[NDArray[Any]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._measured = self.rules.base
        self._active = len(self.state.replica)

    @classmethod
    def new(
        cls,
        rules: ClassRules,
        requests: Iterator[Requests],
        hardware: IntArray,
        spells_s: FloatArray | None = None,
        zones: IntArray | None = None,
    ) -> Self:
        """An idle endpoint at time 0.

        Args:
            rules: What does not change.
            requests: Those to come.
            hardware: Kind of hardware of each replica, [replicas].
            spells_s: How long slow spells last on each kind [s], [kinds of hardware]; as in *rules* if not given.
            zones: Number of the zone of each replica, from 1 on, [replicas]; there are none if not given.
        """
        spells_s = np.full(1 + hardware.max(), rules.base.spell_s) if spells_s is None else spells_s
        zones = np.zeros_like(hardware) if zones is None else zones
        state = class_state.new_state(rules, hardware, spells_s, zones)
        return cls(rules, state, class_state.new_totals(rules), requests)

    @property
    def in_system(self) -> int:
        """Requests waiting, in service, or on their way back; users who think are not."""
        return class_state.in_system(self.state)

    @property
    def occupied(self) -> int:
        """Replicas up to the last that holds any request, or gets some."""
        replica = self.state.replica
        waiting = 0 if self.rules.shared else self.state.queue["waiting"]
        return occupied(waiting + replica["serving"] + replica["member"])

    @property
    def totals(self) -> Totals:
        """What has happened so far, all classes together; who gave up for good counts as dropped."""
        return class_state.all_classes(self.detail)

    @property
    def work(self) -> FloatArray:
        """Replica-seconds busy and energy of batches on each kind of hardware, [hardware, 2]."""
        return self.detail.work

    def scale(self, active: int) -> None:
        """Give new requests to *active* replicas only, from now on: the first ones that are not excluded."""
        self._active = active
        self._gather()

    def crash(self, replica: int) -> None:
        """A replica fails now: it loses what it holds, and what it gets until it is excluded or repaired."""
        self._crashed, self._looks = replica, 0 if self.rules.shared else replica
        if self.rules.shared:
            self.exclude(replica)
        self.advance(float(self.state.moments[class_state.NOW_S]))

    def exclude(self, replica: int) -> None:
        """Give no new requests to a replica, from now on."""
        self._excluded.add(replica)
        self._gather()

    def repair(self, replica: int) -> None:
        """A replica that failed works again, from now on."""
        this = self.state.replica[replica]
        this["up"], this["free_s"] = True, self.state.moments[class_state.NOW_S]
        this["fresh_s"] = this["free_s"]
        self._excluded.discard(replica)
        self._gather()

    def _gather(self) -> None:
        """Say which replicas get work."""
        state, shared = self.state, self.rules.shared
        members = [each for each in range(len(state.replica)) if each not in self._excluded][: self._active]
        new = [each for each in members if not state.replica["member"][each]]
        state.replica["fresh_s"][new] = state.moments[class_state.NOW_S]
        state.replica["member"] = False
        state.replica["member"][members] = True
        ready = sorted(members, key=lambda each: int(state.replica["zone"][each]))
        if shared:
            before = [each for each in state.ready[: state.numbers[class_state.READY]].tolist() if each in members]
            idle = [each for each in reversed(members) if state.replica["serving"][each] == 0]
            ready = [each for each in idle if each not in before] + before
        state.numbers[class_state.READY] = len(ready)
        state.ready[: len(ready)] = ready
        state.areas[:] = class_state.areas(state.replica["zone"][ready], state.areas)
        if ready:
            state.share[: len(ready)] = class_state.shares(state.replica["each_s"][ready])
        if shared:
            self._looks = 0

    def throttle(self, throttle: Throttle) -> None:
        """Let batches that start from now on follow *throttle*; routing goes on to compare measured times."""
        self.rules = self.rules._replace(base=throttled(self._measured, throttle))

    def advance(self, until_s: float) -> None:
        """Serve every request that arrives before *until_s* [s] and bring all replicas up to it."""
        more = True
        while True:
            times_s, draws, routes, news, kinds, labels, sources = self._block
            self._next, wanted = class_kernel.serve(
                self.rules, self.state, self.detail,
                times_s, draws, routes, news, kinds, labels, sources, self._next, more, until_s, self._crashed,
                self._looks,
            )  # fmt: skip
            if wanted == class_kernel.WANTS_PLACES:
                self._grow()
            elif wanted == class_kernel.WANTS_READER:
                self._take_out()
            elif wanted == class_kernel.WANTS_REQUESTS:
                block = next(self.requests, None)
                self._block, self._next, more = block or NOTHING, 0, block is not None
            else:
                self._crashed, self._looks = NOBODY, NOBODY
                return

    def departures(self) -> NDArray[Any]:
        """Who has left since this was called last, in the order of time, `class_state.DEPARTURE`."""
        self._take_out()
        left, self._left = self._left, []
        return np.concatenate(left)

    def _take_out(self) -> None:
        numbers = self.state.numbers
        self._left.append(self.state.left[: numbers[class_state.LEFT]].copy())
        numbers[class_state.LEFT] = 0

    def _grow(self) -> None:
        if 2 * len(self.state.pool) > MAX_PLACES:
            raise OverflowError(
                f"{len(self.state.pool)} requests are in the system, and ever more; add replicas, lower the demand, "
                "limit the queue (queue: {limit: 100}), or let requests give up (queue: {timeout: 5 s})"
            )
        self.state = class_state.grown(self.state)
