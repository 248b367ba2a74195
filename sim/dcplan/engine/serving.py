"""The story of an endpoint: requests are served up to every mark, and what happened is noted."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy
from numpy.typing import NDArray

from dcplan.engine.plan import EndpointPlan, Grid, Plan
from dcplan.errors import ConservationError, InputError
from dcplan.results.store import frame
from dcplan.serving import class_state
from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.endpoint import NO_KINDS, NONE, Endpoint, Requests
from dcplan.serving.histogram import BINS, edges
from dcplan.serving.rules import class_rules
from dcplan.serving.state import ARRIVED, BUSY_S, DROPPED, LATENCY_S, SERVED, WAIT_S, WITHIN_SLO
from dcplan.workload.arrivals import arrivals
from dcplan.workload.service import unit_mean_draws
from dcplan.workload.streams import Streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
AnyEndpoint = Endpoint | ClassEndpoint
Process = Generator[simpy.Event, object, None]


@dataclass
class Diary:
    """What an endpoint's totals were at second 0 and at every mark."""

    counts: list[IntArray] = field(default_factory=list)
    sums: list[FloatArray] = field(default_factory=list)
    in_system: list[int] = field(default_factory=list)
    by_class: list[IntArray] = field(default_factory=list)
    sums_by_class: list[FloatArray] = field(default_factory=list)
    latency_before: IntArray = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    batches_before: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def note(self, endpoint: AnyEndpoint) -> None:
        """Copy the totals as they are now."""
        totals = endpoint.totals
        self.counts.append(totals.counts.copy())
        self.sums.append(totals.sums.copy())
        self.in_system.append(endpoint.in_system)
        if isinstance(endpoint, ClassEndpoint):
            self.by_class.append(endpoint.by_class.counts.copy())
            self.sums_by_class.append(endpoint.by_class.sums.copy())

    def start_counting(self, endpoint: AnyEndpoint) -> None:
        """Copy the histograms as they are at the end of the warm-up."""
        self.latency_before = (
            endpoint.by_class.latency.copy() if isinstance(endpoint, ClassEndpoint) else endpoint.totals.latency.copy()
        )
        self.batches_before = endpoint.totals.batches.copy()

    @property
    def busy_s(self) -> float:
        """Replica-seconds busy up to the last mark."""
        return float(self.sums[-1][BUSY_S])


def new_endpoint(name: str, plan: Plan, streams: Streams) -> AnyEndpoint:
    """The endpoint *name* at second 0, with its own random streams."""
    endpoint = plan.endpoints[name]
    shared = endpoint.spec.queue.kind == "shared"
    requests = _requests(name, endpoint, plan, streams)
    rules = endpoint.rules
    if plan.scenario.draw_profiles:
        factor = drawn(streams, f"{endpoint.spec.workload}/infer", endpoint.error)[:, None]
        rules = rules._replace(service_s=rules.service_s * factor, pause_bends=rules.pause_bends * factor)
    if endpoint.spec.interacts:
        return ClassEndpoint.new(class_rules(endpoint.spec, rules), endpoint.spec.replicas, requests)
    return Endpoint.new(rules, endpoint.spec.replicas, shared, requests)


def drawn(streams: Streams, measurement: str, error: FloatArray) -> FloatArray:
    """What a measured time is multiplied by, drawn from its interval once per replication [-], shape of *error*.

    Log-normal with mean 1; whoever rests on the same *measurement* gets the same draw.
    """
    z = streams.stream(f"profile/{measurement}").standard_normal()
    return np.asarray(np.exp(z * error - error**2 / 2))


def serve(env: simpy.Environment, name: str, endpoint: AnyEndpoint, diary: Diary, grid: Grid) -> Process:
    """Serve requests until the horizon; nothing else wakes an endpoint but the marks of the grid."""
    diary.note(endpoint)
    if grid.warm_up_s == 0.0:
        diary.start_counting(endpoint)
    for mark_s in grid.marks_s.tolist():
        yield env.timeout(mark_s - env.now)  # which may wake it a rounding error beside the mark
        try:
            endpoint.advance(mark_s)
        except OverflowError as error:
            raise InputError(f"endpoint {name} is overloaded: {error}") from None
        diary.note(endpoint)
        if mark_s == grid.warm_up_s:
            diary.start_counting(endpoint)


