"""The story of the servers: at every mark, how many slots were busy since the last, and what that drew.

A server with accelerators whose meters were read draws its idle power, and for each watt that a board draws above rest
`Server.per_board_w` more; any other follows a curve over its utilisation.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy
from numpy.typing import NDArray

from dcplan.engine.plan import Grid, Plan, ServerGroup
from dcplan.facility.server import server_power_w
from dcplan.results.store import frame

FloatArray = NDArray[np.float64]
Process = Generator[simpy.Event, object, None]
UNUSED = "unused"
"""Owner of the slots that nobody has reserved."""

Meter = Callable[[float], tuple[float, float]]
"""Busy slot-seconds of an owner from second 0 up to now, and the energy that its boards took above rest [J]."""


@dataclass(frozen=True)
class Owner:
    """Somebody who keeps slots in a group: a pool of an endpoint's replicas, or a training queue.

    Attributes:
        kind: "endpoint" or "training".
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
        return f"{self.kind} {self.user}"


@dataclass
class Ledger:
    """Busy slot-seconds of every owner, and energy above rest, at second 0 and at every mark."""

    owners: dict[Owner, list[tuple[float, float]]] = field(default_factory=dict)

    def busy_s(self, owner: Owner, grid: Grid) -> FloatArray:
        """Busy slot-seconds of *owner* in each counted interval."""
        return self._added(owner, grid, 0)

    def active_j(self, owner: Owner, grid: Grid) -> FloatArray:
        """Energy that the boards of *owner* took above rest in each counted interval [J]."""
        return self._added(owner, grid, 1)

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


def keep_ledger(env: simpy.Environment, meters: Mapping[Owner, Meter], ledger: Ledger, grid: Grid) -> Process:
    """Read every owner's meter at every mark."""
    for owner in meters:
        ledger.owners[owner] = [(0.0, 0.0)]
    for mark_s in grid.marks_s:
        yield env.timeout(float(mark_s) - env.now)
        for owner, meter in meters.items():
            ledger.owners[owner].append(meter(env.now))


def tables(plan: Plan, ledger: Ledger, replication: int) -> dict[str, pd.DataFrame]:
    """Power of each group of servers, and whose energy it is."""
    groups, rows = [], []
    for name, group in plan.groups.items():
        members = [owner for owner in ledger.owners if owner.group == name]
        busy_s = {owner: ledger.busy_s(owner, plan.grid) for owner in members}
        active_j = {owner: ledger.active_j(owner, plan.grid) for owner in members}
        power_w = group_power_w(group, _sum(busy_s, plan.grid), _sum(active_j, plan.grid), plan.grid)
        idle_w = group.count * group.server.idle_w
        groups.append(_group_table(name, busy_s, power_w, idle_w, plan.grid, replication))
        taken = busy_s if group.server.boards is None else active_j
        rows += attribution(group, members, taken, power_w, plan.grid, replication)
    return {"servers": pd.concat(groups, ignore_index=True), "attribution": frame("attribution", rows)}


def group_power_w(group: ServerGroup, busy_slot_s: FloatArray, active_j: FloatArray, grid: Grid) -> FloatArray:
    """Power at the plugs of a group [W], load spread evenly over its servers.

    Args:
        group: The servers.
        busy_slot_s: Busy slot-seconds of each interval.
        active_j: Energy that their boards took above rest [J].
        grid: The intervals.
    """
    server = group.server
    if server.boards is not None:
        active_w = server.per_board_w * active_j / grid.durations_s
        return np.minimum(group.count * server.idle_w + active_w, group.count * server.max_w)
    utilisation = np.clip(busy_slot_s / (group.slots * grid.durations_s), 0.0, 1.0)
    return group.count * server_power_w(utilisation, server.idle_w, server.max_w, server.exponent)


def _sum(parts: Mapping[Owner, FloatArray], grid: Grid) -> FloatArray:
    return sum(parts.values(), np.zeros(len(grid.starts_s)))


def attribution(
    group: ServerGroup,
    members: list[Owner],
    taken: Mapping[Owner, FloatArray],
    power_w: FloatArray,
    grid: Grid,
    replication: int,
) -> list[dict[str, object]]:
    """Whose energy it is: idle power by reserved slots, the rest by what was *taken*; the parts sum to the meter.

    *taken* is the energy of the boards where it is known, and busy slot-seconds elsewhere, of each interval.
    """
    idle_w = group.count * group.server.idle_w
    above_j = (power_w - idle_w) * grid.durations_s
    total = _sum(taken, grid)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = {owner: np.where(total > 0, part / total, 0.0) for owner, part in taken.items()}
    parts = [(owner.name, owner.slots, float((share[owner] * above_j).sum())) for owner in members]
    parts.append((UNUSED, group.slots - sum(owner.slots for owner in members), 0.0))
    return [
        {
            "replication": replication,
            "owner": name,
            "reserved_slot_s": slots * grid.counted_s,
            "idle_j": idle_w * grid.counted_s * slots / group.slots,
            "active_j": active_j,
        }
        for name, slots, active_j in parts
    ]


def _group_table(
    name: str,
    busy_s: Mapping[Owner, FloatArray],
    power_w: FloatArray,
    idle_w: float,
    grid: Grid,
    replication: int,
) -> pd.DataFrame:
    columns = {
        "replication": replication,
        "group": name,
        "time_s": grid.starts_s,
        "duration_s": grid.durations_s,
        "busy_slots": _sum(busy_s, grid) / grid.durations_s,
        "idle_w": idle_w,
        "it_w": power_w,
    }
    return frame("servers", columns)
