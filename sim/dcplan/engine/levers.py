"""What the room can read off the servers, and what it can do to all of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import simpy

from dcplan.engine import jobs
from dcplan.engine.plan import Grid, Plan
from dcplan.engine.servers import Meter, Owner, Reading, group_power_w
from dcplan.engine.serving import AnyEndpoint, advance
from dcplan.serving.cached_endpoint import CachedEndpoint
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.throttle import Throttle


@dataclass
class Levers:
    """The servers, as a whole.

    Attributes:
        env: The clock.
        plan: What runs.
        endpoints: Those whose servers stand in the room.
        lines: The training queues.
        meters: How to read every owner of slots; endpoints must be up to date.
        power: Power above rest over that at full speed, where no board has a meter [-].
    """

    env: simpy.Environment
    plan: Plan
    endpoints: Mapping[str, AnyEndpoint]
    lines: Mapping[str, jobs.Line]
    meters: Mapping[Owner, Meter]
    power: float = 1.0
    _read: dict[Owner, Reading] = field(default_factory=dict)
    _read_s: float = 0.0

    def it_w(self) -> float:
        """Mean power of all servers since this was asked last [W]."""
        self._advance()
        now = {owner: meter(self.env.now) for owner, meter in self.meters.items()}
        before, passed_s = self._read, self.env.now - self._read_s
        self._read, self._read_s = now, self.env.now
        if not before or passed_s <= 0.0:
            return 0.0
        return sum(self._group_w(name, before, now, passed_s) for name in self.plan.groups)

    def _group_w(
        self, name: str, before: Mapping[Owner, Reading], now: Mapping[Owner, Reading], passed_s: float
    ) -> float:
        group = self.plan.groups[name]
        owners = [owner for owner in now if owner.group == name]
        busy_s, active_j, off_s = np.sum([np.subtract(now[each], before[each]) for each in owners], axis=0)[:, None]
        grid = Grid(np.array([passed_s]), 0.0)
        on = np.maximum(0.0, group.count - off_s / (group.slots_per_server * passed_s))
        return float(group_power_w(group, busy_s, active_j, on, np.array([self.power]), grid)[0])

    def throttle(self, speed: float, power: float) -> None:
        """Let everything run at *speed*, drawing *power* above rest, both over those at full speed."""
        self._advance()
        self.power = power
        for endpoint in self.endpoints.values():
            endpoint.throttle(Throttle(np.array([1.0 / speed]), np.array([power])))
        for line in self.lines.values():
            if line.speed > 0.0:
                jobs.set_speed(self.env, line, speed)

    def switch_off(self) -> None:
        """Switch all servers off: what they hold is lost; jobs halt, and go on where they were."""
        self._advance()
        for endpoint in self.endpoints.values():
            served = _with_replicas(endpoint)
            for replica in range(len(served.state.replica)):
                served.crash(replica)
                served.exclude(replica)
        for line in self.lines.values():
            jobs.set_speed(self.env, line, 0.0)

    def switch_on(self) -> None:
        """Let all servers serve again, at full speed."""
        self._advance()
        for endpoint in self.endpoints.values():
            served = _with_replicas(endpoint)
            for replica in range(len(served.state.replica)):
                served.repair(replica)
        for line in self.lines.values():
            jobs.set_speed(self.env, line, 1.0)

    def _advance(self) -> None:
        for name, endpoint in self.endpoints.items():
            advance(name, endpoint, self.env.now)


def _with_replicas(endpoint: AnyEndpoint) -> ClassEndpoint:
    served = endpoint.behind if isinstance(endpoint, CachedEndpoint) else endpoint
    assert isinstance(served, ClassEndpoint), "scenarios in which others lose their servers are refused"
    return served
