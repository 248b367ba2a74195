"""What can be read off the servers while they run, and what can be done to them: slow down, switch off and on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import simpy

from dcplan.engine import jobs
from dcplan.engine.plan import Grid, Plan
from dcplan.engine.servers import Meter, Owner, Reading, Surroundings, group_power_w, servers_on
from dcplan.engine.serving import AnyEndpoint, advance
from dcplan.facility.domain import FloatArray
from dcplan.facility.limits import dynamic_power, relative_speed
from dcplan.serving.cached_endpoint import CachedEndpoint
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.generation_endpoint import GenerationEndpoint
from dcplan.serving.throttle import Throttle


class Drawn(NamedTuple):
    """What a group of servers drew, mean over the time since it was asked last.

    Attributes:
        power_w: Power at the plugs [W].
        idle_w: Part of it that servers draw when they are on [W].
        busy: Share of the slots kept by endpoints and queues that were busy [-].
    """

    power_w: float
    idle_w: float
    busy: float


@dataclass
class Gauge:
    """Reads all meters when asked, and remembers what they said.

    Attributes:
        plan: What runs.
        meters: How to read every owner of slots; endpoints must be up to date.
    """

    plan: Plan
    meters: Mapping[Owner, Meter]
    _read: dict[Owner, Reading] = field(default_factory=dict)
    _read_s: float = 0.0

    def since(self, now_s: float, dynamic: Mapping[str, float], inlet_c: float | None) -> dict[str, Drawn]:
        """What each group drew since this was asked last, if its servers ran at *dynamic* power over full power."""
        now = {owner: meter(now_s) for owner, meter in self.meters.items()}
        before, passed_s = self._read or dict.fromkeys(now, Reading(0.0, 0.0)), now_s - self._read_s
        if passed_s <= 0.0:
            return {}
        self._read, self._read_s = now, now_s
        added = {owner: np.subtract(now[owner], before[owner]) for owner in now}
        return {name: self._drawn(name, added, passed_s, dynamic[name], inlet_c) for name in self.plan.groups}

    def _drawn(
        self, name: str, added: Mapping[Owner, FloatArray], passed_s: float, dynamic: float, inlet_c: float | None
    ) -> Drawn:
        group, grid = self.plan.groups[name], Grid(np.array([passed_s]), 0.0)
        owners = [owner for owner in added if owner.group == name]
        busy_s, active_j, off_s = np.sum([added[owner] for owner in owners], axis=0)[:, None]
        on = servers_on(group, off_s, grid)
        around = Surroundings(np.array([dynamic]), None if inlet_c is None else np.array([inlet_c]))
        kept = sum(owner.slots for owner in owners if owner.user)
        power_w = group_power_w(group, busy_s, active_j, on, around, grid)
        return Drawn(
            float(power_w[0]), float(on[0] * group.server.idle_w), float(busy_s[0]) / (max(kept, 1) * passed_s)
        )


@dataclass
class Levers:
    """Everything that runs on the servers.

    Attributes:
        env: The clock.
        plan: What runs.
        endpoints: Those that have servers.
        lines: The training queues.
        hot: Speed over full speed that the warmth of the room leaves all servers [-].
        capped: Power above rest over that at full speed that its cap leaves each group [-].
        off: Why the servers of each group are off; empty while they are on.
        log: When the power above rest of each group changed [s], and to what, over that at full speed [-].
    """

    env: simpy.Environment
    plan: Plan
    endpoints: Mapping[str, AnyEndpoint]
    lines: Mapping[str, jobs.Line]
    hot: float = 1.0
    capped: dict[str, float] = field(default_factory=dict)
    off: dict[str, set[str]] = field(default_factory=dict)
    log: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _off_since_s: dict[str, float] = field(default_factory=dict)
    _off_before_s: dict[str, float] = field(default_factory=dict)

    @property
    def all_off(self) -> bool:
        """Whether no server is on."""
        return all(self.off.get(name) for name in self.plan.groups)

    def off_s(self, group: str, now_s: float) -> float:
        """Time that the servers of *group* were off, from second 0 up to now [s]."""
        since_s = self._off_since_s.get(group, now_s)
        return self._off_before_s.get(group, 0.0) + now_s - since_s

    def speed(self, group: str) -> float:
        """Speed of *group* over full speed [-]: the lower of what warmth and cap leave."""
        curve, capped = self.plan.groups[group].server.cap_curve, self.capped.get(group, 1.0)
        return self.hot if curve is None else min(self.hot, float(relative_speed(np.array(capped), curve)))

    def dynamic(self, group: str) -> float:
        """Power above rest of busy servers of *group* over that at full speed [-]."""
        curve = self.plan.groups[group].server.cap_curve
        return 1.0 if curve is None else float(dynamic_power(np.array(self.speed(group)), curve))

    def advance(self) -> None:
        """Bring all endpoints up to now."""
        for name, endpoint in self.endpoints.items():
            advance(name, endpoint, self.env.now)

    def pull(self) -> None:
        """Let everything run as `hot`, `capped` and `off` say, from now on."""
        self.advance()
        for name in self.plan.groups:
            self.log.setdefault(name, []).append((self.env.now, self.dynamic(name)))
        for name, endpoint in self.endpoints.items():
            groups = [each.pool.on for each in self.plan.endpoints[name].pools]
            longer = np.array([1.0 / self.speed(group) for group in groups])
            endpoint.throttle(Throttle(longer, np.array([self.dynamic(group) for group in groups])))
        for name, line in self.lines.items():
            group = self.plan.queues[name].spec.on
            jobs.set_speed(self.env, line, 0.0 if self.off.get(group) else self.speed(group))

    def switch_off(self, cause: str, groups: Collection[str]) -> None:
        """Switch the servers of *groups* off: what they hold is lost; jobs halt, and go on where they were."""
        self.advance()
        fallen = {name for name in groups if not self.off.get(name)}
        for name in groups:
            self.off.setdefault(name, set()).add(cause)
        self._off_since_s |= dict.fromkeys(fallen, self.env.now)
        for served, replica in self._replicas(fallen):
            served.crash(replica)
            served.exclude(replica)
        self.pull()

    def switch_on(self, cause: str, groups: Collection[str]) -> None:
        """Let the servers of *groups* serve again, unless they are off for something else than *cause* as well."""
        self.advance()
        for name in groups:
            self.off[name].discard(cause)
        risen = {name for name in groups if not self.off[name]}
        for name in risen:
            self._off_before_s[name] = self.off_s(name, self.env.now)
            del self._off_since_s[name]
        for served, replica in self._replicas(risen):
            served.repair(replica)
        self.pull()

    def _replicas(self, groups: Collection[str]) -> Iterator[tuple[ClassEndpoint | GenerationEndpoint, int]]:
        """All replicas on the servers of *groups*."""
        for name, endpoint in self.endpoints.items():
            known = self.plan.endpoints[name]
            on = [each.pool.on in groups for each in known.pools]
            if any(on):
                served = _with_replicas(endpoint)
                for replica in range(len(served.state.replica)):
                    if on[known.hardware[replica]]:
                        yield served, replica


def dynamic_means(levers: Levers, group: str, grid: Grid) -> FloatArray:
    """Power above rest of busy servers of *group* over that at full speed, mean over each counted interval [-], [n]."""
    changes = [(0.0, 1.0), *levers.log.get(group, [])]
    at_s, dynamic = (np.array(column) for column in zip(*changes, strict=True))
    so_far = np.concatenate(([0.0], np.cumsum(np.diff(at_s) * dynamic[:-1])))
    edges_s = np.append(grid.starts_s, grid.starts_s[-1] + grid.durations_s[-1])
    place = np.searchsorted(at_s, edges_s, side="right") - 1
    total = so_far[place] + (edges_s - at_s[place]) * dynamic[place]
    return np.asarray(np.diff(total) / grid.durations_s)


def _with_replicas(endpoint: AnyEndpoint) -> ClassEndpoint | GenerationEndpoint:
    served = endpoint.behind if isinstance(endpoint, CachedEndpoint) else endpoint
    assert isinstance(served, ClassEndpoint | GenerationEndpoint), "others that lose their servers are refused"
    return served
