"""Standby generators: what they burn, what they draw while they wait, and what their monthly tests cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.facility.ups import Redundancy, installed
from dcplan.profiles.standby import J_PER_KWH, GeneratorKind

MONTH_S = 365.0 * 86400.0 / 12.0


@dataclass(frozen=True)
class GeneratorDesign:
    """Equal generators that start together and share the load equally."""

    kind: GeneratorKind
    rated_w: float
    """Rating of one generator [W]."""
    needed: int
    """Generators needed for the load (N); *redundancy* adds to them."""
    redundancy: Redundancy
    """"n", "n+1" or "2n"."""

    def __post_init__(self) -> None:
        require("generator rated_w", self.rated_w, 1.0, 1e9)
        require("generators", self.needed, 1, 1e4)

    @property
    def count(self) -> int:
        """Generators there are."""
        return installed(self.needed, self.redundancy)

    @property
    def heater_w(self) -> float:
        """What all block heaters draw while the generators stand by [W]."""
        return self.count * self.rated_w * self.kind.heater_share


@dataclass(frozen=True)
class Burnt:
    """Electricity from fuel, and what it took."""

    energy_j: FloatArray
    fuel_l: FloatArray
    carbon_kg: FloatArray


def fuel_l_s(power_w: FloatArray, running: FloatArray | int, design: GeneratorDesign) -> FloatArray:
    """Fuel of *running* generators [L/s] that deliver *power_w* [W] together, any shape.

    A straight line through the fuel at half and at full load, F = P_r / H (a + (1 / eta_full - a) x), x = P / P_r and
    a = 1 / eta_half - 1 / eta_full, H the heating value.

    References: NREL, REopt, `generator.jl` and its use of two efficiencies.

    >>> kind = GeneratorKind(0.322, 0.322, 40.7 / 3.785, 2.706, 10.0, 0.0094, 0.995, 0.005, 1800.0, 0.3)
    >>> litres = fuel_l_s(np.array([1e6]), 1, GeneratorDesign(kind, 1e6, 1, "n")) * 3600
    >>> (litres / 1000).round(3).tolist()  # litres per kilowatt-hour
    [0.289]
    """
    kind = design.kind
    heat_w = running * design.rated_w * kind.no_load + power_w * (1.0 / kind.efficiency_full - kind.no_load)
    return np.asarray(heat_w / (kind.fuel_kwh_per_l * J_PER_KWH))


def burn(power_w: FloatArray, duration_s: FloatArray, running: FloatArray | int, design: GeneratorDesign) -> Burnt:
    """*running* generators that deliver *power_w* [W] together for *duration_s* [s]."""
    fuel_l = fuel_l_s(power_w, running, design) * duration_s
    return Burnt(np.asarray(power_w * duration_s), fuel_l, fuel_l * design.kind.carbon_kg_per_l)


def monthly_tests(period_s: float, design: GeneratorDesign) -> Burnt:
    """The monthly tests of all generators in *period_s* [s], into a load bank: a share of a month brings that share."""
    months = period_s / MONTH_S
    power_w = np.asarray(design.count * design.rated_w * design.kind.test_load)
    return burn(power_w, np.asarray(months * design.kind.test_s), design.count, design)
