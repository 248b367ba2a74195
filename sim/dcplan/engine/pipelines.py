"""The story of a pipeline: requests pass from endpoint to endpoint, and what became of them is noted at every mark."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy
from numpy.typing import NDArray

from dcplan.engine.plan import Grid, PipelinePlan, Plan
from dcplan.engine.serving import AnyEndpoint
from dcplan.engine.serving_tables import bins
from dcplan.errors import ConservationError
from dcplan.results.store import frame
from dcplan.serving.pipeline import ARRIVED, FAILED, SERVED, WITHIN_SLO, Pipeline, StagedEndpoint, Stay
from dcplan.workload.arrivals import arrivals
from dcplan.workload.streams import Streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Process = Generator[simpy.Event, object, None]


@dataclass(frozen=True)
class Note:
    """What a pipeline had done up to one instant; see `Pipeline`."""

    counts: IntArray
    latency_s: float
    in_system: int
    stays: dict[str, Stay]


@dataclass
class Log:
    """A pipeline's notes at second 0 and at every mark, and its histogram at the end of the warm-up."""

    notes: list[Note] = field(default_factory=list)
    before: IntArray | None = None

    def note(self, pipeline: Pipeline) -> None:
        """Copy the totals as they are now."""
        counts, stays = pipeline.counts.copy(), dict(pipeline.stays)
        self.notes.append(Note(counts, pipeline.latency_s, pipeline.in_system, stays))


def connected(plan: Plan, endpoints: Mapping[str, AnyEndpoint], streams: Streams) -> dict[str, Pipeline]:
    """The pipelines of *plan* at second 0, each connected with its endpoints, and they with it."""
    found = {}
    for name, each in plan.pipelines.items():
        slo_s = np.inf if each.spec.slo is None else each.spec.slo.latency_s
        found[name] = Pipeline(each.steps, slo_s, _arrivals(name, each, plan, streams))
        for endpoint in (endpoint for step in each.steps for endpoint in step.endpoints):
            staged = endpoints[endpoint]
            assert isinstance(staged, StagedEndpoint), "its demand are pipelines"
            staged.pipelines.append(found[name])
            found[name].endpoints[endpoint] = staged
    return found


def _arrivals(name: str, pipeline: PipelinePlan, plan: Plan, streams: Streams) -> Iterator[FloatArray]:
    """Blocks of arrival times [s]."""
    stream, scenario = streams.stream(f"arrivals/pipeline {name}"), plan.scenario
    demand = pipeline.spec.demand
    return arrivals(demand, stream, scenario.horizon, plan.clock, pipeline.recorded, scenario.each_stands_for)


def accompany(env: simpy.Environment, pipeline: Pipeline, log: Log, grid: Grid, lapse: int) -> Process:
    """Note at every mark of the grid what became of the requests; the pipeline's clock runs *lapse* times slower."""
    log.note(pipeline)
    if grid.warm_up_s == 0.0:
        log.before = pipeline.latency.copy()
    for mark_s in grid.marks_s.tolist():
        yield env.timeout(mark_s - env.now)
        pipeline.advance(mark_s / lapse)
        log.note(pipeline)
        if mark_s == grid.warm_up_s:
            log.before = pipeline.latency.copy()


def tables(
    name: str, pipeline: Pipeline, log: Log, grid: Grid, lapse: int, replication: int
) -> dict[str, pd.DataFrame]:
    """The tables of a pipeline over the counted intervals; what was sampled stands for all requests."""
    if log.before is None:
        raise ConservationError(f"pipeline {name}: the run ended before its warm-up")
    kept = log.notes[-len(grid.starts_s) - 1 :]
    counts = np.diff([note.counts for note in kept], axis=0)
    left = kept[0].in_system + counts[:, ARRIVED].sum() - counts[:, SERVED].sum() - counts[:, FAILED].sum()
    if left != kept[-1].in_system:
        raise ConservationError(f"pipeline {name}: {left} requests should be under way, {kept[-1].in_system} are")
    key = {"replication": replication, "pipeline": name}
    steps = {
        "time_s": grid.starts_s,
        "duration_s": grid.durations_s,
        "arrived": lapse * counts[:, ARRIVED],
        "served": lapse * counts[:, SERVED],
        "dropped": lapse * counts[:, FAILED],
        "within_slo": lapse * counts[:, WITHIN_SLO],
        "in_system": [note.in_system for note in kept[1:]],
        "latency_s": lapse * np.diff([note.latency_s for note in kept]),
    }
    stays = [
        key
        | {"stage": step, "endpoint": endpoint}
        | {
            column: lapse * (getattr(kept[-1].stays[endpoint], column) - getattr(kept[0].stays[endpoint], column))
            for column in ("sent", "answers", "stay_s")
        }
        for step, each in enumerate(pipeline.steps)
        for endpoint in each.endpoints
    ]
    return {
        "pipelines": frame("pipelines", key | steps),
        "pipeline_latency": frame("pipeline_latency", key | bins(lapse * (pipeline.latency - log.before))),
        "stays": frame("stays", stays),
    }
