"""How requests are grouped into batches."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.scenario.base import Duration, PositiveDuration, Spec


class Batching(Spec):
    """How requests are grouped: a batch starts when it is full or its oldest request has waited long enough."""

    kind: Literal["dynamic", "static", "adaptive"] = "dynamic"
    """`static`: only full batches start; `adaptive`: what is full follows from `latency`, for each replica."""
    max_batch: Annotated[int, Field(ge=1, le=4096, strict=True)] = 1
    """Most requests in a batch."""
    max_delay: Duration = "0 s"  # type: ignore[assignment]  # read like a scenario's text
    """Longest time an idle replica waits for a fuller batch, e.g. '5 ms'."""
    delay_from: Literal["arrival", "pickup"] = "arrival"
    """Where that time begins: when the oldest request arrived, or when the idle replica picked it up."""
    latency: PositiveDuration | None = None
    """For `adaptive`: batches that take longer become smaller by a tenth, full ones in time larger by a request."""

    @model_validator(mode="after")
    def _consistent(self) -> Batching:
        if self.kind == "adaptive" and self.latency is None:
            raise ValueError("kind: adaptive needs the time that a batch may take, e.g. latency: 50 ms")
        if self.kind != "adaptive" and self.latency is not None:
            raise ValueError(f"kind: {self.kind} does not look at 'latency'; remove it, or use kind: adaptive")
        if self.kind == "static" and self.max_delay:
            raise ValueError("static batches wait until they are full; remove 'max_delay', or use kind: dynamic")
        return self

    @property
    def delay_s(self) -> float:
        """Longest time that an idle replica waits for a fuller batch [s]."""
        return math.inf if self.kind == "static" else float(self.max_delay)
