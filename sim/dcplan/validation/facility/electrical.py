"""The power chain at published points: supplies, UPS, transformers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from dcplan.facility.psu import PsuDesign, supply
from dcplan.facility.transformer import TransformerDesign, transformer_loss_w
from dcplan.facility.ups import UpsDesign, ups_loss_w
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.validation.check import Check

RATED_W = 1e6

PSU = {
    "psu-gold": {0.2: 0.88, 0.5: 0.92, 1.0: 0.88},
    "psu-platinum": {0.2: 0.90, 0.5: 0.94, 1.0: 0.91},
    "psu-titanium": {0.1: 0.90, 0.2: 0.94, 0.5: 0.96, 1.0: 0.91},
}
"""Efficiency of a server's supply by load (80 PLUS, 230 V internal redundant)."""

UPS = {
    "ups-legacy": {0.25: 0.830, 0.5: 0.885, 0.75: 0.900, 1.0: 0.905},
    "ups-double-conversion": {0.25: 0.945, 0.5: 0.962, 0.75: 0.964, 1.0: 0.962},
    "ups-three-level": {0.25: 0.962, 0.5: 0.974, 0.75: 0.975, 1.0: 0.973},
    "ups-eco-mode": {0.25: 0.980, 0.5: 0.987, 0.75: 0.989, 1.0: 0.990},
}
"""Efficiency by load that the loss curves were fitted to."""

TRANSFORMER = {15e3: 0.9789, 75e3: 0.9860, 300e3: 0.9902, 1000e3: 0.9928}
"""Lowest efficiency at 35 % load by rating [VA] (10 CFR 431.196(a)(2), three-phase, low voltage, dry)."""
NAMEPLATE_LOAD = 0.35


def checks(library: Library) -> Iterator[Check]:
    """Every point of the tables above."""
    for name, points in PSU.items():
        curve = PsuCurve.from_values(library.load("power", name).values)
        ours = {load: _supply_efficiency(curve, load, eta) for load, eta in points.items()}
        yield from _compared(name, ours, points, 0.0005, "80 PLUS, 230 V internal redundant")
    for name, points in UPS.items():
        design = UpsDesign(LossCurve.from_values(library.load("power", name).values), RATED_W, 1, "n")
        ours = {load: _ups_efficiency(design, load) for load in points}
        yield from _compared(name, ours, points, 0.001, "catalogue values, form of APC White Paper 113")
    curve_of_rating = TransformerCurve.from_values(library.load("power", "transformer-dry").values)
    for rated_w, expected in TRANSFORMER.items():
        load_w = np.array([NAMEPLATE_LOAD * rated_w])
        loss_w = transformer_loss_w(load_w, TransformerDesign(curve_of_rating, rated_w))
        name = f"transformer-dry of {rated_w / 1e3:g} kVA at {NAMEPLATE_LOAD:.0%}"
        yield Check(name, float((load_w / (load_w + loss_w))[0]), expected, 1e-6, "-", "10 CFR 431.196(a)(2)")


def _compared(
    name: str, ours: Mapping[float, float], points: Mapping[float, float], tolerance: float, source: str
) -> Iterator[Check]:
    for load, expected in points.items():
        yield Check(f"{name} at {load:.0%}", ours[load], expected, tolerance, "-", source)


def _supply_efficiency(curve: PsuCurve, load: float, efficiency: float) -> float:
    """Output over input at the input that a supply of *efficiency* would need for *load*."""
    inlet_w = np.array([load * RATED_W / efficiency])
    return float(1.0 - supply(inlet_w, PsuDesign(curve, RATED_W, 1)).loss_w[0] / inlet_w[0])


def _ups_efficiency(design: UpsDesign, load: float) -> float:
    load_w = np.array([load * RATED_W])
    return float((load_w / (load_w + ups_loss_w(load_w, design)))[0])
