"""The story of the servers: at every mark, how many slots were busy since the last, and what that drew.

A server with accelerators whose meters were read draws its idle power, and for each watt that a board draws above rest
`Server.per_board_w` more; any other follows a curve over its utilisation. A server that is switched off draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import simpy
from numpy.typing import NDArray

from dcplan.engine.plan import Grid, Plan, ServerGroup
from dcplan.facility.server import fan_power_w, fan_speed, server_power_w, warm_air_w
from dcplan.profiles.server import Server
from dcplan.results.store import frame

FloatArray = NDArray[np.float64]
Process = Generator[simpy.Event, object, None]
UNUSED = "unused"
"""Owner of the slots that nobody has reserved."""


class Reading(NamedTuple):
    """What the meter of an owner counted from second 0 on.

    Attributes:
        busy_s: Busy slot-seconds [s].
        active_j: Energy that its boards took above rest [J].
        off_s: Slot-seconds of its servers that were switched off [s].
    """

    busy_s: float
    active_j: float
    off_s: float = 0.0


class Surroundings(NamedTuple):
    """What the servers of a group run under, each array [n].

    Attributes:
        dynamic: Power of busy servers above rest over that at full speed [-]; of boards, their meters tell it.
        inlet_c: Air that they breathe in [degC]; None if nobody knows.
    """

    dynamic: FloatArray
    inlet_c: FloatArray | None


Meter = Callable[[float], Reading]
"""What an owner's meter reads now."""


@dataclass(frozen=True)
class Owner:
    """Somebody who keeps slots in a group: a pool of an endpoint's replicas, or a training queue.

    Attributes:
        kind: "endpoint", "training", or `UNUSED` for the slots that nobody has reserved.
        user: Its name in the scenario.
        group: The servers.
        slots: How many of their slots it keeps.
        pool: Number of the pool, for an endpoint.
    """

    kind: str
    user: str
    group: str
    slots: int
    pool: int = 0

    @property
    def name(self) -> str:
        """What it is called in tables, e.g. "endpoint vision"; the same for all pools of an endpoint."""
        return UNUSED if self.kind == UNUSED else f"{self.kind} {self.user}"


@dataclass
class Ledger:
    """What the meter of every owner read at second 0 and at every mark."""

    owners: dict[Owner, list[Reading]] = field(default_factory=dict)

    def busy_s(self, owner: Owner, grid: Grid) -> FloatArray:
        """Busy slot-seconds of *owner* in each counted interval."""
        return self._added(owner, grid, 0)

    def active_j(self, owner: Owner, grid: Grid) -> FloatArray:
        """Energy that the boards of *owner* took above rest in each counted interval [J]."""
        return self._added(owner, grid, 1)

    def off_s(self, owner: Owner, grid: Grid) -> FloatArray:
        """Slot-seconds of servers of *owner* that were switched off in each counted interval."""
        return self._added(owner, grid, 2)

    def _added(self, owner: Owner, grid: Grid, place: int) -> FloatArray:
        return np.diff(np.array(self.owners[owner])[:, place])[-len(grid.starts_s) :]


def owners(plan: Plan) -> list[Owner]:
    """All owners of slots."""
    pools = [
        Owner("endpoint", name, pool.on, pool.replicas, number)
        for name, endpoint in plan.endpoints.items()
        for number, pool in enumerate(endpoint.spec.pools)
    ]
    return pools + [Owner("training", name, each.spec.on, each.spec.slots) for name, each in plan.queues.items()]


def unused(plan: Plan) -> list[Owner]:
    """Who keeps the slots of each group that nobody has reserved."""
    taken = owners(plan)
    return [
        Owner(UNUSED, "", name, group.slots - sum(owner.slots for owner in taken if owner.group == name))
        for name, group in plan.groups.items()
    ]


def keep_ledger(env: simpy.Environment, meters: Mapping[Owner, Meter], ledger: Ledger, grid: Grid) -> Process:
    """Read every owner's meter at every mark."""
    for owner in meters:
        ledger.owners[owner] = [Reading(0.0, 0.0)]
    for mark_s in grid.marks_s:
        yield env.timeout(float(mark_s) - env.now)
        for owner, meter in meters.items():
            ledger.owners[owner].append(meter(env.now))


def tables(plan: Plan, ledger: Ledger, around: Mapping[str, Surroundings], replication: int) -> dict[str, pd.DataFrame]:
    """Power of each group of servers, and whose energy it is; *around* is what each runs under."""
    groups, owned = [], []
    for name, group in plan.groups.items():
        members = [owner for owner in ledger.owners if owner.group == name]
        busy_s = {owner: ledger.busy_s(owner, plan.grid) for owner in members}
        active_j = {owner: ledger.active_j(owner, plan.grid) for owner in members}
        off_s = {owner: ledger.off_s(owner, plan.grid) for owner in members}
        on = servers_on(group, _sum(off_s, plan.grid), plan.grid)
        power_w = group_power_w(group, _sum(busy_s, plan.grid), _sum(active_j, plan.grid), on, around[name], plan.grid)
        groups.append(_group_table(name, group, busy_s, power_w, on, around[name], plan.grid, replication))
        taken = busy_s if group.server.boards is None else active_j
        owned.append(attribution(group, taken, off_s, power_w, plan.grid, replication))
    return {name: pd.concat(parts, ignore_index=True) for name, parts in (("servers", groups), ("attribution", owned))}


