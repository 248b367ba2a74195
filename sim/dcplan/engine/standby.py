"""Whether standby generators start when the utility fails, by chance, and what that leaves without power for how long.

Generators carry the building if at least as many start as are needed for full load; with fewer, no part of it is shed,
so it waits for the utility.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from dcplan.engine.incidents import Loss, cuts_s, losses_of
from dcplan.engine.plan import Plan
from dcplan.facility.domain import FloatArray
from dcplan.facility.generator import GeneratorDesign
from dcplan.results.store import frame
from dcplan.workload.streams import Streams


def with_starts(plan: Plan, started: dict[str, int]) -> Plan:
    """*plan* with what is lost in each incident, if so many generators have *started* in each power cut."""
    facility, generators = plan.scenario.facility, _generators(plan)
    if plan.room is None or generators is None or facility is None or facility.ride_through is None:
        return plan
    losses: list[Loss] = []
    cuts: list[tuple[float, float]] = []
    for name, incident in plan.scenario.incidents.items():
        enough = started.get(name, 0) >= generators.needed
        start_s = generators.kind.start_s if enough else None
        losses += losses_of([incident], facility.ride_through, plan.clock, start_s)
        cuts += cuts_s([incident], plan.clock, start_s)
    return replace(plan, room=replace(plan.room, losses=tuple(losses), cuts_s=tuple(cuts)))


def draw_starts(plan: Plan, streams: Streams) -> dict[str, int]:
    """How many generators start in each power cut, each by chance of its own; empty if there are none."""
    generators = _generators(plan)
    if generators is None:
        return {}
    probability = generators.kind.start_probability
    return {
        name: int((streams.stream(f"generators/{name}").random(generators.count) < probability).sum())
        for name, incident in plan.scenario.incidents.items()
        if incident.lost == "utility"
    }


def running(plan: Plan) -> FloatArray:
    """Share of each counted interval in which generators carry the building [-], [n]."""
    begins_s = plan.grid.starts_s
    ends_s, share = begins_s + plan.grid.durations_s, np.zeros(len(begins_s))
    if plan.room is None or _generators(plan) is None:
        return share
    whole_s = cuts_s(list(plan.scenario.incidents.values()), plan.clock, None)
    for (_, taken_s), (_, back_s) in zip(plan.room.cuts_s, whole_s, strict=True):
        share += np.maximum(np.minimum(ends_s, back_s) - np.maximum(begins_s, taken_s), 0.0) / plan.grid.durations_s
    return share


def table(plan: Plan, started: dict[str, int], replication: int) -> pd.DataFrame:
    """How many generators started in each power cut."""
    generators = _generators(plan)
    needed = 0 if generators is None else generators.needed
    rows = [
        {"replication": replication, "incident": name, "started": count, "needed": needed}
        for name, count in started.items()
    ]
    return frame("standby", rows)


def _generators(plan: Plan) -> GeneratorDesign | None:
    return None if plan.facility is None else plan.facility.power.generators
