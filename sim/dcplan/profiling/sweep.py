"""Which points are measured: the axes of a workload, the ways it is run, and calls after a pause.

A processor that has been idle answers its next call more slowly: caches were used by others, clocks have fallen, a
virtual processor was taken off its core. Servers that are not saturated pause before nearly every call, so the pause is
an axis of its own, measured at a few batch sizes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from dcplan.profiling.point import Key, Point, Variant
from dcplan.profiling.session import Session
from dcplan.profiling.workloads.workload import Axes, Workload

PAUSES_S = (0.001, 0.005, 0.02, 0.1)
"""Pauses before a call [s]: from the delay of a batcher to the silence of a night."""
QUICK_PAUSES_S = (0.005, 0.05)
LARGER = 6
"""Doublings of the largest batch of a processor that an accelerator is offered."""


@dataclass(frozen=True)
class Sweep:
    """What is swept.

    Attributes:
        variants: The ways the model is run, the first being the one that scenarios use unless they say otherwise.
        quick: Whether to take only the few points of each task that are marked so.
        tasks: Tasks to measure; all of the workload if empty.
        device: "cpu" or "cuda"; an accelerator is offered larger batches, until they gain nothing or do not fit.
    """

    variants: tuple[Variant, ...]
    quick: bool = False
    tasks: tuple[str, ...] = ()
    device: str = "cpu"

    def keys(self, workload: Workload) -> list[Key]:
        """Every point, batch sizes rising within a ladder."""
        axes_of = workload.quick if self.quick else workload.tasks
        larger = LARGER if self.device == "cuda" and not self.quick else 0
        chosen = {task: _grown(axes, larger) for task, axes in axes_of.items() if task in (self.tasks or axes_of)}
        keys = [
            Key.at(task, place, variant)
            for variant in self.variants
            for task, axes in chosen.items()
            if not (task == "train" and variant.precision == "int8")
            for place in _places(axes)
        ]
        return keys + list(self._after_pauses(keys))

    def _after_pauses(self, keys: Iterable[Key]) -> Iterator[Key]:
        """Pauses before inference in the first variant, at the smallest, a middle and the largest batch."""
        first = [key for key in keys if key.variant == self.variants[0] and key.task == "infer"]
        longest = max((key.tokens for key in first), default=0)
        batches = [key for key in first if key.tokens == longest]
        chosen = batches[:1] if self.quick else [batches[i] for i in sorted({0, len(batches) // 2})] if batches else []
        for idle_s, key in itertools.product(QUICK_PAUSES_S if self.quick else PAUSES_S, chosen):
            yield key._replace(idle_s=idle_s)


def points(keys: Iterable[Key], sessions: Mapping[Variant, Session]) -> list[Point]:
    """The points of *keys*, each in the session of its variant."""
    found = []
    for key in keys:
        session = sessions[key.variant]
        make = partial(session.call, key)
        found.append(Point(key, make, session.enter, session.wait, session.stopwatch))
    return found


def _grown(axes: Axes, doublings: int) -> Axes:
    """*axes* with so many more batch sizes, each twice the one before."""
    largest = max(axes["batch"])
    return {**axes, "batch": (*axes["batch"], *(largest * 2**power for power in range(1, doublings + 1)))}


def _places(axes: Axes) -> Iterator[dict[str, int]]:
    """Every combination of the axes, batch moving fastest."""
    names = sorted(axes, key=lambda axis: axis == "batch")
    for values in itertools.product(*(axes[name] for name in names)):
        yield dict(zip(names, values, strict=True))
