"""Fuel and carbon of a standby generator at full load."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.facility.generator import GeneratorDesign, burn
from dcplan.profiles.library import Library
from dcplan.profiles.standby import GeneratorKind
from dcplan.validation.check import Check

SOURCE = "NREL REopt.jl, generator.jl and emission factors"
RATED_W, HOUR_S = 1e6, 3600.0
LITRES_PER_KWH = 3.785 / (40.7 * 0.322)
"""A gallon over its heat [kWh] and the efficiency."""
KG_PER_KWH = LITRES_PER_KWH * 22.58 * 0.45359 / 3.785
"""22.58 lb of CO2e per gallon."""


def checks(library: Library) -> Iterator[Check]:
    """Litres and kilograms per kilowatt-hour."""
    kind = GeneratorKind.from_values(library.load("power", "generator-diesel").values)
    burnt = burn(np.array([RATED_W]), np.array([HOUR_S]), 1, GeneratorDesign(kind, RATED_W, 1, "n"))
    energy_kwh = float(burnt.energy_j[0]) / 3.6e6
    fuel, carbon = float(burnt.fuel_l[0]) / energy_kwh, float(burnt.carbon_kg[0]) / energy_kwh
    yield Check("diesel generator, fuel", fuel, LITRES_PER_KWH, 0.001, "L/kWh", SOURCE)
    yield Check("diesel generator, carbon", carbon, KG_PER_KWH, 0.005, "kg/kWh", SOURCE)
