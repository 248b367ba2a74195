"""From an endpoint's spec and its service times to the kernel's rules."""

from __future__ import annotations

import numpy as np

from dcplan.scenario.endpoint import Endpoint as EndpointSpec
from dcplan.serving.histogram import FloatArray
from dcplan.serving.policies import ROUTING
from dcplan.serving.state import Rules


def rules(
    spec: EndpointSpec,
    service_s: FloatArray,
    power_w: FloatArray | None = None,
    pauses: tuple[FloatArray, FloatArray] | None = None,
    slow: FloatArray | None = None,
    spell_s: float = 0.0,
) -> Rules:
    """The rules of *spec*.

    Args:
        spec: The endpoint.
        service_s: Service time by batch size and draw [s], see `Rules.service_s`, [max_batch + 1, steps + 1].
        power_w: Power of a busy replica above idle by batch size [W], [max_batch + 1]; zeros if not given.
        pauses: Pauses of a replica after which service was measured [s], rising from 0, [pauses], and how much longer a
            batch takes after them, nothing after the first [s], [max_batch + 1, pauses]; linear in between, and
            constant after the longest. They change nothing if not given.
        slow: See `Rules.slow`; zeros if not given.
        spell_s: See `Rules.spell_s`.
    """
    size = spec.batching.max_batch
    return Rules(
        routing=ROUTING[spec.policy],
        max_batch=size,
        max_delay_s=float(spec.batching.max_delay),
        from_pickup=spec.batching.delay_from == "pickup",
        limit=-1 if spec.queue.limit is None else spec.queue.limit,
        slo_s=np.inf if spec.slo is None else spec.slo.latency_s,
        service_s=np.ascontiguousarray(service_s, dtype=np.float64),
        power_w=np.zeros(size + 1) if power_w is None else np.ascontiguousarray(power_w, dtype=np.float64),
        pause_s=np.zeros(1) if pauses is None else np.ascontiguousarray(pauses[0], dtype=np.float64),
        pause_bends=np.zeros((size + 1, 1)) if pauses is None else bends(*pauses),
        slow=np.zeros(size + 1) if slow is None else np.ascontiguousarray(slow, dtype=np.float64),
        spell_s=spell_s,
    )


def bends(pause_s: FloatArray, after_pause_s: FloatArray) -> FloatArray:
    """Changes of slope, at each pause, of a piecewise linear function that ends level [s/s], shape of *after_pause_s*.

    >>> bends(np.array([0.0, 1.0, 3.0]), np.array([[0.0, 2.0, 3.0]])).tolist()
    [[2.0, -1.5, -0.5]]
    """
    slopes = np.diff(after_pause_s) / np.diff(pause_s)
    return np.ascontiguousarray(np.diff(slopes, prepend=0.0, append=0.0))


def proportional(mean_s: float, max_batch: int) -> FloatArray:
    """Service times that are *mean_s* times the draw, whatever the batch size [s], [max_batch + 1, 2]."""
    table = np.zeros((max_batch + 1, 2))
    table[1:, 1] = mean_s
    return table
