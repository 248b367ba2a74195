"""Losses of the transformer between the utility's meter and everything in the building."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.profiles.power import TransformerCurve, Winding

AMBIENT_C = 20.0
"""Air around a transformer to which its temperature rise is added [degC]; EnergyPlus takes the same outdoors."""


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
    """Losses [W] at the secondary load *output_w* [W], any shape: NL + LL x^2 K(x), x = output_w / S.

    K is what the winding's temperature makes of the losses under load (`winding_factor`); 1 if the profile does not
    tell its winding.

    References: "EnergyPlus Engineering Reference", `ElectricLoadCenter:Transformer`, nameplate efficiency
    method; NEMA TP 1-2002.

    >>> dry = TransformerCurve((75e3, 300e3, 1e6), (0.9860, 0.9902, 0.9928), 0.35, 0.35)
    >>> design = TransformerDesign(dry, 300e3)
    >>> loss_w = transformer_loss_w(np.float64(0.35 * 300e3), design)
    >>> round(float(0.35 * 300e3 / (0.35 * 300e3 + loss_w)), 4)
    0.9902
    """
    x = output_w / design.rated_w
    load_loss_w = design.load_loss_w * x**2
    winding = design.curve.winding
    return design.no_load_w + (load_loss_w if winding is None else load_loss_w * winding_factor(x, winding))


def winding_factor(x: FloatArray, winding: Winding, ambient_c: float = AMBIENT_C) -> FloatArray:
    """Losses under load at load fraction *x*, over those at the nameplate's temperature [-].

    K(T) = ((1 - e) R + e / R), R = (c + T) / (c + T_rated), T = T_ambient + rise x^1.6; returned is K(T) / K(T_ref).

    References: as `transformer_loss_w`.

    >>> copper = Winding(65.0, 75.0, 0.1, 234.5)
    >>> winding_factor(np.array([0.0, 1.0]), copper).round(3).tolist()
    [0.864, 1.026]
    """

    def factor(winding_c: FloatArray | float) -> FloatArray:
        ratio = (winding.coefficient_c + winding_c) / (winding.coefficient_c + winding.rise_k + AMBIENT_C)
        return np.asarray((1.0 - winding.eddy) * ratio + winding.eddy / ratio)

    return factor(ambient_c + winding.rise_k * x**1.6) / factor(winding.reference_c)
