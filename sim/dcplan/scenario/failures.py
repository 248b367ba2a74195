"""How often replicas fail, how long repair takes, and how soon anyone notices."""

from __future__ import annotations

from dcplan.scenario.base import Duration, PositiveDuration, Spec


class Failures(Spec):
    """Each replica fails by itself: it loses what it holds, is noticed after a while, and comes back repaired."""

    every: PositiveDuration
    """Mean time that a replica works until it fails, exponential: with 100 replicas, 100 times as many fail."""
    repair: PositiveDuration
    """Mean time from a failure until the replica serves again, exponential."""
    detection: Duration = "30 s"  # type: ignore[assignment]  # read like a scenario's text
    """Until then, requests are still sent to it and fail: Kubernetes probes every 10 s, and believes the third failure.

    Kubernetes documentation, "Configure Liveness, Readiness and Startup Probes": periodSeconds 10, failureThreshold 3.
    """
