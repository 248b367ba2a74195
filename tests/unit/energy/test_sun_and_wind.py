from __future__ import annotations

import numpy as np
import pytest

from dcplan.energy import sun, wind
from dcplan.energy.sun import Plane
from dcplan.profiles.library import default_library
from dcplan.profiles.on_site import Modules, Turbine
from dcplan.signals.places import year_at
from dcplan.signals.weather_year import WeatherYear

LIBRARY = default_library()


def modules() -> Modules:
    return Modules.from_values(LIBRARY.load("energy", "pv-pvwatts").values)


def turbine() -> Turbine:
    return Turbine.from_values(LIBRARY.load("energy", "turbine-nrel-4mw-150").values)


@pytest.fixture(scope="module")
def sterling() -> WeatherYear:
    return year_at(LIBRARY.load("weather", "sterling-va"))


def test_a_kilowatt_of_modules_at_sterling_gives_1311_kwh_within_2_percent(sterling: WeatherYear) -> None:
    assert sterling.sky is not None
    power = sun.hourly_power(sterling.sky, sterling.dry_bulb_c, Plane(25.0, 180.0), modules())
    assert power.sum() == pytest.approx(1311.0, rel=0.02)
    assert power.max() <= 1 / 1.2 + 1e-9
    assert power.min() == 0.0


def test_the_sun_is_highest_about_noon_and_gone_at_midnight(sterling: WeatherYear) -> None:
    assert sterling.sky is not None
    power = sun.hourly_power(sterling.sky, sterling.dry_bulb_c, Plane(25.0, 180.0), modules())
    by_hour = power.reshape(365, 24).mean(axis=0)
    assert by_hour.argmax() in (11, 12)
    assert by_hour[[0, 1, 2, 3, 21, 22, 23]].max() == 0.0


def test_modules_that_look_north_give_less_and_those_that_look_west_later(sterling: WeatherYear) -> None:
    assert sterling.sky is not None
    south, north, west = (
        sun.hourly_power(sterling.sky, sterling.dry_bulb_c, Plane(25.0, azimuth), modules()).reshape(365, 24)
        for azimuth in (180.0, 0.0, 270.0)
    )
    assert north.sum() < west.sum() < south.sum()
    assert west.mean(axis=0).argmax() > south.mean(axis=0).argmax()


def test_a_made_up_year_tells_no_sunlight() -> None:
    assert year_at(LIBRARY.load("weather", "singapore")).sky is None


def test_modules_lose_half_a_percent_a_year() -> None:
    assert sun.aged(0.0, modules()) == 1.0
    assert sun.aged(20.0, modules()) == pytest.approx(0.995**20)


def test_the_power_curve_is_that_of_its_source() -> None:
    air = np.full(6, 1.225)
    share = wind.power(np.array([2.9, 5.0, 8.0, 12.0, 25.0, 30.0]), air, turbine())
    assert share == pytest.approx([0.0, 0.1235, 0.55, 1.0, 0.0, 0.0])


def test_thin_air_gives_less() -> None:
    at_8_m_s = wind.power(np.array([8.0, 8.0]), np.array([1.225, 1.0]), turbine())
    slower = wind.power(np.array([8.0 * (1.0 / 1.225) ** (1 / 3)]), np.array([1.225]), turbine())
    assert at_8_m_s[1] == pytest.approx(slower[0])
    assert at_8_m_s[1] < at_8_m_s[0]


def test_air_is_as_dense_as_the_standard_atmosphere_says() -> None:
    assert wind.density_kg_m3(np.array([15.0]), np.array([101325.0]), 0.0)[0] == pytest.approx(1.225, abs=5e-4)
    assert wind.density_kg_m3(np.array([15.0]), np.array([101325.0]), 100.0)[0] == pytest.approx(1.2107, abs=1e-3)


def test_a_year_of_wind_is_between_nothing_and_the_rating_less_losses(sterling: WeatherYear) -> None:
    assert sterling.sky is not None
    power = wind.hourly_power(sterling.sky.wind_m_s, sterling.dry_bulb_c, sterling.pressure_pa, 100.0, turbine())
    assert 0.1 < power.mean() < 0.25
    assert power.max() <= 0.85 + 1e-12
