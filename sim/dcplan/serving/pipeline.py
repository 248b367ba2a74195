"""Requests that pass through several endpoints, one after the other or side by side.

Nothing flows back: all that a step needs to know is who left the one before it, and when. So an endpoint is brought up
to an instant after all those before it, with their departures as its arrivals, and the answer is that of a simulation
of all events in the order of time. What waits for several answers goes on with the last that it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.endpoint import NO_KINDS, NONE, Requests
from dcplan.serving.histogram import BINS, FloatArray, IntArray, bins_of

ARRIVED, SERVED, FAILED, WITHIN_SLO = range(4)
"""Places in `Pipeline.counts`: requests that came, were answered, failed on the way, were answered as promised."""
UNDER_WAY, ANSWERED, GIVEN_UP = range(3)
"""What has become of a request."""


class Stay(NamedTuple):
    """Of an endpoint in a pipeline: requests sent there, answers that were waited for, and for how long in all [s]."""

    sent: int = 0
    answers: int = 0
    stay_s: float = 0.0


class Step(NamedTuple):
    """A step of a pipeline.

    Attributes:
        endpoints: The endpoints that get each request.
        needed: Answers with which it goes on.
        before_s: Time until a request reaches them, on the network and from storage [s].
    """

    endpoints: tuple[str, ...]
    needed: int
    before_s: float


@dataclass
class Travellers:
    """The requests that are under way, and some that have been, in the order in which they came; S steps.

    Attributes:
        first: Number of the first of them.
        born_s: When each came [s], [n].
        fate: `UNDER_WAY` and its neighbours, [n].
        entered_s: When each reached the endpoints of each step [s], [S, n].
        passed, failed: Endpoints of each step that have answered it, or given it up, [S, n].
    """

    first: int
    born_s: FloatArray
    fate: IntArray
    entered_s: FloatArray
    passed: IntArray
    failed: IntArray

    @classmethod
    def nobody(cls, steps: int) -> Travellers:
        """None."""
        none = np.empty((steps, 0), dtype=np.int64)
        return cls(0, NONE, NO_KINDS, np.empty((steps, 0)), none, none)

    def join(self, born_s: FloatArray) -> IntArray:
        """Take up more of them, forget those at the front whose fate is sealed, and number the new ones."""
        done = self.fate != UNDER_WAY
        gone = len(done) if done.all() else int(np.argmin(done))
        number = self.first + len(self.fate) + np.arange(len(born_s))
        self.first += gone
        self.born_s = np.concatenate((self.born_s[gone:], born_s))
        self.fate = _longer(self.fate[gone:], len(born_s))
        self.entered_s, self.passed, self.failed = (
            _longer(each[:, gone:], len(born_s)) for each in (self.entered_s, self.passed, self.failed)
        )
        return number


def _longer(array: NDArray[Any], more: int) -> NDArray[Any]:
    return np.concatenate((array, np.zeros((*array.shape[:-1], more), dtype=array.dtype)), axis=-1)


@dataclass
class Pipeline:
    """A pipeline in time. `advance` brings it, and its endpoints, up to an instant.

    Attributes:
        steps: Its steps.
        slo_s: Promised latency [s]; infinite if none.
        arrivals: Blocks of arrival times [s], sorted, those still to come.
        counts: See ARRIVED and its neighbours, [4].
        latency_s: Sum of the latencies of the requests answered [s].
        latency: Histogram of them, see `histogram`, [BINS].
        stays: What happened at each endpoint.
    """

    steps: tuple[Step, ...]
    slo_s: float
    arrivals: Iterator[FloatArray]
    counts: IntArray = field(default_factory=lambda: np.zeros(4, dtype=np.int64))
    latency_s: float = 0.0
    latency: IntArray = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    stays: dict[str, Stay] = field(default_factory=dict)
    endpoints: dict[str, StagedEndpoint] = field(default_factory=dict)
    _travellers: Travellers = field(init=False)
    _block_s: FloatArray = field(default_factory=NONE.copy, init=False)
    _step_of: dict[str, int] = field(init=False)
    _due: dict[str, list[tuple[FloatArray, IntArray]]] = field(init=False)
    _left: list[list[tuple[FloatArray, IntArray, NDArray[np.bool_], IntArray]]] = field(init=False)

    def __post_init__(self) -> None:
        self._travellers = Travellers.nobody(len(self.steps))
        self._step_of = {name: number for number, step in enumerate(self.steps) for name in step.endpoints}
        self._due = {name: [] for name in self._step_of}
        self._left = [[] for _ in self.steps]
        self.stays = dict.fromkeys(self._step_of, Stay())

    @property
    def in_system(self) -> int:
        """Requests under way."""
        return int(np.count_nonzero(self._travellers.fate == UNDER_WAY))

    def advance(self, until_s: float) -> None:
        """Bring all endpoints up to *until_s* [s], and take in what they have answered."""
        self._complete(len(self.steps) - 1, until_s)

    def due(self, name: str, until_s: float) -> tuple[FloatArray, IntArray]:
        """The requests that reach the endpoint *name* before *until_s* [s] and were not told of: when, and which."""
        step = self._step_of[name]
        if step == 0:
            self._enter(until_s)
        else:
            self._complete(step - 1, until_s)
        parts = self._due[name]
        if not parts:
            return NONE, NO_KINDS
        times_s, numbers = (np.concatenate(each) for each in zip(*parts, strict=True))
        count = int(np.searchsorted(times_s, until_s))
        self._due[name] = [(times_s[count:], numbers[count:])] if count < len(times_s) else []
        return times_s[:count], numbers[:count]

    def left(self, name: str, at_s: FloatArray, numbers: IntArray, answered: NDArray[np.bool_]) -> None:
        """Note who has left the endpoint *name*, and when [s], in the order of time."""
        step = self._step_of[name]
        which = np.full(len(at_s), self.steps[step].endpoints.index(name))
        self._left[step].append((at_s, numbers, answered, which))

    def _enter(self, until_s: float) -> None:
        """New requests come."""
        while not len(self._block_s) or self._block_s[-1] < until_s:
            block_s = next(self.arrivals, None)
            if block_s is None:
                break
            self._block_s = np.concatenate((self._block_s, block_s))
        count = int(np.searchsorted(self._block_s, until_s))
        born_s, self._block_s = self._block_s[:count], self._block_s[count:]
        if count:
            self.counts[ARRIVED] += count
            self._send(0, born_s, self._travellers.join(born_s))

    def _send(self, step: int, at_s: FloatArray, numbers: IntArray) -> None:
        """Requests go on to a step, or have their answer after the last one."""
        travellers = self._travellers
        if step == len(self.steps):
            latency_s = at_s - travellers.born_s[numbers - travellers.first]
            travellers.fate[numbers - travellers.first] = ANSWERED
            self.counts[SERVED] += len(numbers)
            self.counts[WITHIN_SLO] += np.count_nonzero(latency_s <= self.slo_s)
            self.latency_s += float(latency_s.sum())
            self.latency += np.bincount(bins_of(latency_s), minlength=BINS)
            return
        times_s = at_s + self.steps[step].before_s
        travellers.entered_s[step, numbers - travellers.first] = times_s
        for name in self.steps[step].endpoints:
            self._due[name].append((times_s, numbers))
            sent, answers, stay_s = self.stays[name]
            self.stays[name] = Stay(sent + len(numbers), answers, stay_s)

    def _complete(self, step: int, until_s: float) -> None:
        """Bring the endpoints of a step up to *until_s* [s], and send on what has all the answers that it needs."""
        for name in self.steps[step].endpoints:
            self.endpoints[name].advance(until_s)
        parts, self._left[step] = self._left[step], []
        if not parts:
            return
        at_s, numbers, answered, which = (np.concatenate(each) for each in zip(*parts, strict=True))
        order = np.argsort(at_s, kind="stable")
        order = order[numbers[order] >= self._travellers.first]  # others have long gone on without this answer
        at_s, numbers, answered, which = at_s[order], numbers[order], answered[order], which[order]
        travellers, (names, needed, _) = self._travellers, self.steps[step]
        places = numbers - travellers.first
        passed = _counted(travellers.passed[step], places, answered)
        failed = _counted(travellers.failed[step], places, ~answered)
        waited_s = at_s - travellers.entered_s[step, places]
        for number, name in enumerate(names):
            own = answered & (passed <= needed) & (which == number)
            sent, answers, stay_s = self.stays[name]
            self.stays[name] = Stay(sent, answers + int(np.count_nonzero(own)), stay_s + float(waited_s[own].sum()))
        ends = ~answered & (failed == len(names) - needed + 1)
        travellers.fate[places[ends]] = GIVEN_UP
        self.counts[FAILED] += np.count_nonzero(ends)
        goes_on = answered & (passed == needed)
        if goes_on.any():
            self._send(step + 1, at_s[goes_on], numbers[goes_on])


def _counted(counts: IntArray, places: IntArray, which: NDArray[np.bool_]) -> IntArray:
    """Count up *counts* at *places*, one after the other, where *which* is true; what each count then is, [places].

    >>> counts = np.array([0, 5, 0])
    >>> _counted(counts, np.array([1, 0, 1, 1]), np.array([True, True, False, True])).tolist(), counts.tolist()
    ([6, 1, 6, 7], [1, 7, 0])
    """
    order = np.argsort(places, kind="stable")
    sorted_places, steps = places[order], which[order].astype(np.int64)
    running = np.cumsum(steps)
    begins = np.searchsorted(sorted_places, sorted_places, side="left")
    within = running - running[begins] + steps[begins]
    found = np.empty_like(within)
    found[order] = counts[sorted_places] + within
    np.add.at(counts, places, which.astype(np.int64))
    return found


@dataclass
class StagedEndpoint(ClassEndpoint):
    """An endpoint that pipelines send requests to.

    Attributes:
        name: What they call it.
        pipelines: Who they are.
        dress: Makes requests out of arrival times [s], sorted, and labels: draws what is random about them.
    """

    name: str = ""
    pipelines: list[Pipeline] = field(default_factory=list)
    dress: Callable[[FloatArray, IntArray], Requests] | None = None

    def advance(self, until_s: float) -> None:
        """Serve every request that reaches it before *until_s* [s] and bring all replicas up to it."""
        assert self.dress is not None, "it is told how before time begins"
        count = len(self.pipelines)
        parts = [each.due(self.name, until_s) for each in self.pipelines]
        times_s = np.concatenate([times_s for times_s, _ in parts])
        labels = np.concatenate([count * numbers + which for which, (_, numbers) in enumerate(parts)])
        order = np.argsort(times_s, kind="stable")
        self.requests = iter((self.dress(times_s[order], labels[order]),) if len(times_s) else ())
        super().advance(until_s)
        left = self.departures()
        for which, pipeline in enumerate(self.pipelines):
            own = left[left["label"] % count == which]
            pipeline.left(self.name, own["at_s"], own["label"] // count, own["answered"])
