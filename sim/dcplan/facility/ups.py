"""Losses of the uninterruptible power supply, with the price of its redundancy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dcplan.facility.distribution import quadratic_loss_w
from dcplan.facility.domain import FloatArray, require
from dcplan.profiles.power import LossCurve

Redundancy = Literal["n", "n+1", "2n"]


HOLD_UP_S = 0.020
"""Gap in the supply that servers ride through at full load [s]: ITI (CBEMA) curve, ITIC application note, 2000."""


def installed(needed: int, redundancy: Redundancy) -> int:
    """Units there are if *needed* carry the load: N, N + 1 or 2 N.

    >>> [installed(4, kind) for kind in ("n", "n+1", "2n")]
    [4, 5, 8]
    """
    return {"n": needed, "n+1": needed + 1, "2n": 2 * needed}[redundancy]


@dataclass(frozen=True)
class EcoDesign:
    """Eco mode: the load runs on the utility through a bypass, and the inverter takes over when that fails."""

    curve: LossCurve
    """Losses per unit of rating of one module in eco mode."""
    share: float
    """Share of the time in eco mode [-]; the rest in double conversion, because the utility is not clean enough."""
    transfer_s: float
    """Gap until the inverter carries the load [s]."""

    def __post_init__(self) -> None:
        require("eco share", self.share, 0.0, 1.0)
        require("eco transfer_s", self.transfer_s, 0.0, 1.0)

    @property
    def drops_load(self) -> bool:
        """Whether servers go down in the gap of a transfer."""
        return self.transfer_s > HOLD_UP_S


@dataclass(frozen=True)
class UpsDesign:
    """Equal modules that share the load equally; all installed modules run."""

    curve: LossCurve
    """Losses per unit of rating of one module."""
    module_w: float
    """Rated output of one module [W]."""
    modules: int
    """Modules needed for the load (N); *redundancy* adds to them."""
    redundancy: Redundancy
    """"n", "n+1" or "2n"."""
    eco: EcoDesign | None = None
    """Eco mode; None: always double conversion."""
    share: float = 1.0
    """Share of the servers' power that passes through it [-]; the rest has no UPS."""

    def __post_init__(self) -> None:
        require("ups module_w", self.module_w, 1.0, 1e9)
        require("ups modules", self.modules, 1, 1e6)
        require("ups share", self.share, 0.0, 1.0)
        if self.redundancy not in ("n", "n+1", "2n"):
            raise ValueError(f"ups redundancy = {self.redundancy!r} is none of n, n+1, 2n")

    @property
    def running(self) -> int:
        """Modules that share the load."""
        return installed(self.modules, self.redundancy)

    @property
    def rated_w(self) -> float:
        """Load that keeps the redundancy [W]: N modules."""
        return self.modules * self.module_w

    @property
    def running_w(self) -> float:
        """Load that all running modules can carry [W]."""
        return self.running * self.module_w


def ups_loss_w(load_w: FloatArray, design: UpsDesign) -> FloatArray:
    """Losses of all running modules [W] at the output *load_w* [W], any shape.

    L = n P_m (a + b x + c x^2), x = load_w / (n P_m), n running modules of rating P_m. Redundancy lowers x
    and multiplies the no-load loss: that penalty is not an extra term. In eco mode the loss is the mean of both modes
    by the share of the time in each.

    References: as `quadratic_loss_w`; V. Avelar, "Making large UPS systems more efficient", APC (Schneider
    Electric) White Paper 108.

    >>> import numpy as np
    >>> modern = LossCurve(0.0125, 0.0018, 0.0252)
    >>> single, double = (UpsDesign(modern, 100e3, 1, r) for r in ("n", "2n"))
    >>> [round(float(ups_loss_w(np.float64(50e3), design))) for design in (single, double)]
    [1970, 2905]
    """
    loss_w = quadratic_loss_w(load_w, design.running_w, design.curve)
    if design.eco is None:
        return loss_w
    eco_w = quadratic_loss_w(load_w, design.running_w, design.eco.curve)
    return design.eco.share * eco_w + (1.0 - design.eco.share) * loss_w
