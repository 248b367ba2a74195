"""Moist air: humidity ratio, relative humidity, wet bulb, dew point and enthalpy, arrays in, arrays out.

All equations are those of the ASHRAE Handbook of Fundamentals 2017, chapter 1 (perfect gases, -100 to 200 degC).
Water freezes on a thermometer, so for some air two wet bulbs are right: one over water, 0 to 0.7 degC, and one over
ice, up to 0.7 K lower. `wet_bulb_c` takes the one over water wherever it exists, so that the answer does not depend on
how it is found (psychrolib takes either, CoolProp that over ice). Elsewhere it is within 0.03 K of CoolProp's real gas.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Floats = FloatArray | float

ZERO_C_K = 273.15
TRIPLE_POINT_C = 0.01
"""Saturation is over ice up to here, over water above."""
MOLAR_MASS_RATIO = 0.621945
"""Water over dry air [-] (equation 20)."""
LEAST_HUMIDITY_RATIO_KG_KG = 1e-7
"""Drier air than this is taken as this dry: a dew point of about -87 degC at sea level."""

ICE = (-5.6745359e3, 6.3925247, -9.677843e-3, 6.2215701e-7, 2.0747825e-9, -9.484024e-13, 4.1635019)
WATER = (-5.8002206e3, 1.3914993, -4.8640239e-2, 4.1764768e-5, -1.4452093e-8, 0.0, 6.5459673)
"""Equations 5 and 6: factors of 1/T, 1, T, T^2, T^3, T^4 and ln T in the logarithm of the pressure."""

OVER_WATER = (2501.0, -2.326, 4.186)
OVER_ICE = (2830.0, -0.24, 2.1)
"""Equations 33 and 35: heat of evaporation at 0 degC, its change per kelvin, heat capacity of the wick's water
[kJ/kg, kJ/(kg K), kJ/(kg K)]."""
DRY_AIR_KJ_KG_K, VAPOUR_KJ_KG_K = 1.006, 1.86

NEWTON_STEPS = 8
"""From the dry bulb the wet bulb is approached from above, to 1e-9 K in 7 steps or fewer."""


def pressure_at_altitude_pa(altitude_m: Floats) -> FloatArray:
    """Pressure of the standard atmosphere [Pa], 101325 (1 - 2.25577e-5 z)^5.2559 (equation 3).

    >>> float(pressure_at_altitude_pa(1609.0).round(-1))
    83430.0
    """
    return np.asarray(101325.0 * (1.0 - 2.25577e-5 * np.asarray(altitude_m)) ** 5.2559)


def altitude_m(pressure_pa: float) -> float:
    """Altitude at which the standard atmosphere has *pressure_pa* [m], the inverse of `pressure_at_altitude_pa`.

    >>> round(altitude_m(83430.0))
    1609
    """
    return float((1.0 - (pressure_pa / 101325.0) ** (1.0 / 5.2559)) / 2.25577e-5)


def saturation_pressure_pa(temperature_c: Floats) -> FloatArray:
    """Vapour pressure of saturated air [Pa] at *temperature_c* [degC], over ice or water (equations 5 and 6).

    >>> saturation_pressure_pa(np.array([-20.0, 20.0])).round(1).tolist()
    [103.3, 2338.8]
    """
    return np.asarray(np.exp(_saturation(temperature_c)[0]))


def _saturation(temperature_c: Floats) -> tuple[FloatArray, FloatArray]:
    """The logarithm of the saturation pressure [ln Pa], and its slope [1/K]."""
    kelvin = np.asarray(temperature_c) + ZERO_C_K
    frozen = kelvin <= TRIPLE_POINT_C + ZERO_C_K
    c = [np.where(frozen, ice, water) for ice, water in zip(ICE, WATER, strict=True)]
    powers = c[1] + kelvin * (c[2] + kelvin * (c[3] + kelvin * (c[4] + kelvin * c[5])))
    slope = c[2] + kelvin * (2.0 * c[3] + kelvin * (3.0 * c[4] + kelvin * 4.0 * c[5]))
    logarithm = c[0] / kelvin + powers + c[6] * np.log(kelvin)
    return np.asarray(logarithm), np.asarray(slope - c[0] / kelvin**2 + c[6] / kelvin)


def saturation_humidity_ratio_kg_kg(temperature_c: Floats, pressure_pa: Floats) -> FloatArray:
    """Water vapour per dry air [kg/kg] in saturated air at *temperature_c* [degC] and *pressure_pa* [Pa]."""
    return humidity_ratio_kg_kg(temperature_c, 1.0, pressure_pa)


def humidity_ratio_kg_kg(dry_bulb_c: Floats, relative_humidity: Floats, pressure_pa: Floats) -> FloatArray:
    """Water vapour per dry air [kg/kg], 0.621945 e / (p - e) with e = phi e_s (equations 12 and 20).

    Args:
        dry_bulb_c: Dry bulb [degC], any shape.
        relative_humidity: phi, 0 to 1.
        pressure_pa: p, pressure of the air [Pa].

    >>> float(humidity_ratio_kg_kg(24.0, 0.5, 101325.0).round(5))
    0.0093
    """
    vapour_pa = np.asarray(relative_humidity) * saturation_pressure_pa(dry_bulb_c)
    return np.asarray(MOLAR_MASS_RATIO * vapour_pa / (np.asarray(pressure_pa) - vapour_pa))


def vapour_pressure_pa(humidity_ratio_kg_kg: Floats, pressure_pa: Floats) -> FloatArray:
    """Partial pressure of the water vapour [Pa], p W / (0.621945 + W) (equation 20 solved for it)."""
    ratio = np.maximum(humidity_ratio_kg_kg, LEAST_HUMIDITY_RATIO_KG_KG)
    return np.asarray(np.asarray(pressure_pa) * ratio / (MOLAR_MASS_RATIO + ratio))


def relative_humidity(dry_bulb_c: Floats, humidity_ratio_kg_kg: Floats, pressure_pa: Floats) -> FloatArray:
    """Relative humidity [-]: the vapour's pressure over that of saturated air; above 1 where water would fall out."""
    return np.asarray(vapour_pressure_pa(humidity_ratio_kg_kg, pressure_pa) / saturation_pressure_pa(dry_bulb_c))


