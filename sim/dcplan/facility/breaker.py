"""Circuit breakers with an inverse-time curve: an overload trips them the sooner, the larger it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray
from dcplan.profiles.breaker import BreakerCurve


@dataclass(frozen=True)
class BreakerState:
    """Breakers at an instant, arrays of one shape."""

    heat: FloatArray
    """How near each is to tripping, 0..1 [-]; 1 has tripped, and stays so until somebody closes it."""
    tripped: BoolArray
    """Whether it has tripped."""
    after_s: FloatArray
    """When it tripped in the interval that led here, from its start [s]; infinite if it did not then."""


def closed(count: int) -> BreakerState:
    """*count* breakers that have been cool for long."""
    return BreakerState(np.zeros(count), np.zeros(count, dtype=np.bool_), np.full(count, np.inf))


def trip_s(load_w: FloatArray, rated_w: FloatArray | float, curve: BreakerCurve) -> FloatArray:
    """Time until a cool breaker of *rated_w* [W] trips at *load_w* [W], any shape [s]; infinite up to the pickup.

    References: IEC 60255-151:2009, "Functional requirements for over/under current protection".

    >>> curve = BreakerCurve(80.0, 2.0, 1.0, 1.0, 10.0, 60.0)
    >>> trip_s(np.array([0.9, 2.0, 12.0]), 1.0, curve).round(1).tolist()
    [inf, 26.7, 0.0]
    """
    share = np.asarray(load_w, dtype=np.float64) / rated_w
    over = np.maximum(share / curve.pickup, 1.0) ** curve.alpha - 1.0
    with np.errstate(divide="ignore"):
        timed_s = curve.multiplier * curve.k_s / over
    return np.where(share >= curve.instant, 0.0, timed_s)


def advance(
    state: BreakerState, load_w: FloatArray, duration_s: float, rated_w: FloatArray | float, curve: BreakerCurve
) -> BreakerState:
    """The breakers after *duration_s* [s] of a constant *load_w* [W].

    Heat grows by dt / t(I) above the pickup and falls by dt / t_reset below, as IEC 60255-151 integrates a current that
    changes; at 1 the breaker trips. Two steps of a half are one of the whole.
    """
    time_s = trip_s(load_w, rated_w, curve)
    left_s = np.where(time_s > 0.0, (1.0 - state.heat) * np.minimum(time_s, 1e300), 0.0)
    trips = ~state.tripped & (left_s <= duration_s) & np.isfinite(time_s)
    cooler = np.maximum(state.heat - duration_s / curve.reset_s, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        warmer = np.minimum(state.heat + duration_s / time_s, 1.0)
    heat = np.where(np.isinf(time_s), cooler, warmer)
    tripped = state.tripped | trips
    return BreakerState(np.where(tripped, 1.0, heat), tripped, np.where(trips, left_s, np.inf))
