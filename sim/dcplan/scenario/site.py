"""The place: its weather, its grid, its tariff, its prices."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from dcplan.scenario.base import Spec, Temperature, TemperatureRise, Unit
from dcplan.scenario.site_grid import SiteGrid
from dcplan.scenario.site_tariff import SiteTariff
from dcplan.units import shorten

Humidity = Literal["humidity_ratio", "relative_humidity"]
TemperatureChange = Annotated[float, Unit("K"), Field(ge=-30, le=30)]


class WeatherFile(Spec):
    """A weather year of your own: EPW, TMY3, TMY2, or a CSV with the columns of `profiles/weather/*/hours.csv.gz`."""

    file: str
    """Beside the scenario: .epw, .tm2, .csv (TMY3, or columns such as dry_bulb_c, relative_humidity) or .csv.gz."""
    time_zone: str | None = None
    """Of the wall clock, e.g. 'Europe/Berlin'; if not given, the file's standard time without daylight saving."""
    altitude: Annotated[float, Unit("m"), Field(ge=-430, le=5500)] | None = None
    """Height above the sea, for the pressure where the file has none; a CSV without pressure needs it."""
    utc_offset: Annotated[float, Unit("h"), Field(ge=-12, le=14)] | None = None
    """Local standard time minus UTC, e.g. '-5 h'; a CSV needs it."""


def _date(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("write a date such as 2025-07-09")
    return value


class HeatWave(Spec):
    """Some days that are hotter than the weather year."""

    start: Annotated[date, BeforeValidator(_date)]
    """First day, site time."""
    days: Annotated[int, Field(ge=1, le=90, strict=True)]
    """How long it lasts."""
    peak: TemperatureRise
    """The most that it adds to the dry bulb, e.g. '8 K'."""
    shape: Literal["triangle", "plateau"]
    """Rises to its middle and falls; or rises during its first day, stays, and falls during its last."""
    humidity: Humidity
    """What stays as it was: the water in the air, or its relative humidity."""


class ClimateDelta(Spec):
    """A changed climate: every hour of a month is warmer by so much."""

    annual: TemperatureChange | None = None
    """All year, e.g. '2 K'."""
    monthly: Annotated[tuple[TemperatureChange, ...], Field(min_length=12, max_length=12)] | None = None
    """January first."""
    humidity: Humidity
    """What stays as it was: the water in the air, or its relative humidity (as climate models expect)."""

    @model_validator(mode="after")
    def _one(self) -> ClimateDelta:
        if (self.annual is None) == (self.monthly is None):
            raise ValueError("give either 'annual' (one change) or 'monthly' (twelve), not both")
        return self

    @property
    def by_month(self) -> tuple[float, ...]:
        """Change of each month [K], January first."""
        return self.monthly if self.monthly is not None else (self.annual or 0.0,) * 12


class DesignDay(Spec):
    """The hottest day that a plant is designed for, every day: as published, or taken from the weather year."""

    exceeded: Literal["0.4 %", "1 %", "2 %"] | None = None
    """Share of the year's hours whose dry bulb is above that of the design day."""
    dry_bulb: Temperature | None = None
    """Highest dry bulb, as published; with `wet_bulb` and `daily_range`."""
    wet_bulb: Temperature | None = None
    """Wet bulb at that time (mean coincident wet bulb)."""
    daily_range: TemperatureRise | None = None
    """Highest minus lowest dry bulb of the day."""

    @model_validator(mode="after")
    def _one(self) -> DesignDay:
        given = [value is not None for value in (self.dry_bulb, self.wet_bulb, self.daily_range)]
        if any(given) == (self.exceeded is not None) or any(given) != all(given):
            raise ValueError("give either 'exceeded', or 'dry_bulb', 'wet_bulb' and 'daily_range'")
        if self.dry_bulb is not None and self.wet_bulb is not None and self.wet_bulb > self.dry_bulb:
            raise ValueError(f"a wet bulb of {self.wet_bulb:g} degC is above the dry bulb of {self.dry_bulb:g} degC")
        return self


class WeatherChanges(Spec):
    """What is different from the weather year: first the design day, then the climate, then a heat wave."""

    design_day: DesignDay | None = None
    """Every day is this one."""
    climate_delta: ClimateDelta | None = None
    """A changed climate."""
    heat_wave: HeatWave | None = None
    """Some hotter days."""

    @model_validator(mode="after")
    def _some(self) -> WeatherChanges:
        if self.design_day is None and self.climate_delta is None and self.heat_wave is None:
            raise ValueError("nothing is changed; add design_day, climate_delta or heat_wave, or leave it out")
        return self


def _shape(place: object) -> str:
    """Whether a place is a name or a file, by what is written."""
    return "<WeatherFile>" if isinstance(place, WeatherFile | dict) else "<str>"


def _no_file(place: str) -> str:
    if place.lower().endswith((".epw", ".tm2", ".csv", ".csv.gz")):
        raise ValueError(f"a weather file is named with its key; write 'place: {{file: {shorten(place)}}}'")
    return place


PlaceName = Annotated[str, AfterValidator(_no_file)]
Place = Annotated[
    Annotated[PlaceName, Tag("<str>")] | Annotated[WeatherFile, Tag("<WeatherFile>")], Discriminator(_shape)
]


def _grid_shape(grid: object) -> str:
    """Whether a grid is a name or more, by what is written."""
    return "<SiteGrid>" if isinstance(grid, SiteGrid | dict) else "<str>"


GridChoice = Annotated[
    Annotated[str, Tag("<str>")] | Annotated[SiteGrid, Tag("<SiteGrid>")], Discriminator(_grid_shape)
]


def _tariff_shape(tariff: object) -> str:
    """Whether a tariff is a name or more, by what is written."""
    return "<SiteTariff>" if isinstance(tariff, SiteTariff | dict) else "<str>"


TariffChoice = Annotated[
    Annotated[str, Tag("<str>")] | Annotated[SiteTariff, Tag("<SiteTariff>")], Discriminator(_tariff_shape)
]


class Site(Spec):
    """Where it is built; each key names a profile."""

    place: Place
    """Weather year, altitude and time zone: `profiles/weather/`; or {file: ...}, a weather file of your own."""
    weather: WeatherChanges | None = None
    """What is different from that year; the plant is sized without it."""
    grid: GridChoice
    """Carbon of the grid's electricity: `profiles/carbon/`; or more about it: {profile: ..., region: ...}."""
    embodied: str | None = None
    """Carbon of making servers and building: `profiles/embodied/`; if not given, it is not counted."""
    tariff: TariffChoice
    """What energy and peak demand cost: `profiles/tariff/`; or {profile: ...} with prices by the hour or a contract."""
    prices: str
    """What servers, building, water and capital cost: `profiles/cost/`."""

    @property
    def supply(self) -> SiteTariff:
        """The tariff with what the site brings to it, which is nothing if it is a name alone."""
        return self.tariff if isinstance(self.tariff, SiteTariff) else SiteTariff(profile=self.tariff)
