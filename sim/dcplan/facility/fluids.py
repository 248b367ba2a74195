"""Properties of air and water, good to about 1 % between 0 and 40 degC."""

from __future__ import annotations

from dcplan.facility.domain import FloatArray

AIR_HEAT_CAPACITY_J_KG_K = 1006.0
"""Dry air at 20 degC (ASHRAE Handbook of Fundamentals 2017, chapter 1)."""
AIR_GAS_CONSTANT_J_KG_K = 287.042
"""Dry air (ASHRAE Handbook of Fundamentals 2017, chapter 1)."""
WATER_HEAT_CAPACITY_J_KG_K = 4184.0
"""Liquid water at 20 degC (IAPWS-95)."""
WATER_DENSITY_KG_M3 = 998.2
"""Liquid water at 20 degC (IAPWS-95)."""
ZERO_C_K = 273.15
"""0 degC in kelvin."""


def air_density_kg_m3(pressure_pa: FloatArray, temperature_c: FloatArray | float) -> FloatArray:
    """Density of dry air [kg/m3], rho = p / (R T). Moisture makes room air about 0.5 % lighter: neglected.

    >>> import numpy as np
    >>> air_density_kg_m3(np.array([101325.0, 83400.0]), 24.0).round(3).tolist()
    [1.188, 0.978]
    """
    return pressure_pa / (AIR_GAS_CONSTANT_J_KG_K * (temperature_c + ZERO_C_K))


def latent_heat_j_kg(temperature_c: FloatArray) -> FloatArray:
    """Heat of evaporation of water [J/kg], 1e3 (2500.5 - 2.3097 T - 0.0013 T^2), T = *temperature_c* [degC].

    References: N. Lei, E. Masanet, "Climate- and technology-specific PUE and WUE estimations for U.S. data
    centers using a hybrid statistical and thermodynamics-based approach", Resources, Conservation and
    Recycling 182, 2022, doi 10.1016/j.resconrec.2022.106323.

    >>> import numpy as np
    >>> latent_heat_j_kg(np.array([20.0])).round(-3).tolist()
    [2454000.0]
    """
    return 1e3 * (2500.5 - 2.3097 * temperature_c - 0.0013 * temperature_c**2)
