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
    pause_s: FloatArray | None = None,
    after_pause_s: FloatArray | None = None,
) -> Rules:
    """The rules of *spec*.

    Args:
        spec: The endpoint.
        service_s: Service time by batch size and draw [s], see `Rules.service_s`, [max_batch + 1, steps + 1].
        power_w: Power of a busy replica above idle by batch size [W], [max_batch + 1]; zeros if not given.
        pause_s: See `Rules.pause_s`; pauses change nothing if not given.
        after_pause_s: See `Rules.after_pause_s`.
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
        pause_s=np.zeros(1) if pause_s is None else np.ascontiguousarray(pause_s, dtype=np.float64),
        after_pause_s=np.zeros((size + 1, 1)) if after_pause_s is None else np.ascontiguousarray(after_pause_s),
    )


def proportional(mean_s: float, max_batch: int) -> FloatArray:
    """Service times that are *mean_s* times the draw, whatever the batch size [s], [max_batch + 1, 2]."""
    table = np.zeros((max_batch + 1, 2))
    table[1:, 1] = mean_s
    return table
