"""Cooling equipment as curves: chillers, cooling towers, fans, and the plant's assumptions.

Each record is built from the `values` of a profile with `from_values`, and refuses numbers that no such
device can have with a ValueError of one sentence. Capacities and powers are per unit of the nominal ones, so
that a design scales them. The physics around the curves (domain guards, staging, control) is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from dcplan.profiles.power import in_range, number, numbers

FloatArray = NDArray[np.float64]

Condenser = Literal["water", "air"]

NORMALISED_WITHIN = 0.05
"""A chiller curve may be off by this much from 1 at its own reference point; several published records are
off by more (York YT 1495 kW: 1.20 and 1.16) and would scale every result by that factor."""


@dataclass(frozen=True)
class ChillerCurve:
    """A vapour-compression chiller in the form of EnergyPlus `Chiller:Electric:EIR` (DOE-2).

    CAPFT and EIRFT are biquadratics in the leaving chilled water Te and entering condenser water Tc,
    a1 + a2 Te + a3 Te^2 + a4 Tc + a5 Tc^2 + a6 Te Tc; EIRFPLR is a quadratic in the part-load ratio.

    References: "EnergyPlus Engineering Reference", U.S. Department of Energy, chapter Chillers;
    M. Hydeman, K. L. Gillespie, "Tools and techniques to calibrate electric chiller component models",
    ASHRAE Transactions 108(1), 2002.
    """

    cop: float
    """Coefficient of performance at the reference point [-]."""
    evaporator_c: float
    """Leaving chilled water at the reference point [degC]."""
    condenser_c: float
    """Entering condenser water at the reference point [degC]."""
    evaporator_range_c: tuple[float, float]
    """Leaving chilled water for which the curves were fitted [degC]."""
    condenser_range_c: tuple[float, float]
    """Entering condenser water for which the curves were fitted [degC]."""
    capft: tuple[float, ...]
    """Six coefficients of capacity over reference capacity [-]."""
    eirft: tuple[float, ...]
    """Six coefficients of full-load energy input ratio over the reference one [-]."""
    eirfplr: tuple[float, ...]
    """Three coefficients of power over full-load power by part-load ratio [-]."""
    plr_min: float
    """Part-load ratio below which the machine cycles [-]."""
    plr_max: float
    """Highest part-load ratio [-]."""
    condenser: Condenser = "water"
    """What cools the condenser; "air": Tc is the dry bulb, and the COP includes the condenser's fans."""

    def __post_init__(self) -> None:
        if self.condenser not in get_args(Condenser):
            raise ValueError(f"condenser = {self.condenser!r} is none of {', '.join(get_args(Condenser))}")
        in_range("cop", self.cop, 1.5, 15.0)
        in_range("plr_min", self.plr_min, 0.01, 0.5)
        in_range("plr_max", self.plr_max, 1.0, 1.2)
        for name, length in (("capft", 6), ("eirft", 6), ("eirfplr", 3)):
            if len(getattr(self, name)) != length:
                raise ValueError(f"{name} needs {length} coefficients, not {len(getattr(self, name))}")
        for name in ("evaporator", "condenser"):
            low, high = getattr(self, f"{name}_range_c")
            in_range(f"{name}_c", getattr(self, f"{name}_c"), low, high)
        self._check_normalised()

    def _check_normalised(self) -> None:
        evaporator, condenser = np.float64(self.evaporator_c), np.float64(self.condenser_c)
        at_reference: dict[str, float] = {
            "CAPFT": float(biquadratic(self.capft, evaporator, condenser)),
            "EIRFT": float(biquadratic(self.eirft, evaporator, condenser)),
            "EIRFPLR": sum(self.eirfplr),
        }
        for name, value in at_reference.items():
            if abs(value - 1.0) > NORMALISED_WITHIN:
                raise ValueError(
                    f"{name} is {value:.3f} at the reference point of the chiller, outside "
                    f"1 +- {NORMALISED_WITHIN:g}: the curve is not normalised, choose another record"
                )

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values, one per field."""
        return cls(
            cop=number(values, "cop"),
            evaporator_c=number(values, "evaporator_c"),
            condenser_c=number(values, "condenser_c"),
            evaporator_range_c=_pair(values, "evaporator_range_c"),
            condenser_range_c=_pair(values, "condenser_range_c"),
            capft=numbers(values, "capft"),
            eirft=numbers(values, "eirft"),
            eirfplr=numbers(values, "eirfplr"),
            plr_min=number(values, "plr_min"),
            plr_max=number(values, "plr_max"),
            condenser=values.get("condenser", "water"),
        )


@dataclass(frozen=True)
class TowerCurve:
    """The YorkCalc correlation of a cooling tower's approach, and the bounds of its data.

    T_app = sum c_ijk Twb^i Tr^j (L/G)^k, i, j, k = 0..2; *coefficients* run over i fastest, then j, then k.
    Twb: wet bulb [degC], Tr: range of the water [K], L/G: water over air flow, both over their design flows.

    References: "EnergyPlus Engineering Reference", `CoolingTower:VariableSpeed`, YorkCalc model; Modelica
    Buildings library, `Fluid.HeatExchangers.CoolingTowers.Correlations.yorkCalc` and `BoundsYorkCalc`.
    """

    coefficients: tuple[float, ...]
    """27 coefficients c_ijk."""
    wet_bulb_range_c: tuple[float, float]
    """Valid wet bulb [degC]."""
    range_range_k: tuple[float, float]
    """Valid range of the water [K]."""
    approach_range_k: tuple[float, float]
    """Valid approach [K]."""
    water_flow_range: tuple[float, float]
    """Valid water flow over design water flow [-]."""
    liquid_gas_max: float
    """Highest valid L/G [-]."""
    nominal_range_k: float
    """Range at which the tower has its nominal capacity [K]."""
    nominal_wet_bulb_c: float
    """Wet bulb at which the tower has its nominal capacity [degC]."""
    free_convection: float
    """Share of the capacity that is left with the fans off [-]."""
    fan_speed_min: float
    """Lowest continuous fan speed over full speed [-]; below it the fans cycle."""

    def __post_init__(self) -> None:
        if len(self.coefficients) != 27:
            raise ValueError(f"coefficients needs 27 numbers, not {len(self.coefficients)}")
        in_range("free_convection", self.free_convection, 0.01, 0.5)
        in_range("fan_speed_min", self.fan_speed_min, 0.1, 0.9)
        in_range("nominal_range_k", self.nominal_range_k, *self.range_range_k)
        in_range("nominal_wet_bulb_c", self.nominal_wet_bulb_c, *self.wet_bulb_range_c)
        in_range("liquid_gas_max", self.liquid_gas_max, self.water_flow_range[1] / self.fan_speed_min, 20.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values, one per field."""
        return cls(
            coefficients=numbers(values, "coefficients"),
            wet_bulb_range_c=_pair(values, "wet_bulb_range_c"),
            range_range_k=_pair(values, "range_range_k"),
            approach_range_k=_pair(values, "approach_range_k"),
            water_flow_range=_pair(values, "water_flow_range"),
            liquid_gas_max=number(values, "liquid_gas_max"),
            nominal_range_k=number(values, "nominal_range_k"),
            nominal_wet_bulb_c=number(values, "nominal_wet_bulb_c"),
            free_convection=number(values, "free_convection"),
            fan_speed_min=number(values, "fan_speed_min"),
        )


