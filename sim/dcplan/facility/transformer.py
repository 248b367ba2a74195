"""Losses of the transformer between the utility's meter and everything in the building."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.profiles.power import TransformerCurve


@dataclass(frozen=True)
class TransformerDesign:
    """One transformer, or several in parallel that share the load equally, by their total rating."""

    curve: TransformerCurve
    """Nameplate efficiencies by rating."""
    rated_w: float
    """Total rating [W]; taken as volt-amperes, i.e. at a power factor of 1."""

    def __post_init__(self) -> None:
        require("transformer rated_w", self.rated_w, 1.0, 1e10)

    @property
    def efficiency(self) -> float:
        """Nameplate efficiency of this rating [-], linear between the table's ratings, held outside them."""
        return float(np.interp(self.rated_w, self.curve.rated_va, self.curve.efficiency))

    @property
    def no_load_w(self) -> float:
        """Losses at no load [W], NL = S x_n (1 - eta) / eta  x_m^2 / (x_n^2 + x_m^2)."""
        at_nameplate, at_best = self.curve.nameplate_load, self.curve.best_load
        nameplate_loss_w = self.rated_w * at_nameplate * (1.0 - self.efficiency) / self.efficiency
        return nameplate_loss_w * at_best**2 / (at_nameplate**2 + at_best**2)

    @property
    def load_loss_w(self) -> float:
        """Additional losses at full load [W], LL = NL / x_m^2."""
        return self.no_load_w / self.curve.best_load**2


def transformer_loss_w(output_w: FloatArray, design: TransformerDesign) -> FloatArray:
    """Losses [W] at the secondary load *output_w* [W], any shape: NL + LL (output_w / S)^2.

    The winding's temperature is taken as the reference one (EnergyPlus corrects LL by a few per cent).

    References: "EnergyPlus Engineering Reference", `ElectricLoadCenter:Transformer`, nameplate efficiency
    method; NEMA TP 1-2002.

    >>> dry = TransformerCurve((75e3, 300e3, 1e6), (0.9860, 0.9902, 0.9928), 0.35, 0.35)
    >>> design = TransformerDesign(dry, 300e3)
    >>> loss_w = transformer_loss_w(np.float64(0.35 * 300e3), design)
    >>> round(float(0.35 * 300e3 / (0.35 * 300e3 + loss_w)), 4)
    0.9902
    """
    return design.no_load_w + design.load_loss_w * (output_w / design.rated_w) ** 2
