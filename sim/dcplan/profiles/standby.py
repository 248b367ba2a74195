"""What stands by for a power cut: engine generators and the batteries of a UPS.

Each record is built from the `values` of a profile, whose numbers carry their source one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dcplan.profiles.power import in_range
from dcplan.profiles.power_curve import valued

J_PER_KWH = 3.6e6


@dataclass(frozen=True)
class GeneratorKind:
    """A kind of engine generator.

    Attributes:
        efficiency_full: Electricity over the heating value of the fuel at full load [-].
        efficiency_half: The same at half load [-].
        fuel_kwh_per_l: Higher heating value of a litre of fuel [kWh/L].
        carbon_kg_per_l: CO2e of burning a litre [kg/L].
        start_s: From the start signal to taking the load [s].
        start_failure: Probability of not starting when asked to [-].
        availability: Share of the time in which it is not being serviced [-].
        heater_share: Power of its block heater over its rating, while it stands by [-].
        test_s: Length of its monthly test [s].
        test_load: Load in that test, over its rating [-].
    """

    efficiency_full: float
    efficiency_half: float
    fuel_kwh_per_l: float
    carbon_kg_per_l: float
    start_s: float
    start_failure: float
    availability: float
    heater_share: float
    test_s: float
    test_load: float

    def __post_init__(self) -> None:
        in_range("efficiency_full", self.efficiency_full, 0.1, 0.6)
        in_range("efficiency_half", self.efficiency_half, 0.1, 0.6)
        in_range("fuel_kwh_per_l", self.fuel_kwh_per_l, 1.0, 20.0)
        in_range("carbon_kg_per_l", self.carbon_kg_per_l, 0.0, 10.0)
        in_range("start_s", self.start_s, 0.0, 600.0)
        for name in ("start_failure", "availability", "test_load"):
            in_range(name, getattr(self, name), 0.0, 1.0)
        in_range("heater_share", self.heater_share, 0.0, 0.1)
        in_range("test_s", self.test_s, 0.0, 86400.0)
        if self.no_load < 0.0:
            raise ValueError(
                f"efficiency_half = {self.efficiency_half:g} above efficiency_full = {self.efficiency_full:g} would "
                "mean that an idle engine makes fuel"
            )

    @property
    def no_load(self) -> float:
        """Fuel at no load, as heat over the rating [-]: the intercept of the line through half and full load."""
        return 1.0 / self.efficiency_half - 1.0 / self.efficiency_full

    @property
    def start_probability(self) -> float:
        """Probability that one carries load when the utility fails [-]: not in service, and it starts."""
        return self.availability * (1.0 - self.start_failure)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values of the same names."""
        return cls(**{name: valued(values, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class BatteryKind:
    """A kind of battery behind a UPS.

    Attributes:
        peukert: Exponent k of time over load: a battery that carries P for t carries P / 2 for 2^k t [-].
        discharge_efficiency: Output of the UPS over what leaves the battery [-].
        charge_efficiency: What the battery takes up over what charging it draws [-].
        recharge_s: Time to recharge it after it was emptied [s].
    """

    peukert: float
    discharge_efficiency: float
    charge_efficiency: float
    recharge_s: float

    def __post_init__(self) -> None:
        in_range("peukert", self.peukert, 1.0, 1.5)
        in_range("discharge_efficiency", self.discharge_efficiency, 0.5, 1.0)
        in_range("charge_efficiency", self.charge_efficiency, 0.5, 1.0)
        in_range("recharge_s", self.recharge_s, 60.0, 7 * 86400.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values of the same names."""
        return cls(**{name: valued(values, name) for name in cls.__dataclass_fields__})
