"""From the spec of a building to its design: the power chain as written, and the cooling around it."""

from __future__ import annotations

from dcplan.engine.assumptions import Assumptions
from dcplan.engine.cooling import design_cooling
from dcplan.engine.misfit import somewhere
from dcplan.engine.power_chain import design_power
from dcplan.facility.design import FacilityDesign
from dcplan.profiles.library import Library
from dcplan.scenario.facility import Facility
from dcplan.signals.weather_year import WeatherYear


def design_facility(
    spec: Facility, place: WeatherYear, servers: int, library: Library, assumptions: Assumptions, step_s: float
) -> FacilityDesign:
    """The building of *spec* at *place* for a fleet of *servers* machines, looked at every *step_s* [s]."""
    power = design_power(spec.power, servers, library, assumptions)
    with somewhere(spec):
        return design_cooling(spec, power, place, library, assumptions, step_s)
