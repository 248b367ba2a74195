"""The cooling tower: its correlation, and the water it loses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.facility.fluids import latent_heat_j_kg
from dcplan.facility.tower import york_polynomial
from dcplan.profiles.cooling import TowerCurve
from dcplan.profiles.library import Library
from dcplan.validation.check import Check

RANGE_K = 5.56
APPROACH_K = {25.56: 3.84, 0.0: 11.16, 10.0: 7.77, 20.0: 5.06, 25.0: 3.96}
"""Approach at full fan speed and L/G of 1 by wet bulb [degC]; the nominal one is 3.9 K at 25.55 degC."""
J_PER_KWH = 3.6e6


def checks(library: Library) -> Iterator[Check]:
    """The correlation at its check values, and evaporation per heat."""
    curve = TowerCurve.from_values(library.load("cooling", "tower-yorkcalc").values)
    for wet_bulb_c, expected_k in APPROACH_K.items():
        ours = float(sum(york_polynomial(wet_bulb_c, RANGE_K, curve)))
        name = f"tower, approach at {wet_bulb_c:g} degC wet bulb"
        yield Check(name, ours, expected_k, 0.01, "K", "YorkCalc, EnergyPlus Engineering Reference")
    ours = J_PER_KWH / float(latent_heat_j_kg(np.array([25.0]))[0])
    yield Check("tower, water evaporated per heat", ours, J_PER_KWH / 2.4417e6, 0.01, "L/kWh", "IAPWS-95 at 25 degC")
