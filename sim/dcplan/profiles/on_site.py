"""What generates and stores electricity on site: photovoltaic modules, wind turbines and batteries.

Each record is built from the `values` of a profile, whose numbers carry their source one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dcplan.profiles.power import in_range
from dcplan.profiles.power_curve import valued

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Modules:
    """Photovoltaic modules and their inverter.

    Attributes:
        losses: Soiling, shading, wiring, mismatch and outages, over direct current [-].
        inverter_efficiency: Alternating over direct current at the rating of the inverter [-].
        dc_over_ac: Nameplate power of the modules over the rating of the inverter [-].
        per_kelvin: Change of power for each kelvin above 25 degC, over nameplate [1/K].
        loss_per_year: Share of its power that a module loses in a year [1/a].
        albedo: Share of sunlight that the ground reflects [-].
        faiman_u0: Heat loss of a module without wind [W/m2/K].
        faiman_u1: What wind adds to it [W s/m3/K].
    """

    losses: float
    inverter_efficiency: float
    dc_over_ac: float
    per_kelvin: float
    loss_per_year: float
    albedo: float
    faiman_u0: float
    faiman_u1: float

    def __post_init__(self) -> None:
        in_range("losses", self.losses, 0.0, 0.9)
        in_range("inverter_efficiency", self.inverter_efficiency, 0.5, 1.0)
        in_range("dc_over_ac", self.dc_over_ac, 0.5, 3.0)
        in_range("per_kelvin", self.per_kelvin, -0.02, 0.0)
        in_range("loss_per_year", self.loss_per_year, 0.0, 0.1)
        in_range("albedo", self.albedo, 0.0, 1.0)
        in_range("faiman_u0", self.faiman_u0, 1.0, 100.0)
        in_range("faiman_u1", self.faiman_u1, 0.0, 50.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values of the same names."""
        return cls(**{name: valued(values, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Turbine:
    """A wind turbine.

    Attributes:
        speed_m_s: Winds at the hub [m/s], increasing, [p].
        share: Power in them over the rating [-], [p].
        density_kg_m3: Density of the air that the curve is for [kg/m3].
        shear: Exponent of wind over height [-].
        losses: Wakes, outages and cables, over power [-].
    """

    speed_m_s: FloatArray
    share: FloatArray
    density_kg_m3: float
    shear: float
    losses: float

    def __post_init__(self) -> None:
        in_range("density_kg_m3", self.density_kg_m3, 0.5, 1.5)
        in_range("shear", self.shear, 0.0, 0.6)
        in_range("losses", self.losses, 0.0, 0.9)
        if len(self.speed_m_s) != len(self.share) or len(self.share) < 2 or np.any(np.diff(self.speed_m_s) <= 0.0):
            raise ValueError("a power curve needs as many powers as increasing winds")
        in_range("power", float(self.share.min()), 0.0, 1.0)
        in_range("power", float(self.share.max()), 0.0, 1.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values: `curve` with winds and powers, `rated_w`, and single numbers."""
        curve = values["curve"]
        power_w = np.array(curve["power_w"], dtype=np.float64)
        return cls(
            speed_m_s=np.array(curve["speed_m_s"], dtype=np.float64),
            share=power_w / valued(values, "rated_w"),
            density_kg_m3=valued(values, "density_kg_m3"),
            shear=valued(values, "shear"),
            losses=valued(values, "losses"),
        )


@dataclass(frozen=True)
class StorageKind:
    """A kind of battery that is charged and discharged every day.

    Attributes:
        charge_efficiency: Charge gained over energy taken from the busbar [-].
        discharge_efficiency: Energy given to the busbar over charge lost [-].
        least_charge: Least charge over the capacity [-].
        start_charge: Charge over the capacity at the start of a run [-].
        calendar: Capacity lost by lying full, per day to the power of the exponent [-].
        time_exponent: Exponent of time in that [-].
        cycling: Capacity lost by a full cycle [-].
        worn_out: Share of the capacity left at which it is replaced [-].
    """

    charge_efficiency: float
    discharge_efficiency: float
    least_charge: float
    start_charge: float
    calendar: float
    time_exponent: float
    cycling: float
    worn_out: float

    def __post_init__(self) -> None:
        in_range("charge_efficiency", self.charge_efficiency, 0.5, 1.0)
        in_range("discharge_efficiency", self.discharge_efficiency, 0.5, 1.0)
        in_range("least_charge", self.least_charge, 0.0, 0.9)
        in_range("start_charge", self.start_charge, self.least_charge, 1.0)
        in_range("calendar", self.calendar, 0.0, 0.1)
        in_range("time_exponent", self.time_exponent, 0.1, 1.0)
        in_range("cycling", self.cycling, 0.0, 0.1)
        in_range("worn_out", self.worn_out, 0.1, 0.99)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values of the same names."""
        return cls(**{name: valued(values, name) for name in cls.__dataclass_fields__})
