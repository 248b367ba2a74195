"""One replication, from second 0 to the horizon: wire the processes, run the clock, gather the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import simpy

from dcplan.engine import (
    autoscaler,
    capping,
    failures,
    jobs,
    pipelines,
    power_cut,
    room,
    servers,
    serving,
    serving_tables,
    site,
    standby,
)
from dcplan.engine.autoscaler import Crew
from dcplan.engine.capping import Caps
from dcplan.engine.failures import Outages
from dcplan.engine.levers import Gauge, Levers, dynamic_means
from dcplan.engine.plan import Plan, QueuePlan
from dcplan.engine.room import Hall
from dcplan.engine.servers import Ledger, Meter, Owner, Reading, Surroundings
from dcplan.engine.serving import AnyEndpoint
from dcplan.results.store import joined
from dcplan.workload.streams import Streams

Progress = Callable[[float], None]
"""Told the share of the horizon that has been simulated, 0..1."""

PROGRESS_STEPS = 50

ROUNDING = 1e-12
"""How far a sum of times may miss the horizon, relative."""


def simulate(plan: Plan, replication: int, progress: Progress | None = None) -> dict[str, pd.DataFrame]:
    """Run *replication* of *plan* and return its tables."""
    env = simpy.Environment()
    streams = Streams(plan.scenario.seed, replication)
    started = standby.draw_starts(plan, streams)
    plan = standby.with_starts(plan, started)
    endpoints = {name: serving.new_endpoint(name, plan, streams) for name in plan.endpoints}
    diaries = {name: serving.Diary(plan.scenario.each_stands_for) for name in endpoints}
    lines = {name: jobs.Line(free=queue.spec.slots) for name, queue in plan.queues.items()}
    ledger = Ledger()

    lapse = plan.scenario.each_stands_for
    chains = pipelines.connected(plan, endpoints, streams)
    logs = {name: pipelines.Log() for name in chains}
    for name, endpoint in endpoints.items():
        env.process(serving.serve(env, name, endpoint, diaries[name], plan.grid))
    crews = {name: autoscaler.crew(each, plan.groups) for name, each in plan.endpoints.items()}
    for name, crew in crews.items():
        if (scaling := plan.endpoints[name].spec.autoscaling) is not None:
            env.process(autoscaler.autoscale(env, name, endpoints[name], scaling, crew, plan.clock))
    for name, chain in chains.items():
        env.process(pipelines.accompany(env, chain, logs[name], plan.grid, lapse))
    outages = {name: Outages() for name, each in plan.endpoints.items() if each.spec.failures is not None}
    for name, noted in outages.items():
        _let_fail(env, name, plan, endpoints[name], streams, noted)
    for name, line in lines.items():
        env.process(jobs.submit(env, _drawn(plan, plan.queues[name], streams), line))
    hall = Hall()
    meters = _meters(plan, endpoints, crews, lines, hall)
    housed = {name: each for name, each in endpoints.items() if plan.endpoints[name].pools}
    levers, caps = Levers(env, plan, housed, lines), Caps()
    if plan.room is not None:
        env.process(room.watch(env, plan, plan.room, hall, levers, Gauge(plan, meters)))
        for span_s in plan.room.cuts_s:
            env.process(power_cut.cut(env, plan, plan.room, hall, levers, Gauge(plan, meters), span_s))
    if plan.capping is not None:
        env.process(capping.cap(env, plan, plan.capping, levers, Gauge(plan, meters), caps))
    if plan.room is not None or plan.capping is not None:
        levers.pull()
    env.process(servers.keep_ledger(env, meters, ledger, plan.grid))

    horizon_s = float(plan.scenario.horizon)
    for until_s in np.linspace(0.0, horizon_s, PROGRESS_STEPS + 1)[1:-1]:
        env.run(until=float(until_s))
        if progress is not None:
            progress(float(until_s) / horizon_s)
    env.run(until=horizon_s * (1.0 + ROUNDING))  # the mark at the horizon belongs to the run

    tables = [
        serving_tables.tables(name, each.spec, endpoints[name], diaries[name], plan.grid, replication)
        for name, each in plan.endpoints.items()
    ]
    tables += [{"scaling": autoscaler.table(name, crew, replication)} for name, crew in crews.items() if crew.changes]
    tables += [
        pipelines.tables(name, chain, logs[name], plan.grid, lapse, replication) for name, chain in chains.items()
    ]
    tables += [{"outages": failures.table(name, noted, replication)} for name, noted in outages.items()]
    tables += [{"jobs": jobs.table(name, line, replication)} for name, line in lines.items()]
    if plan.groups:
        inlet_c = room.inlet_means(hall, plan)
        around = {name: Surroundings(dynamic_means(levers, name, plan.grid), inlet_c) for name in plan.groups}
        tables.append(servers.tables(plan, ledger, around, replication))
    if caps.log:
        tables.append({"capping": capping.table(caps, replication)})
    if started:
        tables.append({"standby": standby.table(plan, started, replication)})
    if hall.log:
        tables.append({"room": room.table(hall, replication)})
    result = joined(tables)
    if plan.site is not None:
        result |= site.tables(plan, result, replication)
    return result


def _let_fail(
    env: simpy.Environment, name: str, plan: Plan, endpoint: AnyEndpoint, streams: Streams, outages: Outages
) -> None:
    """Let the replicas of an endpoint fail, each by chance of its own."""
    spec = plan.endpoints[name].spec
    assert spec.failures is not None, "only endpoints that can fail come here"
    for replica in range(spec.all_replicas):
        chance = streams.stream(f"failures/{name}/{replica}")
        env.process(failures.fail(env, name, endpoint, replica, spec.failures, chance, outages))


def _drawn(plan: Plan, queue: QueuePlan, streams: Streams) -> QueuePlan:
    """*queue* with its measured time drawn from its interval, if the scenario asks for that."""
    if not plan.scenario.draw_profiles:
        return queue
    factor = serving.drawn(streams, f"{queue.spec.workload}/train", np.array(queue.error))
    return replace(queue, work_s=queue.work_s * float(factor))


def _meters(
    plan: Plan,
    endpoints: Mapping[str, AnyEndpoint],
    crews: Mapping[str, Crew],
    lines: Mapping[str, jobs.Line],
    hall: Hall,
) -> dict[Owner, Meter]:
    """How to read the meter of every owner of slots."""
    found: dict[Owner, Meter] = {}
    lapse = plan.scenario.each_stands_for
    for owner in servers.owners(plan):
        full_w = plan.groups[owner.group].server.full_board_w
        if owner.kind == "endpoint":
            metered = plan.endpoints[owner.user].pools[owner.pool].metered
            endpoint, crew = endpoints[owner.user], crews[owner.user]
            found[owner] = partial(_of_pool, endpoint, owner, lapse, crew, None if metered else full_w, hall)
        else:
            busy_w = plan.queues[owner.user].busy_w
            found[owner] = partial(_of_line, lines[owner.user], owner, full_w if busy_w is None else busy_w, hall)
    return found | {owner: partial(_of_nobody, owner, hall) for owner in servers.unused(plan)}


def _of_pool(
    endpoint: AnyEndpoint, owner: Owner, lapse: int, crew: Crew, full_w: float | None, hall: Hall, now_s: float
) -> Reading:
    """Of replicas that draw *full_w* if nobody measured what; their endpoint has just been brought up to now."""
    busy_s, active_j = (lapse * float(part) for part in endpoint.work[owner.pool])
    off_s = crew.off_slot_s(now_s) + owner.slots * hall.off_s(now_s)
    return Reading(busy_s, active_j if full_w is None else busy_s * full_w, off_s)


def _of_line(line: jobs.Line, owner: Owner, busy_w: float, hall: Hall, now_s: float) -> Reading:
    """Of a queue of training jobs."""
    busy_s = line.busy_slot_s(now_s)
    return Reading(busy_s, busy_s * busy_w, owner.slots * hall.off_s(now_s))


def _of_nobody(owner: Owner, hall: Hall, now_s: float) -> Reading:
    """Of slots that nobody has reserved."""
    return Reading(0.0, 0.0, owner.slots * hall.off_s(now_s))
