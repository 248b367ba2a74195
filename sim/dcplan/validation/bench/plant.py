"""The building alone: a year of hours, once, and for many designs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dcplan.facility.design import FacilityDesign
from dcplan.facility.plant import simulate
from dcplan.profiles.library import default_library
from dcplan.signals.weather import Weather
from dcplan.validation.facility.bands import compare
from dcplan.validation.facility.bands.designs import IT_W, KINDS, Parts
from dcplan.validation.facility.bands.published import cases

PLACE = "sterling-va"
CASE = 4
"""Chilled water with a water-side economiser: all machines take part."""
YEARS = 200


def year() -> Callable[[], object]:
    """A year of one building."""
    (design,), weather = _designs(1)
    it_w = np.full(weather.wet_bulb_c.shape, IT_W)
    return lambda: simulate(it_w, weather, design)


def many_years() -> Callable[[], object]:
    """A year of each of many buildings."""
    designs, weather = _designs(YEARS)
    it_w = np.full(weather.wet_bulb_c.shape, IT_W)
    return lambda: [float(simulate(it_w, weather, design).facility_w.sum()) for design in designs]


def _designs(count: int) -> tuple[list[FacilityDesign], Weather]:
    library = default_library()
    parts, weather = Parts.of(library), compare.year(library, PLACE)
    place = compare.sizing(weather)
    case = next(case for case in cases() if case.number == CASE)
    return [KINDS[CASE].build(x, place, parts) for x in case.draws(count, compare.SEED)], weather
