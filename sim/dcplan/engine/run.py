"""One replication, from second 0 to the horizon: who takes part, what each does, the clock, and the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import simpy

from dcplan.engine import (
    autoscaler,
    availability,
    breakers,
    capping,
    failures,
    jobs,
    mains,
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
from dcplan.engine.breakers import Trips
from dcplan.engine.capping import Caps
from dcplan.engine.failures import Outages
from dcplan.engine.levers import Gauge, Levers, dynamic_means
from dcplan.engine.mains import Mains
from dcplan.engine.meters import meters_of
from dcplan.engine.plan import Plan, QueuePlan
from dcplan.engine.power_cut import Bank
from dcplan.engine.room import Hall
from dcplan.engine.servers import Ledger, Surroundings
from dcplan.engine.serving import AnyEndpoint
from dcplan.results.store import joined
from dcplan.serving.pipeline import Pipeline
from dcplan.workload.streams import Streams

Progress = Callable[[float], None]
"""Told the share of the horizon that has been simulated, 0..1."""

Tables = dict[str, pd.DataFrame]

PROGRESS_STEPS = 50

ROUNDING = 1e-12
"""How far a sum of times may miss the horizon, relative."""


def simulate(plan: Plan, replication: int, progress: Progress | None = None) -> Tables:
    """Run *replication* of *plan* and return its tables."""
    streams = Streams(plan.scenario.seed, replication)
    started = standby.draw_starts(plan, streams)
    cast = _gathered(plan, streams)
    for setback in standby.setbacks(plan, started):
        cast.hall.suffer(setback)
    _serve(cast)
    _train(cast)
    _go_wrong(cast)
    _run_clock(cast.env, float(plan.scenario.horizon), progress)
    result = joined([*_tables(cast, replication), *_of_servers(cast, started, replication)])
    if plan.site is None:
        return result
    result |= site.tables(plan, result, replication, cast.hall, cast.bank)
    if plan.availability is None:
        return result
    return result | availability.tables(plan, plan.availability, result, replication)


@dataclass
class Cast:
    """Who takes part in a replication, and what they write down."""

    env: simpy.Environment
    plan: Plan
    streams: Streams
    endpoints: dict[str, AnyEndpoint]
    chains: dict[str, Pipeline]
    diaries: dict[str, serving.Diary]
    logs: dict[str, pipelines.Log]
    crews: dict[str, Crew]
    lines: dict[str, jobs.Line]
    levers: Levers
    outages: dict[str, Outages]
    ledger: Ledger = field(default_factory=Ledger)
    hall: Hall = field(default_factory=Hall)
    bank: Bank = field(default_factory=Bank)
    caps: Caps = field(default_factory=Caps)
    trips: Trips = field(default_factory=Trips)


def _gathered(plan: Plan, streams: Streams) -> Cast:
    """Everybody at second 0."""
    env = simpy.Environment()
    endpoints = {name: serving.new_endpoint(name, plan, streams) for name in plan.endpoints}
    chains = pipelines.connected(plan, endpoints, streams)
    lines = {name: jobs.new_line(queue) for name, queue in plan.queues.items()}
    housed = {name: each for name, each in endpoints.items() if plan.endpoints[name].pools}
    return Cast(
        env=env,
        plan=plan,
        streams=streams,
        endpoints=endpoints,
        chains=chains,
        diaries={name: _diary(plan) for name in endpoints},
        logs={name: pipelines.Log() for name in chains},
        crews={name: autoscaler.crew(each, plan.groups) for name, each in plan.endpoints.items()},
        lines=lines,
        levers=Levers(env, plan, housed, lines),
        outages={name: Outages() for name, each in plan.endpoints.items() if each.spec.failures is not None},
    )


def _diary(plan: Plan) -> serving.Diary:
    """An empty diary, in which the tail of every step is noted if something is to go wrong."""
    return serving.Diary(plan.scenario.each_stands_for, tails=None if plan.room is None else [])


def _serve(cast: Cast) -> None:
    """Requests come, replicas are started and stopped, and fail."""
    env, plan = cast.env, cast.plan
    for name, endpoint in cast.endpoints.items():
        env.process(serving.serve(env, name, endpoint, cast.diaries[name], plan.grid))
    for name, crew in cast.crews.items():
        if (scaling := plan.endpoints[name].spec.autoscaling) is not None:
            env.process(autoscaler.autoscale(env, name, cast.endpoints[name], scaling, crew, plan.clock))
    for name, chain in cast.chains.items():
        env.process(pipelines.accompany(env, chain, cast.logs[name], plan.grid, plan.scenario.each_stands_for))
    for name in cast.outages:
        _let_fail(cast, name)


def _let_fail(cast: Cast, name: str) -> None:
    """Let the replicas of an endpoint fail, each by chance of its own."""
    spec = cast.plan.endpoints[name].spec
    assert spec.failures is not None, "only endpoints that can fail come here"
    for replica in range(spec.all_replicas):
        chance = cast.streams.stream(f"failures/{name}/{replica}")
        cast.env.process(
            failures.fail(cast.env, name, cast.endpoints[name], replica, spec.failures, chance, cast.outages[name])
        )


def _train(cast: Cast) -> None:
    """Training jobs come."""
    for name, line in cast.lines.items():
        cast.env.process(jobs.submit(cast.env, _drawn(cast.plan, cast.plan.queues[name], cast.streams), line))


def _drawn(plan: Plan, queue: QueuePlan, streams: Streams) -> QueuePlan:
    """*queue* with its measured time drawn from its interval, if the scenario asks for that."""
    if not plan.scenario.draw_profiles:
        return queue
    factor = serving.drawn(streams, f"{queue.spec.workload}/train", np.array(queue.error))
    return replace(queue, work_s=queue.work_s * float(factor))


def _go_wrong(cast: Cast) -> None:
    """Cooling and power are lost or scarce; meters are read at every mark."""
    env, plan, levers, hall = cast.env, cast.plan, cast.levers, cast.hall
    meters = meters_of(plan, cast.endpoints, cast.crews, cast.lines, levers)
    if plan.room is not None:
        env.process(room.watch(env, plan, plan.room, hall, levers, Gauge(plan, meters)))
        for lost in hall.cuts:
            env.process(power_cut.cut(env, plan, plan.room, hall, levers, Gauge(plan, meters), cast.bank, lost))
    if plan.capping is not None:
        env.process(capping.cap(env, plan, plan.capping, levers, Gauge(plan, meters), cast.caps))
    if plan.breakers is not None:
        env.process(breakers.protect(env, plan.breakers, hall, levers, Gauge(plan, meters), cast.trips))
        if plan.room is not None:
            behind = Mains(plan, plan.room, hall, cast.bank, levers, meters, cast.streams)
            env.process(mains.guard(env, plan.breakers, behind, cast.trips))
    if plan.room is not None or plan.capping is not None or plan.breakers is not None:
        levers.pull()
    env.process(servers.keep_ledger(env, meters, cast.ledger, plan.grid))


def _run_clock(env: simpy.Environment, horizon_s: float, progress: Progress | None) -> None:
    for until_s in np.linspace(0.0, horizon_s, PROGRESS_STEPS + 1)[1:-1]:
        env.run(until=float(until_s))
        if progress is not None:
            progress(float(until_s) / horizon_s)
    env.run(until=horizon_s * (1.0 + ROUNDING))  # the mark at the horizon belongs to the run


def _tables(cast: Cast, replication: int) -> list[Tables]:
    """What endpoints, pipelines and queues wrote down."""
    plan, lapse = cast.plan, cast.plan.scenario.each_stands_for
    tables = [
        serving_tables.tables(name, each.spec, cast.endpoints[name], cast.diaries[name], plan.grid, replication)
        for name, each in plan.endpoints.items()
    ]
    crews = {name: crew for name, crew in cast.crews.items() if crew.changes}
    tables += [{"scaling": autoscaler.table(name, crew, replication)} for name, crew in crews.items()]
    tables += [
        pipelines.tables(name, chain, cast.logs[name], plan.grid, lapse, replication)
        for name, chain in cast.chains.items()
    ]
    tables += [{"outages": failures.table(name, noted, replication)} for name, noted in cast.outages.items()]
    return tables + [{"jobs": jobs.table(name, line, replication)} for name, line in cast.lines.items()]


def _of_servers(cast: Cast, started: dict[str, int], replication: int) -> list[Tables]:
    """What servers drew, and what happened to them."""
    plan, tables = cast.plan, []
    if plan.groups:
        usual_c = room.usual_inlet_c(plan)
        inlet_c = None if usual_c is None else usual_c + room.rise_means(cast.hall, plan.grid)
        around = {name: Surroundings(dynamic_means(cast.levers, name, plan.grid), inlet_c) for name in plan.groups}
        tables.append(servers.tables(plan, cast.ledger, around, replication))
    if cast.caps.log:
        tables.append({"capping": capping.table(cast.caps, replication)})
    if plan.breakers is not None:
        tables.append({"trips": breakers.table(cast.trips, replication)})
    if started:
        tables.append({"standby": standby.table(plan, started, replication)})
    if cast.hall.log:
        tables.append({"room": room.table(cast.hall, replication)})
    return tables
