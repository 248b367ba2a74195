"""The outdoor air that the plant meets, one value per time step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray

WET_BULB_TOLERANCE_K = 1.0
"""Measured files may have the wet bulb above the dry bulb by less than this: near 0 degC the wet bulbs over
water and over ice differ by up to 0.6 K."""


@dataclass(frozen=True)
class Weather:
    """Outdoor air; the three arrays broadcast against each other and against the load."""

    dry_bulb_c: FloatArray
    """Dry-bulb temperature [degC]; a water-cooled plant needs only the wet bulb."""
    wet_bulb_c: FloatArray
    """Wet-bulb temperature [degC]."""
    pressure_pa: FloatArray
    """Atmospheric pressure [Pa], 50 to 110 kPa: what altitude does to the air."""

    def __post_init__(self) -> None:
        _check("dry_bulb_c", self.dry_bulb_c, -60.0, 60.0)
        _check("wet_bulb_c", self.wet_bulb_c, -60.0, 50.0)
        _check("pressure_pa", self.pressure_pa, 50e3, 110e3)
        if np.any(self.wet_bulb_c > self.dry_bulb_c + WET_BULB_TOLERANCE_K):
            raise ValueError(f"wet_bulb_c is above dry_bulb_c by more than {WET_BULB_TOLERANCE_K:g} K")


def _check(name: str, values: FloatArray, low: float, high: float) -> None:
    if values.size == 0:
        raise ValueError(f"{name} is empty")
    least, most = float(np.min(values)), float(np.max(values))
    if not (low <= least and most <= high):  # written so that NaN fails
        raise ValueError(f"{name} runs from {least:g} to {most:g}, outside {low:g} to {high:g}")
