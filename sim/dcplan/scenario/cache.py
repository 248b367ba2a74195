"""A cache in front of an endpoint: what is asked for, and how long its answer is kept; one spec per kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcplan.scenario.base import Duration, PositiveDuration, Spec

Objects = Annotated[int, Field(ge=1, le=50_000_000, strict=True)]
"""So many that the links of an LRU list take 400 MB at most."""


class _Cache(Spec):
    """What all kinds have in common; the cache is empty at the start, and its own servers are not simulated.

    Each request asks for an object, whatever was asked for before and whatever its class. A miss puts the answer in at
    once, even if the replicas then refuse it; if it is refused and tries again, it goes past the cache.
    """

    objects: Objects
    """Things that can be asked for."""
    skew: Annotated[float, Field(ge=0, le=10)]
    """Exponent of Zipf's law: the k-th most popular object is asked for in proportion to k^-skew; 0: all alike."""
    hit: Duration
    """Time in which the cache answers, e.g. '2 ms'."""

    @property
    def places(self) -> int:
        """Objects that it can hold."""
        return self.objects

    @model_validator(mode="after")
    def _within_the_catalogue(self) -> _Cache:
        if self.places > self.objects:
            raise ValueError(f"a cache of {self.places} is larger than all {self.objects} objects; lower 'size'")
        return self


class Lru(_Cache):
    """Keeps the answers for the objects that were asked for last."""

    kind: Literal["lru"]
    size: Objects
    """Objects that it holds."""

    @property
    def places(self) -> int:
        """Objects that it can hold."""
        return self.size


class Ttl(_Cache):
    """Keeps each answer for a fixed time."""

    kind: Literal["ttl"]
    ttl: PositiveDuration
    """How long an answer is kept, e.g. '10 min'."""
    ttl_from: Literal["put", "request"] = "put"
    """Since when: since it was put in (as in HTTP, RFC 9111, section 4.2), or since it was last asked for."""
    size: Objects | None = None
    """Objects that it holds, those expired included; to make room the one asked for longest ago leaves. None: all."""

    @property
    def places(self) -> int:
        """Objects that it can hold."""
        return self.size or self.objects


Cache = Annotated[Lru | Ttl, Field(discriminator="kind")]
