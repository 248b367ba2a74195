"""The story of an autoscaler: it looks, decides, starts replicas that take a while, and stops some after a rest."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import pandas as pd
import simpy

from dcplan.engine.serving import AnyEndpoint, advance
from dcplan.results.store import frame
from dcplan.scenario.autoscaling import Autoscaling, PerReplica, Utilisation
from dcplan.serving.cached_endpoint import CachedEndpoint
from dcplan.serving.scaling import by_clock, for_requests, for_utilisation
from dcplan.serving.state import BUSY_S
from dcplan.signals.clock import Clock

Process = Generator[simpy.Event, object, None]


@dataclass
class Crew:
    """The replicas of an endpoint: those that serve, those that are being started, and every change of that.

    Attributes:
        most: Replicas at most.
        active: Replicas that get requests.
        starting: Replicas that will soon.
        changes: When something changed [s], and how many served and were being started from then on.
    """

    most: int
    active: int
    starting: int = 0
    changes: list[tuple[float, int, int]] = field(default_factory=list)

    def note(self, now_s: float) -> None:
        """Write down how many there are."""
        self.changes.append((now_s, self.active, self.starting))


def autoscale(
    env: simpy.Environment, name: str, endpoint: AnyEndpoint, spec: Autoscaling, crew: Crew, clock: Clock
) -> Process:
    """Decide every so often how many replicas there should be, and see to it."""
    crew.note(env.now)
    busy_s, changed_s = 0.0, env.now
    while True:
        yield env.timeout(spec.every)
        advance(name, endpoint, env.now)
        before_s, busy_s = busy_s, float(endpoint.totals.sums[BUSY_S])
        busy = (busy_s - before_s) / (spec.every * crew.active)
        wanted = min(crew.most, max(spec.least, _wanted(spec, endpoint, crew, busy, clock, env.now)))
        if wanted > crew.active + crew.starting:
            env.process(_start(env, name, endpoint, crew, wanted - crew.active - crew.starting, spec.start_up))
            changed_s = env.now
        elif wanted < crew.active and not crew.starting and env.now - changed_s >= spec.cool_down:
            crew.active, changed_s = wanted, env.now
            endpoint.scale(wanted)
            crew.note(env.now)


def _wanted(spec: Autoscaling, endpoint: AnyEndpoint, crew: Crew, busy: float, clock: Clock, now_s: float) -> int:
    """How many replicas there should be by the rule of *spec*."""
    if isinstance(spec, Utilisation):
        return for_utilisation(crew.active, busy, spec.target)
    if isinstance(spec, PerReplica):
        served = endpoint.behind if isinstance(endpoint, CachedEndpoint) else endpoint
        return for_requests(served.in_system, spec.target)
    steps = [(60.0 * (60 * step.at.hour + step.at.minute) + step.at.second, step.replicas) for step in spec.steps]
    return by_clock(clock.second_of_day(now_s), steps)


def _start(
    env: simpy.Environment, name: str, endpoint: AnyEndpoint, crew: Crew, count: int, start_up_s: float
) -> Process:
    """Start replicas; they serve when they are ready."""
    crew.starting += count
    crew.note(env.now)
    yield env.timeout(start_up_s)
    advance(name, endpoint, env.now)
    crew.starting -= count
    crew.active += count
    endpoint.scale(crew.active)
    crew.note(env.now)


def table(name: str, crew: Crew, replication: int) -> pd.DataFrame:
    """Every change of the number of replicas."""
    times_s, active, starting = zip(*crew.changes, strict=True)
    columns = {"replication": replication, "endpoint": name, "time_s": times_s, "active": active, "starting": starting}
    return frame("scaling", columns)
