"""Power of wind turbines from a year of wind at a weather station: height, density, power curve.

The wind grows with height as a power law (C. G. Justus and A. Mikhail, Geophysical Research Letters 3, 1976); thinner
air turns the rotor like slower wind, v (rho / rho_0)^(1/3) (IEC 61400-12-1, for turbines that pitch their blades).
"""

from __future__ import annotations

import numpy as np

from dcplan.profiles.on_site import Turbine
from dcplan.signals.clock import FloatArray

STATION_M = 10.0
"""Height of an anemometer of a weather station (WMO-No. 8)."""
DRY_AIR_J_KG_K, GRAVITY_M_S2, ZERO_C_K = 287.05, 9.80665, 273.15


def at_height_m_s(wind_m_s: FloatArray, height_m: float, shear: float) -> FloatArray:
    """Wind at *height_m* [m/s] from that at a weather station.

    >>> at_height_m_s(np.array([5.0]), 100.0, 1 / 7).round(2).tolist()
    [6.95]
    """
    return np.asarray(wind_m_s * (height_m / STATION_M) ** shear)


def density_kg_m3(dry_bulb_c: FloatArray, pressure_pa: FloatArray, height_m: float) -> FloatArray:
    """Density of dry air at *height_m* above the station [kg/m3]: p / (R T), less what the air below weighs."""
    kelvin = dry_bulb_c + ZERO_C_K
    above_pa = pressure_pa * np.exp(-GRAVITY_M_S2 * height_m / (DRY_AIR_J_KG_K * kelvin))
    return np.asarray(above_pa / (DRY_AIR_J_KG_K * kelvin))


def power(wind_m_s: FloatArray, density: FloatArray, turbine: Turbine) -> FloatArray:
    """Power over rating [-] in wind at the hub [m/s] and air of *density* [kg/m3], any shape."""
    felt_m_s = wind_m_s * (density / turbine.density_kg_m3) ** (1.0 / 3.0)
    return np.asarray(np.interp(felt_m_s, turbine.speed_m_s, turbine.share, left=0.0, right=0.0))


def hourly_power(
    wind_m_s: FloatArray, dry_bulb_c: FloatArray, pressure_pa: FloatArray, height_m: float, turbine: Turbine
) -> FloatArray:
    """Power over rating, mean of each hour of the year [-], [8760], from the air at the end of each hour.

    The mean of an hour is that of its two ends; losses by wakes, outages and cables are taken off.
    """
    hub_m_s = at_height_m_s(wind_m_s, height_m, turbine.shear)
    density = density_kg_m3(dry_bulb_c, pressure_pa, height_m)
    ends = power(hub_m_s, density, turbine) * (1.0 - turbine.losses)
    return np.asarray((ends + np.roll(ends, 1)) / 2.0)
