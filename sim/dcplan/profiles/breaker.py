"""Kinds of circuit breaker: how long an overload lasts until they trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dcplan.profiles.power import in_range
from dcplan.profiles.power_curve import valued


@dataclass(frozen=True)
class BreakerCurve:
    """When a breaker trips: t = T k / ((I / I_p)^alpha - 1), I_p = pickup I_n; at once from *instant* I_n on.

    IEC 60255-151 names three: inverse (k 0.14 s, alpha 0.02), very inverse (13.5, 1) and extremely inverse (80, 2),
    which is nearest to the heat of a current.
    """

    k_s: float
    """k [s]."""
    alpha: float
    """alpha [-]."""
    multiplier: float
    """T, time multiplier [-]."""
    pickup: float
    """Load over rating from which it begins to count [-]."""
    instant: float
    """Load over rating from which it trips at once [-]."""
    reset_s: float
    """Time in which it forgets an overload that nearly tripped it [s]."""

    def __post_init__(self) -> None:
        in_range("breaker k_s", self.k_s, 1e-3, 1e5)
        in_range("breaker alpha", self.alpha, 1e-3, 4.0)
        in_range("breaker multiplier", self.multiplier, 1e-3, 1e3)
        in_range("breaker pickup", self.pickup, 1.0, 1.5)
        in_range("breaker instant", self.instant, self.pickup * 1.01, 50.0)
        in_range("breaker reset_s", self.reset_s, 1e-3, 1e5)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values of the same names."""
        return cls(**{name: valued(values, name) for name in cls.__dataclass_fields__})
