from __future__ import annotations

import numpy as np
import pytest

from dcplan.signals.weather import Weather


def test_good_weather_is_accepted() -> None:
    Weather(np.array([10.0, 20.0]), np.array([10.4, 15.0]), np.array(101325.0))


@pytest.mark.parametrize(
    ("dry_bulb_c", "wet_bulb_c", "pressure_pa", "message"),
    [
        (10.0, 12.0, 101325.0, "wet_bulb_c is above dry_bulb_c"),
        (10.0, np.nan, 101325.0, "wet_bulb_c runs from nan"),
        (10.0, 5.0, 1013.25, "pressure_pa runs from 1013.25 to 1013.25, outside 50000 to 110000"),
        (310.0, 5.0, 101325.0, "dry_bulb_c runs from 310"),
    ],
)
def test_bad_weather_is_refused(dry_bulb_c: float, wet_bulb_c: float, pressure_pa: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Weather(np.array([dry_bulb_c]), np.array([wet_bulb_c]), np.array([pressure_pa]))


def test_no_weather_is_refused() -> None:
    with pytest.raises(ValueError, match="dry_bulb_c is empty"):
        Weather(np.array([]), np.array([]), np.array([]))


def test_humidity_follows_from_dry_and_wet_bulb() -> None:
    """ASHRAE Handbook of Fundamentals 2017, chapter 1, figure 1: 25 degC and 50 % have a wet bulb of 17.9 degC."""
    air = Weather(np.array([25.0]), np.array([17.88]), np.array(101325.0))
    assert air.relative_humidity == pytest.approx([0.5], abs=0.002)
    assert air.humidity_ratio_kg_kg == pytest.approx([0.00988], abs=0.00004)
    assert air.dew_point_c == pytest.approx([13.86], abs=0.06)


@pytest.mark.parametrize(("wet_bulb_c", "relative_humidity"), [(-0.5, 1.0), (-20.0, 0.0)])
def test_humidity_never_leaves_its_range(wet_bulb_c: float, relative_humidity: float) -> None:
    air = Weather(np.array([-1.0]), np.array([wet_bulb_c]), np.array(101325.0))
    assert air.relative_humidity == pytest.approx([relative_humidity], abs=1e-4)
