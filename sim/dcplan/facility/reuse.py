"""Heat that is given to somebody who needs it, such as a district heating network, before the plant must reject it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.signals.weather import Weather


@dataclass(frozen=True)
class ReuseDesign:
    """Who takes heat, and from what temperature on; there is no heat pump."""

    demand_w: float
    """Most heat that is taken [W]."""
    needed_c: float
    """Coldest water that is of use [degC]."""
    approach_k: float
    """Fall of temperature over the heat exchanger at the handover [K]."""
    below_c: float
    """Outdoor dry bulb below which heat is wanted [degC]; `math.inf`: always."""

    def __post_init__(self) -> None:
        require("reuse demand_w", self.demand_w, 0.0, 1e10)
        require("reuse needed_c", self.needed_c, 5.0, 90.0)
        require("reuse approach_k", self.approach_k, 0.5, 20.0)
        require("reuse below_c", self.below_c, -60.0, float("inf"))


def reused_w(load_w: FloatArray, return_c: FloatArray, air: Weather, design: ReuseDesign | None) -> FloatArray:
    """Heat handed over [W] of *load_w* [W] in water that returns at *return_c* [degC].

    >>> air = Weather(np.array([5.0, 20.0]), np.array([3.0, 15.0]), np.array([101325.0, 101325.0]))
    >>> design = ReuseDesign(demand_w=300.0, needed_c=35.0, approach_k=2.0, below_c=15.0)
    >>> reused_w(np.array([1000.0, 1000.0]), np.array([40.0, 40.0]), air, design).tolist()
    [300.0, 0.0]
    """
    if design is None:
        return np.zeros_like(load_w)
    wanted = (air.dry_bulb_c < design.below_c) & (return_c - design.approach_k >= design.needed_c)
    return np.where(wanted, np.minimum(load_w, design.demand_w), 0.0)
