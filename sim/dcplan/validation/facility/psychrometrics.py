"""Moist air against CoolProp's real gas: wet bulb, dew point and humidity ratio."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.profiles.library import Library
from dcplan.signals import moist_air
from dcplan.validation.check import Check

SOURCE = "CoolProp 8.0.0, HAPropsSI"

POINTS = {
    (-10.0, 0.80, 101325.0): (-10.651, -12.490, 0.001284),
    (5.0, 0.60, 101325.0): (2.109, -1.867, 0.003243),
    (12.0, 0.35, 101325.0): (5.583, -2.634, 0.003041),
    (18.0, 0.80, 101325.0): (15.799, 14.502, 0.010350),
    (24.0, 0.50, 101325.0): (17.062, 12.949, 0.009340),
    (30.0, 0.65, 101325.0): (24.670, 22.704, 0.017497),
    (35.0, 0.40, 101325.0): (23.930, 19.391, 0.014200),
    (42.0, 0.10, 101325.0): (19.595, 4.140, 0.005105),
    (24.0, 0.50, 83400.0): (16.598, 12.950, 0.011378),
    (32.0, 0.30, 83400.0): (18.606, 12.275, 0.010877),
}
"""Dry bulb [degC], relative humidity, pressure [Pa] -> wet bulb, dew point [degC] and humidity ratio [kg/kg].
Between -1 and 0 degC of wet bulb water and ice differ by more than the tolerance: no point is there."""

WET_BULB_K = 0.03
DEW_POINT_K = 0.05
REAL_GAS = 0.006
"""Relative: vapour of a real gas is up to 0.5 % more than that of the ideal one (ASHRAE's enhancement factor)."""


def checks(_: Library) -> Iterator[Check]:
    """Every quantity at every point."""
    for (dry_bulb_c, humidity, pressure_pa), (wet_bulb_c, dew_point_c, ratio) in POINTS.items():
        ours = moist_air.humidity_ratio_kg_kg(np.array(dry_bulb_c), humidity, pressure_pa)
        at = f"at {dry_bulb_c:g} degC, {humidity:.0%}, {pressure_pa / 1e3:g} kPa"
        wet = float(moist_air.wet_bulb_c(dry_bulb_c, ours, pressure_pa))
        yield Check(f"wet bulb {at}", wet, wet_bulb_c, WET_BULB_K, "degC", SOURCE)
        dew = float(moist_air.dew_point_c(ours, pressure_pa))
        yield Check(f"dew point {at}", dew, dew_point_c, DEW_POINT_K, "degC", SOURCE)
        yield Check(f"humidity ratio {at}", float(ours), ratio, REAL_GAS * ratio, "kg/kg", SOURCE)
