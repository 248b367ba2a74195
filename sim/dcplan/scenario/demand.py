"""How requests arrive: one spec per kind; `kind` says which."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.scenario.base import PositiveDuration, PositiveRate, Rate, Spec


class Constant(Spec):
    """One request every 1/rate, like a conveyor belt."""

    kind: Literal["constant"]
    rate: PositiveRate
    """Requests per second, e.g. '60 /s'."""


class Poisson(Spec):
    """Many independent users: exponential times between requests."""

    kind: Literal["poisson"]
    rate: PositiveRate
    """Mean requests per second, e.g. '60 /s'."""


class Gamma(Spec):
    """Gamma times between requests: burstier (cv > 1) or smoother (cv < 1) than Poisson."""

    kind: Literal["gamma"]
    rate: PositiveRate
    """Mean requests per second."""
    cv: Annotated[float, Field(gt=0, le=100)]
    """Coefficient of variation of the time between requests; 1 is Poisson."""


class Mmpp(Spec):
    """Markov-modulated Poisson: the rate jumps between states, each held for an exponential time."""

    kind: Literal["mmpp"]
    rates: Annotated[tuple[Rate, ...], Field(min_length=2, max_length=64)]
    """Requests per second in each state, visited in turn."""
    dwell: Annotated[tuple[PositiveDuration, ...], Field(min_length=2, max_length=64)]
    """Mean time spent in each state."""

    @model_validator(mode="after")
    def _match(self) -> Mmpp:
        if len(self.rates) != len(self.dwell):
            raise ValueError(f"{len(self.rates)} rates but {len(self.dwell)} dwell times; give one of each per state")
        if not any(self.rates):
            raise ValueError("every rate is zero; at least one state needs requests")
        return self


Factors = Annotated[float, Field(ge=0, le=1e6)]


class Diurnal(Spec):
    """Poisson requests whose rate follows the hour of the day and the day of the week."""

    kind: Literal["diurnal"]
    mean: PositiveRate
    """Mean requests per second over the whole week."""
    daily: Annotated[tuple[Factors, ...], Field(min_length=24, max_length=24)]
    """24 relative factors, midnight first, site time."""
    weekly: Annotated[tuple[Factors, ...], Field(min_length=7, max_length=7)] = (1.0,) * 7
    """7 relative factors, Monday first."""

    @model_validator(mode="after")
    def _some_demand(self) -> Diurnal:
        if not any(self.daily) or not any(self.weekly):
            raise ValueError("every factor is zero; at least one hour and one day need requests")
        return self


class Trace(Spec):
    """A recorded demand: a shape from the profile library, or a file of time stamps or of rates per interval."""

    kind: Literal["trace"]
    shape: str | None = None
    """A shape from `profiles/demand/`, repeated as long as the horizon lasts; needs `mean`."""
    file: str | None = None
    """CSV or parquet beside the scenario: one column `time_s` (a stamp per request), or `time_s` and `rate_per_s`."""
    mean: PositiveRate | None = None
    """Rescale a shape or rates to this many requests per second on average."""

    @model_validator(mode="after")
    def _one_source(self) -> Trace:
        if (self.shape is None) == (self.file is None):
            raise ValueError("give either 'shape' (from the library) or 'file' (your own), not both")
        if self.shape is not None and self.mean is None:
            raise ValueError("a shape has no size of its own; add e.g. 'mean: 60 /s'")
        return self


class Closed(Spec):
    """A fixed number of users: each thinks, asks, waits for the answer, and starts again."""

    kind: Literal["closed"]
    users: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
    """How many there are."""
    think: PositiveDuration
    """Mean time from an answer to the next request, exponential."""


class FromPipelines(Spec):
    """What the pipelines send that name this endpoint among their stages."""

    kind: Literal["pipelines"]


Demand = Annotated[
    Constant | Poisson | Gamma | Mmpp | Diurnal | Trace | Closed | FromPipelines, Field(discriminator="kind")
]
