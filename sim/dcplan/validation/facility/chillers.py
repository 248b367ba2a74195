"""Chillers at the reference point of their own record, at points worked out by hand, and a record that is refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.facility.chiller import ChillerDesign, chill
from dcplan.profiles.cooling import ChillerCurve, biquadratic
from dcplan.profiles.library import Library
from dcplan.validation.check import Check

CAPACITY_W = 1e6
ROUNDED = 0.03
"""A published COP and its own curves agree to this, relative: the records are rounded."""

HAND = {(8.89, 12.78, 0.3): 12.5, (8.89, 23.89, 0.6): 8.8, (4.44, 35.0, 1.0): 5.0}
"""COP of the Trane CVHE 1442 kW by leaving chilled water, entering condenser water [degC] and part load."""

YORK_YT_1495 = {
    "cop": 7.51,
    "evaporator_c": 7.22,
    "condenser_c": 23.89,
    "evaporator_range_c": [5.56, 8.89],
    "condenser_range_c": [12.78, 35.0],
    "capft": [1.051921, -1.632255e-1, 1.149042e-2, 5.463515e-2, -1.579985e-3, 1.628246e-3],
    "eirft": [7.106985e-1, -2.087623e-1, 9.421379e-3, 8.491925e-2, -1.260820e-3, 1.125512e-3],
    "eirfplr": [1.517470e-1, -1.577252e-1, 1.005197],
    "plr_min": 0.11,
    "plr_max": 1.05,
}
"""A record whose curves are far from 1 at its own reference point (EnergyPlus 25.2, DataSets/Chillers.idf)."""


def checks(library: Library) -> Iterator[Check]:
    """Every shipped record, the points, and the refusal."""
    for name in library.names("cooling"):
        profile = library.load("cooling", name)
        if "capft" in profile.values:
            curve = ChillerCurve.from_values(profile.values)
            ours = cop(curve, curve.evaporator_c, curve.condenser_c, 1.0)
            yield Check(
                f"chiller {name}, reference point", ours, curve.cop, ROUNDED * curve.cop, "COP", _short(profile.source)
            )
    trane = ChillerCurve.from_values(library.load("cooling", "trane-cvhe-1442").values)
    for (supply_c, condenser_c, part_load), expected in HAND.items():
        name = f"chiller trane-cvhe-1442 at {supply_c:g}/{condenser_c:g} degC, {part_load:.0%}"
        ours = cop(trane, supply_c, condenser_c, part_load)
        yield Check(name, ours, expected, 0.06, "COP", "its curves, worked out by hand")
    yield Check(
        "chiller York YT 1495 kW, not normalised, is refused", float(_refused(YORK_YT_1495)), 1.0, 0.0, "-",
        "EnergyPlus 25.2, Chillers.idf",
    )  # fmt: skip


def cop(curve: ChillerCurve, supply_c: float, condenser_c: float, part_load: float) -> float:
    """COP of one chiller of *curve* at a share of the capacity available at these temperatures [degC]."""
    design = ChillerDesign(curve, CAPACITY_W, 1, 0, min(condenser_c, 12.78), 1.0, 1.0)
    load_w = part_load * CAPACITY_W * biquadratic(curve.capft, supply_c, condenser_c)
    state = chill(np.atleast_1d(load_w), supply_c, np.array([condenser_c]), design)
    return float(state.heat_w[0] / state.power_w[0])


def _refused(values: dict[str, object]) -> bool:
    try:
        ChillerCurve.from_values(values)
    except ValueError:
        return True
    return False


def _short(source: str) -> str:
    """The head of a citation, up to the name of the record."""
    return source.partition(' "')[0].partition(";")[0]