def servers_on(group: ServerGroup, off_slot_s: FloatArray, grid: Grid) -> FloatArray:
    """Servers of a group that are switched on, mean over each interval, if so many slot-seconds were off."""
    on: FloatArray = group.count - off_slot_s / (group.slots_per_server * grid.durations_s)
    return np.maximum(on, 0.0)  # all may be off, but for a rounding error


def group_power_w(
    group: ServerGroup,
    busy_slot_s: FloatArray,
    active_j: FloatArray,
    on: FloatArray,
    around: Surroundings,
    grid: Grid,
) -> FloatArray:
    """Power at the plugs of a group [W], load spread evenly over the servers that are on.

    Args:
        group: The servers.
        busy_slot_s: Busy slot-seconds of each interval.
        active_j: Energy that their boards took above rest [J].
        on: Servers that were on; where none was, nothing is drawn.
        around: What they run under.
        grid: The intervals.
    """
    server = group.server
    if server.boards is not None:
        active_w = server.per_board_w * active_j / grid.durations_s
        power_w = np.minimum(on * server.idle_w + active_w, on * server.max_w)
        return power_w + _warm_air_w(server, power_w, on, around)
    slot_s = on * group.slots_per_server * grid.durations_s
    utilisation = np.divide(busy_slot_s, slot_s, out=np.zeros_like(slot_s), where=slot_s > 0.0)
    busy_w = server_power_w(np.clip(utilisation, 0.0, 1.0), server.idle_w, server.max_w, server.curve)
    power_w = on * (server.idle_w + around.dynamic * (busy_w - server.idle_w))
    return power_w + _warm_air_w(server, power_w, on, around)


def _warm_air_w(server: Server, power_w: FloatArray, on: FloatArray, around: Surroundings) -> FloatArray:
    """What air warmer than that for which *power_w* was measured adds [W]."""
    if server.inlet is None or around.inlet_c is None:
        return np.zeros_like(power_w)
    each_w = np.divide(power_w, on, out=np.zeros_like(power_w), where=on > 0.0)
    return on * warm_air_w(each_w, around.inlet_c, server.inlet)


def _fans_w(server: Server, around: Surroundings) -> FloatArray | float:
    """Fans of one server [W], as fast as the air that it breathes makes them; 0 if the profile does not tell."""
    if server.inlet is None:
        return 0.0
    inlet_c = server.inlet.reference_c if around.inlet_c is None else around.inlet_c
    return fan_power_w(fan_speed(inlet_c, server.inlet), server.inlet)


def _sum(parts: Mapping[Owner, FloatArray], grid: Grid) -> FloatArray:
    return sum(parts.values(), np.zeros(len(grid.starts_s)))


def attribution(
    group: ServerGroup,
    taken: Mapping[Owner, FloatArray],
    off_s: Mapping[Owner, FloatArray],
    power_w: FloatArray,
    grid: Grid,
    replication: int,
) -> pd.DataFrame:
    """Whose energy it is: idle power by reserved slots, the rest by what was *taken*; the parts sum to the meter.

    *taken* is the energy of the boards where it is known, and busy slot-seconds elsewhere, of each interval. Slots that
    were off for *off_s* drew no idle power in that time, to the benefit of their owner. What servers in warm air draw
    above idle while nobody works goes by slots, too.
    """
    of_a_slot_w = group.server.idle_w / group.slots_per_server
    idle_w = servers_on(group, _sum(off_s, grid), grid) * group.server.idle_w
    above_j = (power_w - idle_w) * grid.durations_s
    total = _sum(taken, grid)
    kept_s = {owner: owner.slots * grid.durations_s - off_s[owner] for owner in taken}
    kept = np.maximum(_sum(kept_s, grid), 1e-9)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = {owner: np.where(total > 0, part / total, kept_s[owner] / kept) for owner, part in taken.items()}
    parts = [(owner.name, owner.slots, off_s[owner], share[owner] * above_j) for owner in taken]
    tables = [
        frame(
            "attribution",
            {
                "replication": replication,
                "time_s": grid.starts_s,
                "duration_s": grid.durations_s,
                "owner": name,
                "reserved_slot_s": slots * grid.durations_s,
                "off_slot_s": off_slot_s,
                "idle_j": of_a_slot_w * (slots * grid.durations_s - off_slot_s),
                "active_j": active_j,
            },
        )
        for name, slots, off_slot_s, active_j in parts
    ]
    return pd.concat(tables, ignore_index=True)


def _group_table(
    name: str,
    group: ServerGroup,
    busy_s: Mapping[Owner, FloatArray],
    power_w: FloatArray,
    on: FloatArray,
    around: Surroundings,
    grid: Grid,
    replication: int,
) -> pd.DataFrame:
    server = group.server
    columns = {
        "replication": replication,
        "group": name,
        "time_s": grid.starts_s,
        "duration_s": grid.durations_s,
        "busy_slots": _sum(busy_s, grid) / grid.durations_s,
        "idle_w": on * server.idle_w,
        "it_w": power_w,
        "fan_w": on * _fans_w(server, around),
        "max_w": group.count * server.max_w,
        "performance": np.nan if server.performance is None else group.count * server.performance,
    }
    return frame("servers", columns)
