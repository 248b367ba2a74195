"""The real-world data under `profiles/` say where they come from and agree with what others published."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

PROFILES = Path(__file__).resolve().parents[2] / "profiles"
WEATHER = PROFILES / "weather" / "sterling-va"
WEEK = PROFILES / "demand" / "google-2019-week"
TARIFF = PROFILES / "tariff" / "dominion-gs-3"
CARBON = PROFILES / "carbon" / "us-serc-virginia-carolina"
COST = PROFILES / "cost" / "us-2025"
SERVER = PROFILES / "power" / "epyc-2-socket-2021"

EVERY_PROFILE = sorted(path.parent for path in PROFILES.rglob("profile.yaml"))
HEADER = {"schema", "kind", "source", "year", "licence", "description", "derivation"}

each_profile = pytest.mark.parametrize("profile", EVERY_PROFILE, ids=lambda path: path.relative_to(PROFILES).as_posix())


def header(profile: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((profile / "profile.yaml").read_text(encoding="utf-8"))
    return loaded


def numbers(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in *node* that holds one number under `value`."""
    if isinstance(node, dict):
        if "value" in node:
            yield node
        for child in node.values():
            yield from numbers(child)
    elif isinstance(node, list):
        for child in node:
            yield from numbers(child)


@pytest.fixture(scope="module")
def weather() -> pd.DataFrame:
    return pd.read_csv(WEATHER / "hours.csv.gz")


@pytest.fixture(scope="module")
def month() -> pd.Series:
    """The month of each row: the hours of a year without 29 February."""
    return pd.Series(pd.date_range("2001-01-01", periods=8760, freq="h").month)


@pytest.fixture(scope="module")
def week() -> pd.DataFrame:
    return pd.read_csv(WEEK / "week.csv")


@pytest.fixture(scope="module")
def tariff() -> dict[str, Any]:
    values: dict[str, Any] = header(TARIFF)["values"]
    return values


# Every profile


@each_profile
def test_a_profile_says_what_it_is_and_where_it_comes_from(profile: Path) -> None:
    head = header(profile)
    assert not HEADER - set(head)
    assert all(head[field] not in (None, "") for field in HEADER)
    assert head["schema"] in (1, 2)
    assert head["kind"] in {"measured", "datasheet", "literature", "synthetic"}
    assert isinstance(head["year"], int)
    assert isinstance(head.get("unverified", False), bool)
    assert "columns" in head or "values" in head


@each_profile
def test_the_file_and_the_columns_a_profile_names_exist(profile: Path) -> None:
    head = header(profile)
    if "file" in head:
        assert list(pd.read_csv(profile / head["file"], nrows=1).columns) == list(head["columns"])
        assert all({"unit", "meaning"} <= set(column) for column in head["columns"].values())


@pytest.mark.parametrize("profile", [TARIFF, CARBON, COST, SERVER], ids=lambda path: path.name)
def test_every_number_has_a_unit_a_source_a_year_and_lies_in_its_range(profile: Path) -> None:
    found = list(numbers(header(profile)["values"]))
    assert found
    for number in found:
        assert {"value", "unit", "source", "year"} <= set(number)
        assert number.get("low", number["value"]) <= number["value"] <= number.get("high", number["value"])


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (WEATHER / "LICENSE", "EnergyPlus"),
        (WEATHER / "NOTICE", "National Renewable Energy Laboratory"),
        (WEEK / "NOTICE", "Creative Commons Attribution 4.0"),
        (WEEK / "NOTICE", "Permission is hereby granted, free of charge"),
    ],
)
def test_data_of_others_carry_their_notice(file: Path, words: str) -> None:
    assert words.lower() in " ".join(file.read_text(encoding="utf-8").lower().split())


def test_the_data_stay_small() -> None:
    folders = (WEATHER, WEEK, TARIFF, CARBON, COST, SERVER)
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) < 250_000


# Weather


