"""How long a rack without cooling lasts: against a published experiment, and against its equations integrated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.integrate import solve_ivp

from dcplan.facility.domain import FloatArray
from dcplan.facility.thermal import RackMass, time_to_rise_s
from dcplan.profiles.library import Library
from dcplan.validation.check import Check

RISE_K = 18.0
"""Rise of the air at which the servers of the experiment switched off, as the constants were fitted."""
PUBLISHED_S = {5e3: (189.0, 10.0), 10e3: (30.0, 30.0)}
"""Heat of a cabinet [W] -> time to the shutdown and tolerance [s]; 10 kW and more: "under a minute"."""
INTEGRATED_W = (3e3, 5e3, 10e3, 20e3, 40e3)
RELATIVE = 1e-4
LONGEST_S = 3600.0


def checks(_: Library) -> Iterator[Check]:
    """Minutes to overheating at several powers."""
    mass = RackMass()
    for heat_w, (expected_s, tolerance_s) in PUBLISHED_S.items():
        name = f"rack of {heat_w / 1e3:g} kW without cooling, {RISE_K:g} K"
        ours = time_to_rise_s(heat_w, RISE_K, mass)
        yield Check(name, ours, expected_s, tolerance_s, "s", "Opengate Data Systems, Mission Critical Magazine")
    for heat_w in INTEGRATED_W:
        name = f"rack of {heat_w / 1e3:g} kW without cooling, two nodes"
        expected_s = _integrated_s(heat_w, mass)
        ours = time_to_rise_s(heat_w, RISE_K, mass)
        yield Check(name, ours, expected_s, RELATIVE * expected_s, "s", "scipy solve_ivp, Dormand-Prince 8(5,3)")


def _integrated_s(heat_w: float, mass: RackMass) -> float:
    """When the air is *RISE_K* warmer [s], by integrating the two heat balances."""

    def slope(_: float, rise_k: FloatArray) -> FloatArray:
        passed_w = mass.exchange_w_k * (rise_k[0] - rise_k[1])
        return np.array([(heat_w - passed_w) / mass.air_j_k, passed_w / mass.metal_j_k])

    def reached(_: float, rise_k: FloatArray) -> float:
        return float(rise_k[0] - RISE_K)

    found = solve_ivp(slope, (0.0, LONGEST_S), [0.0, 0.0], method="DOP853", rtol=1e-9, atol=1e-9, events=reached)
    assert found.t_events is not None, "an event was asked for"
    return float(found.t_events[0][0])
