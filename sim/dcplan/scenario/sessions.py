"""Sessions: users or conversations whose requests should all go to the same replica."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcplan.scenario.base import PositiveDuration, Spec


class Warm(Spec):
    """A replica that served the last request of a session not long ago answers the next one faster.

    It knows what it would have to compute or load anew, e.g. the keys and values of a conversation.
    """

    keeps: PositiveDuration
    """For how long after a request its replica is faster; one that fails or is started anew has forgotten all."""
    saves: Annotated[float, Field(gt=0, lt=1)]
    """Share of the service time that this saves; of a batch, as far as it holds such requests."""


class Sessions(Spec):
    """Each request belongs to one of so many sessions, whatever was asked before."""

    count: Annotated[int, Field(ge=1, le=50_000_000, strict=True)]
    """Sessions there are."""
    skew: Annotated[float, Field(ge=0, le=10)]
    """Exponent of Zipf's law: the k-th busiest session sends requests in proportion to k^-skew; 0: all alike."""
    bound: Annotated[float, Field(ge=1.01, le=1000)] | None = None
    """For `affinity`: no replica gets a request beyond so many times the mean that replicas hold. None: no bound."""
    warm: Warm | None = None
    """What a replica gains by knowing a session, whatever the routing; if nothing, affinity only costs balance."""
