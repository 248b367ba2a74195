"""Water-side economiser in series with the chillers: which share of the load the cooling tower carries alone.

Three modes, from temperatures of the same step only, unless a dead band is given (no minimum run time):

    full     the tower can make water cold enough for the whole load; chillers off, fans hold the supply
    partial  the tower precools the returning water as far as it can, fans at full speed; chillers do the rest
    off      chillers carry the load, fans hold the condenser water set point

From partial to off the fans drop from full speed to what the set point needs: facility power is not monotone
in the wet bulb or in the load there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import BoolArray, FloatArray, require


@dataclass(frozen=True)
class EconomiserDesign:
    """Heat exchanger between tower water and returning chilled water."""

    approach_k: float
    """Chilled water leaving above tower water entering [K]."""
    margin_k: float
    """How much colder than the returning water the economiser must be able to make it, to start [K]."""
    dead_band_k: float = 0.0
    """Once started, it goes on until it makes the water this much less cold than it must to start [K]."""

    def __post_init__(self) -> None:
        require("economiser approach_k", self.approach_k, 0.5, 10.0)
        require("economiser margin_k", self.margin_k, 0.0, 10.0)
        require("economiser dead_band_k", self.dead_band_k, 0.0, self.margin_k)


def modes(
    coldest_c: FloatArray, supply_c: float, return_c: FloatArray, design: EconomiserDesign
) -> tuple[BoolArray, BoolArray]:
    """Where the economiser is full and where it is partial.

    *coldest_c* is the tower's water with the fans at full speed [degC].

    full: T_wse <= T_supply; partial: T_supply < T_wse <= T_return - margin; T_wse = T_tower + approach.

    References: J. Stein, "Waterside economizing in data centers: design and control considerations", ASHRAE
    Transactions 115(2), 2009; Modelica Buildings library,
    `Applications.DataCenters.ChillerCooled.Controls.CoolingMode` and `CoolingTowerSpeed`.
    """
    leaving_c = coldest_c + design.approach_k
    full = leaving_c <= supply_c
    return full, ~full & started(return_c - leaving_c, design.margin_k, design.dead_band_k)


def started(gain_k: FloatArray, margin_k: float, dead_band_k: float) -> BoolArray:
    """Whether an economiser runs that starts at a gain of *margin_k* [K] and stops below that less the dead band.

    In the dead band it does what it did in the step before; before the first step it was off.

    >>> started(np.array([0.7, 1.2, 0.7, 0.2, 0.7]), 1.0, 0.5).tolist()
    [False, True, True, False, False]
    """
    starts = gain_k >= margin_k
    if dead_band_k == 0.0:
        return starts
    decided = starts | (gain_k < margin_k - dead_band_k)
    last = np.maximum.accumulate(np.where(decided, np.arange(gain_k.size), 0))
    return starts[last]


def share(tower_c: FloatArray, supply_c: float, return_c: FloatArray, design: EconomiserDesign) -> FloatArray:
    """Share of the load in partial mode [-], (T_return - T_wse) / (T_return - T_supply) within 0 to 1.

    References: N. Lei, E. Masanet, "Statistical analysis for predicting location-specific data center PUE and
    its improvement potential", Energy 201, 2020, doi 10.1016/j.energy.2020.117556.

    >>> design = EconomiserDesign(approach_k=2.0, margin_k=1.0)
    >>> float(share(np.float64(16.0), 15.0, np.float64(21.0), design))
    0.5
    """
    span_k = np.maximum(return_c - supply_c, 1e-9)
    return np.clip((return_c - tower_c - design.approach_k) / span_k, 0.0, 1.0)
