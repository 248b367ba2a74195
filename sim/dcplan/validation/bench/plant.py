"""The building alone: a year of hours, once, and for many designs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dcplan.facility.design import FacilityDesign
from dcplan.facility.outage import OutOfService
from dcplan.facility.plant import simulate
from dcplan.facility.thermal import RackMass, chilled_water_store_j, course
from dcplan.profiles.library import default_library
from dcplan.signals.weather import Weather
from dcplan.validation.facility.bands import compare
from dcplan.validation.facility.bands.designs import IT_W, KINDS, Parts
from dcplan.validation.facility.bands.published import cases

PLACE = "sterling-va"
CASE = 4
"""Chilled water with a water-side economiser: all machines take part."""
YEARS = 200
HOURS, DAY_MIN = 8760, 1440
OUTAGE_MIN, OUTAGE_EVERY_MIN = 6, 20_000
SPARE = 0.15
"""Cooling to spare over IT power while nothing is lost."""
RACKS = 100
STORE_M3, STORE_K = 14.0, 8.0


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


def minutes(hours: int = HOURS) -> Callable[[], float]:
    """A year of minutes of one building whose chillers are lost now and then, and how warm its racks get."""
    (design,), weather = _designs(1)
    hour, minute = np.arange(HOURS, dtype=float), np.arange(hours * 60) / 60.0
    columns = [
        np.interp(minute, hour, each, period=HOURS)
        for each in (weather.dry_bulb_c, weather.wet_bulb_c, weather.pressure_pa)
    ]
    lost = np.arange(minute.size) % OUTAGE_EVERY_MIN < OUTAGE_MIN

    def work() -> float:
        missing_w = np.empty(minute.size)
        for first in range(0, minute.size, DAY_MIN):
            part = slice(first, first + DAY_MIN)
            out = OutOfService(chillers=lost[part].astype(float), chilled_water_pumps=lost[part])
            found = simulate(np.full(DAY_MIN, IT_W), Weather(*(each[part] for each in columns)), design, out)
            missing_w[part] = np.where(lost[part], found.cooling_shortfall_w, -SPARE * IT_W)
        rise_k, _ = course(missing_w, 60.0, RACKS, RackMass(), chilled_water_store_j(STORE_M3, STORE_K))
        return float(rise_k.max())

    return work


def _designs(count: int) -> tuple[list[FacilityDesign], Weather]:
    library = default_library()
    parts, weather = Parts.of(library), compare.year(library, PLACE)
    place = compare.sizing(weather)
    case = next(case for case in cases() if case.number == CASE)
    return [KINDS[CASE].build(x, place, parts) for x in case.draws(count, compare.SEED)], weather
