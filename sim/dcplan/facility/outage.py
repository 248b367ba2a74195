"""Which parts of the cooling plant are out of service, step by step: failed, or shut for maintenance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray


@dataclass(frozen=True)
class OutOfService:
    """Units that do not run, one value per time step or one for all; the parts the design lacks are ignored.

    What the rest cannot carry shows as `cooling_shortfall_w` of the result.
    """

    chillers: FloatArray | float = 0.0
    """Chillers of the chilled-water plant, of those needed and standing by [-]."""
    room_units: FloatArray | float = 0.0
    """Room units, of those needed and standing by; with direct expansion each has its own compressor [-]."""
    cells: FloatArray | float = 0.0
    """Cells of the tower or dry cooler that serves the chilled-water plant [-]."""
    chilled_water_pumps: BoolArray | bool = False
    """All pumps of the chilled water are lost."""
    condenser_pumps: BoolArray | bool = False
    """All pumps between the chilled-water plant and its tower or dry cooler are lost."""
    cdus: FloatArray | float = 0.0
    """Coolant distribution units, of those needed and standing by [-]."""
    liquid_cells: FloatArray | float = 0.0
    """Cells of the tower or dry cooler that the liquid-cooled servers have for themselves [-]."""
    liquid_pumps: BoolArray | bool = False
    """All pumps of the facility water of the liquid-cooled servers are lost."""


ALL_IN_SERVICE = OutOfService()


def left(installed: int, out: FloatArray | float) -> FloatArray:
    """Units still in service [-], none at least.

    >>> left(3, np.array([0.0, 1.0, 4.0])).tolist()
    [3.0, 2.0, 0.0]
    """
    return np.maximum(installed - np.asarray(out, dtype=np.float64), 0.0)
