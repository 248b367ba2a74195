"""Which points are measured: the axes of a workload, the ways it is run, and calls after a pause.

A processor that has been idle answers its next call more slowly: caches were used by others, clocks have fallen, a
virtual processor was taken off its core. Servers that are not saturated pause before nearly every call, so the pause is
an axis of its own, measured at a few batch sizes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from dcplan.errors import InputError
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
        brief: Whether to pause only as briefly as `quick` does.
        at: Values of axes to take instead of the workload's own, by task (empty: all tasks) and axis.
    """

    variants: tuple[Variant, ...]
    quick: bool = False
    tasks: tuple[str, ...] = ()
    device: str = "cpu"
    brief: bool = False
    at: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    def keys(self, workload: Workload) -> list[Key]:
        """Every point, batch sizes rising within a ladder."""
        axes_of = workload.quick if self.quick else workload.tasks
        larger = LARGER if self.device == "cuda" and not self.quick else 0
        asked = self.tasks or axes_of
        chosen = {task: self._asked(task, _grown(axes, larger)) for task, axes in axes_of.items() if task in asked}
        keys = [
            Key.at(task, place, variant)
            for variant in self.variants
            for task, axes in chosen.items()
            if not (task == "train" and variant.precision == "int8")
            for place in _places(axes)
        ]
        return keys + list(self._after_pauses(keys))

    def _asked(self, task: str, axes: Axes) -> Axes:
        """*axes* with the values that were asked for."""
        return {axis: self.at.get((task, axis)) or self.at.get(("", axis)) or values for axis, values in axes.items()}

    def _after_pauses(self, keys: Iterable[Key]) -> Iterator[Key]:
        """Pauses before inference in the first variant, at the smallest and, but for quick ones, a middle batch."""
        first = [key for key in keys if key.variant == self.variants[0] and key.task == "infer"]
        longest = max((key.tokens for key in first), default=0)
        batches = [key for key in first if key.tokens == longest]
        chosen = batches[:1] if self.quick else [batches[i] for i in sorted({0, len(batches) // 2})] if batches else []
        for idle_s, key in itertools.product(QUICK_PAUSES_S if self.quick or self.brief else PAUSES_S, chosen):
            yield key._replace(idle_s=idle_s)


def values_of_axes(texts: Iterable[str], workload: Workload) -> dict[tuple[str, str], tuple[int, ...]]:
    """What "infer.batch=1,8" or, for all tasks, "batch=1,8" asks for, by task and axis.

    Raises: InputError if it cannot be read, or *workload* has no such task, axis or so long a sequence.
    """
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for text in texts:
        place, _, listed = text.partition("=")
        task, _, axis = place.rpartition(".")
        if not re.fullmatch(r"\d+(,\d+)*", listed):
            raise InputError(f"'{text}' is no axis with whole numbers", "write infer.batch=1,8,64 or batch=1,8,64")
        having = {name: axes for name, axes in workload.tasks.items() if axis in axes and task in ("", name)}
        if not having:
            known = [f"{name}.{axis}" for name, axes in workload.tasks.items() for axis in axes]
            raise InputError(f"{workload.name} has no axis '{place}'", f"it has {', '.join(known)}")
        values = tuple(sorted(set(map(int, listed.split(",")))))
        longest = max(max(axes.get(axis, (0,))) for axes in workload.tasks.values())
        if values[0] < 1 or (axis != "batch" and values[-1] > longest):
            most = "" if axis == "batch" else f" to {longest}"
            raise InputError(f"'{text}' cannot be measured", f"{workload.name} takes {axis} from 1{most}")
        found[task, axis] = values
    return found


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
