"""The state of an endpoint whose devices each run several batches at once, between two calls of `sharing_kernel`.

Requests that are in the system live in a pool; the queue of a class on a device is a linked list, and a batch is a
piece cut off its head. A device changes at events of its own only, never where a run is cut: what it has done since the
last one is added when somebody asks, so that a cut leaves no trace in any number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcplan.serving.class_state import COUNTS, ClassTotals
from dcplan.serving.histogram import BINS, FloatArray, IntArray
from dcplan.serving.pool import NOBODY, grown_pool, new_pool
from dcplan.serving.state import Rules

REQUEST = np.dtype([("born_s", np.float64), ("draw", np.float64), ("news", np.float64), ("next", np.int64)], align=True)
"""A request in the system: when it came, the draws of its service time and of its device's pace, and the place of the
one behind it (or of the next free place)."""

DEVICE = np.dtype(
    [
        ("at_s", np.float64),
        ("virtual_s", np.float64),
        ("done_s", np.float64),
        ("next_s", np.float64),
        ("free_s", np.float64),
        ("busy_s", np.float64),
        ("energy_j", np.float64),
        ("running", np.int64),
        ("held", np.int64),
    ],
    align=True,
)
"""A device: when it last changed; the time that each batch had got of it by then, counted from when it became busy;
when the next batch will be done, infinite if none runs; when it changes next by itself; when it became idle; how long
it was busy and what its batches took, up to the last change; batches that run, and requests on it, waiting or in
service."""

LINE = np.dtype(
    [
        ("head", np.int64),
        ("tail", np.int64),
        ("waiting", np.int64),
        ("running", np.int64),
        ("pace", np.float64),
        ("paced_s", np.float64),
        ("latency_s", np.float64),
        ("wait_s", np.float64),
    ],
    align=True,
)
"""A class on a device: the first and the last request of its queue, how many there are, batches that run; its pace, and
when that was looked at; latency and wait of its requests so far."""

BATCH = np.dtype(
    [("finish_s", np.float64), ("row", np.int64), ("kind", np.int64), ("size", np.int64), ("head", np.int64)],
    align=True,
)
"""A batch that runs: how much time each batch will have got when it is done, its row in the tables, its class, how many
requests it holds, and the first of them."""

KIND = np.dtype(
    [
        ("row", np.int64),
        ("max_batch", np.int64),
        ("max_delay_s", np.float64),
        ("instances", np.int64),
        ("limit", np.int64),
        ("slo_s", np.float64),
        ("spell_s", np.float64),
    ],
    align=True,
)
"""A class, which is a model: its first row in the tables, most requests in a batch, longest wait for a fuller batch;
batches of it that may run on a device at a time; its requests waiting on a device at which one more is refused,
negative for none; promised latency, infinite if none; how long slow spells last, 0 if there are none."""


def kinds_of(**columns: ArrayLike) -> NDArray[Any]:
    """Classes from the fields of `KIND`, each a value per class, [K]."""
    kinds = np.zeros(len(np.atleast_1d(columns["row"])), dtype=KIND)
    for name in KIND.names or ():
        kinds[name] = columns[name]
    return kinds


class SharingRules(NamedTuple):
    """What does not change while the endpoint runs. K classes.

    Attributes:
        base: Routing, service times and power, with a row per batch size from 0 on, for one class after the other; what
            it says of batching, limit, promise and spells is not used.
        kinds: The classes, `KIND`, [K].
    """

    base: Rules
    kinds: NDArray[Any]


class SharingState(NamedTuple):
    """Everything at one instant. D devices, K classes, M batches at most on a device, S places for requests.

    Attributes:
        pool: Requests in the system, and free places, `REQUEST`, [S].
        device: `DEVICE`, [D].
        line: `LINE`, [D, K].
        batch: Those that run, the first ones, `BATCH`, [D, M].
        counts: See `class_state.ARRIVED` and its neighbours, [K, COUNTS].
        latency: Histogram of the latencies of each class, see `histogram`, [K, BINS].
        batches: Batches by number of requests, [largest max_batch + 1].
        now_s: How far time has come [s], [1].
        numbers: First free place, free places, requests routed so far, devices that get new requests, [4].
    """

    pool: NDArray[Any]
    device: NDArray[Any]
    line: NDArray[Any]
    batch: NDArray[Any]
    counts: IntArray
    latency: IntArray
    batches: IntArray
    now_s: FloatArray
    numbers: IntArray


ROUTED, ACTIVE = 2, 3
"""Places in `SharingState.numbers`, after those of the pool."""


def new_state(rules: SharingRules, devices: int, places: int = 64) -> SharingState:
    """An endpoint on which nothing has happened yet."""
    kinds = len(rules.kinds)
    device, line = np.zeros(devices, dtype=DEVICE), np.zeros((devices, kinds), dtype=LINE)
    device["done_s"] = device["next_s"] = np.inf
    line["head"] = line["tail"] = NOBODY
    line["paced_s"] = -np.inf
    return SharingState(
        pool=new_pool(REQUEST, places),
        device=device,
        line=line,
        batch=np.zeros((devices, rules.kinds["instances"].sum()), dtype=BATCH),
        counts=np.zeros((kinds, COUNTS), dtype=np.int64),
        latency=np.zeros((kinds, BINS), dtype=np.int64),
        batches=np.zeros(rules.kinds["max_batch"].max() + 1, dtype=np.int64),
        now_s=np.zeros(1),
        numbers=np.array([0, places, 0, devices], dtype=np.int64),
    )


def grown(state: SharingState) -> SharingState:
    """The same state with room for twice as many requests."""
    pool, numbers = grown_pool(state.pool, state.numbers)
    return state._replace(pool=pool, numbers=numbers)


def totals(rules: SharingRules, state: SharingState) -> ClassTotals:
    """What has happened up to now, class by class; batches that run count for what they have got so far."""
    sums = np.stack((state.line["latency_s"].sum(axis=0), state.line["wait_s"].sum(axis=0)), axis=1)
    device, runs = state.device, np.arange(state.batch.shape[1]) < state.device["running"][:, None]
    busy_s = np.where(device["running"] > 0, state.now_s[0] - device["at_s"], 0.0)
    power_w = np.where(runs, rules.base.power_w[state.batch["row"]], 0.0).sum(axis=1) / np.maximum(1, device["running"])
    work = np.array([[(device["busy_s"] + busy_s).sum(), (device["energy_j"] + busy_s * power_w).sum()]])
    return ClassTotals(state.counts, sums, work, state.latency, state.batches)
