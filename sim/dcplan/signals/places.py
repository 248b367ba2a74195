"""The weather years of the library: hours that were measured, or hours made from monthly normals."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles.library import Profile
from dcplan.signals import moist_air
from dcplan.signals.clock import FloatArray
from dcplan.signals.sky import SKY_COLUMNS, Sky, sky_of
from dcplan.signals.synthetic_year import Normals, synthetic_year
from dcplan.signals.weather_year import YEAR_H, WeatherYear, is_zone

COLUMNS = ("dry_bulb_c", "wet_bulb_c", "pressure_pa")
WHERE = ("latitude", "longitude", "altitude_m")


def year_at(place: Profile) -> WeatherYear:
    """The weather year of *place*, a profile of the library."""
    zone = zone_of(place)
    try:
        utc_offset_h = float(place.header["utc_offset_h"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"weather profile '{place.name}': lacks its standard time", "add 'utc_offset_h'") from error
    if place.kind == "synthetic" and place.values:
        return WeatherYear(*_synthetic(place), utc_offset_h=utc_offset_h, zone=zone)
    hours = _hours(place)
    dry_bulb_c, wet_bulb_c, pressure_pa = (hours[name].to_numpy(dtype=np.float64) for name in COLUMNS)
    sky = _sky(place, hours, utc_offset_h)
    return WeatherYear(dry_bulb_c, wet_bulb_c, pressure_pa, utc_offset_h, zone, sky)


def zone_of(place: Profile) -> str:
    """The time zone of *place*, e.g. "America/New_York"."""
    zone = str(place.header.get("tz"))
    if not is_zone(zone):
        raise InputError(f"weather profile '{place.name}': tz: '{zone}' is no time zone")
    return zone


def normals_of(place: Profile) -> Normals:
    """The monthly normals that the synthetic year of *place* is made from."""
    try:
        columns = (np.array(place.values[name], dtype=np.float64) for name in Normals.__dataclass_fields__)
        return Normals(*columns)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"weather profile '{place.name}': {error}", "give twelve numbers of each") from error


def _hours(place: Profile) -> pd.DataFrame:
    """The hours of a measured year, those columns whole that every year needs."""
    table = place.table("hours.csv.gz")
    try:
        hours = pd.read_csv(table, usecols=lambda name: name in (*COLUMNS, *SKY_COLUMNS), dtype=np.float64)
        missing = hours[list(COLUMNS)].isna().any(axis=None)
    except (EOFError, KeyError, OSError, TypeError, ValueError, zlib.error) as error:
        raise InputError(f"{table}: is not a weather year: {error}", "see 'dcplan list sites'") from error
    if len(hours) != YEAR_H or missing:
        raise InputError(f"{table}: expected {YEAR_H} complete hours, found {len(hours)}")
    return hours


def _sky(place: Profile, hours: pd.DataFrame, utc_offset_h: float) -> Sky | None:
    """Sunlight and wind of a measured year, if the profile says where it was measured."""
    try:
        latitude_deg, longitude_deg, altitude_m = (float(place.header[name]) for name in WHERE)
        return sky_of(hours, latitude_deg, longitude_deg, altitude_m, utc_offset_h)
    except (KeyError, TypeError, ValueError):
        return None


def _synthetic(place: Profile) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The days' anomalies are drawn from a stream of the place's own name."""
    try:
        pressure_pa = float(moist_air.pressure_at_altitude_pa(float(place.header["altitude_m"])))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"weather profile '{place.name}': lacks its altitude", "add 'altitude_m'") from error
    dry_bulb_c, ratio = synthetic_year(normals_of(place), pressure_pa, zlib.crc32(place.name.encode()))
    wet_bulb_c = moist_air.wet_bulb_c(dry_bulb_c, ratio, pressure_pa)
    return dry_bulb_c, wet_bulb_c, np.full(YEAR_H, pressure_pa)
