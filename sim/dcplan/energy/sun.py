"""Power of photovoltaic modules from a year of sunlight: NREL's PVWatts models, as pvlib implements them.

Sunlight on the tilted plane by J. E. Hay and J. A. Davies ("Calculation of the solar radiation incident on an inclined
surface", 1980), reflection of the beam by the physical model of W. De Soto et al. (Solar Energy 80, 2006), module
temperature by D. Faiman (Progress in Photovoltaics 16, 2008), direct current, losses and inverter of A. Dobos, PVWatts
Version 5 Manual, NREL/TP-6A20-62641, 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dcplan.profiles.on_site import Modules
from dcplan.signals.clock import FloatArray
from dcplan.signals.sky import Sky
from dcplan.signals.weather_year import YEAR_H

STANDARD_W_M2 = 1000.0
"""Sunlight at which modules give their nameplate power."""


@dataclass(frozen=True)
class Plane:
    """How the modules stand.

    Attributes:
        tilt_deg: Above the horizontal [deg].
        azimuth_deg: Where they look, clockwise from north [deg]: 180 is south.
    """

    tilt_deg: float
    azimuth_deg: float


def hourly_power(sky: Sky, dry_bulb_c: FloatArray, plane: Plane, modules: Modules) -> FloatArray:
    """Alternating current over nameplate direct current, mean of each hour of the year [W/W], [8760].

    Args:
        sky: Sunlight and wind.
        dry_bulb_c: Air at the end of each hour [degC], [8760].
        plane: How the modules stand.
        modules: What they are.
    """
    from pvlib import inverter, pvsystem, temperature

    beam_w_m2, plane_w_m2 = _on_plane_w_m2(sky, plane, modules.albedo)
    air_c = (dry_bulb_c + np.roll(dry_bulb_c, 1)) / 2.0
    cell_c = temperature.faiman(plane_w_m2, air_c, np.asarray(sky.wind_m_s), modules.faiman_u0, modules.faiman_u1)
    direct = pvsystem.pvwatts_dc(beam_w_m2, cell_c, 1.0, modules.per_kelvin) * (1.0 - modules.losses)
    largest = 1.0 / modules.dc_over_ac / modules.inverter_efficiency
    return np.asarray(inverter.pvwatts(direct, largest, modules.inverter_efficiency))


def _on_plane_w_m2(sky: Sky, plane: Plane, albedo: float) -> tuple[FloatArray, FloatArray]:
    """Sunlight that reaches the cells, and that on the plane, mean of each hour [W/m2], [8760]; sun of mid-hour."""
    from pvlib import iam, irradiance, solarposition

    middle = pd.date_range("2001-01-01 00:30", periods=YEAR_H, freq="h") - pd.Timedelta(hours=sky.utc_offset_h)
    sun = solarposition.get_solarposition(
        middle.tz_localize("UTC"), sky.latitude_deg, sky.longitude_deg, sky.altitude_m
    ).reset_index(drop=True)
    on_plane = irradiance.get_total_irradiance(
        plane.tilt_deg, plane.azimuth_deg, sun["apparent_zenith"], sun["azimuth"],
        sky.dni_w_m2, sky.ghi_w_m2, sky.dhi_w_m2,
        dni_extra=np.asarray(irradiance.get_extra_radiation(middle.day_of_year.to_numpy())),
        albedo=albedo, model="haydavies",
    ).fillna(0.0)  # fmt: skip
    angle_deg = irradiance.aoi(plane.tilt_deg, plane.azimuth_deg, sun["apparent_zenith"], sun["azimuth"])
    taken = on_plane["poa_direct"] * iam.physical(angle_deg) + on_plane["poa_diffuse"]
    return taken.to_numpy(), on_plane["poa_global"].to_numpy()


def aged(age_years: float, modules: Modules) -> float:
    """Power over that of new modules [-], after years of losing the same share of what is left each year.

    >>> from dcplan.profiles.on_site import Modules
    >>> round(aged(10.0, Modules(0.14, 0.96, 1.2, -0.0035, 0.005, 0.2, 25.0, 6.84)), 4)
    0.9511
    """
    return float((1.0 - modules.loss_per_year) ** age_years)