def test_the_weather_is_one_whole_year_of_hours(weather: pd.DataFrame) -> None:
    assert weather["hour"].tolist() == list(range(8760))
    assert not weather.isna().any().any()
    assert sorted(header(WEATHER)["months"]) == list(range(1, 13))


def test_the_compressed_weather_holds_no_time_stamp() -> None:
    assert (WEATHER / "hours.csv.gz").read_bytes()[4:8] == bytes(4)


@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        ("dry_bulb_c", -25, 42),
        ("dew_point_c", -35, 30),
        ("wet_bulb_c", -25, 30),
        ("relative_humidity", 0.05, 1),
        ("pressure_pa", 96e3, 105e3),
        ("wind_speed_m_s", 0, 30),
        ("ghi_w_m2", 0, 1100),
        ("dni_w_m2", 0, 1100),
        ("dhi_w_m2", 0, 700),
        ("humidity_ratio_kg_kg", 0.0001, 0.025),
    ],
)
def test_the_weather_is_physically_possible(weather: pd.DataFrame, column: str, low: float, high: float) -> None:
    assert weather[column].between(low, high).all()


def test_the_wet_bulb_is_never_above_the_dry_bulb(weather: pd.DataFrame) -> None:
    assert (weather["wet_bulb_c"] <= weather["dry_bulb_c"]).all()


def test_wet_bulb_and_humidity_ratio_are_those_of_psychrolib(weather: pd.DataFrame) -> None:
    psychrolib = pytest.importorskip("psychrolib")
    psychrolib.SetUnitSystem(psychrolib.SI)
    for row in weather.iloc[::97].itertuples():
        state = (row.dry_bulb_c, row.relative_humidity, row.pressure_pa)
        assert row.wet_bulb_c == pytest.approx(psychrolib.GetTWetBulbFromRelHum(*state), abs=0.006)
        assert row.humidity_ratio_kg_kg == pytest.approx(psychrolib.GetHumRatioFromRelHum(*state), abs=6e-7)


def test_the_sun_is_highest_at_noon_of_local_standard_time(weather: pd.DataFrame) -> None:
    """Solar noon at 77.47 degrees west is at 12:10 EST on average: a shift by an hour would show."""
    of_day = weather["hour"] % 24
    assert weather["ghi_w_m2"].groupby(of_day).mean().idxmax() in (11, 12)
    centre = np.average(of_day + 0.5, weights=weather["ghi_w_m2"])
    assert centre == pytest.approx(12 + 10 / 60, abs=0.25)
    assert weather.loc[of_day.isin([22, 23, 0, 1, 2, 3]), "ghi_w_m2"].max() == 0


@pytest.mark.parametrize(
    ("column", "design", "hours"),
    [
        ("dry_bulb_c", "cooling_dry_bulb_0_4_percent_c", 35),
        ("dry_bulb_c", "cooling_dry_bulb_1_percent_c", 88),
        ("dry_bulb_c", "cooling_dry_bulb_2_percent_c", 175),
        ("wet_bulb_c", "evaporation_wet_bulb_0_4_percent_c", 35),
        ("dry_bulb_c", "heating_dry_bulb_99_6_percent_c", 8760 - 35),
    ],
)
def test_the_typical_year_meets_the_design_conditions_of_ashrae(
    weather: pd.DataFrame, column: str, design: str, hours: int
) -> None:
    """ASHRAE Handbook of Fundamentals 2009, Dulles: the value exceeded in so many hours of a year."""
    exceeded = np.sort(weather[column])[::-1][hours - 1]
    assert exceeded == pytest.approx(header(WEATHER)["published"][design], abs=0.6)


