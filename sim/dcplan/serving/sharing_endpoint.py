"""An endpoint whose devices each run several batches at once, with the verbs of `endpoint.Endpoint`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from dcplan.serving import class_state, sharing_kernel, sharing_state
from dcplan.serving.class_state import ClassTotals
from dcplan.serving.endpoint import NOTHING, Requests
from dcplan.serving.histogram import FloatArray
from dcplan.serving.scaling import occupied
from dcplan.serving.sharing_state import SharingRules, SharingState
from dcplan.serving.state import Rules, Totals
from dcplan.serving.throttle import Throttle, throttled

MAX_PLACES = 1 << 24
"""Most requests in the system: 540 MB; a backlog that outgrows them never ends."""


@dataclass
class SharingEndpoint:
    """One endpoint in time.

    Attributes:
        rules: What does not change.
        state: Queues and devices now.
        requests: Those still to come.
    """

    rules: SharingRules
    state: SharingState
    requests: Iterator[Requests]
    _measured: Rules = field(init=False)
    _block: Requests = field(default=NOTHING, init=False)
    _next: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._measured = self.rules.base

    @classmethod
    def new(cls, rules: SharingRules, devices: int, requests: Iterator[Requests]) -> SharingEndpoint:
        """An idle endpoint at time 0."""
        return cls(rules, sharing_state.new_state(rules, devices), requests)

    @property
    def in_system(self) -> int:
        """Requests waiting or in service."""
        return int(self.state.device["held"].sum())

    @property
    def occupied(self) -> int:
        """Devices up to the last that holds any request, or gets some."""
        gets = np.arange(len(self.state.device)) < self.state.numbers[sharing_state.ACTIVE]
        return occupied(self.state.device["held"] + gets)

    @property
    def detail(self) -> ClassTotals:
        """What has happened so far, class by class."""
        return sharing_state.totals(self.rules, self.state)

    @property
    def totals(self) -> Totals:
        """What has happened so far, all classes together."""
        return class_state.all_classes(self.detail)

    @property
    def work(self) -> FloatArray:
        """Device-seconds busy and energy of batches, [1, 2]: all devices are of one kind."""
        return self.detail.work

    def scale(self, active: int) -> None:
        """Give new requests to the first *active* devices only, from now on."""
        self.state.numbers[sharing_state.ACTIVE] = active

    def throttle(self, throttle: Throttle) -> None:
        """Let batches that start from now on follow *throttle*."""
        self.rules = self.rules._replace(base=throttled(self._measured, throttle))

    def advance(self, until_s: float) -> None:
        """Serve every request that arrives before *until_s* [s] and bring all devices up to it."""
        more = True
        while True:
            times_s, draws, routes, news, kinds, _, _ = self._block
            self._next, wanted = sharing_kernel.serve(
                self.rules, self.state, times_s, draws, routes, news, kinds, self._next, more, until_s
            )
            if wanted == sharing_kernel.WANTS_PLACES:
                self._grow()
            elif wanted == sharing_kernel.WANTS_REQUESTS:
                block = next(self.requests, None)
                self._block, self._next, more = block or NOTHING, 0, block is not None
            else:
                return

    def _grow(self) -> None:
        if 2 * len(self.state.pool) > MAX_PLACES:
            raise OverflowError(
                f"{self.in_system} requests are in the system, and ever more; add replicas, lower the demand, or "
                "limit the queue, e.g. queue: {limit: 100}"
            )
        self.state = sharing_state.grown(self.state)
