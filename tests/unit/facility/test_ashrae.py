from __future__ import annotations

import numpy as np
import pytest

from dcplan.facility.ashrae import ALLOWABLE, RECOMMENDED, allowable, rack_cooling_index, recommended
from dcplan.signals import moist_air

SEA = np.array([101325.0])


@pytest.mark.parametrize(
    ("name", "altitude_m", "highest_c"),
    [("A1", 0.0, 32.0), ("A2", 1800.0, 32.0), ("A3", 1600.0, 36.0), ("A4", 1900.0, 37.0), ("H1", 900.0, 25.0)],
)
def test_altitude_lowers_the_highest_temperature(name: str, altitude_m: float, highest_c: float) -> None:
    assert allowable(name, altitude_m).high_c == pytest.approx(highest_c)


@pytest.mark.parametrize(
    ("dry_bulb_c", "relative", "outside"),
    [
        (22.0, 0.5, False),
        (17.9, 0.5, True),
        (27.1, 0.4, True),
        (22.0, 0.72, True),
        (22.0, 0.05, True),
        (26.0, 0.55, True),
    ],
)
def test_the_recommended_envelope_has_six_sides(dry_bulb_c: float, relative: float, outside: bool) -> None:
    """26 degC and 55 %: dew point 16.2 degC, above 15; 22 degC and 5 % have a dew point of about -19 degC."""
    ratio = moist_air.humidity_ratio_kg_kg(np.array([dry_bulb_c]), relative, SEA)
    assert RECOMMENDED.left_by(np.array([dry_bulb_c]), ratio, SEA).tolist() == [outside]


def test_recommended_lies_inside_allowable() -> None:
    for name, most in ALLOWABLE.items():
        wanted = recommended(name)
        assert most.low_c <= wanted.low_c < wanted.high_c <= most.high_c
        assert most.dew_point_low_c <= wanted.dew_point_low_c
        assert wanted.dew_point_high_c <= most.dew_point_high_c
        assert wanted.humidity_high <= most.humidity_high


def test_the_rack_cooling_index_weighs_what_is_too_warm_or_cold() -> None:
    """Herrlin 2005: at the allowable limit all the time it is 0."""
    assert rack_cooling_index(np.array([32.0]), np.ones(1), "A1") == (0.0, 1.0)
    high, low = rack_cooling_index(np.array([15.0, 22.0]), np.array([1.0, 3.0]), "A1")
    assert (high, low) == (1.0, pytest.approx(0.75))
