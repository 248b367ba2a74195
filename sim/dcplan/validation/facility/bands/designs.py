"""From the inputs of the study to a building of ours, case by case.

What the study leaves constant is constant here: efficiencies do not depend on load, because IT power does not change
and every machine is sized for it. Our machines do the rest: tower, chillers and economisers follow the weather. Three
things are translated. The study's chillers know only what enters the condenser and their part load, so ours make cold
water, and where an economiser needs warm water they take as much power as for cold. The air of the room units, not
that of the servers, warms by the given rise, because the heat of losses and lights is in it. And outdoor air is let in
only while it is no warmer than the supply air may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from dcplan.facility.air_economiser import AirsideDesign, Exhaust, Humidifier
from dcplan.facility.ashrae import Envelope
from dcplan.facility.chain import PowerDesign
from dcplan.facility.chiller import ChillerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.domain import FloatArray
from dcplan.facility.dx import DxDesign
from dcplan.facility.fluids import WATER_HEAT_CAPACITY_J_KG_K
from dcplan.facility.psu import PsuDesign
from dcplan.facility.rejection import RejectionDesign
from dcplan.facility.sizing import PlantCounts, PlantCurves, size_facility
from dcplan.facility.tower import nominal_approach_k
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, DxCurve, FanCurve, TowerCurve, biquadratic
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.validation.facility.bands.published import Draw

IT_W = 1e6
CHILLER, AIR_CHILLER = "trane-cvhe-1442", "york-ycal0033"
LEAST_APPROACH_K = 1.0
"""Chilled water is colder than the supply air by at least this, or no coil could do it."""
NO_TRANSFORMER = TransformerCurve((IT_W,), (0.9999,), 0.5, 0.5)
"""The study's boundary is behind the transformer."""
CONSTANT_PRESSURE = FanCurve((0.0, 1.0, 0.0, 0.0), 0.0)
"""Fans whose pressure rise does not depend on flow."""
COLD_WATER_C = 7.0
"""Chilled water of the plants that the study's chillers were read off."""
AIR_COOLED_COP = 0.70
"""COP of the study's air-cooled chillers over that of our record, a scroll chiller in good order. Calibrated: of the
factors in steps of 0.05 it leaves the smallest largest difference in case 7 over all zones but 1A.

Zone 1A stays too low, because their chillers lose more with heat than machines do. But for the chillers nothing of case
7 depends on the weather, so the published bands tell the COP: with its other inputs drawn from their ranges, theirs is
6.8 over the year in zone 8, 3.6 to 4.0 in 4A and 2.0 to 2.3 in 1A, and as a curve that gives all 15 zones, 4.0 to 4.4
in outdoor air of 15 degC, 2.0 to 2.4 at 25 degC and 1.5 to 1.8 at 30 degC. (Theirs is a regression on outdoor air and
part load, of 0.1 to 0.5; the file with it cannot be read as text.) The 111 air-cooled records of EnergyPlus 25.2
(DataSets/AirCooledChiller.idf) have 3.3 to 4.2 at 25 degC and full load, and as much or more at part load of 0.3; none,
times whatever constant factor, is within 0.13 of case 7 in all zones. It is not the weather: Miami would have to be
8 K warmer."""
HEAD_PRESSURE_C = -40.0
"""The study's air-cooled chillers gain from all cold air; ours do down to the smallest lift that they can run at."""
DX, DX_COP = "dx-lennox-kca060", 2.8
"""COP of the study's direct expansion in outdoor air of 15 degC or less, before its error (the authors' code)."""
LARGEST_MARGIN_K = 10.0
WITHOUT_EFFECT = MappingProxyType(
    {
        "chiller_part_load": 0.5,
        "coil_effectiveness": 1.0,
        "cycles_of_concentration": 5.0,
        "drift_share": 1e-4,
        "tower_approach_k": 4.0,
        "tower_pump_efficiency": 0.7,
        "tower_pump_pressure_pa": 2e5,
        "tower_range_k": 5.0,
        "water_pump_efficiency": 0.7,
        "water_pump_pressure_pa": 1.5e5,
        "water_rise_k": 7.5,
    }
)
"""Inputs of machines that a case may not have: sizing asks for them, and nothing comes of it."""
SINGLE = PlantCounts(chillers=1, chillers_standby=0, room_units=1, room_units_standby=0)


@dataclass(frozen=True)
class Place:
    """What sizes a plant.

    Attributes:
        dry_bulb_c: Design dry bulb [degC].
        wet_bulb_c: Design wet bulb [degC].
        pressure_pa: Lowest pressure of the air [Pa].
    """

    dry_bulb_c: float
    wet_bulb_c: float
    pressure_pa: float


