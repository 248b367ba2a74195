"""The weather at a place on the simulation's grid, from a typical year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles.library import Profile
from dcplan.signals.clock import Clock, FloatArray, year_hours

YEAR_H = 8760


@dataclass(frozen=True)
class Weather:
    """Moist air outside, one value per time.

    Attributes:
        dry_bulb_c: Temperature of the air [degC].
        wet_bulb_c: Temperature that evaporating water reaches in it [degC].
        pressure_pa: Station pressure [Pa].
    """

    dry_bulb_c: FloatArray
    wet_bulb_c: FloatArray
    pressure_pa: FloatArray


def weather_at(place: Profile, clock: Clock, time_s: FloatArray) -> Weather:
    """The weather of a typical year at *time_s* [s], linear between the hours of the file."""
    table = place.table("hours.csv.gz")
    columns = ["dry_bulb_c", "wet_bulb_c", "pressure_pa"]
    hours = pd.read_csv(table, usecols=columns)
    if len(hours) != YEAR_H or hours.isna().any().any():
        raise InputError(f"{table}: expected {YEAR_H} complete hours, found {len(hours)}")
    at_h = year_hours(clock.standard(time_s, float(place.header["utc_offset_h"])))
    knots = np.arange(1, YEAR_H + 1, dtype=float)  # a row is the state of the air at the end of its hour
    dry, wet, pressure = (np.interp(at_h, knots, hours[name].to_numpy(), period=YEAR_H) for name in columns)
    return Weather(dry, wet, pressure)
