"""An endpoint: a model that answers requests on some replicas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.profiling.point import Precision
from dcplan.scenario.base import Count, Duration, Name, PositiveDuration, Spec
from dcplan.scenario.demand import Demand
from dcplan.scenario.service import Service

Routing = Literal["round_robin", "random", "least_loaded", "power_of_two"]


class Batching(Spec):
    """Dynamic batching: a batch starts when it is full or its oldest request has waited long enough."""

    max_batch: Annotated[int, Field(ge=1, le=4096, strict=True)] = 1
    """Most requests in a batch."""
    max_delay: Duration = "0 s"  # type: ignore[assignment]  # read like a scenario's text
    """Longest time an idle replica waits for a fuller batch, e.g. '5 ms'."""
    delay_from: Literal["arrival", "pickup"] = "arrival"
    """Where that time begins: when the oldest request arrived, or when the idle replica picked it up."""


class Queue(Spec):
    """Where requests wait: one queue in front of each replica, or one that all replicas share."""

    kind: Literal["per_replica", "shared"] = "per_replica"
    """`per_replica` needs a routing policy; from a `shared` queue any free replica takes the next batch."""
    limit: Annotated[int, Field(ge=0, le=10_000_000, strict=True)] | None = None
    """Most requests that may wait in the queue, those in service not counted; more are dropped. None: no limit."""


class Slo(Spec):
    """The promise: this share of requests is answered within this time."""

    p50: PositiveDuration | None = None
    """Half of all requests are answered within this time."""
    p90: PositiveDuration | None = None
    """90 % of all requests are answered within this time."""
    p95: PositiveDuration | None = None
    """95 % of all requests are answered within this time."""
    p99: PositiveDuration | None = None
    """99 % of all requests are answered within this time."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Slo:
        if sum(value is not None for _, value in self) != 1:
            raise ValueError("give exactly one of p50, p90, p95, p99, e.g. {p99: 100 ms}")
        return self

    @property
    def share(self) -> float:
        """The promised share of requests, 0..1."""
        return next(int(name[1:]) / 100 for name, value in self if value is not None)

    @property
    def latency_s(self) -> float:
        """The promised latency [s]."""
        return next(float(value) for _, value in self if value is not None)


class Endpoint(Spec):
    """A model served to users."""

    workload: str | None = None
    """What a replica runs: a workload measured for the servers of `on`, see `dcplan list profiles`."""
    service: Service | None = None
    """Instead of a workload: a service time distribution, for theory."""
    on: Name | None = None
    """The servers (a key of `fleet`) that host the replicas."""
    replicas: Count
    """Copies of the model; each takes one slot of a server."""
    precision: Precision | None = None
    """Number format of the arithmetic, if the workload was measured in several; else the first that was measured."""
    tokens: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] | None = None
    """Tokens of each input, for a workload that was measured over tokens."""
    extrapolate: Literal["none", "roofline"] = "none"
    """Outside what was measured: refuse, or derive from arithmetic and memory limits and mark the run `derived`."""
    samples_per_request: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] = 1
    """Model inputs (images, for an image model) that one request carries."""
    queue: Queue = Queue()
    """Where requests wait."""
    routing: Routing | None = None
    """Which replica a request goes to; `power_of_two` unless said otherwise. Not used with a shared queue."""
    batching: Batching = Batching()
    """How requests are grouped."""
    demand: Demand
    """How requests arrive."""
    slo: Slo | None = None
    """The latency that was promised."""

    @model_validator(mode="after")
    def _consistent(self) -> Endpoint:
        if (self.workload is None) == (self.service is None):
            raise ValueError("give either 'workload' (measured) or 'service' (a distribution), not both")
        if self.workload is not None and self.on is None:
            raise ValueError("a workload runs on servers; add 'on: <a key of fleet>'")
        if self.service is not None and (self.precision or self.tokens or self.extrapolate != "none"):
            raise ValueError("precision, tokens and extrapolate need a measured workload; a 'service' has none")
        if self.service is not None and self.samples_per_request != 1:
            raise ValueError("samples_per_request needs a measured workload; a 'service' is a time per batch")
        if self.queue.kind == "shared" and self.batching.delay_from == "pickup":
            raise ValueError("delay_from: pickup needs a queue in front of each replica, queue: {kind: per_replica}")
        if self.queue.kind == "shared" and self.routing is not None:
            raise ValueError("a shared queue has no routing; remove 'routing' or use queue: {kind: per_replica}")
        return self

    @property
    def policy(self) -> Routing:
        """The routing policy in force."""
        return self.routing or "power_of_two"