@dataclass(frozen=True)
class Parts:
    """The machines that all cases are made of."""

    psu: PsuDesign
    chiller: ChillerCurve
    air_chiller: ChillerCurve
    tower: TowerCurve
    dx: DxCurve
    defaults: ChilledWaterDefaults

    @classmethod
    def of(cls, library: Library) -> Parts:
        """The shipped ones."""
        return cls(
            psu=PsuDesign(PsuCurve.from_values(library.load("power", "psu-titanium").values), IT_W, 1),
            chiller=ChillerCurve.from_values(library.load("cooling", CHILLER).values),
            air_chiller=ChillerCurve.from_values(library.load("cooling", AIR_CHILLER).values),
            tower=TowerCurve.from_values(library.load("cooling", "tower-yorkcalc").values),
            dx=in_cold_air(DxCurve.from_values(library.load("cooling", DX).values), DX_COP),
            defaults=ChilledWaterDefaults.from_values(library.load("cooling", "chilled-water-defaults").values),
        )


def at_cold_water(curve: ChillerCurve) -> ChillerCurve:
    """*curve* as it is at cold water, whatever the water."""
    cold_c = COLD_WATER_C

    def held(c: tuple[float, ...]) -> tuple[float, ...]:
        return (c[0] + cold_c * (c[1] + cold_c * c[2]), 0.0, 0.0, c[3] + cold_c * c[5], c[4], 0.0)

    return replace(curve, capft=held(curve.capft), eirft=held(curve.eirft), evaporator_range_c=(4.0, 40.0))


def in_cold_air(curve: DxCurve, cop: float) -> DxCurve:
    """*curve* with that COP at the coldest outdoor air of its record, and below."""
    return replace(curve, cop=cop, outdoor_c=curve.outdoor_range_c[0])


def power_design(x: Draw, parts: Parts) -> PowerDesign:
    """A power chain whose UPS and distribution have the given efficiency at the power that they carry."""
    pdu = 1.0 / (1.0 - x["distribution_loss"]) - 1.0
    ups = 1.0 / x["ups_efficiency"] - 1.0
    return PowerDesign(
        psu=parts.psu,
        pdu=PduDesign(LossCurve(0.0, 0.0, pdu), IT_W),
        ups=UpsDesign(LossCurve(0.0, ups / 2.0, ups / 2.0), IT_W * (1.0 + pdu), 1, "n"),
        transformer=TransformerDesign(NO_TRANSFORMER, 4.0 * IT_W),
        utility_limit_w=math.inf,
    )


def heat_per_it(x: Draw) -> float:
    """Heat in the room over IT power [-]: with the losses and the light."""
    return 1.0 / x["ups_efficiency"] + 1.0 / (1.0 - x["distribution_loss"]) - 1.0 + x["lighting_share"]


def economises(x: Draw) -> bool:
    """Whether there is a waterside economiser."""
    return "economiser_approach_k" in x


def tower_curve(x: Draw, parts: Parts) -> TowerCurve:
    """The correlation, scaled to the given approach at the given range."""
    curve = replace(parts.tower, nominal_range_k=x["tower_range_k"])
    factor = x["tower_approach_k"] / nominal_approach_k(curve)
    return replace(curve, coefficients=tuple(factor * each for each in curve.coefficients))


