"""Our percentiles of PUE beside the published ones, for each case and climate zone."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

import numpy as np

from dcplan.facility.domain import FloatArray
from dcplan.facility.plant import simulate
from dcplan.profiles.library import Library
from dcplan.signals.places import year_at
from dcplan.signals.weather import Weather
from dcplan.signals.weather_year import DESIGN_SHARE
from dcplan.validation.check import Check
from dcplan.validation.facility.bands.designs import CALIBRATED, IT_W, KINDS, Parts, Place, supplying
from dcplan.validation.facility.bands.published import SOURCE, TOLERANCE, Case, cases

PLACES = MappingProxyType(
    {
        "1A": "miami-fl",
        "3B": "las-vegas",
        "3C": "san-francisco-ca",
        "4A": "sterling-va",
        "5A": "chicago-il",
        "8": "fairbanks",
    }
)
"""The shipped weather year that stands for each climate zone."""
HOTTEST = "1A"
STEEPER = "; the study's chillers: COP 2.0 to 2.4 at 25 degC, see README"
"""What the misses of the air-cooled cases come from; `AIR_COOLED_COP` gives the evidence."""
DRAWS = 200
EVERY_H = 13
"""Hours from one simulated hour to the next: all times of day, and PUE within a tenth of the tolerance."""
SEED = 1
LEVELS = (5.0, 50.0, 95.0)


def checks(library: Library) -> Iterator[Check]:
    """5th percentile, median and 95th percentile of every case that can be built, in every zone with weather."""
    parts = Parts.of(library)
    for zone, name in PLACES.items():
        place, weather = sizing(year(library, name)), year(library, name, EVERY_H)
        for case in cases():
            if case.number in KINDS:
                yield from _compared(case, zone, name, pue(case, place, weather, parts))


def pue(case: Case, place: Place, weather: Weather, parts: Parts, draws: int = DRAWS) -> FloatArray:
    """PUE over the hours of *weather* for so many draws of a case, [draws]."""
    kind, it_w = KINDS[case.number], np.full(weather.dry_bulb_c.shape, IT_W)
    designs = (
        supplying(kind.build(x, place, parts), kind.supply_c(x, weather.dry_bulb_c)) for x in case.draws(draws, SEED)
    )
    energy = [float(simulate(it_w, weather, design).facility_w.sum()) for design in designs]
    return np.array(energy) / float(it_w.sum())


def year(library: Library, name: str, every_h: int = 1) -> Weather:
    """The typical year of a shipped place, every so many hours."""
    whole = year_at(library.load("weather", name))
    return Weather(*(each[::every_h] for each in (whole.dry_bulb_c, whole.wet_bulb_c, whole.pressure_pa)))


def sizing(weather: Weather) -> Place:
    """What a plant is sized for where a year is like this."""
    dry_bulb_c, wet_bulb_c = np.quantile([weather.dry_bulb_c, weather.wet_bulb_c], 1.0 - DESIGN_SHARE, axis=1).tolist()
    return Place(dry_bulb_c, wet_bulb_c, float(np.min(weather.pressure_pa)))


def _compared(case: Case, zone: str, place: str, found: FloatArray) -> Iterator[Check]:
    low, high = case.pue[zone]
    p5, median, p95 = np.percentile(found, LEVELS).tolist()
    tolerance, name = TOLERANCE[case.size], f"case {case.number}, zone {zone}, PUE"
    calibrated = case.number in CALIBRATED
    note = ("; COP calibrated" if calibrated else "") + (STEEPER if calibrated and zone == HOTTEST else "")
    source = f"{SOURCE}; {place}{note}"
    yield Check(f"{name} p5", p5, low, tolerance, "-", source)
    yield Check(f"{name} median, inside the band", median, (low + high) / 2, (high - low) / 2, "-", source)
    yield Check(f"{name} p95", p95, high, tolerance, "-", source)
