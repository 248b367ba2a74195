"""Breakers: how soon an overload trips one, by an inverse-time curve that remembers what came before.

    load > 1:  the way to the trip is covered in      t(M) = m (A / (M^2 - 1) + B)
    load <= 1: and given back, all of it, within      t(M) = m R / (1 - M^2)

M is the load over the rating, m the time multiplier.

References: IEEE Std C37.112-1996, Inverse-time characteristic equations for overcurrent relays: under a varying load
the shares of the way add up. IEC 60255-151:2009, annex A, has the same curves as types E and F.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from dcplan.facility.domain import FloatArray, require

CurveName = Literal["very_inverse", "extremely_inverse"]


@dataclass(frozen=True)
class TripCurve:
    """The numbers of a curve [s]: A, B and R above."""

    a_s: float
    b_s: float
    reset_s: float


CURVES: MappingProxyType[CurveName, TripCurve] = MappingProxyType(
    {"very_inverse": TripCurve(19.61, 0.491, 21.6), "extremely_inverse": TripCurve(28.2, 0.1217, 29.1)}
)


@dataclass(frozen=True)
class BreakerDesign:
    """How breakers trip."""

    curve: TripCurve
    multiplier: float
    """Time over that of the curve [-]."""

    def __post_init__(self) -> None:
        require("time multiplier of breakers", self.multiplier, 0.01, 100.0)


def trip_s(load: FloatArray, design: BreakerDesign) -> FloatArray:
    """How long a breaker carries a constant *load* over its rating [-] from cold [s]; infinite up to its rating.

    >>> trip_s(np.array([1.0, 2.0]), BreakerDesign(CURVES["very_inverse"], 1.0)).round(3).tolist()
    [inf, 7.028]
    """
    over = np.maximum(np.asarray(load, dtype=np.float64) ** 2 - 1.0, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(design.multiplier * (design.curve.a_s / over + design.curve.b_s))


def travelled(before: FloatArray, load: FloatArray, passed_s: float, design: BreakerDesign) -> FloatArray:
    """Share of the way to the trip [-], 1 and more when it trips, *passed_s* [s] of a constant *load* after *before*.

    >>> design = BreakerDesign(CURVES["very_inverse"], 1.0)
    >>> travelled(np.array([0.5, 0.5]), np.array([2.0, 0.0]), 3.514, design).round(3).tolist()
    [1.0, 0.337]
    """
    under = np.maximum(1.0 - np.asarray(load, dtype=np.float64) ** 2, 0.0)
    back = passed_s * under / (design.multiplier * design.curve.reset_s)
    return np.asarray(np.maximum(before + passed_s / trip_s(load, design) - back, 0.0))
