"""Requests that pass through several endpoints, as plain SimPy: one environment, one process per request.

The endpoints are those of `class_oracle`. It shares no code with `serving.pipeline`: everything happens in the order of
time, and who waits for several answers waits for events. Of requests that reach an endpoint at one instant, because a
batch was done, the kernel looks at each before it looks at the next, while here all join before a replica takes a
batch: the same, as long as a batch that is not full waits for more and no queue is full.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np
import simpy

from dcplan.serving.endpoint import Requests
from dcplan.serving.histogram import FloatArray
from dcplan.serving.pipeline import Step
from dcplan.validation import class_oracle
from dcplan.validation.class_oracle import World

Process = Generator[simpy.Event, object, None]


@dataclass
class Place:
    """An endpoint, and what is random about the requests that come to it, one after the other."""

    world: World
    chances: Requests
    numbers: Iterator[int]


def simulate(
    steps: tuple[Step, ...], times_s: FloatArray, open_places: Mapping[str, tuple[class_oracle.Opener, Requests]]
) -> FloatArray:
    """Latency of each request that comes at *times_s* [s], NaN if it failed, [n].

    Args:
        steps: The steps of the pipeline.
        times_s: When requests come [s], sorted, [n].
        open_places: For each endpoint how it is opened, and the draws of its requests, in the order in which they come.
    """
    env = simpy.Environment()
    places = {name: Place(open_world(env), chances, count()) for name, (open_world, chances) in open_places.items()}
    latency_s = np.full(len(times_s), np.nan)
    env.process(source(env, steps, places, times_s, latency_s))
    env.run()
    return latency_s


def source(
    env: simpy.Environment,
    steps: tuple[Step, ...],
    places: Mapping[str, Place],
    times_s: FloatArray,
    latency_s: FloatArray,
) -> Process:
    """Requests come one after the other, and each goes its own way."""
    for number, time_s in enumerate(times_s):
        yield env.timeout(float(time_s) - env.now)
        env.process(traveller(env, steps, places, number, latency_s))


def traveller(
    env: simpy.Environment, steps: tuple[Step, ...], places: Mapping[str, Place], number: int, latency_s: FloatArray
) -> Process:
    """A request passes one step after the other, unless it fails."""
    born_s = env.now
    for step in steps:
        if step.before_s:
            yield env.timeout(step.before_s)
        asked = [env.process(visit(places[name])) for name in step.endpoints]
        waiting = list(asked)
        answers = 0
        while answers < step.needed:
            yield simpy.AnyOf(env, waiting)
            done = [each for each in waiting if each.processed]
            waiting = [each for each in waiting if not each.processed]
            answers += sum(bool(each.value) for each in done)
            if answers + len(waiting) < step.needed:
                return
    latency_s[number] = env.now - born_s


def visit(place: Place) -> Generator[simpy.Event, object, bool]:
    """A request at an endpoint; returns whether it was answered."""
    index = next(place.numbers)
    this = class_oracle.new(place.world, place.chances, index)
    return (yield from class_oracle.request(place.world, this))
