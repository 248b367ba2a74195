"""Losses between the UPS and the servers: power distribution units or busways."""

from __future__ import annotations

from dataclasses import dataclass

from dcplan.facility.domain import FloatArray, require
from dcplan.facility.transformer import TransformerDesign, transformer_loss_w
from dcplan.profiles.power import LossCurve


@dataclass(frozen=True)
class PduDesign:
    """The distribution from the UPS output to the servers' inlets, taken as one path."""

    curve: LossCurve
    """Losses per unit of rating; a busway has only the square-law term."""
    rated_w: float
    """Rated power delivered to the servers [W]."""
    transformer: TransformerDesign | None = None
    """In units that lower the voltage; None for a busway."""

    def __post_init__(self) -> None:
        require("pdu rated_w", self.rated_w, 1.0, 1e10)


@dataclass(frozen=True)
class SwitchgearDesign:
    """Switchgear and cables between the transformer and everything behind it, outdoors or in rooms of their own."""

    curve: LossCurve
    """Losses per unit of rating."""
    rated_w: float
    """Rated power [W]."""

    def __post_init__(self) -> None:
        require("switchgear rated_w", self.rated_w, 1.0, 1e10)


def pdu_loss_w(server_w: FloatArray, design: PduDesign) -> FloatArray:
    """Losses between the output of the UPS and the servers' inlets [W] at *server_w* [W], any shape."""
    cables_w = quadratic_loss_w(server_w, design.rated_w, design.curve)
    if design.transformer is None:
        return cables_w
    return cables_w + transformer_loss_w(server_w + cables_w, design.transformer)


def quadratic_loss_w(output_w: FloatArray, rated_w: float, curve: LossCurve) -> FloatArray:
    """Losses [W] at *output_w* [W], any shape: L = P_rated (a + b x + c x^2), x = output_w / P_rated.

    Beyond the rating the same law is used: the caller flags overload, nothing is clipped.

    References: N. Rasmussen, "Electrical efficiency modeling for data centers", APC (Schneider Electric)
    White Paper 113, 2007.

    >>> import numpy as np
    >>> quadratic_loss_w(np.array([500e3]), 1e6, LossCurve(0.0, 0.0, 0.0035)).round(1).tolist()
    [875.0]
    """
    x = output_w / rated_w
    return rated_w * (curve.no_load + x * (curve.proportional + x * curve.square))
