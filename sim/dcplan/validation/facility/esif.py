"""A supercomputer on warm water and towers alone, with the annual PUE that its operators publish."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.engine.resolve import resolve
from dcplan.facility.plant import simulate
from dcplan.profiles.library import Library, shipped
from dcplan.scenario.load import load
from dcplan.signals.places import year_at
from dcplan.signals.weather import Weather
from dcplan.validation.check import Check

SCENARIO = "nrel_esif"
PUBLISHED, TOLERANCE = 1.036, 0.015
SOURCE = "NREL, High-performance computing data center power usage effectiveness, nrel.gov; golden-co"


def checks(library: Library) -> Iterator[Check]:
    """A year of hours of the scenario's building at full load, in the weather of where it stands."""
    scenario = load(shipped("scenarios") / f"{SCENARIO}.yaml", [])
    plan = resolve(scenario, library)
    assert plan.facility is not None, "the scenario has a building"
    assert scenario.scenario.facility is not None, "and says how large it is"
    assert scenario.scenario.site is not None, "and where it stands"
    year = year_at(library.load("weather", str(scenario.scenario.site.place)))
    it_w = np.full(year.dry_bulb_c.shape, float(scenario.scenario.facility.it_capacity))
    weather = Weather(year.dry_bulb_c, year.wet_bulb_c, year.pressure_pa)
    result = simulate(it_w, weather, plan.facility)
    pue = float(result.facility_w.sum() / result.server_w.sum())
    yield Check("NREL ESIF, PUE over a year", pue, PUBLISHED, TOLERANCE, "-", SOURCE)
