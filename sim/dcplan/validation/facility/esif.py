"""A supercomputer on warm water and towers alone, with the annual PUE that its operators publish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dcplan.engine.resolve import resolve
from dcplan.facility.design import FacilityDesign
from dcplan.facility.plant import simulate
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.power import LossCurve
from dcplan.scenario.load import load
from dcplan.signals.places import year_at
from dcplan.signals.weather import Weather
from dcplan.validation.check import Check

SCENARIO, PLACE = "nrel_esif", "golden-co"
PUBLISHED, TOLERANCE = 1.036, 0.015
SOURCE = "NREL, High-performance computing data center power usage effectiveness, nrel.gov; golden-co"
NO_LOSS = LossCurve(0.0, 0.0, 0.0)


def checks(library: Library) -> Iterator[Check]:
    """A year of hours of the scenario's building at full load, in the weather of where it stands."""
    scenario = load(shipped("scenarios") / f"{SCENARIO}.yaml", [f"site.place={PLACE}"])
    plan = resolve(scenario, library)
    assert plan.facility is not None, "the scenario has a building"
    assert scenario.scenario.facility is not None, "and says how large it is"
    year = year_at(library.load("weather", PLACE))
    it_w = np.full(year.dry_bulb_c.shape, float(scenario.scenario.facility.it_capacity))
    weather = Weather(year.dry_bulb_c, year.wet_bulb_c, year.pressure_pa)
    result = simulate(it_w, weather, without_ups(plan.facility))
    pue = float(result.facility_w.sum() / result.server_w.sum())
    yield Check("NREL ESIF, PUE over a year", pue, PUBLISHED, TOLERANCE, "-", SOURCE)


def without_ups(design: FacilityDesign) -> FacilityDesign:
    """*design* with a UPS that loses nothing: there is none in front of these computers, and a scenario needs one."""
    power = design.power
    return replace(design, power=replace(power, ups=replace(power.ups, curve=NO_LOSS)))
