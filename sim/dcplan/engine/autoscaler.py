"""The story of an autoscaler: it looks, decides, starts replicas that take a while, and stops some after a rest.

Where `least` is 0 there may be none: requests wait in the shared queue, and whatever the rule says, one is wanted as
long as anybody asks. Knative's activator does so: it keeps the requests of a service without replicas, and has the
autoscaler start some (Knative documentation, "HTTP Request Flows", scale from zero). Only a clock is followed blindly.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import simpy

from dcplan.engine.plan import EndpointPlan, ServerGroup
from dcplan.engine.serving import AnyEndpoint, advance
from dcplan.results.store import frame
from dcplan.scenario.autoscaling import Autoscaling, PerReplica, Predictive, Scheduled, Utilisation
from dcplan.serving.cached_endpoint import CachedEndpoint
from dcplan.serving.scaling import by_clock, for_requests, for_utilisation, forecast, slots_off
from dcplan.serving.state import ARRIVED, BUSY_S
from dcplan.signals.clock import Clock

Process = Generator[simpy.Event, object, None]


@dataclass
class Crew:
    """The replicas of an endpoint: those that serve, those that are being started, and every change of that.

    Attributes:
        most: Replicas at most.
        active: Replicas that get requests.
        starting: Replicas that will soon.
        per_server: Slots of a server that is switched off when all its replicas are given up; None if none ever is.
        changes: When something changed [s], and how many served and were being started from then on.
        off: Slots of servers that are off, since when [s], and slot-seconds off up to then.
    """

    most: int
    active: int
    starting: int = 0
    per_server: int | None = None
    changes: list[tuple[float, int, int]] = field(default_factory=list)
    off: tuple[int, float, float] = (0, 0.0, 0.0)

    def note(self, now_s: float) -> None:
        """Write down how many there are."""
        self.changes.append((now_s, self.active, self.starting))

    def switch(self, occupied: int, now_s: float) -> None:
        """Switch off what no replica needs: none that serves, is being started, or is among the first *occupied*."""
        if self.per_server is not None:
            kept = max(self.active + self.starting, occupied)
            self.off = slots_off(kept, self.most, self.per_server), now_s, self.off_slot_s(now_s)

    def off_slot_s(self, now_s: float) -> float:
        """Slot-seconds of servers that were off, from second 0 up to now."""
        slots, since_s, before_s = self.off
        return before_s + slots * (now_s - since_s)


def crew(endpoint: EndpointPlan, groups: Mapping[str, ServerGroup]) -> Crew:
    """The replicas of *endpoint* at second 0: all of them serve."""
    spec = endpoint.spec
    per_server = None
    if spec.on is not None and spec.autoscaling is not None and spec.autoscaling.idle_servers == "switch_off":
        per_server = groups[spec.on].slots_per_server
    return Crew(spec.all_replicas, spec.all_replicas, per_server=per_server)


def autoscale(
    env: simpy.Environment, name: str, endpoint: AnyEndpoint, spec: Autoscaling, crew: Crew, clock: Clock
) -> Process:
    """Decide every so often how many replicas there should be, and see to it."""
    crew.note(env.now)
    busy_s, changed_s, came = [0.0], env.now, 0
    while True:
        yield env.timeout(spec.every)
        advance(name, endpoint, env.now)
        served = endpoint.behind if isinstance(endpoint, CachedEndpoint) else endpoint
        before, came = came, int(served.totals.counts[ARRIVED])
        busy_s.append(float(served.totals.sums[BUSY_S]))
        asked = not isinstance(spec, Scheduled) and (came > before or served.in_system > 0)
        wanted = max(spec.least, int(asked), _wanted(spec, served.in_system, busy_s, clock, env.now))
        wanted = min(crew.most, wanted)
        if wanted > crew.active + crew.starting:
            env.process(_start(env, name, endpoint, crew, wanted - crew.active - crew.starting, spec.start_up))
            changed_s = env.now
        elif wanted < crew.active and not crew.starting and env.now - changed_s >= spec.cool_down:
            crew.active, changed_s = wanted, env.now
            endpoint.scale(wanted)
            crew.note(env.now)
        crew.switch(endpoint.occupied, env.now)


def _wanted(spec: Autoscaling, in_system: int, busy_s: Sequence[float], clock: Clock, now_s: float) -> int:
    """How many replicas there should be by the rule of *spec*, if *busy_s* were busy up to each decision."""
    if isinstance(spec, Utilisation | Predictive):
        busy = (busy_s[-1] - busy_s[-2]) / spec.every
        if isinstance(spec, Predictive):
            busy = max(busy, forecast(busy_s, spec.every, spec.season_s, spec.ahead_s) or 0.0)
        return for_utilisation(busy, spec.target)
    if isinstance(spec, PerReplica):
        return for_requests(in_system, spec.target)
    steps = [(60.0 * (60 * step.at.hour + step.at.minute) + step.at.second, step.replicas) for step in spec.steps]
    return by_clock(clock.second_of_day(now_s), steps)


def _start(
    env: simpy.Environment, name: str, endpoint: AnyEndpoint, crew: Crew, count: int, start_up_s: float
) -> Process:
    """Start replicas, on servers that are switched on for it; they serve when they are ready."""
    crew.starting += count
    crew.note(env.now)
    crew.switch(endpoint.occupied, env.now)
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
