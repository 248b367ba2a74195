"""What it costs to stop the requests for a control event: an autoscaler, a failure, a tick."""

from __future__ import annotations

import time
from itertools import islice

import numpy as np

from dcplan.serving.class_endpoint import ClassEndpoint
from dcplan.serving.endpoint import Endpoint
from dcplan.validation.bench import dynamic_batch, priorities_retries
from dcplan.validation.bench.result import Result

EVENTS = 20_000
HORIZON_S = 10.0
REPEATS = 3


def measured() -> Result:
    """Time that an event adds to the requests between, for the slower of the two kernels."""
    costs_s = {}
    for name, new in (("plain", _plain), ("classes", _classes)):
        _took_s(new(), 1)
        whole_s = min(_took_s(new(), 1) for _ in range(REPEATS))
        cut_s = min(_took_s(new(), EVENTS) for _ in range(REPEATS))
        costs_s[name] = (cut_s - whole_s) / EVENTS
    slower = max(costs_s, key=lambda name: costs_s[name])
    each = ", ".join(f"{1e6 * cost_s:.3g} us ({name})" for name, cost_s in costs_s.items())
    return Result("control_event", costs_s[slower], "s", f"{EVENTS:,} events among the same requests: {each}")


def _plain() -> Endpoint:
    return Endpoint.new(dynamic_batch.rules(), dynamic_batch.REPLICAS, False, islice(dynamic_batch.requests(), 2))


def _classes() -> ClassEndpoint:
    rules = priorities_retries.rules()
    return ClassEndpoint.new(rules, islice(priorities_retries.requests(), 2), priorities_retries.HARDWARE)


def _took_s(endpoint: Endpoint | ClassEndpoint, events: int) -> float:
    """Time to serve everything with so many stops [s]."""
    start = time.perf_counter()
    for until_s in np.linspace(0.0, HORIZON_S, events + 1)[1:].tolist():
        endpoint.advance(until_s)
    return time.perf_counter() - start
