"""The tables of an endpoint over the counted intervals, from its diary; what was sampled stands for all requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.engine.plan import Grid
from dcplan.engine.serving import AnyEndpoint, Diary
from dcplan.errors import ConservationError
from dcplan.results.store import frame
from dcplan.scenario.endpoint import Endpoint as EndpointSpec
from dcplan.serving import class_state, generation_state, hit_ratio
from dcplan.serving.cached_endpoint import CachedEndpoint
from dcplan.serving.class_state import ClassTotals
from dcplan.serving.generation_state import GenerationTotals
from dcplan.serving.histogram import edges
from dcplan.serving.state import ARRIVED, BUSY_S, DROPPED, LATENCY_S, SERVED, WAIT_S, WITHIN_SLO

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BUSY = class_state.BUSY_S
Key = dict[str, object]
Counted = TypeVar("Counted", FloatArray, IntArray)


def tables(
    name: str, spec: EndpointSpec, endpoint: AnyEndpoint, diary: Diary, grid: Grid, replication: int
) -> dict[str, pd.DataFrame]:
    """The tables of an endpoint."""
    classes = list(spec.kinds)
    before = diary.counted_from
    if before is None:
        raise ConservationError(f"endpoint {name}: the run ended before its warm-up")
    key: Key = {"replication": replication, "endpoint": name}
    totals, detail = endpoint.totals, endpoint.detail
    batches = diary.lapse * (totals.batches - before.totals.batches)
    sizes = np.flatnonzero(batches)
    found = {
        "endpoints": _steps(name, key, diary, grid),
        "latency": frame("latency", key | bins(diary.lapse * (totals.latency - before.totals.latency))),
        "batches": frame("batches", key | {"size": sizes, "count": batches[sizes]}),
    }
    if diary.tails is not None:
        steps = {"time_s": grid.starts_s, "duration_s": grid.durations_s}
        found["tails"] = frame("tails", key | steps | {"latency_p99_s": diary.tails[-len(grid.starts_s) :]})
    if spec.also:
        found["pools"] = _pools(key, spec, diary, grid)
    if isinstance(detail, ClassTotals) and isinstance(before.detail, ClassTotals):
        latency = diary.lapse * (detail.latency - before.detail.latency)
        found["classes"] = _classes(key, classes, diary, grid)
        found["class_latency"] = _labelled("class_latency", key, "class", dict(zip(classes, latency, strict=True)))
    if isinstance(detail, GenerationTotals) and isinstance(before.detail, GenerationTotals):
        measured = {
            "ttft": diary.lapse * (detail.ttft - before.detail.ttft),
            "tpot": diary.lapse * (detail.tpot - before.detail.tpot),
        }
        found["generation"] = _generation(key, diary, grid)
        found["token_latency"] = _labelled("token_latency", key, "measure", measured)
    if isinstance(endpoint, CachedEndpoint):
        found["cache"] = _cache(key, endpoint, diary, grid)
    return found


def _steps(name: str, key: Key, diary: Diary, grid: Grid) -> pd.DataFrame:
    """What happened in each interval; every request that came must be accounted for."""
    counts = _differences([note.totals.counts for note in diary.notes], grid)
    sums = _differences([note.totals.sums for note in diary.notes], grid)
    in_system = np.array([note.in_system for note in diary.notes])[-len(counts) - 1 :]
    left = in_system[0] + counts[:, ARRIVED].sum() - counts[:, SERVED].sum() - counts[:, DROPPED].sum()
    if left != in_system[-1]:
        raise ConservationError(f"endpoint {name}: {left:.0f} requests should be left, {in_system[-1]} are")
    counts, sums = diary.lapse * counts, diary.lapse * sums
    return frame(
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
    )


def _classes(key: Key, classes: Sequence[str], diary: Diary, grid: Grid) -> pd.DataFrame:
    """What happened to the attempts of each class in each interval."""
    noted = [note.detail for note in diary.notes if isinstance(note.detail, ClassTotals)]
    counts = diary.lapse * _differences([each.counts for each in noted], grid)
    sums = diary.lapse * _differences([each.sums for each in noted], grid)
    columns = (
        "arrived", "attempted", "refused", "rate_limited", "timed_out", "wasted", "lost", "given_up", "served",
        "within_slo", "spilled",
    )  # fmt: skip
    parts = [
        frame(
            "classes",
            key
            | {"class": label, "time_s": grid.starts_s, "duration_s": grid.durations_s}
            | {column: counts[:, kind, place] for place, column in enumerate(columns)}
            | {"latency_s": sums[:, kind, class_state.LATENCY_S]},
        )
        for kind, label in enumerate(classes)
    ]
    return pd.concat(parts, ignore_index=True)


def _pools(key: Key, spec: EndpointSpec, diary: Diary, grid: Grid) -> pd.DataFrame:
    """How busy the replicas on each kind of server were in each interval."""
    busy_s = diary.lapse * _differences([note.work[:, BUSY] for note in diary.notes], grid)
    parts = [
        frame(
            "pools",
            key
            | {"pool": name, "time_s": grid.starts_s, "duration_s": grid.durations_s}
            | {"replicas": pool.replicas, "busy_s": busy_s[:, number]},
        )
        for number, (name, pool) in enumerate(zip(spec.pool_names, spec.pools, strict=True))
    ]
    return pd.concat(parts, ignore_index=True)


def _generation(key: Key, diary: Diary, grid: Grid) -> pd.DataFrame:
    """Tokens of each interval, and what they had to wait for."""
    noted = [note.detail for note in diary.notes if isinstance(note.detail, GenerationTotals)]
    counts = diary.lapse * _differences([each.counts for each in noted], grid)
    columns = {
        "started": generation_state.STARTED,
        "preempted": generation_state.PREEMPTED,
        "swapped": generation_state.SWAPPED,
        "tokens_in": generation_state.TOKENS_IN,
        "tokens_out": generation_state.TOKENS_OUT,
        "asked": generation_state.ASKED,
        "known": generation_state.KNOWN,
        "arrived": generation_state.ARRIVED,
        "attempted": generation_state.ATTEMPTED,
        "refused": generation_state.REFUSED,
        "timed_out": generation_state.TIMED_OUT,
        "lost": generation_state.LOST,
        "spilled": generation_state.SPILLED,
    }
    return frame(
        "generation",
        key
        | {"time_s": grid.starts_s, "duration_s": grid.durations_s}
        | {column: counts[:, place] for column, place in columns.items()},
    )


def _cache(key: Key, endpoint: CachedEndpoint, diary: Diary, grid: Grid) -> pd.DataFrame:
    """What the cache answered in each interval, how full it was, and what theory expects of it."""
    noted = np.array([note.lookups for note in diary.notes if note.lookups is not None], dtype=np.int64)
    arrived = diary.lapse * _differences([note.totals.counts for note in diary.notes], grid)[:, ARRIVED]
    return frame(
        "cache",
        key
        | {
            "time_s": grid.starts_s,
            "duration_s": grid.durations_s,
            "arrived": arrived,
            "hits": diary.lapse * np.diff(noted[:, 0])[-len(arrived) :],
            "entries": noted[-len(arrived) - 1 : -1, 1],
            "expected": hit_ratio.expected(endpoint.spec, arrived / grid.durations_s),
        },
    )


def _labelled(table: str, key: Key, label: str, histograms: dict[str, IntArray]) -> pd.DataFrame:
    """Several histograms in one table, told apart by the column *label*."""
    parts: Iterator[pd.DataFrame] = (
        frame(table, key | {label: name} | bins(each)) for name, each in histograms.items()
    )
    return pd.concat(parts, ignore_index=True)


def bins(latency: IntArray) -> dict[str, FloatArray | IntArray]:
    """The bins of a histogram that are not empty."""
    used, bounds = np.flatnonzero(latency), edges()
    return {"low_s": bounds[used], "high_s": bounds[used + 1], "count": latency[used]}


def _differences(noted: Sequence[Counted], grid: Grid) -> Counted:
    """What was added in each counted interval, [intervals, ...]."""
    kept = noted[-len(grid.starts_s) - 1 :]
    return np.stack([after - before for before, after in pairwise(kept)])
