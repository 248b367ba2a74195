"""What air servers may breathe: ASHRAE's recommended and allowable envelopes, and how far a building keeps to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray
from dcplan.signals import moist_air


@dataclass(frozen=True)
class Envelope:
    """Air at the servers' inlets: within all six limits.

    References: ASHRAE TC 9.9, "Thermal guidelines for data processing environments", 5th edition, 2021.
    """

    low_c: float
    high_c: float
    """Dry bulb [degC]."""
    dew_point_low_c: float
    dew_point_high_c: float
    """Dew point [degC]."""
    humidity_low: float
    humidity_high: float
    """Relative humidity [-]."""

    def humidity_limits_kg_kg(
        self, dry_bulb_c: FloatArray | float, pressure_pa: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Least and most water vapour per dry air [kg/kg] at *dry_bulb_c* [degC]."""
        saturated = moist_air.saturation_humidity_ratio_kg_kg
        relative = moist_air.humidity_ratio_kg_kg
        low = np.maximum(
            saturated(self.dew_point_low_c, pressure_pa), relative(dry_bulb_c, self.humidity_low, pressure_pa)
        )
        high = np.minimum(
            saturated(self.dew_point_high_c, pressure_pa), relative(dry_bulb_c, self.humidity_high, pressure_pa)
        )
        return low, high

    def left_by(self, dry_bulb_c: FloatArray, humidity_ratio_kg_kg: FloatArray, pressure_pa: FloatArray) -> BoolArray:
        """Where air is outside the envelope, by more than rounding."""
        low, high = self.humidity_limits_kg_kg(dry_bulb_c, pressure_pa)
        too_hot_or_cold = (dry_bulb_c < self.low_c - 1e-6) | (dry_bulb_c > self.high_c + 1e-6)
        return too_hot_or_cold | (humidity_ratio_kg_kg < low - 1e-7) | (humidity_ratio_kg_kg > high + 1e-7)


RECOMMENDED = Envelope(18.0, 27.0, -9.0, 15.0, 0.0, 0.70)
"""Classes A1 to A4; the relative humidity is that where corrosive gases are rare."""
RECOMMENDED_H1 = replace(RECOMMENDED, high_c=22.0)
"""Class H1, servers of high density cooled by air."""

ALLOWABLE: Mapping[str, Envelope] = MappingProxyType(
    {
        "A1": Envelope(15.0, 32.0, -12.0, 17.0, 0.08, 0.80),
        "A2": Envelope(10.0, 35.0, -12.0, 21.0, 0.08, 0.80),
        "A3": Envelope(5.0, 40.0, -12.0, 24.0, 0.08, 0.85),
        "A4": Envelope(5.0, 45.0, -12.0, 24.0, 0.08, 0.90),
        "H1": Envelope(5.0, 25.0, -12.0, 17.0, 0.08, 0.80),
    }
)
"""Allowable envelope by class."""

DERATING_FROM_M = 900.0
DERATING_M_PER_K: Mapping[str, float] = MappingProxyType(
    {"A1": 300.0, "A2": 300.0, "A3": 175.0, "A4": 125.0, "H1": 500.0}
)
"""Metres above 900 m that take 1 K off the highest allowable dry bulb, by class."""


def allowable(name: str, altitude_m: float) -> Envelope:
    """The allowable envelope of class *name* at an altitude [m].

    >>> allowable("A2", 1800.0).high_c
    32.0
    """
    envelope = ALLOWABLE[name]
    lost_k = max(altitude_m - DERATING_FROM_M, 0.0) / DERATING_M_PER_K[name]
    return replace(envelope, high_c=envelope.high_c - lost_k)


def recommended(name: str) -> Envelope:
    """The recommended envelope of class *name*."""
    return RECOMMENDED_H1 if name == "H1" else RECOMMENDED


def rack_cooling_index(inlet_c: FloatArray, weight: FloatArray, name: str) -> tuple[float, float]:
    """RCI_hi and RCI_lo [-] of inlet air over racks or time, weighted: 1 where none is above or below recommended.

    RCI_hi = 1 - mean (T - T_rec,hi)+ / (T_all,hi - T_rec,hi), RCI_lo alike below; *name* is the servers' class.

    References: M. K. Herrlin, "Rack cooling effectiveness in data centers and telecom central offices: the rack
    cooling index (RCI)", ASHRAE Transactions 111(2), 2005.

    >>> rack_cooling_index(np.array([25.0, 29.5]), np.ones(2), "A1")
    (0.75, 1.0)
    """
    wanted, most = recommended(name), ALLOWABLE[name]
    over_k = float(np.average(np.maximum(inlet_c - wanted.high_c, 0.0), weights=weight))
    under_k = float(np.average(np.maximum(wanted.low_c - inlet_c, 0.0), weights=weight))
    return 1.0 - over_k / (most.high_c - wanted.high_c), 1.0 - under_k / (wanted.low_c - most.low_c)