def assumed(x: Draw, parts: Parts) -> ChilledWaterDefaults:
    """The inputs as assumptions of a chilled-water plant."""
    supply_c = x["supply_air_high_c"]
    coil_k = x["air_rise_k"] * (1.0 / x["coil_effectiveness"] - 1.0)
    warm_c = supply_c - max(coil_k, LEAST_APPROACH_K)
    return replace(
        parts.defaults,
        supply_air_c=supply_c,
        server_air_rise_k=x["air_rise_k"] / heat_per_it(x),
        bypass=0.0,
        recirculation=0.0,
        crah_pressure_pa=x["fan_pressure_pa"],
        crah_efficiency=x["fan_efficiency"],
        lighting_share=x["lighting_share"],
        chilled_water_c=warm_c if economises(x) else COLD_WATER_C,
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
    x = WITHOUT_EFFECT | dict(x)
    built = size_facility(
        IT_W,
        power_design(x, parts),
        PlantCurves(
            at_cold_water(parts.chiller) if economises(x) else parts.chiller, tower_curve(x, parts), CONSTANT_PRESSURE
        ),
        assumed(x, parts),
        wet_bulb_design_c=place.wet_bulb_c,
        pressure_pa=place.pressure_pa,
        counts=SINGLE,
        economiser=economises(x),
    )
    plant = built.rejection
    assert plant is not None, "chilled water has a plant"
    assert plant.pump is not None, "a tower has pumps"
    pump = replace(plant.pump, efficiency=x["tower_pump_efficiency"])
    room = replace(built.room, sensible_share=x["sensible_heat_ratio"])
    return replace(built, room=room, rejection=replace(plant, pump=pump))


def air_cooled(x: Draw, place: Place, parts: Parts) -> FacilityDesign:
    """Room units, chilled water, and a chiller that gives its heat to the outdoor air."""
    built = water_cooled(x, place, parts)
    loop, curve = built.chilled_water, parts.air_chiller
    assert loop is not None, "it has chilled water"
    load_w = loop.pump.flow_kg_s * WATER_HEAT_CAPACITY_J_KG_K * loop.rise_k + loop.pump.power_w
    available = float(biquadratic(curve.capft, COLD_WATER_C, max(place.dry_bulb_c, curve.condenser_range_c[0])))
    chiller = ChillerDesign(
        curve=curve,
        capacity_w=load_w / x["chiller_part_load"] / available,
        duty=1,
        standby=0,
        condenser_min_c=HEAD_PRESSURE_C,
        stage_share=1.0,
        cop_factor=AIR_COOLED_COP * (1.0 + x["cop_error"]),
    )
    plant = RejectionDesign(chiller=chiller, sink=None, pump=None, setpoint_c=20.0, economiser=None)
    return replace(built, rejection=plant)


def direct_expansion(x: Draw, place: Place, parts: Parts) -> FacilityDesign:
    """Room units with compressors of their own, large enough for any draw."""
    built = water_cooled(x, place, parts)
    units = DxDesign(parts.dx, 4.0 * IT_W, 1, 0, 1.0 + x["cop_error"])
    return replace(built, chilled_water=None, rejection=None, dx=units)


def with_outdoor_air(x: Draw, built: FacilityDesign, humidifier: Humidifier) -> FacilityDesign:
    """*built*, with outdoor air straight through the room where its humidity is within the given limits."""
    window = Envelope(0.0, 50.0, x["dew_point_low_c"], x["dew_point_high_c"], x["humidity_low"], x["humidity_high"])
    outdoor = AirsideDesign(
        window=window,
        pad_effectiveness=0.0,
        cycles_of_concentration=3.0,
        humidifier=humidifier,
        exhaust=Exhaust(built.room.airflow_m3_s, 0.0, 0.7),
        margin_k=min(built.room.server_rise_k, LARGEST_MARGIN_K),
        dead_band_k=0.0,
    )
    return replace(built, air_economiser=outdoor)


def hyperscale_airside(x: Draw, place: Place, parts: Parts) -> FacilityDesign:
    """Outdoor air, moistened where it is too dry; a water-cooled chiller for the rest."""
    return with_outdoor_air(x, water_cooled(x, place, parts), "adiabatic")


def airside_water_cooled(x: Draw, place: Place, parts: Parts) -> FacilityDesign:
    """Outdoor air where it is neither too dry nor too humid; a water-cooled chiller for the rest."""
    return with_outdoor_air(x, water_cooled(x, place, parts), "none")


def airside_air_cooled(x: Draw, place: Place, parts: Parts) -> FacilityDesign:
    """Outdoor air where it is neither too dry nor too humid; an air-cooled chiller for the rest."""
    return with_outdoor_air(x, air_cooled(x, place, parts), "none")


def warmest(x: Draw, outdoor_c: FloatArray) -> FloatArray:
    """Supply air as warm as allowed [degC], all year."""
    return np.full_like(outdoor_c, x["supply_air_high_c"])


def middle(x: Draw, outdoor_c: FloatArray) -> FloatArray:
    """Supply air in the middle of what is allowed [degC], all year."""
    return np.full_like(outdoor_c, (x["supply_air_low_c"] + x["supply_air_high_c"]) / 2.0)


def as_outdoors(x: Draw, outdoor_c: FloatArray) -> FloatArray:
    """Supply air as warm as the outdoor air within the limits [degC]."""
    return np.clip(outdoor_c, x["supply_air_low_c"], x["supply_air_high_c"])


def supplying(built: FacilityDesign, supply_c: FloatArray) -> FacilityDesign:
    """*built*, with supply air of *supply_c* [degC] in each step.

    A design has one supply temperature; all formulas of the room take one per step as well.
    """
    room = replace(built.room)
    design = replace(built, room=room)
    object.__setattr__(room, "supply_c", supply_c)
    return design


@dataclass(frozen=True)
class Kind:
    """How a case is built, and how it sets its supply air.

    Attributes:
        build: The building for given inputs, with supply air as warm as allowed.
        supply_c: Supply air in each step [degC] by the outdoor dry bulb.
    """

    build: Callable[[Draw, Place, Parts], FacilityDesign]
    supply_c: Callable[[Draw, FloatArray], FloatArray]


KINDS: Mapping[int, Kind] = MappingProxyType(
    {
        1: Kind(hyperscale_airside, as_outdoors),
        2: Kind(water_cooled, warmest),
        3: Kind(airside_water_cooled, as_outdoors),
        4: Kind(water_cooled, warmest),
        5: Kind(water_cooled, warmest),
        6: Kind(airside_air_cooled, as_outdoors),
        7: Kind(air_cooled, warmest),
        8: Kind(water_cooled, warmest),
        9: Kind(air_cooled, warmest),
        10: Kind(direct_expansion, middle),
    }
)
"""By the number of the case in the study."""
CALIBRATED = frozenset({6, 7, 9})
"""Cases with air-cooled chillers."""