def test_july_is_the_hottest_month_and_as_warm_as_published(weather: pd.DataFrame, month: pd.Series) -> None:
    """Means of 31 degC by day and 20 degC by night in July at Ashburn, 8 km from the airport (timesng.com), and a
    July normal 1981-2010 of 79.8 degF in the warmer city at Washington National (Wide World of Weather, July 2022).
    The normal of NOAA for Dulles itself could not be read.
    """
    monthly = weather["dry_bulb_c"].groupby(month).mean()
    assert monthly.idxmax() == header(WEATHER)["published"]["hottest_month"]
    assert monthly[7] == pytest.approx((31 + 20) / 2, abs=2)
    assert monthly[7] < (79.8 - 32) / 1.8


# Demand


def test_the_week_is_whole_and_has_a_mean_of_one(week: pd.DataFrame) -> None:
    assert week["time_s"].tolist() == list(range(0, 7 * 86400, 300))
    assert week["relative_rate"].mean() == pytest.approx(1, abs=1e-6)
    assert (week["relative_rate"] > 0).all()


def test_the_week_peaks_and_dips_as_its_description_says(week: pd.DataFrame) -> None:
    assert week["relative_rate"].max() == pytest.approx(1.18, abs=0.005)
    assert week["relative_rate"].min() == pytest.approx(0.70, abs=0.005)


# Tariff


@pytest.mark.parametrize("charge", ["energy", "demand"])
def test_every_hour_of_the_tariff_belongs_to_a_period(tariff: dict[str, Any], charge: str) -> None:
    for days in ("weekday", "weekend"):
        schedule = np.array(tariff[f"{charge}_schedule"][days])
        assert schedule.shape == (12, 24)
        assert set(schedule.ravel()) <= set(range(len(tariff[charge])))


def test_the_tariff_is_dear_by_day_on_weekdays_and_later_in_summer(tariff: dict[str, Any]) -> None:
    weekday = np.array(tariff["energy_schedule"]["weekday"])
    for month in range(1, 13):
        first = 10 if month in (6, 7, 8, 9) else 7
        assert np.flatnonzero(weekday[month - 1]).tolist() == list(range(first, 22))
    assert not np.any(tariff["energy_schedule"]["weekend"])


def test_the_prices_of_the_tariff_are_the_sums_of_their_parts(tariff: dict[str, Any]) -> None:
    part = {part["name"]: part["value"] for part in tariff["parts"]}
    price = {period["name"]: period["price_usd_per_kwh"] for period in tariff["energy"]}
    demand = {period["name"]: period["usd_per_kw_month"] for period in tariff["demand"]}
    assert price["on_peak"] == pytest.approx(part["energy on-peak"] + part["fuel"])
    assert price["off_peak"] == pytest.approx(part["energy off-peak"] + part["fuel"])
    assert demand == {"off_peak": 0, "on_peak": part["on-peak generation demand"]}
    assert tariff["flat_demand_usd_per_kw_month"] == pytest.approx(
        part["distribution demand"] + part["transmission demand"]
    )
    assert tariff["fixed_usd_per_month"] == part["basic customer charge"]
    assert tariff["demand_window"] == "30 min"


# Carbon, servers


def test_the_carbon_factor_is_that_of_egrid_in_kilograms() -> None:
    """596.3 lb/MWh in eGRID2023; CO2, CH4 and N2O of eGRID2024 weighted by 1, 27 and 273."""
    factor = header(CARBON)["values"]["kg_per_kwh"]
    kg_per_lb = 0.45359237
    assert factor["value"] == pytest.approx(596.3 * kg_per_lb / 1000, abs=5e-5)
    assert factor["high"] == pytest.approx((637.4 + 0.047 * 27 + 0.007 * 273) * kg_per_lb / 1000, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "results_w"),
    [
        ("max_w", [460, 459, 461, 454, 455, 546, 468, 453]),
        ("idle_w", [75.6, 104, 102, 79.3, 108, 120, 109, 78.5]),
    ],
)
def test_the_server_is_the_median_of_the_specpower_results(name: str, results_w: list[float]) -> None:
    power = header(SERVER)["values"][name]
    assert power["value"] == pytest.approx(statistics.median(results_w), abs=0.5)
    assert (power["low"], power["high"]) == (min(results_w), max(results_w))
