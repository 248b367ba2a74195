from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from dcplan.facility.design import FacilityDesign
from dcplan.facility.plant import simulate
from dcplan.facility.result import FacilityResult
from dcplan.signals.weather import Weather

SUFFIXES = ("_w", "_c", "_kg_s", "_kg_kg")
PLAIN = {"economiser_fraction", "chillers_running"}


def test_every_number_carries_its_unit_and_the_rest_are_flags() -> None:
    for field in fields(FacilityResult):
        if field.type == "FloatArray":
            assert field.name.endswith(SUFFIXES) or field.name in PLAIN, field.name
        else:
            assert field.type == "BoolArray"


def test_any_curve_outside_its_data_counts_as_extrapolated(building: FacilityDesign, mild: Weather) -> None:
    result = simulate(np.array([6e5]), mild, building)
    never = np.array([False])
    clean = replace(result, psu_extrapolated=never, chiller_extrapolated=never, tower_extrapolated=never)
    assert not clean.extrapolated[0]
    for name in ("psu_extrapolated", "chiller_extrapolated", "tower_extrapolated"):
        assert replace(clean, **{name: ~never}).extrapolated[0]
