"""How to read the meter of everybody who keeps slots, at any instant to which the endpoints have been brought up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from dcplan.engine import jobs, servers
from dcplan.engine.autoscaler import Crew
from dcplan.engine.levers import Levers
from dcplan.engine.plan import Plan
from dcplan.engine.servers import Meter, Owner, Reading
from dcplan.engine.serving import AnyEndpoint


def meters_of(
    plan: Plan,
    endpoints: Mapping[str, AnyEndpoint],
    crews: Mapping[str, Crew],
    lines: Mapping[str, jobs.Line],
    levers: Levers,
) -> dict[Owner, Meter]:
    """How to read the meter of every owner of slots."""
    found: dict[Owner, Meter] = {}
    lapse = plan.scenario.each_stands_for
    for owner in servers.owners(plan):
        full_w = plan.groups[owner.group].server.full_board_w
        if owner.kind == "endpoint":
            metered = plan.endpoints[owner.user].pools[owner.pool].metered
            endpoint, crew = endpoints[owner.user], crews[owner.user]
            found[owner] = partial(_of_pool, endpoint, owner, lapse, crew, None if metered else full_w, levers)
        else:
            busy_w = plan.queues[owner.user].busy_w
            found[owner] = partial(_of_line, lines[owner.user], owner, full_w if busy_w is None else busy_w, levers)
    return found | {owner: partial(_of_nobody, owner, levers) for owner in servers.unused(plan)}


def _of_pool(
    endpoint: AnyEndpoint, owner: Owner, lapse: int, crew: Crew, full_w: float | None, levers: Levers, now_s: float
) -> Reading:
    """Of replicas that draw *full_w* if nobody measured what; their endpoint has just been brought up to now."""
    busy_s, active_j = (lapse * float(part) for part in endpoint.work[owner.pool])
    off_s = crew.off_slot_s(now_s) + owner.slots * levers.off_s(owner.group, now_s)
    return Reading(busy_s, active_j if full_w is None else busy_s * full_w, off_s)


def _of_line(line: jobs.Line, owner: Owner, busy_w: float, levers: Levers, now_s: float) -> Reading:
    """Of a queue of training jobs."""
    busy_s = line.busy_slot_s(now_s)
    return Reading(busy_s, busy_s * busy_w, owner.slots * levers.off_s(owner.group, now_s))


def _of_nobody(owner: Owner, levers: Levers, now_s: float) -> Reading:
    """Of slots that nobody has reserved."""
    return Reading(0.0, 0.0, owner.slots * levers.off_s(owner.group, now_s))