@dataclass(frozen=True)
class MerkelCurve:
    """A cooling tower by Merkel's theory, with Scheier's corrections of its conductance UA.

    UA / UA_0 = f_wb(T_wb,0 - T_wb) f_air(m_air / m_air,0) f_wat(m_wat / m_wat,0), each a quadratic, constant first.

    References: "EnergyPlus Engineering Reference", `CoolingTower:VariableSpeed:Merkel`; Modelica Buildings library,
    `Fluid.HeatExchangers.CoolingTowers.Merkel` and `Data.UAMerkel`.
    """

    wet_bulb_factor: tuple[float, ...]
    """f_wb over nominal wet bulb less wet bulb [1/K^i]."""
    air_factor: tuple[float, ...]
    """f_air over air flow by design air flow."""
    water_factor: tuple[float, ...]
    """f_wat over water flow by design water flow."""
    wet_bulb_below_range_k: tuple[float, float]
    """Valid nominal wet bulb less wet bulb [K]."""
    water_flow_range: tuple[float, float]
    """Valid water flow over design water flow [-]."""
    range_max_k: float
    """Highest range of the water [K]."""
    water_air_ratio: float
    """Water over air, mass flows at the nominal point [-]."""
    nominal_range_k: float
    """Range at which the tower has its nominal capacity [K]."""
    nominal_wet_bulb_c: float
    """Wet bulb at which the tower has its nominal capacity [degC]."""
    nominal_approach_k: float
    """Approach at that point with the fans at full speed [K]."""
    free_convection: float
    """Air flow that is left with the fans off, over design air flow [-]."""
    fan_speed_min: float
    """Lowest continuous fan speed over full speed [-]; below it the fans cycle."""

    def __post_init__(self) -> None:
        for name, at in (("wet_bulb_factor", 0.0), ("air_factor", 1.0), ("water_factor", 1.0)):
            coefficients = getattr(self, name)
            if len(coefficients) != 3:
                raise ValueError(f"{name} needs 3 coefficients, not {len(coefficients)}")
            nominal = sum(each * at**power for power, each in enumerate(coefficients))
            in_range(f"{name} at the nominal point", nominal, 1.0 - NORMALISED_WITHIN, 1.0 + NORMALISED_WITHIN)
        in_range("free_convection", self.free_convection, 0.01, 0.5)
        in_range("fan_speed_min", self.fan_speed_min, self.free_convection, 0.9)
        in_range("water_air_ratio", self.water_air_ratio, 0.3, 3.0)
        in_range("nominal_range_k", self.nominal_range_k, 1.0, self.range_max_k)
        in_range("nominal_wet_bulb_c", self.nominal_wet_bulb_c, 0.0, 35.0)
        in_range("nominal_approach_k", self.nominal_approach_k, 1.0, 15.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values, one per field."""
        return cls(
            wet_bulb_factor=numbers(values, "wet_bulb_factor"),
            air_factor=numbers(values, "air_factor"),
            water_factor=numbers(values, "water_factor"),
            wet_bulb_below_range_k=_pair(values, "wet_bulb_below_range_k"),
            water_flow_range=_pair(values, "water_flow_range"),
            range_max_k=number(values, "range_max_k"),
            water_air_ratio=number(values, "water_air_ratio"),
            nominal_range_k=number(values, "nominal_range_k"),
            nominal_wet_bulb_c=number(values, "nominal_wet_bulb_c"),
            nominal_approach_k=number(values, "nominal_approach_k"),
            free_convection=number(values, "free_convection"),
            fan_speed_min=number(values, "fan_speed_min"),
        )


def tower_curve(values: Mapping[str, Any]) -> TowerCurve | MerkelCurve:
    """The law of a cooling tower: `kind: merkel`, or the coefficients of YorkCalc."""
    return MerkelCurve.from_values(values) if values.get("kind") == "merkel" else TowerCurve.from_values(values)


@dataclass(frozen=True)
class DryCoolerCurve:
    """A finned coil with fans, known at one point; water and air have equal capacity rates there.

    References: Modelica Buildings library, `Fluid.HeatExchangers.CoolingTowers.Data.DryCooler`, and
    `Fluid.HeatExchangers.BaseClasses.HADryCoil` (exponents, share of the resistance).
    """

    air_c: float
    """Air into the coil [degC]."""
    water_in_c: float
    """Water into the coil [degC]."""
    water_out_c: float
    """Water out of the coil [degC]."""
    fan_share: float
    """Electric power of the fans at full speed over heat rejected [-]."""
    air_resistance_share: float
    """Share of the resistance to heat that is on the air side [-]."""
    air_exponent: float
    """Exponent of the air-side conductance over air flow [-]."""
    water_exponent: float
    """Exponent of the water-side conductance over water flow [-]."""
    fan_speed_min: float
    """Lowest continuous fan speed over full speed [-]; below it the fans cycle."""
    water_flow_range: tuple[float, float]
    """Water flow over design flow for which the coil is trusted [-]."""

    def __post_init__(self) -> None:
        if not self.air_c + 1.0 <= self.water_out_c < self.water_in_c:
            raise ValueError("air_c, water_out_c and water_in_c must rise, the first two by at least 1 K")
        in_range("fan_share", self.fan_share, 0.002, 0.1)
        in_range("air_resistance_share", self.air_resistance_share, 0.1, 0.95)
        in_range("air_exponent", self.air_exponent, 0.3, 1.0)
        in_range("water_exponent", self.water_exponent, 0.3, 1.0)
        in_range("fan_speed_min", self.fan_speed_min, 0.05, 0.9)
        in_range("effectiveness", self.effectiveness, 0.1, 0.8)

    @property
    def range_k(self) -> float:
        """By how much the water cools [K]."""
        return self.water_in_c - self.water_out_c

    @property
    def effectiveness(self) -> float:
        """Heat over the most that could pass [-]."""
        return self.range_k / (self.water_in_c - self.air_c)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values, one per field."""
        plain = {f.name: number(values, f.name) for f in fields(cls) if f.name != "water_flow_range"}
        return cls(**plain, water_flow_range=_pair(values, "water_flow_range"))


@dataclass(frozen=True)
class DxCurve:
    """Direct expansion to an air-cooled condenser: efficiency at one point, and power over outdoor air.

    The energy input per cooling is *energy_input_coefficients* as a quadratic in the dry bulb, over its value at
    *outdoor_c*.
    """

    cop: float
    """Heat taken from the room over power of compressors and condenser fans, at *outdoor_c* [-]."""
    outdoor_c: float
    """Outdoor dry bulb at which *cop* holds [degC]."""
    energy_input_coefficients: tuple[float, ...]
    """Three coefficients, constant first [-]."""
    outdoor_range_c: tuple[float, float]
    """Outdoor dry bulb for which the curve holds [degC]; colder air helps no more."""

    def __post_init__(self) -> None:
        in_range("cop", self.cop, 1.5, 10.0)
        if len(self.energy_input_coefficients) != 3:
            raise ValueError(f"energy_input_coefficients needs 3 numbers, not {len(self.energy_input_coefficients)}")
        in_range("outdoor_c", self.outdoor_c, *self.outdoor_range_c)
        ratio = self.energy_input(np.linspace(*self.outdoor_range_c, 101))
        if ratio[0] <= 0.0 or np.any(np.diff(ratio) <= 0.0):
            raise ValueError("energy input must be positive and rise with the outdoor temperature")

    def energy_input(self, outdoor_c: FloatArray) -> FloatArray:
        """Energy input per cooling over that at the reference [-] at *outdoor_c* [degC], any shape."""
        c0, c1, c2 = self.energy_input_coefficients
        reference = c0 + self.outdoor_c * (c1 + self.outdoor_c * c2)
        return np.asarray((c0 + outdoor_c * (c1 + outdoor_c * c2)) / reference)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values, one per field."""
        return cls(
            cop=number(values, "cop"),
            outdoor_c=number(values, "outdoor_c"),
            energy_input_coefficients=numbers(values, "energy_input_coefficients"),
            outdoor_range_c=_pair(values, "outdoor_range_c"),
        )


@dataclass(frozen=True)
class FanCurve:
    """Fan power over design power as a cubic of flow over design flow (EnergyPlus `Fan:VariableVolume`)."""

    coefficients: tuple[float, ...]
    """Four coefficients, constant first [-]."""
    flow_min: float
    """Lowest flow over design flow for which the curve holds [-]."""

    def __post_init__(self) -> None:
        if len(self.coefficients) != 4:
            raise ValueError(f"coefficients needs 4 numbers, not {len(self.coefficients)}")
        in_range("flow_min", self.flow_min, 0.0, 0.9)
        in_range("the sum of the coefficients", sum(self.coefficients), 0.98, 1.02)
        power = self.power_fraction(np.linspace(self.flow_min, 1.5, 151))
        if power[0] < 0.0 or np.any(np.diff(power) <= 0.0):
            raise ValueError(f"fan power must be positive and rise with flow from {self.flow_min:g} to 1.5")

    def power_fraction(self, flow_fraction: FloatArray) -> FloatArray:
        """Power over design power [-] at *flow_fraction* of the design flow, any shape."""
        c0, c1, c2, c3 = self.coefficients
        x = flow_fraction
        return c0 + x * (c1 + x * (c2 + x * c3))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values `coefficients` and `flow_min`."""
        return cls(numbers(values, "coefficients"), number(values, "flow_min"))


@dataclass(frozen=True)
class _Assumptions:
    """Numbers that a scenario need not state; each has a source in the profile."""

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values: per field a `value` and the `low` and `high` it must lie between."""
        return cls(**{field.name: _bounded(values, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class ChilledWaterDefaults(_Assumptions):
    """Assumptions of a chilled-water plant that a scenario need not state; the profile has their sources."""

    supply_air_c: float
    """Air that the room units supply [degC]."""
    server_air_rise_k: float
    """Temperature rise of the air through the servers [K]."""
    bypass: float
    """Share of the supplied air that returns without passing a server [-]."""
    recirculation: float
    """Share of the servers' air that is their own exhaust [-]."""
    crah_pressure_pa: float
    """Pressure rise of the room units' fans at design flow [Pa]."""
    crah_efficiency: float
    """Air power over electric power of those fans at design flow [-]."""
    crah_speed_min: float
    """Lowest flow over design flow of a room unit [-]."""
    lighting_share: float
    """Lighting power over rated IT power [-]."""
    chilled_water_c: float
    """Chilled water supplied to the room [degC]."""
    chilled_water_rise_k: float
    """Design temperature rise of the chilled water [K]."""
    chilled_water_pressure_pa: float
    """Design head of the chilled water pumps [Pa]."""
    condenser_pressure_pa: float
    """Design head of the condenser water pumps [Pa]."""
    pump_efficiency: float
    """Hydraulic power over electric power of all pumps [-]."""
    pump_static_share: float
    """Share of the design head that does not depend on flow [-]."""
    chilled_water_flow_min: float
    """Lowest chilled water flow over design flow [-]."""
    condenser_flow_min: float
    """Lowest condenser water flow over design flow [-]."""
    condenser_setpoint_c: float
    """Water that the tower supplies to the chillers when it can [degC]."""
    condenser_min_c: float
    """Coldest water that may enter a chiller's condenser [degC]."""
    stage_share: float
    """Load over available capacity of the running chillers at which one more is started [-]."""
    cop_factor: float
    """COP of the plant's chillers over that of the manufacturer's curve [-]."""
    chiller_margin: float
    """Available chiller capacity over design load [-]."""
    economiser_approach_k: float
    """Approach of the economiser's heat exchanger [K]."""
    economiser_margin_k: float
    """How much colder than the returning water the economiser must be able to make it, to start [K]."""
    tower_margin: float
    """Nominal tower capacity over design heat rejection [-]."""
    tower_fan_share: float
    """Electric power of the tower fans at full speed over nominal heat rejection [-]."""
    tower_fan_floor: float
    """Share of the tower fans' full power that does not fall with speed while they run [-]."""
    drift_share: float
    """Water lost as droplets over circulating water [-]."""
    cycles_of_concentration: float
    """Dissolved solids in the tower water over those in the make-up water [-]."""


@dataclass(frozen=True)
class AirDefaults(_Assumptions):
    """Assumptions of cooling with outdoor air, pads and direct expansion; the profile has their sources."""

    exhaust_pressure_pa: float
    """Pressure rise of the fans that move outdoor air, beside the room's [Pa]."""
    exhaust_efficiency: float
    """Air power over electric power of those fans [-]."""
    margin_k: float
    """How much colder than the room's return an economiser must make the air, to start [K]."""
    dead_band_k: float
    """How much less cold it may make the air before it stops [K]."""
    pad_effectiveness: float
    """Fall of the dry bulb over wetted pads by its distance to the wet bulb [-]."""
    pad_above_c: float
    """Dry bulb above which the pads of a dry cooler are wetted [degC]."""
    cycles_of_concentration: float
    """Dissolved solids in the pads' water over those in the make-up water [-]."""
    cooler_margin_k: float
    """How much colder than the returning water a dry cooler must make it, to start as an economiser [K]."""
    dry_effectiveness: float
    """Effectiveness of a dry heat exchanger between room and outdoor air [-]."""
    wet_effectiveness: float
    """Effectiveness of the same exchanger when wetted, by the outdoor wet bulb [-]."""
    dx_margin: float
    """Capacity of direct expansion over design load [-]."""
    condenser_min_c: float
    """Coldest air that the condensers of air-cooled chillers make use of [degC]."""


@dataclass(frozen=True)
class LiquidDefaults(_Assumptions):
    """Assumptions of liquid-cooled servers; the profile has their sources."""

    coolant_rise_k: float
    """Temperature rise of the coolant through the servers [K]."""
    coolant_pressure_pa: float
    """Design head of the coolant pumps [Pa]."""
    coolant_pump_efficiency: float
    """Hydraulic power over electric power of those pumps [-]."""
    coolant_flow_min: float
    """Lowest coolant flow over design flow [-]."""
    cdu_effectiveness: float
    """Heat over the most that could pass from coolant to facility water [-]."""
    water_rise_k: float
    """Design temperature rise of the facility water [K]."""
    water_pressure_pa: float
    """Design head of the pumps of the facility water [Pa]."""
    water_pump_efficiency: float
    """Hydraulic power over electric power of those pumps [-]."""
    water_flow_min: float
    """Lowest flow of facility water over design flow [-]."""
    reuse_approach_k: float
    """Fall of temperature over the heat exchanger at which heat is handed over [K]."""
    reuse_carnot_share: float
    """Coefficient of performance of a heat pump over that of Carnot's between its two waters [-]."""


@dataclass(frozen=True)
class TerminalDefaults(_Assumptions):
    """Assumptions of one kind of room unit; the profile has their sources."""

    pressure_pa: float
    """Pressure rise of the fans at design flow [Pa]; 0: the servers' fans push the air."""
    efficiency: float
    """Air power over electric power of those fans [-]."""
    bypass: float
    """Share of the units' air that returns without passing a server [-]."""
    recirculation: float
    """Share of the servers' air that is their own exhaust [-]."""


def biquadratic(c: tuple[float, ...], x: FloatArray | float, y: FloatArray | float) -> FloatArray:
    """c0 + c1 x + c2 x^2 + c3 y + c4 y^2 + c5 x y, the shape of *x* and *y* together."""
    return np.asarray(c[0] + x * (c[1] + c[2] * x) + y * (c[3] + c[4] * y) + c[5] * x * y, dtype=np.float64)


def _bounded(values: Mapping[str, Any], key: str) -> float:
    entry = values.get(key)
    if not isinstance(entry, Mapping):
        raise ValueError(f"the values need an entry '{key}' with value, unit, low, high, source and year")
    value = number(entry, "value")
    in_range(key, value, number(entry, "low"), number(entry, "high"))
    return value


def _pair(values: Mapping[str, Any], key: str) -> tuple[float, float]:
    pair = numbers(values, key)
    if len(pair) != 2 or pair[0] >= pair[1]:
        raise ValueError(f"{key} needs two rising numbers, not {list(pair)}")
    return pair[0], pair[1]
