"""What one piece of the cooling plant takes, moves and loses; pieces of any kind add up to the plant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import reduce
from typing import Any

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray


def _nothing() -> FloatArray:
    return np.zeros(())


def _never() -> BoolArray:
    return np.zeros((), dtype=np.bool_)


@dataclass(frozen=True)
class Duty:
    """Arrays of the shape of the load; what a piece has nothing to do with is 0 or False, of no shape."""

    compressor_w: FloatArray = field(default_factory=_nothing)
    """Compressors of chillers and of direct expansion, with the fans of air-cooled ones [W]."""
    rejection_fan_w: FloatArray = field(default_factory=_nothing)
    """Fans of towers and dry coolers [W]."""
    loop_pump_w: FloatArray = field(default_factory=_nothing)
    """Pumps of the chilled water [W]."""
    condenser_pump_w: FloatArray = field(default_factory=_nothing)
    """Pumps between plants and their tower or dry cooler [W]."""
    liquid_pump_w: FloatArray = field(default_factory=_nothing)
    """Pumps of coolant and facility water of liquid-cooled servers [W]."""
    economiser_fan_w: FloatArray = field(default_factory=_nothing)
    """Exhaust or outdoor-side fans of economisers [W]."""
    humidification_w: FloatArray = field(default_factory=_nothing)
    """Humidifiers [W]; the water takes it along."""
    moisture_w: FloatArray = field(default_factory=_nothing)
    """Heat of outdoor water that condenses on cold coils, which comes on top of the room's [W]."""
    evaporator_heat_w: FloatArray = field(default_factory=_nothing)
    """Heat that compressors take from room or water [W]."""
    economiser_heat_w: FloatArray = field(default_factory=_nothing)
    """Heat that leaves without a compressor [W]."""
    rejected_w: FloatArray = field(default_factory=_nothing)
    """Heat that leaves to the outdoor air [W]."""
    reused_w: FloatArray = field(default_factory=_nothing)
    """Heat taken out of water for somebody [W]."""
    heat_pump_w: FloatArray = field(default_factory=_nothing)
    """Heat pump that lifts that heat; what it draws goes along [W]."""
    shortfall_w: FloatArray = field(default_factory=_nothing)
    """Heat that is not removed [W]."""
    evaporation_kg_s: FloatArray = field(default_factory=_nothing)
    drift_kg_s: FloatArray = field(default_factory=_nothing)
    blowdown_kg_s: FloatArray = field(default_factory=_nothing)
    chillers_running: FloatArray = field(default_factory=_nothing)
    chiller_extrapolated: BoolArray = field(default_factory=_never)
    """Compressors outside the temperatures of their curves."""
    tower_extrapolated: BoolArray = field(default_factory=_never)
    """Tower or dry cooler outside the data behind its law."""
    water_flow_exceeded: BoolArray = field(default_factory=_never)
    """A flow above the design flow of its pumps."""
    redundancy_lost: BoolArray = field(default_factory=_never)
    """The load needs redundant units."""

    def __add__(self, other: Duty) -> Duty:
        """Both together: sums, and flags that either has."""
        return Duty(**{f.name: _both(getattr(self, f.name), getattr(other, f.name)) for f in fields(Duty)})


def together(pieces: Iterable[Duty], shape: tuple[int, ...]) -> Duty:
    """All *pieces* as one, with arrays of *shape*."""
    total = reduce(Duty.__add__, pieces, Duty())
    return Duty(**{f.name: np.broadcast_to(getattr(total, f.name), shape) for f in fields(Duty)})


def _both(one: Any, other: Any) -> Any:
    return one | other if one.dtype == np.bool_ else one + other
