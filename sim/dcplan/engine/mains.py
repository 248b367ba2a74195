"""The story of the utility's breaker: a building that draws too much for too long has a power cut of its own making."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import simpy

from dcplan.engine import standby
from dcplan.engine.breakers import Trips
from dcplan.engine.incidents import blackout, out_at
from dcplan.engine.levers import Gauge, Levers
from dcplan.engine.plan import BreakersPlan, Plan, RoomPlan
from dcplan.engine.power_cut import Bank, cut
from dcplan.engine.room import Hall, at_instant, attend, drawn_w
from dcplan.engine.servers import Meter, Owner
from dcplan.facility.breaker import travelled
from dcplan.facility.domain import FloatArray
from dcplan.facility.plant import simulate
from dcplan.workload.streams import Streams

Process = Generator[simpy.Event, object, None]
WARM = 1.25
"""What servers draw at most, fans and leakage in warm air included, over what they draw at most."""


@dataclass
class Mains:
    """Everything behind the utility's breaker.

    Attributes:
        plan: What runs.
        room: How the room stands a loss of cooling.
        hall: The room.
        bank: The batteries of the UPS.
        levers: What runs on the servers.
        meters: How to read every owner of slots.
        streams: Whether generators start.
    """

    plan: Plan
    room: RoomPlan
    hall: Hall
    bank: Bank
    levers: Levers
    meters: Mapping[Owner, Meter]
    streams: Streams

    def power_w(self, now_s: float, it_w: float, highest_w: FloatArray) -> float:
        """Power at the meter while servers draw *it_w* [W]; 0 where it cannot reach the limit, as *highest_w* tells."""
        assert self.plan.facility is not None, "breakers need a building"
        assert self.plan.site is not None, "a building needs a site"
        if any(each.begins_s < now_s <= each.back_s for each in self.hall.cuts):
            return 0.0
        charging_w = self.bank.charging_w(now_s)
        place = max(0, int(np.searchsorted(self.plan.grid.starts_s, now_s, side="right")) - 1)
        if highest_w[place] + WARM * charging_w <= self.plan.facility.power.utility_limit_w:
            return 0.0
        weather, out = (
            at_instant(self.plan.site.weather, self.plan.grid, now_s),
            out_at(self.hall.losses, np.array([now_s])),
        )
        result = simulate(np.array([it_w]), weather, self.plan.facility, out, charging_w)
        return float(result.facility_w[0])

    def highest_w(self) -> FloatArray:
        """Power at the meter in each counted interval if all servers drew all they can, in warm air [W], [n]."""
        assert self.plan.facility is not None, "breakers need a building"
        assert self.plan.site is not None, "a building needs a site"
        it_w = WARM * sum(group.count * group.server.max_w for group in self.plan.groups.values())
        return simulate(
            np.full(len(self.plan.grid.starts_s), it_w), self.plan.site.weather, self.plan.facility
        ).facility_w


def guard(env: simpy.Environment, breakers: BreakersPlan, mains: Mains, trips: Trips) -> Process:
    """Look at the meter every so often; what it carried too much for too long trips it, and that is a power cut."""
    hall, levers, way = mains.hall, mains.levers, np.zeros(1)
    gauge, highest_w = Gauge(mains.plan, mains.meters), mains.highest_w()
    while True:
        yield env.timeout(breakers.every_s)
        it_w = drawn_w(hall, levers, gauge)
        load = mains.power_w(env.now, it_w, highest_w) / breakers.utility_w
        way = travelled(way, np.array([load]), breakers.every_s, breakers.design)
        if way[0] >= 1.0:
            way[0] = 0.0
            trips.note(env.now, "utility", load, breakers.reset_s)
            _trip(env, breakers, mains, len(trips.log))


def _trip(env: simpy.Environment, breakers: BreakersPlan, mains: Mains, number: int) -> None:
    """The utility is gone until somebody has closed the breaker; generators start, or do not."""
    plan, room, hall, levers = mains.plan, mains.room, mains.hall, mains.levers
    generators_s = standby.start_s(plan, mains.streams, f"generators/trip {number}")
    setback = blackout(env.now, env.now + breakers.reset_s, room.spec, generators_s)
    hall.suffer(setback)
    assert setback.cut is not None, "that is what a blackout is"
    env.process(cut(env, plan, room, hall, levers, Gauge(plan, mains.meters), mains.bank, setback.cut))
    env.process(attend(env, plan, room, hall, levers, Gauge(plan, mains.meters)))
