"""The story of breakers: what is overloaded for too long goes off, until somebody has closed its breaker again.

The load of a group is spread evenly over its racks, so all its racks, or rows, trip together.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy

from dcplan.engine.levers import Drawn, Gauge, Levers
from dcplan.engine.plan import Breaker, BreakersPlan, ServerGroup
from dcplan.engine.room import Hall
from dcplan.facility.breaker import travelled
from dcplan.results.store import frame
from dcplan.scenario.fleet import Servers
from dcplan.scenario.power import PowerChain

Process = Generator[simpy.Event, object, None]


def breakers_of(
    power: PowerChain, fleet: Mapping[str, Servers], groups: Mapping[str, ServerGroup]
) -> Iterator[Breaker]:
    """All breakers that servers hang on, from the racks up."""
    for name in groups:
        spec = fleet[name]
        if spec.rack is None:
            continue
        yield Breaker(f"racks of {name}", (name,), _limit_w(spec.rack.limit, spec.rack.size, spec.count))
        if spec.rack.row is not None:
            in_row = spec.rack.row.racks * spec.rack.size
            yield Breaker(f"rows of {name}", (name,), _limit_w(spec.rack.row.limit, in_row, spec.count))
    if power.hall is not None:
        yield Breaker("hall", tuple(groups), power.hall.limit)


def _limit_w(limit_w: float, held: int, count: int) -> float:
    """Power of *count* servers at which a rack or row that holds up to *held* of them is at its limit [W]."""
    return limit_w * count / min(held, count)


@dataclass
class Trips:
    """Every trip: rows of the table `trips`, without replication."""

    log: list[dict[str, object]] = field(default_factory=list)

    def note(self, now_s: float, breaker: str, load: float, reset_s: float) -> None:
        """A breaker trips now, at *load* over its limit [-], and is closed after *reset_s* [s]."""
        self.log.append({"time_s": now_s, "breaker": breaker, "load": load, "back_s": now_s + reset_s})


def protect(
    env: simpy.Environment, breakers: BreakersPlan, hall: Hall, levers: Levers, gauge: Gauge, trips: Trips
) -> Process:
    """Look at what every breaker carries every so often, and trip those that carried too much for too long."""
    way = np.zeros(len(breakers.installed))
    while True:
        yield env.timeout(breakers.every_s)
        levers.advance()
        drawn = gauge.since(env.now, {name: levers.dynamic(name) for name in levers.plan.groups}, hall.inlet_c)
        load = np.array([_load(each, drawn) for each in breakers.installed])
        way = travelled(way, load, breakers.every_s, breakers.design)
        for number in np.flatnonzero(way >= 1.0):
            way[number], tripped = 0.0, breakers.installed[number]
            levers.switch_off(tripped.name, tripped.groups)
            env.process(_close(env, tripped, breakers.reset_s, levers))
            trips.note(env.now, tripped.name, float(load[number]), breakers.reset_s)


def _load(breaker: Breaker, drawn: Mapping[str, Drawn]) -> float:
    """Load over the limit of *breaker* [-]."""
    return sum(drawn[name].power_w for name in breaker.groups) / breaker.limit_w


def _close(env: simpy.Environment, breaker: Breaker, reset_s: float, levers: Levers) -> Process:
    yield env.timeout(reset_s)
    levers.switch_on(breaker.name, breaker.groups)


def table(trips: Trips, replication: int) -> pd.DataFrame:
    """Every trip."""
    return frame("trips", [{"replication": replication, **row} for row in trips.log])
