"""The places that dcplan ships: typical years as NREL and ASHRAE publish them, synthetic years as their normals say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import psychrolib
import pytest

from dcplan.profiles.library import Library, Profile
from dcplan.signals import moist_air
from dcplan.signals.places import normals_of, year_at
from dcplan.signals.synthetic_year import Normals, monthly, synthetic_year
from dcplan.signals.weather_year import DAYS_OF_MONTH, WeatherYear

psychrolib.SetUnitSystem(psychrolib.SI)  # once: it compiles

PROFILES = Path(__file__).resolve().parents[2] / "profiles"
LIBRARY = Library([PROFILES])
PLACES = [LIBRARY.load("weather", name) for name in LIBRARY.names("weather")]
TYPICAL = [place for place in PLACES if place.kind == "measured"]
SYNTHETIC = [place for place in PLACES if place.kind == "synthetic"]

typical = pytest.mark.parametrize("place", TYPICAL, ids=lambda place: place.name)
synthetic = pytest.mark.parametrize("place", SYNTHETIC, ids=lambda place: place.name)


@cache
def year_of(name: str) -> WeatherYear:
    return year_at(LIBRARY.load("weather", name))


def hours(place: Profile) -> pd.DataFrame:
    return pd.read_csv(place.table("hours.csv.gz"))


def humidity(year: WeatherYear) -> np.ndarray:
    ratio = moist_air.humidity_ratio_of_wet_bulb_kg_kg(year.dry_bulb_c, year.wet_bulb_c, year.pressure_pa)
    return moist_air.relative_humidity(year.dry_bulb_c, ratio, year.pressure_pa)


def thermal_zone(year: WeatherYear) -> int:
    """The number of the climate zone by degree days (ASHRAE Standard 169-2013, table A-3)."""
    daily_c = year.dry_bulb_c.reshape(-1, 24).mean(axis=1)
    cooling, heating = np.maximum(daily_c - 10.0, 0.0).sum(), np.maximum(18.3 - daily_c, 0.0).sum()
    hot = [limit for limit in (6000.0, 5000.0, 3500.0) if cooling <= limit]
    cold = [limit for limit in (2000.0, 3000.0, 4000.0, 5000.0, 7000.0) if heating > limit]
    return len(hot) + len(cold) if len(hot) == 3 else len(hot)


def test_there_are_eight_typical_and_at_least_25_synthetic_places() -> None:
    assert len(TYPICAL) == 8
    assert len(SYNTHETIC) >= 25
    zones = {str(place.header["ashrae_zone"]) for place in PLACES}
    moist = {f"{number}A" for number in range(7)}
    dry = {f"{number}B" for number in range(7)}
    assert moist | dry | {"3C", "4C", "7", "8"} <= zones


def test_the_weather_stays_small() -> None:
    for place in PLACES:
        assert sum(file.stat().st_size for file in place.path.iterdir()) < 160_000


@typical
def test_a_typical_year_is_whole_and_carries_its_notice(place: Profile) -> None:
    table = hours(place)
    assert table["hour"].tolist() == list(range(8760))
    assert not table.isna().any().any()
    assert sorted(place.header["months"]) == list(range(1, 13))
    assert place.table("hours.csv.gz").read_bytes()[4:8] == bytes(4), "the compressed file holds a time stamp"
    assert "National Renewable Energy Laboratory" in " ".join(place.table("NOTICE").read_text().split())
    assert place.table("LICENSE").is_file()


@typical
def test_its_wet_bulb_and_humidity_are_those_of_psychrolib(place: Profile) -> None:
    for row in hours(place).iloc[::397].itertuples():
        state = (row.dry_bulb_c, row.relative_humidity, row.pressure_pa)
        assert row.wet_bulb_c == pytest.approx(psychrolib.GetTWetBulbFromRelHum(*state), abs=0.006)
        assert row.humidity_ratio_kg_kg == pytest.approx(psychrolib.GetHumRatioFromRelHum(*state), abs=6e-7)


@typical
def test_its_sun_is_highest_at_solar_noon(place: Profile) -> None:
    """A shift of an hour would show: noon is where the place's longitude puts it, within the equation of time."""
    table = hours(place)
    centre = np.average(table["hour"] % 24 + 0.5, weights=table["ghi_w_m2"])
    noon = 12.0 + float(place.header["utc_offset_h"]) - float(place.header["longitude"]) / 15.0
    assert centre == pytest.approx(noon, abs=0.45)


@typical
def test_its_zone_is_that_of_its_degree_days(place: Profile) -> None:
    assert thermal_zone(year_of(place.name)) == int(place.header["ashrae_zone"][0])


@pytest.mark.parametrize("place", [place for place in TYPICAL if "published" in place.header], ids=lambda p: p.name)
@pytest.mark.parametrize(
    ("column", "share", "design"),
    [
        ("dry_bulb_c", 0.004, "cooling_dry_bulb_0_4_percent_c"),
        ("dry_bulb_c", 0.01, "cooling_dry_bulb_1_percent_c"),
        ("dry_bulb_c", 0.02, "cooling_dry_bulb_2_percent_c"),
        ("wet_bulb_c", 0.004, "evaporation_wet_bulb_0_4_percent_c"),
    ],
)
def test_it_comes_near_the_design_conditions_of_ashrae(place: Profile, column: str, share: float, design: str) -> None:
    """ASHRAE Handbook of Fundamentals 2009. A typical year leaves out the hottest years, so it lies a little lower."""
    found = year_of(place.name).exceeded_c(column, share)
    assert -1.3 <= found - place.header["published"][design] <= 0.6


