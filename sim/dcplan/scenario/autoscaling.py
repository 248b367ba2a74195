"""How many replicas serve at a time: one spec per kind; `kind` says which."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.scenario.base import Duration, PositiveDuration, Spec

Replicas = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
SEASONS_S = {"day": 86400.0, "week": 7 * 86400.0}
"""Seasons of demand [s]."""


class _Autoscaling(Spec):
    """What all kinds have in common; the most replicas are the endpoint's `replicas`, with which it starts."""

    least: Replicas = 1
    """Fewest replicas that serve; 0, for a shared queue: requests wait there until one is started for them."""
    every: PositiveDuration = "30 s"  # type: ignore[assignment]  # read like a scenario's text
    """Time between two decisions."""
    start_up: Duration = "0 s"  # type: ignore[assignment]
    """From the decision to start a replica until it serves: image, weights, warm-up."""
    cool_down: Duration = "5 min"  # type: ignore[assignment]
    """Time after any change before replicas are stopped."""
    idle_servers: Literal["keep_on", "switch_off"] = "keep_on"
    """Whether servers on which no replica of the endpoint is left stay on; off they draw nothing, but must start up."""


class Utilisation(_Autoscaling):
    """Keep replicas about so busy: wanted = active x busy / target (the rule of Kubernetes)."""

    kind: Literal["utilisation"]
    target: Annotated[float, Field(gt=0, le=1)]
    """Share of the time that a replica should be busy."""


class Predictive(_Autoscaling):
    """As `utilisation`, but by the higher of what is busy now and what is forecast: last season, at today's level.

    Until a season and an hour have been seen, and where there was no work a season ago, it is `utilisation` alone.
    """

    kind: Literal["predictive"]
    target: Annotated[float, Field(gt=0, le=1)]
    """Share of the time that a replica should be busy."""
    season: Literal["day", "week"] = "day"
    """After how long the demand repeats."""
    ahead: Duration | None = None
    """How far to look ahead; as long as a replica takes to start if not given."""

    @property
    def season_s(self) -> float:
        """Length of a season [s]."""
        return SEASONS_S[self.season]

    @property
    def ahead_s(self) -> float:
        """How far to look ahead [s]."""
        return self.start_up if self.ahead is None else self.ahead

    @model_validator(mode="after")
    def _within_a_season(self) -> Predictive:
        if self.ahead_s + self.every > self.season_s:
            raise ValueError(
                f"looking {self.ahead_s:g} s ahead, every {self.every:g} s, leads beyond what was seen "
                f"a {self.season} ago; together they must not exceed a {self.season}"
            )
        return self


class PerReplica(_Autoscaling):
    """Keep about so many requests, waiting or in service, for each replica."""

    kind: Literal["per_replica"]
    target: Annotated[float, Field(gt=0, le=1e6)]
    """Requests in the system for each replica."""


class Step(Spec):
    """From this time of the day on, so many replicas."""

    at: time
    """Site time, e.g. '08:00'."""
    replicas: Replicas
    """Replicas that serve from then on."""


class Scheduled(_Autoscaling):
    """So many replicas by the clock, every day."""

    kind: Literal["scheduled"]
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=96)]
    """Times of the day, rising, each with its replicas."""

    @model_validator(mode="after")
    def _rising(self) -> Scheduled:
        times = [step.at for step in self.steps]
        if sorted(set(times)) != times:
            raise ValueError("the times of the steps must rise, e.g. [{at: '08:00', replicas: 9}, {at: '20:00', ...}]")
        if too_few := [step for step in self.steps if step.replicas < self.least]:
            raise ValueError(
                f"the step at {too_few[0].at:%H:%M} has {too_few[0].replicas} replicas, fewer than the "
                f"{self.least} of 'least'; lower 'least'"
            )
        return self


Autoscaling = Annotated[Utilisation | Predictive | PerReplica | Scheduled, Field(discriminator="kind")]
