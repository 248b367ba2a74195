"""How long serving one batch takes when no measured profile says it; one spec per kind.

These exist so that queueing theory can be tested through the same scenario file that real systems use. The mean is
that of one *batch*, whatever its size.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dcplan.scenario.base import PositiveDuration, Spec


class Deterministic(Spec):
    """Always the same time."""

    kind: Literal["deterministic"]
    mean: PositiveDuration
    """Time per batch, e.g. '20 ms'."""


class Exponential(Spec):
    """Memoryless: coefficient of variation 1."""

    kind: Literal["exponential"]
    mean: PositiveDuration
    """Mean time per batch."""


class Lognormal(Spec):
    """Skewed, as most measured service times are."""

    kind: Literal["lognormal"]
    mean: PositiveDuration
    """Mean time per batch."""
    cv: Annotated[float, Field(gt=0, le=100)]
    """Coefficient of variation."""


class Erlang(Spec):
    """The sum of `shape` exponential stages: smoother than exponential."""

    kind: Literal["erlang"]
    mean: PositiveDuration
    """Mean time per batch."""
    shape: Annotated[int, Field(ge=1, le=10_000)]
    """Number of stages; the coefficient of variation is 1/sqrt(shape)."""


class Hyperexponential(Spec):
    """Two exponential branches with balanced means: a few very long services (cv > 1)."""

    kind: Literal["hyperexponential"]
    mean: PositiveDuration
    """Mean time per batch."""
    cv: Annotated[float, Field(gt=1, le=100)]
    """Coefficient of variation, above 1."""


Service = Annotated[Deterministic | Exponential | Lognormal | Erlang | Hyperexponential, Field(discriminator="kind")]
