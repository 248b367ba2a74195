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
    kept_steps: int = 1
    """Time steps for which it stays on or off at least, once switched."""

    def __post_init__(self) -> None:
        require("economiser approach_k", self.approach_k, 0.5, 10.0)
        require("economiser margin_k", self.margin_k, 0.0, 10.0)
        require("economiser dead_band_k", self.dead_band_k, 0.0, self.margin_k)
        require("economiser kept_steps", self.kept_steps, 1, 1e6)


def modes(
    coldest_c: FloatArray, supply_c: float, return_c: FloatArray, design: EconomiserDesign
) -> tuple[BoolArray, BoolArray]:
    """Where the economiser is full and where it is partial.

    *coldest_c* is the tower's water with the fans at full speed [degC].

    While it must stay on, it is partial whatever it brings; while it must stay off, it is neither.

    full: T_wse <= T_supply; partial: T_supply < T_wse <= T_return - margin; T_wse = T_tower + approach.

    References: J. Stein, "Waterside economizing in data centers: design and control considerations", ASHRAE
    Transactions 115(2), 2009; Modelica Buildings library,
    `Applications.DataCenters.ChillerCooled.Controls.CoolingMode` and `CoolingTowerSpeed`.
    """
    leaving_c = coldest_c + design.approach_k
    full = leaving_c <= supply_c
    gain_k = np.where(full, np.maximum(return_c - leaving_c, design.margin_k), return_c - leaving_c)
    runs = started(gain_k, design.margin_k, design.dead_band_k, design.kept_steps)
    return full & runs, ~full & runs


def started(gain_k: FloatArray, margin_k: float, dead_band_k: float, kept_steps: int = 1) -> BoolArray:
    """Whether an economiser runs that starts at a gain of *margin_k* [K] and stops below that less the dead band.

    In the dead band it does what it did in the step before, and so it does for *kept_steps* after it was switched;
    before the first step it was off for long.

    >>> started(np.array([0.7, 1.2, 0.7, 0.2, 0.7]), 1.0, 0.5).tolist()
    [False, True, True, False, False]
    >>> started(np.array([1.2, 0.2, 0.2, 1.2, 1.2, 1.2]), 1.0, 0.5, kept_steps=2).tolist()
    [True, True, False, False, True, True]
    """
    starts = gain_k >= margin_k
    if kept_steps > 1:
        return _kept(starts, gain_k < margin_k - dead_band_k, kept_steps)
    if dead_band_k == 0.0:
        return starts
    decided = starts | (gain_k < margin_k - dead_band_k)
    last = np.maximum.accumulate(np.where(decided, np.arange(gain_k.size), 0))
    return starts[last]


def _kept(starts: BoolArray, stops: BoolArray, kept_steps: int) -> BoolArray:
    """On from where it *starts* to where it *stops*, each at least *kept_steps* after the other."""
    runs, starts_at, stops_at = np.zeros(starts.shape, dtype=np.bool_), np.flatnonzero(starts), np.flatnonzero(stops)
    begin = 0
    while (place := int(np.searchsorted(starts_at, begin))) < starts_at.size:
        begin = int(starts_at[place])
        place = int(np.searchsorted(stops_at, begin + kept_steps))
        end = int(stops_at[place]) if place < stops_at.size else starts.size
        runs[begin:end] = True
        begin = end + kept_steps
    return runs


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