def tables(
    name: str, classes: Sequence[str], endpoint: AnyEndpoint, diary: Diary, grid: Grid, replication: int
) -> dict[str, pd.DataFrame]:
    """The tables of an endpoint, whose classes are called *classes*, over the counted intervals."""
    intervals = len(grid.starts_s)
    counts = np.diff(np.array(diary.counts), axis=0)[-intervals:]
    sums = np.diff(np.array(diary.sums), axis=0)[-intervals:]
    in_system = np.array(diary.in_system)[-intervals - 1 :]
    left = in_system[0] + counts[:, ARRIVED].sum() - counts[:, SERVED].sum() - counts[:, DROPPED].sum()
    if left != in_system[-1]:
        raise ConservationError(f"endpoint {name}: {left} requests should be left, {in_system[-1]} are")
    key = {"replication": replication, "endpoint": name}
    batches = endpoint.totals.batches - diary.batches_before
    more: dict[str, pd.DataFrame] = {}
    if isinstance(endpoint, ClassEndpoint):
        by_class = endpoint.by_class.latency - diary.latency_before
        latency = by_class.sum(axis=0)
        more["classes"] = _classes(key, classes, diary, grid)
        more["class_latency"] = pd.concat(
            [
                frame("class_latency", key | {"class": label} | _bins(own))
                for label, own in zip(classes, by_class, strict=True)
            ],
            ignore_index=True,
        )
    else:
        latency = endpoint.totals.latency - diary.latency_before
    return more | {
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
        "latency": frame("latency", key | _bins(latency)),
        "batches": frame("batches", key | {"size": np.flatnonzero(batches), "count": batches[np.flatnonzero(batches)]}),
    }


def _bins(latency: IntArray) -> dict[str, FloatArray | IntArray]:
    """The bins of a histogram that are not empty."""
    used, bounds = np.flatnonzero(latency), edges()
    return {"low_s": bounds[used], "high_s": bounds[used + 1], "count": latency[used]}


def _classes(key: dict[str, object], classes: Sequence[str], diary: Diary, grid: Grid) -> pd.DataFrame:
    """What happened to the attempts of each class in each interval."""
    intervals = len(grid.starts_s)
    counts = np.diff(np.array(diary.by_class), axis=0)[-intervals:]
    sums = np.diff(np.array(diary.sums_by_class), axis=0)[-intervals:]
    columns = (
        "arrived",
        "attempted",
        "refused",
        "rate_limited",
        "timed_out",
        "wasted",
        "given_up",
        "served",
        "within_slo",
    )
    tables = [
        frame(
            "classes",
            key
            | {"class": label, "time_s": grid.starts_s, "duration_s": grid.durations_s}
            | {column: counts[:, kind, place] for place, column in enumerate(columns)}
            | {"latency_s": sums[:, kind, class_state.LATENCY_S]},
        )
        for kind, label in enumerate(classes)
    ]
    return pd.concat(tables, ignore_index=True)


def _requests(name: str, endpoint: EndpointPlan, plan: Plan, streams: Streams) -> Iterator[Requests]:
    """Blocks of requests of an endpoint, each with its draws."""
    spec = endpoint.spec
    draw, route = streams.stream(f"service/{name}"), streams.stream(f"routing/{name}")
    pace, kind = streams.stream(f"pace/{name}"), streams.stream(f"classes/{name}")
    shares = np.array([each.share for each in spec.kinds.values()])
    bounds = np.cumsum(shares / shares.sum())[:-1]
    times = arrivals(
        spec.demand, streams.stream(f"arrivals/{name}"), plan.scenario.horizon, plan.clock, endpoint.recorded
    )
    for times_s in times:
        count = len(times_s)
        routes = route.integers(0, 2**64 - 1, count, dtype=np.uint64, endpoint=True)
        news, kinds = NONE, NO_KINDS
        if spec.service is not None:
            draws = unit_mean_draws(spec.service, draw, count)
        elif endpoint.rules.spell_s > 0.0:
            draws, news = draw.standard_normal(count), pace.standard_normal(count)
        else:
            draws = draw.random(count)
        if spec.interacts:
            kinds = np.searchsorted(bounds, kind.random(count), side="right").astype(np.int64)
        yield Requests(times_s, draws, routes, news, kinds)
