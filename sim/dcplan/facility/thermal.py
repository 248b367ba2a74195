"""How fast a room warms when more heat is made than removed: air and metal of each rack, and chilled water in store.

    C_a dT_a/dt = q - U (T_a - T_m),   C_m dT_m/dt = U (T_a - T_m)

for the rises of air and metal above what they are while the plant meets the load, and the heat q of a rack that nobody
removes. The constants are fitted to times that were published for cabinets without cooling: 3 min 9 s at 5 kW, under a
minute from 10 kW on, until the air is about 18 K warmer (Opengate Data Systems study, Mission Critical Magazine). The
form is Khankari's: the rate of heating falls off exponentially (K. Khankari, "Rate of heating analysis of data centers
during power shutdown", ASHRAE Transactions 117(1), 2011). Air that moves between racks is not modelled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from dcplan.facility.domain import FloatArray, require
from dcplan.facility.fluids import WATER_HEAT_CAPACITY_J_KG_K

WATER_KG_PER_M3 = 1000.0
DAY_S = 86400.0
COLD_K = 1e-3
"""Metal that is warmer than usual by less than this is as usual [K]."""


@dataclass(frozen=True)
class RackMass:
    """What has to warm up in a rack."""

    air_j_k: float = 10e3
    """Heat capacity of what follows the air at once [J/K]."""
    metal_j_k: float = 300e3
    """Heat capacity of servers and steel [J/K]."""
    exchange_w_k: float = 310.0
    """Heat that goes from air to metal per kelvin between them [W/K]."""

    def __post_init__(self) -> None:
        require("air_j_k", self.air_j_k, 1e2, 1e8)
        require("metal_j_k", self.metal_j_k, 1e2, 1e9)
        require("exchange_w_k", self.exchange_w_k, 1.0, 1e6)


class Warmth(NamedTuple):
    """How much warmer than usual air and metal of a rack are [K]."""

    air_k: float = 0.0
    metal_k: float = 0.0


def warmed(before: Warmth, heat_w: float, duration_s: float, mass: RackMass) -> Warmth:
    """The state after *duration_s* [s] in which a rack keeps *heat_w* [W]; negative heat is taken out of its air.

    Exact for constant heat: the mean follows the heat, and the difference decays to what the heat holds up. Cooling
    stops when the air is as it should be, and from then on takes no more than the metal gives.
    """
    both_j_k = mass.air_j_k + mass.metal_j_k
    rate = mass.exchange_w_k * (1.0 / mass.air_j_k + 1.0 / mass.metal_j_k)
    held_k = heat_w / (mass.air_j_k * rate)
    mean_k = (mass.air_j_k * before.air_k + mass.metal_j_k * before.metal_k + heat_w * duration_s) / both_j_k
    apart_k = held_k + (before.air_k - before.metal_k - held_k) * math.exp(-rate * duration_s)
    after = Warmth(mean_k + apart_k * mass.metal_j_k / both_j_k, mean_k - apart_k * mass.air_j_k / both_j_k)
    if after.air_k >= 0.0:
        return after
    metal_k = before.metal_k * math.exp(-mass.exchange_w_k / mass.metal_j_k * duration_s)
    return Warmth(0.0, metal_k if metal_k > COLD_K else 0.0)


def time_to_rise_s(heat_w: float, rise_k: float, mass: RackMass) -> float:
    """How long a rack that keeps *heat_w* [W] takes until its air is *rise_k* [K] warmer [s]; a day at most.

    >>> [round(time_to_rise_s(heat_w, 18.0, RackMass())) for heat_w in (5e3, 10e3, 20e3)]
    [182, 26, 11]
    """

    def missing_k(after_s: float) -> float:
        return warmed(Warmth(), heat_w, after_s, mass).air_k - rise_k

    return float(brentq(missing_k, 0.0, DAY_S)) if missing_k(DAY_S) > 0.0 else math.inf


def chilled_water_store_j(volume_m3: float, rise_k: float) -> float:
    """Heat that a tank of chilled water takes up while it warms by *rise_k* [K] [J].

    >>> round(chilled_water_store_j(1.0, 8.0) / 100e3 / 60, 1)
    5.6
    """
    return volume_m3 * WATER_KG_PER_M3 * WATER_HEAT_CAPACITY_J_KG_K * rise_k


class Bridged(NamedTuple):
    """What a store did in a step.

    Attributes:
        left_j: Cold left in it [J].
        missing_w: Heat that still nobody removes, or, negative, cooling to spare, mean over the step [W].
    """

    left_j: float
    missing_w: float


def bridge(store_j: float, full_j: float, missing_w: float, duration_s: float) -> Bridged:
    """Let a store that has *store_j* of *full_j* [J] take *missing_w* [W], or be filled by what is to spare (negative).

    >>> bridge(100.0, 500.0, 30.0, 5.0)
    Bridged(left_j=0.0, missing_w=10.0)
    >>> bridge(100.0, 500.0, -30.0, 5.0)
    Bridged(left_j=250.0, missing_w=0.0)
    """
    wanted_j = missing_w * duration_s
    taken_j = min(max(wanted_j, store_j - full_j), store_j)
    return Bridged(store_j - taken_j, (wanted_j - taken_j) / duration_s)


def course(
    missing_w: FloatArray, step_s: float, racks: int, mass: RackMass, full_j: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Rise of the air of *racks* equal racks at the end of each step [K], and cold left in their store [J], both [n].

    *missing_w* is the heat that the plant does not remove in each step, and, negative, what it could remove on top [W],
    [n]; the store is full at the start.
    """
    rise_k, left_j = np.zeros(len(missing_w)), np.full(len(missing_w), full_j)
    warmth, store_j = Warmth(), full_j
    first = int(np.argmax(missing_w > 0.0)) if (missing_w > 0.0).any() else len(missing_w)
    for number, heat_w in enumerate(missing_w[first:].tolist(), first):
        if heat_w <= 0.0 and warmth == (0.0, 0.0) and store_j == full_j:
            continue
        store_j, kept_w = bridge(store_j, full_j, heat_w, step_s)
        warmth = warmed(warmth, kept_w / racks, step_s, mass)
        rise_k[number], left_j[number] = warmth.air_k, store_j
    return rise_k, left_j
