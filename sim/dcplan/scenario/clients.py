"""Who asks, and what they do when they do not get an answer: classes of requests, retries, admission."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.profiling.point import Precision
from dcplan.scenario.base import Count, Duration, Fraction, PositiveDuration, PositiveRate, Spec
from dcplan.scenario.batching import Batching
from dcplan.scenario.service import Service

Discipline = Literal["fifo", "priority", "deadline", "fair"]


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


class RequestClass(Spec):
    """A kind of request: how common, how large, how urgent, how patient."""

    share: Annotated[float, Field(gt=0, le=1e9)] = 1.0
    """How many of the requests are of this class, relative to the other classes."""
    size: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    """How much one of them carries, as a multiple of `samples_per_request`."""
    priority: Annotated[int, Field(ge=-1000, le=1000, strict=True)] = 0
    """Rank for `discipline: priority`; low numbers are served first."""
    deadline: PositiveDuration | None = None
    """For `discipline: deadline`: when it should start, counted from when it joins the queue. None: last."""
    weight: Annotated[float, Field(gt=0, le=1e9)] = 1.0
    """For `discipline: fair`: its share of the service while all classes wait, relative to the other classes."""
    timeout: PositiveDuration | None = None
    """Longest wait in a queue before it gives up; the `timeout` of the queue if not given."""
    limit: Annotated[int, Field(ge=0, le=10_000_000, strict=True)] | None = None
    """Requests waiting, of all classes, at which this one is refused; the `limit` of the queue if not given."""
    slo: Slo | None = None
    """What was promised to this class; the promise of the endpoint if not given."""
    workload: str | None = None
    """Under `sharing`: the model that answers it, in batches of its own; that of the endpoint if not given."""
    service: Service | None = None
    """Under `sharing`, instead of a workload: a service time distribution of its own."""
    precision: Precision | None = None
    """Under `sharing`: number format of its model; that of the endpoint if not given."""
    tokens: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] | None = None
    """Under `sharing`: tokens of each input of its model; those of the endpoint if not given."""
    batching: Batching | None = None
    """Under `sharing`: how its requests are grouped; as those of the endpoint if not given."""
    instances: Count | None = None
    """Under `sharing`: batches of it that may run on a device at a time; as `sharing` says if not given."""

    @property
    def model(self) -> list[str]:
        """The keys given that are of its own model."""
        keys = ("workload", "service", "precision", "tokens", "batching", "instances")
        return [key for key in keys if getattr(self, key) is not None]


class Retry(Spec):
    """A request that was refused or waited too long comes back after `backoff`, then after `factor` times that."""

    attempts: Annotated[int, Field(ge=2, le=100, strict=True)] = 3
    """Most attempts, the first one included."""
    backoff: Duration = "1 s"  # type: ignore[assignment]  # read like a scenario's text
    """Time from the first failure to the second attempt."""
    factor: Annotated[float, Field(ge=1, le=100)] = 2.0
    """By how much that time grows with each attempt."""
    longest: PositiveDuration = "30 s"  # type: ignore[assignment]
    """Longest time between two attempts."""
    jitter: Fraction = 1.0
    """Share of that time that is random: 0 brings all back together, 1 spreads them from at once to the full time."""

    @model_validator(mode="after")
    def _in_order(self) -> Retry:
        if self.backoff > self.longest:
            raise ValueError(f"backoff ({self.backoff:g} s) is more than longest ({self.longest:g} s); raise 'longest'")
        return self


class Admission(Spec):
    """A rate limit in front of the queues: a token bucket."""

    rate: PositiveRate
    """Requests admitted per second in the long run, e.g. '500 /s'."""
    burst: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] = 1
    """Requests admitted at one instant after a rest."""
