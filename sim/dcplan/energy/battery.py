"""A battery behind the meter: what it can take and give in a step, and how it ages.

E' = E + eta_c P_c dt - P_d dt / eta_d, with power seen from the site's busbar (NREL, REopt.jl, `electric_storage.jl`).
A charge that other things rely on, such as minutes of a UPS, is a floor below which no dispatch goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcplan.profiles.on_site import StorageKind

FloatArray = NDArray[np.float64]

DAY_S = 86400.0
LONGEST_DAYS = 40 * 365
"""How far the ageing of a battery is followed [d]."""


@dataclass(frozen=True)
class Battery:
    """What is stored on site.

    Attributes:
        capacity_j: Most charge [J].
        floor_j: Least charge [J]: below it the battery would suffer, or a UPS would miss its reserve.
        start_j: Charge at the start [J].
        power_w: Most power at the busbar, charging and discharging [W].
        charge_efficiency: Charge gained over energy taken from the busbar [-].
        discharge_efficiency: Energy given to the busbar over charge lost [-].
    """

    capacity_j: float
    floor_j: float
    start_j: float
    power_w: float
    charge_efficiency: float
    discharge_efficiency: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.floor_j <= self.start_j <= self.capacity_j:
            raise ValueError(
                f"a battery of {self.capacity_j / 3.6e6:g} kWh cannot keep {self.floor_j / 3.6e6:g} kWh and begin with "
                f"{self.start_j / 3.6e6:g} kWh; give it more energy, or keep less"
            )

    @property
    def round_trip(self) -> float:
        """Energy given back over energy taken [-]."""
        return self.charge_efficiency * self.discharge_efficiency

    def most_charge_w(self, charge_j: float, duration_s: float) -> float:
        """Power that it can take for *duration_s* [s] [W]."""
        return max(0.0, min(self.power_w, (self.capacity_j - charge_j) / (self.charge_efficiency * duration_s)))

    def most_discharge_w(self, charge_j: float, duration_s: float) -> float:
        """Power that it can give for *duration_s* [s] [W]."""
        return max(0.0, min(self.power_w, (charge_j - self.floor_j) * self.discharge_efficiency / duration_s))

    def within(self, wanted_w: float, charge_j: float, duration_s: float) -> float:
        """*wanted_w* [W] (positive: discharge) as far as it goes."""
        low_w, high_w = -self.most_charge_w(charge_j, duration_s), self.most_discharge_w(charge_j, duration_s)
        return min(max(wanted_w, low_w), high_w)

    def after_j(self, charge_j: float, power_w: float, duration_s: float) -> float:
        """Charge [J] after *power_w* [W] (positive: discharge) for *duration_s* [s].

        >>> Battery(100.0, 20.0, 50.0, 10.0, 0.9, 0.8).after_j(50.0, 8.0, 2.0)
        30.0
        """
        if power_w >= 0.0:
            return charge_j - power_w * duration_s / self.discharge_efficiency
        return charge_j - power_w * duration_s * self.charge_efficiency


def full_cycles(power_w: FloatArray, duration_s: FloatArray, battery: Battery) -> float:
    """Cycles of the whole capacity that *power_w* [W], [n], makes [-]: half of all energy in and out over it."""
    return float((np.abs(power_w) * duration_s).sum()) / 2.0 / battery.capacity_j


def health_by_day(mean_charge: float, cycles_per_day: float, kind: StorageKind) -> FloatArray:
    """Capacity left after each day, over that of a new battery [-], [days], if every day is the same.

    SOH_d = SOH_(d-1) - (k_cal z e d^(z-1) + k_cyc n), with e the mean charge over the capacity, n full cycles a day and
    z the exponent of time: NREL, REopt.jl, `battery_degradation.jl`.

    Args:
        mean_charge: Mean charge over the capacity [-].
        cycles_per_day: Full cycles a day [-].
        kind: How the battery ages.
    """
    day, exponent = np.arange(1.0, LONGEST_DAYS + 1.0), kind.time_exponent
    lost = kind.calendar * exponent * mean_charge * day ** (exponent - 1.0) + kind.cycling * cycles_per_day
    return np.asarray(1.0 - np.cumsum(lost))


def years_to_replacement(mean_charge: float, cycles_per_day: float, kind: StorageKind) -> float:
    """Years until so much capacity is lost that a battery is replaced [a]; at most 40."""
    worn = np.flatnonzero(health_by_day(mean_charge, cycles_per_day, kind) <= kind.worn_out)
    return (float(worn[0]) + 1.0 if worn.size else LONGEST_DAYS) / 365.0
