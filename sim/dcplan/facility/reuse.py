"""Heat that is given to somebody who needs it, such as a district heating network, before the plant must reject it.

Water that is too cold for them is of use behind a heat pump, whose work they get as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.facility.fluids import ZERO_C_K
from dcplan.signals.weather import Weather


@dataclass(frozen=True)
class ReuseDesign:
    """Who takes heat, and from what temperature on."""

    demand_w: float
    """Most heat that they take [W], the work of a heat pump included."""
    needed_c: float
    """Coldest water that is of use [degC]."""
    approach_k: float
    """Fall of temperature over the heat exchanger at the handover [K]."""
    below_c: float
    """Outdoor dry bulb below which heat is wanted [degC]; `math.inf`: always."""
    carnot_share: float | None = None
    """Coefficient of performance of the heat pump over Carnot's [-]; None: there is none."""

    def __post_init__(self) -> None:
        require("reuse demand_w", self.demand_w, 0.0, 1e10)
        require("reuse needed_c", self.needed_c, 5.0, 90.0)
        require("reuse approach_k", self.approach_k, 0.5, 20.0)
        require("reuse carnot_share", 0.5 if self.carnot_share is None else self.carnot_share, 0.1, 0.8)
        require("reuse below_c", self.below_c, -60.0, float("inf"))


@dataclass(frozen=True)
class Handover:
    """Heat that leaves by reuse, arrays of one shape."""

    taken_w: FloatArray
    """Heat taken out of the water [W]."""
    pump_w: FloatArray
    """Electric power of the heat pump, which is handed over on top [W]."""


def hand_over(load_w: FloatArray, return_c: FloatArray, air: Weather, design: ReuseDesign | None) -> Handover:
    """What is taken of *load_w* [W] in water that returns at *return_c* [degC].

    Delivered = taken + work, and work = delivered / COP. Without a heat pump only water that is warm enough is of use.

    >>> air = Weather(np.array([5.0, 20.0]), np.array([3.0, 15.0]), np.array([101325.0, 101325.0]))
    >>> design = ReuseDesign(demand_w=300.0, needed_c=35.0, approach_k=2.0, below_c=15.0)
    >>> hand_over(np.array([1000.0, 1000.0]), np.array([40.0, 40.0]), air, design).taken_w.tolist()
    [300.0, 0.0]
    """
    nothing = np.zeros_like(load_w)
    if design is None:
        return Handover(nothing, nothing)
    wanted = (air.dry_bulb_c < design.below_c) & (load_w > 0.0)
    warm = return_c - design.approach_k >= design.needed_c
    if design.carnot_share is None:
        return Handover(np.where(wanted & warm, np.minimum(load_w, design.demand_w), 0.0), nothing)
    work = np.where(warm, 0.0, 1.0 / heat_pump_cop(return_c, design))  # over what is delivered
    useful = wanted & (work < 1.0)
    delivered_w = np.minimum(load_w / np.where(useful, 1.0 - work, 1.0), design.demand_w)
    return Handover(np.where(useful, (1.0 - work) * delivered_w, 0.0), np.where(useful, work * delivered_w, 0.0))


def heat_pump_cop(return_c: FloatArray, design: ReuseDesign) -> FloatArray:
    """Heat delivered over work [-], s T_sink / (T_sink - T_source) in kelvin, each an approach beyond its water.

    References: S. Carnot's bound, as in any textbook of thermodynamics; the share s is an assumption.

    >>> design = ReuseDesign(300.0, 70.0, 3.0, 15.0, carnot_share=0.5)
    >>> float(heat_pump_cop(np.float64(36.0), design).round(2))
    4.33
    """
    assert design.carnot_share is not None, "only a heat pump has a coefficient of performance"
    sink_c, source_c = design.needed_c + design.approach_k, return_c - design.approach_k
    lift_k = np.maximum(sink_c - source_c, design.approach_k)
    return np.asarray(design.carnot_share * (sink_c + ZERO_C_K) / lift_k)
