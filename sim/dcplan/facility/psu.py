"""Losses of the servers' own power supplies, which the power at the server's AC inlet already contains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator

from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.profiles.power import ConverterCurve, PsuCurve

GRID = 256
"""Points of the input-to-output table; the interpolation error is below 1e-5 of the rating."""
ROUNDING = 1e-9
"""A load fraction above 1 by less than this is full load, not overload."""


@dataclass(frozen=True)
class PsuDesign:
    """All power supplies of the servers, taken as equally loaded."""

    curve: PsuCurve | ConverterCurve
    """Certified efficiencies, or a constant and a proportional loss."""
    rated_w: float
    """Rated output of one supply [W]."""
    count: int
    """Supplies that share the load, in all servers: with 1+1 redundancy two per server, each at half."""

    def __post_init__(self) -> None:
        require("psu rated_w", self.rated_w, 1.0, 1e6)
        require("psu count", self.count, 1, 1e8)

    @cached_property
    def table(self) -> tuple[FloatArray, FloatArray]:
        """Output and input over rated output [-], from the lowest certified load to full load."""
        assert isinstance(self.curve, PsuCurve), "a law needs no table"
        output = np.linspace(self.curve.load_fraction[0], 1.0, GRID)
        efficiency = PchipInterpolator(self.curve.load_fraction, self.curve.efficiency)(output)
        return output, output / efficiency


@dataclass(frozen=True)
class PsuState:
    """What the supplies do, arrays of the shape of the load."""

    loss_w: FloatArray
    """Losses inside the server power [W]."""
    overload: BoolArray
    """Output above the rating."""
    extrapolated: BoolArray
    """Output below the lowest certified load: the loss is the assumption of `supply`, not a certified one."""


def supply(inlet_w: FloatArray, design: PsuDesign) -> PsuState:
    """Split the power at the AC inlets *inlet_w* [W], any shape, into output and loss.

    Between the certified points the efficiency is interpolated with a monotone cubic (PCHIP) over the output
    fraction x; a table of input y = x / eta(x) is then read backwards. A quadratic loss fits Titanium badly.
    Below the lowest point the loss stays what it is there (a standby loss; assumption, flagged), so output
    reaches zero before input does and below that all input is loss. Above rating the efficiency stays that of
    full load (flagged).

    References: 80 PLUS certification levels, 230 V internal redundant, CLEAResult.

    >>> titanium = PsuCurve((0.1, 0.2, 0.5, 1.0), (0.90, 0.94, 0.96, 0.91))
    >>> design = PsuDesign(titanium, rated_w=800.0, count=2)
    >>> supply(np.array([800.0 / 0.96]), design).loss_w.round(2).tolist()
    [33.33]
    """
    if isinstance(design.curve, ConverterCurve):
        return _converted(inlet_w, design.curve, design)
    rated_w = design.rated_w * design.count
    inlet = inlet_w / rated_w
    output_grid, inlet_grid = design.table
    standby = inlet_grid[0] - output_grid[0]
    output = np.interp(inlet, inlet_grid, output_grid)
    low, high = inlet < inlet_grid[0], inlet > inlet_grid[-1]
    output = np.where(low, np.maximum(inlet - standby, 0.0), output)
    output = np.where(high, inlet * design.curve.efficiency[-1], output)
    return PsuState((inlet - output) * rated_w, output > 1.0 + ROUNDING, low & (inlet > 0.0))


def converter_input_w(output_w: FloatArray, curve: ConverterCurve) -> FloatArray:
    """Input of one unit [W] that delivers *output_w* [W], any shape: P_in = (P_out + c) / eta.

    >>> converter_input_w(np.array([0.0, 10e3]), ConverterCurve(17.0, 0.96)).round(1).tolist()
    [17.7, 10434.4]
    """
    return (output_w + curve.constant_w) / curve.efficiency


def _converted(inlet_w: FloatArray, curve: ConverterCurve, design: PsuDesign) -> PsuState:
    """As `supply`; below its own need a unit delivers nothing and all input is loss."""
    output_w = np.maximum(inlet_w * curve.efficiency - design.count * curve.constant_w, 0.0)
    overload = output_w > design.rated_w * design.count * (1.0 + ROUNDING)
    return PsuState(inlet_w - output_w, overload, np.zeros(np.shape(inlet_w), dtype=np.bool_))
