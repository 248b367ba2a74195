"""Room units with compressors of their own (DX CRAC), which give their heat to the outdoor air.

Capacity does not depend on the weather and power is proportional to load: units of a room run or rest. Below the
coldest air of the record, and above the warmest, efficiency is that of the bound, and the step is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.facility.duty import Duty
from dcplan.facility.outage import left
from dcplan.profiles.cooling import DxCurve


@dataclass(frozen=True)
class DxDesign:
    """Equal units; each has its fans in the room (see `RoomDesign`) and its condenser outdoors."""

    curve: DxCurve
    capacity_w: float
    """Sensible capacity of one unit [W]."""
    units: int
    """Units needed."""
    standby: int
    """Redundant units."""
    cop_factor: float
    """COP of these units over that of the curve [-]."""

    def __post_init__(self) -> None:
        require("dx capacity_w", self.capacity_w, 10.0, 1e8)
        require("dx units", self.units, 1, 1e5)
        require("dx standby units", self.standby, 0, 1e5)
        require("dx cop_factor", self.cop_factor, 0.3, 1.5)


def expand(load_w: FloatArray, dry_bulb_c: FloatArray, design: DxDesign, out: FloatArray | float = 0.0) -> Duty:
    """Take *load_w* [W] out of the room's air with *out* units out of service.

    P = Q f(T) / (COP factor f(T_ref)), f the curve's quadratic in the outdoor dry bulb; condenser fans included.

    References: see `DxCurve`.
    """
    curve = design.curve
    bounded_c = np.clip(dry_bulb_c, *curve.outdoor_range_c)
    working = left(design.units + design.standby, out)
    heat_w = np.minimum(load_w, working * design.capacity_w)
    power_w = heat_w * curve.energy_input(bounded_c) / (curve.cop * design.cop_factor)
    return Duty(
        compressor_w=power_w,
        evaporator_heat_w=heat_w,
        rejected_w=heat_w + power_w,
        shortfall_w=load_w - heat_w,
        chillers_running=np.minimum(np.ceil(heat_w / design.capacity_w - 1e-9), working),
        chiller_extrapolated=(bounded_c != dry_bulb_c) & (heat_w > 0.0),
        redundancy_lost=load_w > np.maximum(working - design.standby, 0.0) * design.capacity_w,
    )
