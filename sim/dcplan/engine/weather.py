"""The weather of a run: the place's year, changed as the scenario says."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dcplan.engine.assumptions import Assumptions
from dcplan.errors import InputError
from dcplan.scenario.site import ClimateDelta, DesignDay, HeatWave, WeatherChanges
from dcplan.signals.clock import DAY_S, Clock, FloatArray
from dcplan.signals.weather import Weather, weather_at
from dcplan.signals.weather_changes import design_day, heat_wave_k, warmed
from dcplan.signals.weather_year import DesignCondition, WeatherYear

KEPT = {"humidity_ratio": "the water in the air stays", "relative_humidity": "the relative humidity stays"}


def weather_of(
    changes: WeatherChanges | None, year: WeatherYear, clock: Clock, time_s: FloatArray, assumptions: Assumptions
) -> Weather:
    """The weather at *time_s* [s], and what was assumed about it."""
    weather = weather_at(year, clock, time_s)
    if changes is None:
        return weather
    standard = clock.standard(time_s, year.utc_offset_h)
    if changes.design_day is not None:
        weather = _every_day(changes.design_day, year, standard, assumptions)
    if changes.climate_delta is not None:
        weather = _changed_climate(weather, changes.climate_delta, standard, assumptions)
    if changes.heat_wave is not None:
        weather = _heat_wave(weather, changes.heat_wave, clock, time_s, assumptions)
    assumptions.add("site", "weather: plant", "unchanged weather", "model", "sized for the weather year as it is")
    return weather


def _every_day(spec: DesignDay, year: WeatherYear, standard: pd.DatetimeIndex, assumptions: Assumptions) -> Weather:
    if spec.exceeded is not None:
        day = year.design_condition(float(spec.exceeded.removesuffix(" %")) / 100.0)
        kind, source = "model", f"dry bulb exceeded in {spec.exceeded} of the hours of the weather year"
    else:
        assert spec.dry_bulb is not None, "checked by the spec"
        assert spec.wet_bulb is not None, "checked by the spec"
        assert spec.daily_range is not None, "checked by the spec"
        day = DesignCondition(spec.dry_bulb, spec.wet_bulb, spec.daily_range)
        kind, source = "scenario", "set by the scenario"
    value = f"{day.dry_bulb_c:.1f} degC, wet bulb {day.wet_bulb_c:.1f} degC, daily range {day.daily_range_k:.1f} K"
    shape = "every day; hourly shape of ASHRAE Fundamentals 2009, chapter 14"
    assumptions.add("site", "weather: design day", value, kind, f"{source}; {shape}")
    hour = np.asarray(standard.hour + standard.minute / 60 + standard.second / 3600, dtype=np.float64)
    pressure_pa = float(year.pressure_pa.mean())
    return design_day(hour, day.dry_bulb_c, day.wet_bulb_c, day.daily_range_k, pressure_pa)


def _changed_climate(
    weather: Weather, spec: ClimateDelta, standard: pd.DatetimeIndex, assumptions: Assumptions
) -> Weather:
    changes_k = np.array(spec.by_month)
    value = (
        f"{spec.annual:+g} K" if spec.annual is not None else f"{changes_k.min():+g} to {changes_k.max():+g} K by month"
    )
    source = f"set by the scenario; added to every hour (shift of Belcher et al., 2005), {KEPT[spec.humidity]}"
    assumptions.add("site", "weather: climate delta", value, "scenario", source)
    return warmed(weather, changes_k[np.asarray(standard.month) - 1], spec.humidity)


def _heat_wave(weather: Weather, spec: HeatWave, clock: Clock, time_s: FloatArray, assumptions: Assumptions) -> Weather:
    start_s = clock.midnight_s(spec.start)
    if start_s >= time_s[-1] or start_s + spec.days * DAY_S <= time_s[0]:
        raise InputError(
            f"the heat wave of {spec.start} and {spec.days} days lies outside the counted time",
            "move its start, or the scenario's",
        )
    value = f"{spec.peak:+g} K at most, {spec.days} days from {spec.start}, {spec.shape}"
    source = f"set by the scenario; {KEPT[spec.humidity]}"
    assumptions.add("site", "weather: heat wave", value, "scenario", source)
    return warmed(weather, heat_wave_k(time_s, start_s, spec.days, spec.peak, spec.shape), spec.humidity)