def humidity_ratio_of_wet_bulb_kg_kg(dry_bulb_c: Floats, wet_bulb_c: Floats, pressure_pa: Floats) -> FloatArray:
    """Water vapour per dry air [kg/kg] from dry and wet bulb [degC] (equations 33 and 35), at least none.

    >>> float(humidity_ratio_of_wet_bulb_kg_kg(30.0, 20.0, 101325.0).round(5))
    0.01052
    """
    dry_c, wet_c = np.asarray(dry_bulb_c), np.asarray(wet_bulb_c)
    heat, heat_slope, wick = _wick(wet_c < 0.0)
    saturated = saturation_humidity_ratio_kg_kg(wet_c, pressure_pa)
    gained = (heat + heat_slope * wet_c) * saturated - DRY_AIR_KJ_KG_K * (dry_c - wet_c)
    return np.asarray(np.maximum(gained / (heat + VAPOUR_KJ_KG_K * dry_c - wick * wet_c), 0.0))


def wet_bulb_c(dry_bulb_c: Floats, humidity_ratio_kg_kg: Floats, pressure_pa: Floats) -> FloatArray:
    """Thermodynamic wet bulb [degC]: equations 33 and 35 solved by Newton's method, never above the dry bulb.

    Args:
        dry_bulb_c: Dry bulb [degC], any shape.
        humidity_ratio_kg_kg: Water vapour per dry air [kg/kg]; more than saturated air holds counts as saturated.
        pressure_pa: Pressure of the air [Pa].

    >>> float(wet_bulb_c(30.0, 0.01052, 101325.0).round(2))
    20.0
    """
    dry_c, ratio, pressure = np.broadcast_arrays(dry_bulb_c, humidity_ratio_kg_kg, pressure_pa)
    ratio = np.minimum(ratio, saturation_humidity_ratio_kg_kg(dry_c, pressure))
    frozen = ratio < humidity_ratio_of_wet_bulb_kg_kg(dry_c, 0.0, pressure)
    frozen |= dry_c < 0.0
    heat, heat_slope, wick = _wick(frozen)
    wet_c = np.where(frozen, np.minimum(dry_c, 0.0), dry_c)
    for _ in range(NEWTON_STEPS):
        logarithm, slope = _saturation(wet_c)
        vapour_pa = np.exp(logarithm)
        saturated = MOLAR_MASS_RATIO * vapour_pa / (pressure - vapour_pa)
        rise = saturated * slope * pressure / (pressure - vapour_pa)
        needed = ratio * (heat + VAPOUR_KJ_KG_K * dry_c - wick * wet_c)
        gap = (heat + heat_slope * wet_c) * saturated - DRY_AIR_KJ_KG_K * (dry_c - wet_c) - needed
        wet_c = wet_c - gap / (
            (heat + heat_slope * wet_c) * rise + heat_slope * saturated + DRY_AIR_KJ_KG_K + ratio * wick
        )
    return np.asarray(np.minimum(wet_c, dry_c))


