"""An endpoint whose requests differ, give up or come back, with the verbs of `endpoint.Endpoint`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dcplan.serving import class_kernel, class_state
from dcplan.serving.class_state import ClassRules, ClassState, ClassTotals
from dcplan.serving.endpoint import NOTHING, Requests
from dcplan.serving.state import Totals

MAX_PLACES = 1 << 22
"""Most requests in the system: 400 MB; a backlog that outgrows them never ends."""


@dataclass
class ClassEndpoint:
    """One endpoint in time. `advance` is its only verb.

    Attributes:
        rules: What does not change.
        state: Queues and replicas now.
        detail: What has happened so far, class by class.
        requests: Those still to come; with users, `times_s` is how long each is thought about.
    """

    rules: ClassRules
    state: ClassState
    detail: ClassTotals
    requests: Iterator[Requests]
    _block: Requests = field(default=NOTHING, init=False)
    _next: int = field(default=0, init=False)
    _more: bool = field(default=True, init=False)

    @classmethod
    def new(cls, rules: ClassRules, replicas: int, requests: Iterator[Requests]) -> ClassEndpoint:
        """An idle endpoint at time 0."""
        return cls(rules, class_state.new_state(rules, replicas), class_state.new_totals(rules), requests)

    @property
    def in_system(self) -> int:
        """Requests waiting, in service, or on their way back; users who think are not."""
        return class_state.in_system(self.state)

    @property
    def totals(self) -> Totals:
        """What has happened so far, all classes together; who gave up for good counts as dropped."""
        return class_state.all_classes(self.detail)

    def scale(self, active: int) -> None:
        """Give new requests to the first *active* replicas only, from now on; for queues in front of each replica."""
        self.state.numbers[class_state.ACTIVE] = active

    def advance(self, until_s: float) -> None:
        """Serve every request that arrives before *until_s* [s] and bring all replicas up to it."""
        while True:
            times_s, draws, routes, news, kinds = self._block
            self._next, wanted = class_kernel.serve(
                self.rules, self.state, self.detail,
                times_s, draws, routes, news, kinds, self._next, self._more, until_s,
            )  # fmt: skip
            if wanted == class_kernel.WANTS_PLACES:
                self._grow()
            elif wanted == class_kernel.WANTS_REQUESTS:
                block = next(self.requests, None)
                self._block, self._next, self._more = block or NOTHING, 0, block is not None
            else:
                return

    def _grow(self) -> None:
        if 2 * len(self.state.pool) > MAX_PLACES:
            raise OverflowError(
                f"{len(self.state.pool)} requests are in the system, and ever more; add replicas, lower the demand, "
                "limit the queue (queue: {limit: 100}), or let requests give up (queue: {timeout: 5 s})"
            )
        self.state = class_state.grown(self.state)
