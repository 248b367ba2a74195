"""Requests that pass through several endpoints: decode, infer, post-process; or two models side by side."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag, model_validator

from dcplan.scenario.base import Bytes, Duration, Name, Spec
from dcplan.scenario.clients import Slo
from dcplan.scenario.demand import Closed, Demand, FromPipelines


class Ensemble(Spec):
    """Several endpoints that get the same request at once."""

    of: Annotated[tuple[Name, ...], Field(min_length=2, max_length=16)]
    """The endpoints."""
    wait_for: Annotated[int, Field(ge=1, strict=True)] | None = None
    """Answers with which it goes on, the fastest ones; all of them if not given."""

    @model_validator(mode="after")
    def _consistent(self) -> Ensemble:
        if self.wait_for is not None and self.wait_for > len(self.of):
            raise ValueError(f"wait_for: {self.wait_for} answers, but there are {len(self.of)} endpoints")
        if len(set(self.of)) < len(self.of):
            raise ValueError("an ensemble asks each endpoint once; remove the one that is named again")
        return self

    @property
    def needed(self) -> int:
        """Answers with which it goes on."""
        return self.wait_for or len(self.of)


class Fetch(Spec):
    """What a request carries is read from storage that nothing else keeps busy: latency, then bytes at its rate."""

    fetch: Bytes
    """How much, e.g. '600 kB'."""
    storage: str
    """From what: a profile in `profiles/storage/`."""


def _shape(stage: object) -> str:
    """Which kind of stage this is meant to be, by what is written."""
    if isinstance(stage, Fetch) or (isinstance(stage, dict) and "fetch" in stage):
        return "<Fetch>"
    return "<Ensemble>" if isinstance(stage, Ensemble | dict) else "<Name>"


Stage = Annotated[
    Annotated[Name, Tag("<Name>")] | Annotated[Ensemble, Tag("<Ensemble>")] | Annotated[Fetch, Tag("<Fetch>")],
    Discriminator(_shape),
]


class Pipeline(Spec):
    """A chain of endpoints, each of which gets what the one before it has answered."""

    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=32)]
    """One after the other: an endpoint, several side by side ({of: [a, b]}), or {fetch: 600 kB, storage: ...}."""
    hop: Duration = "0 s"  # type: ignore[assignment]  # read like a scenario's text
    """Time on the network from each endpoint to the next."""
    demand: Demand
    """How requests arrive."""
    slo: Slo | None = None
    """The latency that was promised, from the arrival to the last answer."""

    @model_validator(mode="after")
    def _consistent(self) -> Pipeline:
        if isinstance(self.demand, Closed | FromPipelines):
            raise ValueError(f"a pipeline cannot have a demand of kind {self.demand.kind}; give rates or a trace")
        names = [name for _, stage in self.steps for name in stage.of]
        if not names:
            raise ValueError("a pipeline needs an endpoint")
        if len(set(names)) < len(names):
            raise ValueError("a pipeline asks each endpoint once; make another endpoint for the second time")
        return self

    @property
    def steps(self) -> list[tuple[list[Fetch], Ensemble]]:
        """Its endpoints, one or several side by side, each with what is fetched before."""
        found, fetched = [], list[Fetch]()
        for stage in self.stages:
            if isinstance(stage, Fetch):
                fetched.append(stage)
                continue
            several = stage if isinstance(stage, Ensemble) else Ensemble.model_construct(of=(stage,), wait_for=None)
            found.append((fetched, several))
            fetched = []
        return found