def dew_point_c(humidity_ratio_kg_kg: Floats, pressure_pa: Floats) -> FloatArray:
    """Temperature at which dew or frost forms [degC]: saturation pressure solved for it by Newton's method.

    >>> float(dew_point_c(0.0093, 101325.0).round(1))
    12.9
    """
    logarithm = np.log(vapour_pressure_pa(humidity_ratio_kg_kg, pressure_pa))
    guess = np.log(np.exp(logarithm) / 611.2)
    dew_c = 243.12 * guess / (17.62 - guess)  # Magnus (WMO-No. 8), within 1.5 K down to -80 degC
    for _ in range(NEWTON_STEPS):
        now, slope = _saturation(dew_c)
        dew_c = dew_c - (now - logarithm) / slope
    return np.asarray(dew_c)


def enthalpy_j_kg(dry_bulb_c: Floats, humidity_ratio_kg_kg: Floats) -> FloatArray:
    """Heat content of moist air per dry air [J/kg], from dry air and water at 0 degC (equation 30).

    >>> float(enthalpy_j_kg(25.0, 0.01).round(-1))
    50620.0
    """
    dry_c, ratio = np.asarray(dry_bulb_c), np.asarray(humidity_ratio_kg_kg)
    return np.asarray(1e3 * (DRY_AIR_KJ_KG_K * dry_c + ratio * (OVER_WATER[0] + VAPOUR_KJ_KG_K * dry_c)))


def saturated_c(enthalpy_j_kg: Floats, pressure_pa: Floats) -> FloatArray:
    """Temperature of saturated air [degC] that holds *enthalpy_j_kg* per dry air [J/kg], by Newton's method.

    Good from -40 to 90 degC; the guess is that of sea level (see `cooled_c` for one that is cheaper).

    >>> saturated_c(enthalpy_j_kg(25.0, saturation_humidity_ratio_kg_kg(25.0, 83430.0)), 83430.0).round(6).tolist()
    25.0
    """
    heat, pressure = np.broadcast_arrays(enthalpy_j_kg, pressure_pa)
    known_c = np.arange(-60.0, 91.0, 2.0)
    guess_c = np.interp(heat, _saturated_heat(known_c, 101325.0)[0], known_c)
    return _approach(guess_c, heat, pressure)


def cooled_c(from_c: FloatArray, enthalpy_j_kg: FloatArray, pressure_pa: Floats) -> FloatArray:
    """The same with *from_c* [degC] as the guess, and *from_c* where even there saturated air holds less.

    >>> cooled_c(np.array([45.0, 10.0]), np.array([57419.0, 57419.0]), 101325.0).round(3).tolist()
    [20.0, 10.0]
    """
    most_j_kg, _ = _saturated_heat(from_c, pressure_pa)
    return _approach(from_c, np.minimum(enthalpy_j_kg, most_j_kg), pressure_pa)


def _approach(guess_c: FloatArray, enthalpy_j_kg: FloatArray, pressure_pa: Floats) -> FloatArray:
    """Newton's method; from above it stays above, for the slope grows with the temperature."""
    for _ in range(NEWTON_STEPS):
        now, slope = _saturated_heat(guess_c, pressure_pa)
        guess_c = guess_c - (now - enthalpy_j_kg) / slope
    return np.asarray(guess_c)


def _saturated_heat(temperature_c: FloatArray, pressure_pa: Floats) -> tuple[FloatArray, FloatArray]:
    """Heat content of saturated air [J/kg], and its slope [J/(kg K)]."""
    logarithm, slope = _saturation(temperature_c)
    vapour_pa = np.exp(logarithm)
    ratio = MOLAR_MASS_RATIO * vapour_pa / (pressure_pa - vapour_pa)
    rise = ratio * slope * pressure_pa / (pressure_pa - vapour_pa)
    vapour_kj_kg = OVER_WATER[0] + VAPOUR_KJ_KG_K * temperature_c
    slope_j_kg_k = 1e3 * (DRY_AIR_KJ_KG_K + rise * vapour_kj_kg + ratio * VAPOUR_KJ_KG_K)
    return enthalpy_j_kg(temperature_c, ratio), np.asarray(slope_j_kg_k)


def _wick(frozen: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The three numbers of `OVER_ICE` where *frozen*, of `OVER_WATER` elsewhere."""
    heat, slope, wick = (np.where(frozen, ice, water) for ice, water in zip(OVER_ICE, OVER_WATER, strict=True))
    return heat, slope, wick
