"""From the inputs of the study to a building of ours, case by case.

What the study leaves constant is constant here: efficiencies do not depend on load, because IT power does not change
and every machine is sized for it. Our machines do the rest: tower, chillers and economiser follow the weather. Two
things are translated. The study's chillers know only the water that enters the condenser and their part load, so a
record of ours is taken at chilled water of 7 degC whatever the loop has. And the air of the room units, not that of
the servers, warms by the given rise, because the heat of losses and lights is in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dcplan.facility.chain import PowerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.psu import PsuDesign
from dcplan.facility.sizing import PlantCounts, PlantCurves, size_facility
from dcplan.facility.tower import nominal_approach_k
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, FanCurve, TowerCurve
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.validation.facility.bands.published import Draw

IT_W = 1e6
CHILLER = "trane-cvhe-1442"
COLD_WATER_C = 7.0
"""Chilled water of the plants that the study's chillers were read off."""
LEAST_APPROACH_K = 1.0
"""Chilled water is colder than the supply air by at least this, or no coil could do it."""
NO_TRANSFORMER = TransformerCurve((IT_W,), (0.9999,), 0.5, 0.5)
"""The study's boundary is behind the transformer."""
SINGLE = PlantCounts(chillers=1, chillers_standby=0, room_units=1, room_units_standby=0)


@dataclass(frozen=True)
class Place:
    """What sizes a plant.

    Attributes:
        wet_bulb_c: Design wet bulb [degC].
        pressure_pa: Mean pressure of the air [Pa].
    """

    wet_bulb_c: float
    pressure_pa: float


@dataclass(frozen=True)
class Parts:
    """The machines that all cases are made of."""

    psu: PsuCurve
    chiller: ChillerCurve
    tower: TowerCurve
    fan: FanCurve
    defaults: ChilledWaterDefaults

    @classmethod
    def of(cls, library: Library) -> Parts:
        """The shipped ones."""
        return cls(
            psu=PsuCurve.from_values(library.load("power", "psu-titanium").values),
            chiller=at_chilled_water(ChillerCurve.from_values(library.load("cooling", CHILLER).values), COLD_WATER_C),
            tower=TowerCurve.from_values(library.load("cooling", "tower-yorkcalc").values),
            fan=FanCurve.from_values(library.load("cooling", "fan-vsd").values),
            defaults=ChilledWaterDefaults.from_values(library.load("cooling", "chilled-water-defaults").values),
        )


def at_chilled_water(curve: ChillerCurve, supply_c: float) -> ChillerCurve:
    """*curve* as it is at chilled water of *supply_c* [degC], whatever the water."""

    def held(c: tuple[float, ...]) -> tuple[float, ...]:
        return (c[0] + supply_c * (c[1] + supply_c * c[2]), 0.0, 0.0, c[3] + supply_c * c[5], c[4], 0.0)

    return replace(curve, capft=held(curve.capft), eirft=held(curve.eirft), evaporator_range_c=(4.0, 40.0))


def power_design(x: Draw, parts: Parts) -> PowerDesign:
    """A power chain whose UPS and distribution have the given efficiency at the power that they carry."""
    pdu = 1.0 / (1.0 - x["distribution_loss"]) - 1.0
    ups = 1.0 / x["ups_efficiency"] - 1.0
    return PowerDesign(
        psu=PsuDesign(parts.psu, IT_W, 1),
        pdu=PduDesign(LossCurve(0.0, 0.0, pdu), IT_W),
        ups=UpsDesign(LossCurve(0.0, ups / 2.0, ups / 2.0), IT_W * (1.0 + pdu), 1, "n"),
        transformer=TransformerDesign(NO_TRANSFORMER, 4.0 * IT_W),
        utility_limit_w=math.inf,
    )


def heat_per_it(x: Draw) -> float:
    """Heat in the room over IT power [-]: with the losses and the light."""
    return 1.0 / x["ups_efficiency"] + 1.0 / (1.0 - x["distribution_loss"]) - 1.0 + x["lighting_share"]


def tower_curve(x: Draw, parts: Parts) -> TowerCurve:
    """The correlation, scaled to the given approach at the given range."""
    curve = replace(parts.tower, nominal_range_k=x["tower_range_k"])
    factor = x["tower_approach_k"] / nominal_approach_k(curve)
    return replace(curve, coefficients=tuple(factor * each for each in curve.coefficients))


def assumed(x: Draw, parts: Parts) -> ChilledWaterDefaults:
    """The inputs as assumptions of a chilled-water plant."""
    supply_c = x["supply_air_high_c"]
    coil_k = x["air_rise_k"] * (1.0 / x["coil_effectiveness"] - 1.0)
    return replace(
        parts.defaults,
        supply_air_c=supply_c,
        server_air_rise_k=x["air_rise_k"] / heat_per_it(x),
        bypass=0.0,
        recirculation=0.0,
        crah_pressure_pa=x["fan_pressure_pa"],
        crah_efficiency=x["fan_efficiency"],
        lighting_share=x["lighting_share"],
        chilled_water_c=supply_c - max(coil_k, LEAST_APPROACH_K),
        chilled_water_rise_k=x["water_rise_k"],
        chilled_water_pressure_pa=x["water_pump_pressure_pa"],
        condenser_pressure_pa=x["tower_pump_pressure_pa"],
        pump_efficiency=x["water_pump_efficiency"],
        pump_static_share=1.0,
        condenser_setpoint_c=parts.chiller.condenser_range_c[0],
        stage_share=1.0,
        cop_factor=1.0 + x["cop_error"],
        chiller_margin=1.0 / x["chiller_part_load"],
        economiser_approach_k=x.get("economiser_approach_k", parts.defaults.economiser_approach_k),
        tower_margin=1.0,
        drift_share=x["drift_share"],
        cycles_of_concentration=x["cycles_of_concentration"],
    )


def water_cooled(x: Draw, place: Place, parts: Parts) -> FacilityDesign:
    """Room units, chilled water, chiller and tower; a waterside economiser where its approach is given."""
    built = size_facility(
        IT_W,
        power_design(x, parts),
        PlantCurves(parts.chiller, tower_curve(x, parts), parts.fan),
        assumed(x, parts),
        wet_bulb_design_c=place.wet_bulb_c,
        pressure_pa=place.pressure_pa,
        counts=SINGLE,
        economiser="economiser_approach_k" in x,
    )
    assert built.rejection.pump is not None, "a tower has pumps"
    pump = replace(built.rejection.pump, efficiency=x["tower_pump_efficiency"])
    return replace(built, rejection=replace(built.rejection, pump=pump))


Build = Callable[[Draw, Place, Parts], FacilityDesign]
BUILDS: Mapping[int, Build] = MappingProxyType({2: water_cooled, 4: water_cooled, 5: water_cooled, 8: water_cooled})
"""How to build each case, by its number in the study."""
