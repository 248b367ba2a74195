"""The story of an endpoint: requests are served up to every mark, and what happened is noted."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy
from numpy.typing import NDArray

from dcplan.engine.plan import EndpointPlan, Grid, Plan
from dcplan.errors import ConservationError, InputError
from dcplan.results.store import frame
from dcplan.serving.endpoint import Endpoint, Requests
from dcplan.serving.histogram import BINS, edges
from dcplan.serving.state import ARRIVED, BUSY_S, DROPPED, LATENCY_S, SERVED, WAIT_S, WITHIN_SLO
from dcplan.workload.arrivals import arrivals
from dcplan.workload.service import unit_mean_draws
from dcplan.workload.streams import Streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Process = Generator[simpy.Event, object, None]


@dataclass
class Diary:
    """What an endpoint's totals were at second 0 and at every mark."""

    counts: list[IntArray] = field(default_factory=list)
    sums: list[FloatArray] = field(default_factory=list)
    in_system: list[int] = field(default_factory=list)
    latency_before: IntArray = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    batches_before: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def note(self, endpoint: Endpoint) -> None:
        """Copy the totals as they are now."""
        self.counts.append(endpoint.totals.counts.copy())
        self.sums.append(endpoint.totals.sums.copy())
        self.in_system.append(endpoint.in_system)

    @property
    def busy_s(self) -> float:
        """Replica-seconds busy up to the last mark."""
        return float(self.sums[-1][BUSY_S])


def new_endpoint(name: str, plan: Plan, streams: Streams) -> Endpoint:
    """The endpoint *name* at second 0, with its own random streams."""
    endpoint = plan.endpoints[name]
    shared = endpoint.spec.queue.kind == "shared"
    requests = _requests(name, endpoint, plan, streams)
    rules = endpoint.rules
    if plan.scenario.draw_profiles:
        factor = drawn(streams, f"{endpoint.spec.workload}/infer", endpoint.error)[:, None]
        rules = rules._replace(service_s=rules.service_s * factor, pause_bends=rules.pause_bends * factor)
    return Endpoint.new(rules, endpoint.spec.replicas, shared, requests)


def drawn(streams: Streams, measurement: str, error: FloatArray) -> FloatArray:
    """What a measured time is multiplied by, drawn from its interval once per replication [-], shape of *error*.

    Log-normal with mean 1; whoever rests on the same *measurement* gets the same draw.
    """
    z = streams.stream(f"profile/{measurement}").standard_normal()
    return np.asarray(np.exp(z * error - error**2 / 2))


def serve(env: simpy.Environment, name: str, endpoint: Endpoint, diary: Diary, grid: Grid) -> Process:
    """Serve requests until the horizon; nothing else wakes an endpoint but the marks of the grid."""
    diary.note(endpoint)
    _start_counting(endpoint, diary, grid, 0.0)
    for mark_s in grid.marks_s.tolist():
        yield env.timeout(mark_s - env.now)  # which may wake it a rounding error beside the mark
        try:
            endpoint.advance(mark_s)
        except OverflowError as error:
            raise InputError(f"endpoint {name} is overloaded: {error}") from None
        diary.note(endpoint)
        _start_counting(endpoint, diary, grid, mark_s)


def _start_counting(endpoint: Endpoint, diary: Diary, grid: Grid, now_s: float) -> None:
    if now_s == grid.warm_up_s:
        diary.latency_before = endpoint.totals.latency.copy()
        diary.batches_before = endpoint.totals.batches.copy()


def tables(name: str, endpoint: Endpoint, diary: Diary, grid: Grid, replication: int) -> dict[str, pd.DataFrame]:
    """The tables of an endpoint over the counted intervals."""
    intervals = len(grid.starts_s)
    counts = np.diff(np.array(diary.counts), axis=0)[-intervals:]
    sums = np.diff(np.array(diary.sums), axis=0)[-intervals:]
    in_system = np.array(diary.in_system)[-intervals - 1 :]
    left = in_system[0] + counts[:, ARRIVED].sum() - counts[:, SERVED].sum() - counts[:, DROPPED].sum()
    if left != in_system[-1]:
        raise ConservationError(f"endpoint {name}: {left} requests should be left, {in_system[-1]} are")
    key = {"replication": replication, "endpoint": name}
    latency = endpoint.totals.latency - diary.latency_before
    used = np.flatnonzero(latency)
    bounds = edges()
    batches = endpoint.totals.batches - diary.batches_before
    return {
        "endpoints": frame(
            "endpoints",
            key
            | {
                "time_s": grid.starts_s,
                "duration_s": grid.durations_s,
                "arrived": counts[:, ARRIVED],
                "served": counts[:, SERVED],
                "dropped": counts[:, DROPPED],
                "within_slo": counts[:, WITHIN_SLO],
                "in_system": in_system[1:],
                "latency_s": sums[:, LATENCY_S],
                "wait_s": sums[:, WAIT_S],
                "busy_s": sums[:, BUSY_S],
            },
        ),
        "latency": frame("latency", key | {"low_s": bounds[used], "high_s": bounds[used + 1], "count": latency[used]}),
        "batches": frame("batches", key | {"size": np.flatnonzero(batches), "count": batches[np.flatnonzero(batches)]}),
    }


def _requests(name: str, endpoint: EndpointPlan, plan: Plan, streams: Streams) -> Iterator[Requests]:
    """Blocks of requests of an endpoint, each with its draws."""
    spec = endpoint.spec
    draw, route = streams.stream(f"service/{name}"), streams.stream(f"routing/{name}")
    pace = streams.stream(f"pace/{name}")
    times = arrivals(
        spec.demand,
        streams.stream(f"arrivals/{name}"),
        plan.scenario.horizon,
        plan.clock,
        endpoint.recorded,
    )
    for times_s in times:
        count = len(times_s)
        routes = route.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True)
        if spec.service is not None:
            yield Requests(times_s, unit_mean_draws(spec.service, draw, count), routes)
        elif endpoint.rules.spell_s > 0.0:
            yield Requests(times_s, draw.standard_normal(count), routes, pace.standard_normal(count))
        else:
            yield Requests(times_s, draw.random(count), routes)
