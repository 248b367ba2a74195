from __future__ import annotations

import pytest
from pydantic import ValidationError

from dcplan.scenario.site import ClimateDelta, Site, WeatherFile
from dcplan.scenario.site_grid import SiteGrid

ALL = {"place": "a", "grid": "b", "tariff": "c", "prices": "d"}


def test_a_site_names_four_profiles() -> None:
    assert Site.model_validate(ALL).model_dump() == ALL | {"weather": None, "embodied": None}


@pytest.mark.parametrize("key", ALL)
def test_no_part_of_a_site_is_guessed(key: str) -> None:
    with pytest.raises(ValidationError, match=r"Field required"):
        Site.model_validate({name: value for name, value in ALL.items() if name != key})


def site(**changed: object) -> Site:
    return Site.model_validate(ALL | changed)


def test_a_place_may_be_a_file() -> None:
    place = site(place={"file": "a.epw", "altitude": "82 m", "utc_offset": "-5 h"}).place
    assert place == WeatherFile(file="a.epw", altitude="82 m", utc_offset="-5 h")  # type: ignore[arg-type]
    assert isinstance(place, WeatherFile)
    assert (place.altitude, place.utc_offset, place.time_zone) == (82.0, -5.0, None)


def test_a_climate_changes_every_month_by_its_own() -> None:
    yearly = ClimateDelta.model_validate({"annual": "2 K", "humidity": "relative_humidity"})
    assert yearly.by_month == (2.0,) * 12
    monthly = ClimateDelta.model_validate({"monthly": [f"{i} K" for i in range(12)], "humidity": "humidity_ratio"})
    assert monthly.by_month == tuple(range(12))


WAVE = {"start": "2025-07-09", "days": 3, "peak": "8 K", "shape": "plateau", "humidity": "humidity_ratio"}


@pytest.mark.parametrize(
    ("weather", "message"),
    [
        ({}, "nothing is changed"),
        ({"heat_wave": WAVE | {"start": 2025}}, "write a date such as 2025-07-09"),
        ({"heat_wave": WAVE | {"peak": "0 K"}}, "greater than 0"),
        ({"climate_delta": {"humidity": "humidity_ratio"}}, "give either 'annual'"),
        ({"climate_delta": {"annual": "2 K"}}, "Field required"),
        ({"design_day": {}}, "give either 'exceeded', or"),
        ({"design_day": {"exceeded": "0.4 %", "dry_bulb": "35 degC"}}, "give either 'exceeded', or"),
        ({"design_day": {"dry_bulb": "35 degC", "wet_bulb": "24 degC"}}, "give either 'exceeded', or"),
        (
            {"design_day": {"dry_bulb": "25 degC", "wet_bulb": "26 degC", "daily_range": "9 K"}},
            "a wet bulb of 26 degC is above the dry bulb of 25 degC",
        ),
    ],
)
def test_changes_that_make_no_sense_are_refused(weather: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        site(weather=weather)


def test_a_grid_may_be_a_region_with_contracts() -> None:
    wind = {"share": 0.6, "matching": "hourly"}
    grid = site(grid={"profile": "a", "region": "DEU", "contracts": {"wind": wind}, "carbon_price": "51 USD/t"}).grid
    assert isinstance(grid, SiteGrid)
    assert (grid.contracts["wind"].share, grid.carbon_price) == (0.6, 51.0)


def test_contracts_cover_no_more_than_all() -> None:
    parts = {name: {"share": 0.6, "matching": "annual"} for name in ("wind", "sun")}
    with pytest.raises(ValidationError, match="the contracts cover 120% of the energy; lower a 'share'"):
        site(grid={"profile": "a", "contracts": parts})


def test_a_residual_mix_is_of_what_contracts_leave() -> None:
    with pytest.raises(ValidationError, match="name 'contracts', or remove it"):
        site(grid={"profile": "a", "residual_mix": "0.4 kg/kWh"})
