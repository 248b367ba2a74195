"""From the spec of a building to its design: curves looked up, plant sized for the servers and the place."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from dcplan.engine.assumptions import Assumptions
from dcplan.engine.power_chain import design_power
from dcplan.facility.design import FacilityDesign
from dcplan.facility.sizing import PlantCounts, PlantCurves, size_facility
from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, FanCurve, TowerCurve
from dcplan.profiles.library import Library
from dcplan.scenario.facility import ChilledWater, Facility
from dcplan.signals.weather_year import DESIGN_SHARE, WeatherYear

UNITS = MappingProxyType({"supply_air_c": "degC", "server_air_rise_k": "K", "chilled_water_c": "degC"})
"""Units of the numbers that every scenario chooses itself."""


def design_facility(
    spec: Facility, place: WeatherYear, servers: int, library: Library, assumptions: Assumptions
) -> FacilityDesign:
    """The building of *spec* at *place* for a fleet of *servers* machines."""
    power = design_power(spec.power, servers, library, assumptions)
    cooling = spec.cooling
    used = library.load("cooling", "chilled-water-defaults")
    chosen = {
        "supply_air_c": cooling.supply_air,
        "server_air_rise_k": cooling.air_rise,
        "chilled_water_c": cooling.chilled_water,
    }
    assumptions.use_values("facility", used, leave_out=chosen)
    for name, value in chosen.items():
        label = name.rpartition("_")[0].replace("_", " ")
        assumptions.add("facility", label, f"{value:g} {UNITS[name]}", "scenario", "set by the scenario")
    defaults = replace(ChilledWaterDefaults.from_values(used.values), **chosen)
    curves = PlantCurves(
        ChillerCurve.from_values(_used(library, assumptions, "cooling", cooling.chiller)),
        TowerCurve.from_values(_used(library, assumptions, "cooling", "tower-yorkcalc")),
        FanCurve.from_values(_used(library, assumptions, "cooling", "fan-ec-plug")),
    )
    wet_bulb_c, pressure_pa = place.exceeded_c("wet_bulb_c", DESIGN_SHARE), float(place.pressure_pa.mean())
    source = "exceeded in 0.4 % of the hours of the weather year"
    assumptions.add("facility", "design wet bulb", f"{wet_bulb_c:.1f} degC", "model", source)
    return size_facility(
        spec.it_capacity,
        power,
        curves,
        defaults,
        wet_bulb_design_c=wet_bulb_c,
        pressure_pa=pressure_pa,
        counts=_counts(cooling),
        economiser=cooling.economiser == "waterside",
    )


def _counts(spec: ChilledWater) -> PlantCounts:
    spare = {"n": 0, "n+1": 1}
    return PlantCounts(
        chillers=spec.chillers,
        chillers_standby=spare.get(spec.redundancy, spec.chillers),
        room_units=spec.crah_units,
        room_units_standby=spare.get(spec.redundancy, spec.crah_units),
    )


def _used(library: Library, assumptions: Assumptions, family: str, name: str) -> dict[str, object]:
    profile = library.load(family, name)
    assumptions.use("facility", profile)
    return dict(profile.values)
