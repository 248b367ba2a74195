"""One replication, from second 0 to the horizon: wire the processes, run the clock, gather the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import simpy

from dcplan.engine import autoscaler, jobs, servers, serving, serving_tables, site
from dcplan.engine.autoscaler import Crew
from dcplan.engine.plan import Plan, QueuePlan
from dcplan.engine.servers import Ledger, Meter, Owner
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
    endpoints = {name: serving.new_endpoint(name, plan, streams) for name in plan.endpoints}
    diaries = {name: serving.Diary() for name in endpoints}
    lines = {name: jobs.Line(free=queue.spec.slots) for name, queue in plan.queues.items()}
    ledger = Ledger()

    for name, endpoint in endpoints.items():
        env.process(serving.serve(env, name, endpoint, diaries[name], plan.grid))
    crews = {name: Crew(each.spec.replicas, each.spec.replicas) for name, each in plan.endpoints.items()}
    for name, crew in crews.items():
        if (scaling := plan.endpoints[name].spec.autoscaling) is not None:
            env.process(autoscaler.autoscale(env, name, endpoints[name], scaling, crew, plan.clock))
    for name, line in lines.items():
        env.process(jobs.submit(env, _drawn(plan, plan.queues[name], streams), line))
    env.process(servers.keep_ledger(env, _meters(plan, diaries, lines), ledger, plan.grid))

    horizon_s = float(plan.scenario.horizon)
    for until_s in np.linspace(0.0, horizon_s, PROGRESS_STEPS + 1)[1:-1]:
        env.run(until=float(until_s))
        if progress is not None:
            progress(float(until_s) / horizon_s)
    env.run(until=horizon_s * (1.0 + ROUNDING))  # the mark at the horizon belongs to the run

    tables = [
        serving_tables.tables(name, list(each.spec.kinds), endpoints[name], diaries[name], plan.grid, replication)
        for name, each in plan.endpoints.items()
    ]
    tables += [{"scaling": autoscaler.table(name, crew, replication)} for name, crew in crews.items() if crew.changes]
    tables += [{"jobs": jobs.table(name, line, replication)} for name, line in lines.items()]
    if plan.groups:
        tables.append(servers.tables(plan, ledger, replication))
    result = joined(tables)
    if plan.site is not None:
        result |= site.tables(plan, result, replication)
    return result


def _drawn(plan: Plan, queue: QueuePlan, streams: Streams) -> QueuePlan:
    """*queue* with its measured time drawn from its interval, if the scenario asks for that."""
    if not plan.scenario.draw_profiles:
        return queue
    factor = serving.drawn(streams, f"{queue.spec.workload}/train", np.array(queue.error))
    return replace(queue, work_s=queue.work_s * float(factor))


def _meters(plan: Plan, diaries: dict[str, serving.Diary], lines: dict[str, jobs.Line]) -> dict[Owner, Meter]:
    """How to read the busy slot-seconds of every owner."""
    known: dict[str, Meter] = {f"endpoint {name}": partial(_busy, diary) for name, diary in diaries.items()}
    known |= {f"training {name}": line.busy_slot_s for name, line in lines.items()}
    return {owner: known[name] for name, owner in servers.owners(plan).items()}


def _busy(diary: serving.Diary, now_s: float) -> float:
    """Busy replica-seconds; the diary was written at this very mark, because `serve` was started first."""
    del now_s
    return diary.busy_s
