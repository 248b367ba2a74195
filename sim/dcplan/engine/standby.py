"""Whether standby generators start when the utility fails, by chance, and what that leaves without power for how long.

Generators carry the building if at least as many start as are needed for full load; with fewer, no part of it is shed,
so it waits for the utility.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dcplan.engine.incidents import Cut, Setback
from dcplan.engine.plan import Grid, Plan
from dcplan.facility.domain import FloatArray
from dcplan.facility.generator import GeneratorDesign
from dcplan.results.store import frame
from dcplan.workload.streams import Streams


def setbacks(plan: Plan, started: Mapping[str, int]) -> list[Setback]:
    """What each incident takes away, if so many generators have *started* in each power cut."""
    if plan.room is None:
        return []
    generators = _generators(plan)
    needed = 0 if generators is None else generators.needed
    return [
        plan.room.setbacks[name] if started.get(name, 0) >= needed else plan.room.unstarted[name]
        for name in plan.room.setbacks
    ]


def draw_starts(plan: Plan, streams: Streams) -> dict[str, int]:
    """How many generators start in each power cut, each by chance of its own; empty if there are none."""
    generators = _generators(plan)
    if generators is None:
        return {}
    return {
        name: _starts(generators, streams, f"generators/{name}")
        for name, incident in plan.scenario.incidents.items()
        if incident.lost == "utility"
    }


def start_s(plan: Plan, streams: Streams, stream: str) -> float | None:
    """Time until generators carry the building [s], each of which starts by chance; None if too few do."""
    generators = _generators(plan)
    if generators is None or _starts(generators, streams, stream) < generators.needed:
        return None
    return generators.kind.start_s


def _starts(generators: GeneratorDesign, streams: Streams, stream: str) -> int:
    return int((streams.stream(stream).random(generators.count) < generators.kind.start_probability).sum())


def running(grid: Grid, cuts: Sequence[Cut]) -> FloatArray:
    """Share of each counted interval in which generators carry the building [-], [n]."""
    return grid.share((each.carried_s, each.back_s) for each in cuts)


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