def test_the_hottest_month_is_as_published() -> None:
    for place in (place for place in TYPICAL if "published" in place.header):
        month = np.repeat(np.arange(1, 13), np.array(DAYS_OF_MONTH) * 24)
        means = pd.Series(year_of(place.name).dry_bulb_c).groupby(month).mean()
        assert means.max() - means[place.header["published"]["hottest_month"]] < 1.0


@synthetic
def test_a_synthetic_year_gives_back_its_normals(place: Profile) -> None:
    year, normals = year_of(place.name), normals_of(place)
    high_c, low_c, relative = monthly(year.dry_bulb_c, humidity(year))
    np.testing.assert_allclose(high_c, normals.daily_max_c, rtol=0, atol=0.05)
    np.testing.assert_allclose(low_c, normals.daily_min_c, rtol=0, atol=0.05)
    np.testing.assert_allclose(relative, normals.relative_humidity, rtol=0, atol=0.003)
    assert (year.wet_bulb_c <= year.dry_bulb_c).all()


FAHRENHEIT = {
    "albuquerque": (46.8, 52.5, 60.5, 69.0, 78.8, 88.3, 90.1, 87.2, 80.7, 69.0, 55.8, 46.1),
    "duluth": (18.9, 24.0, 34.4, 49.2, 62.2, 70.8, 76.3, 74.3, 65.0, 51.5, 35.6, 22.3),
    "fairbanks": (1.1, 10.0, 25.4, 44.5, 61.0, 71.6, 72.7, 65.9, 54.6, 31.9, 10.9, 4.8),
    "helena": (33.3, 38.6, 48.2, 57.8, 67.1, 75.7, 85.7, 84.5, 72.6, 58.7, 43.1, 31.7),
    "las-vegas": (58.0, 62.5, 70.3, 78.3, 88.9, 98.7, 104.2, 102.0, 94.0, 80.6, 66.3, 56.6),
    "los-angeles": (64.6, 64.3, 64.4, 66.4, 68.1, 70.6, 73.8, 74.9, 74.6, 72.5, 68.9, 64.6),
    "minneapolis": (23.7, 28.9, 41.3, 57.8, 69.4, 78.8, 83.4, 80.5, 71.7, 58.0, 41.2, 27.1),
    "phoenix": (67.2, 70.7, 76.9, 85.2, 94.8, 103.9, 106.1, 104.4, 99.8, 88.5, 75.5, 66.0),
    "seattle": (47.2, 49.9, 53.7, 58.5, 64.7, 69.9, 75.8, 76.3, 70.5, 59.7, 50.9, 45.7),
}
"""Mean daily maximum of each month, 1981-2010 [degF] (NOAA, mly-tmax-normal.txt)."""


@pytest.mark.parametrize("name", FAHRENHEIT)
def test_the_maxima_are_those_of_1981_to_2010_or_of_ten_years_later(name: str) -> None:
    place = next(each for each in SYNTHETIC if each.name == name)
    warmer_k = normals_of(place).daily_max_c - (np.array(FAHRENHEIT[name]) - 32.0) / 1.8
    if "1981-2010" in place.source:
        np.testing.assert_allclose(warmer_k, 0.0, rtol=0, atol=0.051)
    else:
        assert np.abs(warmer_k).max() < 1.6
        assert -0.3 < warmer_k.mean() < 1.1


@synthetic
def test_a_synthetic_place_is_marked_and_in_its_zone(place: Profile) -> None:
    """The standard's own table was made from other years, so a place near a limit may lie one zone off."""
    assert place.unverified
    assert "synthetic" in place.description
    assert abs(thermal_zone(year_of(place.name)) - int(place.header["ashrae_zone"][0])) <= 1


@synthetic
def test_its_standard_time_is_that_of_its_zone_and_its_longitude(place: Profile) -> None:
    offset_h = float(place.header["utc_offset_h"])
    winter = pd.Timestamp("2025-01-15", tz=place.header["tz"]).utcoffset()
    summer = pd.Timestamp("2025-07-15", tz=place.header["tz"]).utcoffset()
    assert winter is not None
    assert summer is not None
    assert offset_h == min(winter, summer) / pd.Timedelta(hours=1)
    assert abs(offset_h - float(place.header["longitude"]) / 15.0) <= 2.1


@typical
def test_made_anew_from_its_own_normals_a_year_comes_near_its_design_conditions(place: Profile) -> None:
    """What the extremes of a synthetic year are worth; the text of `synthetic_year` tells the same numbers."""
    year = year_of(place.name)
    pressure_pa = float(year.pressure_pa.mean())
    normals = Normals(*monthly(year.dry_bulb_c, humidity(year)))
    dry, wet = [], []
    for seed in range(5):
        dry_bulb_c, ratio = synthetic_year(normals, pressure_pa, seed)
        dry.append(np.quantile(dry_bulb_c, 0.996))
        wet.append(np.quantile(moist_air.wet_bulb_c(dry_bulb_c, ratio, pressure_pa), 0.996))
    assert -3.1 <= np.mean(dry) - year.exceeded_c("dry_bulb_c", 0.004) <= 2.0
    assert -1.5 <= np.mean(wet) - year.exceeded_c("wet_bulb_c", 0.004) <= 1.6
