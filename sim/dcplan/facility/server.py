"""What servers and accelerators draw, by how busy they are and how warm the air is that they breathe in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from dcplan.facility.domain import FloatArray
from dcplan.profiles.power_curve import InletResponse, PowerCurve

Shape = Callable[[FloatArray, PowerCurve], FloatArray]


def _table(u: FloatArray, curve: PowerCurve) -> FloatArray:
    low_w, high_w = curve.power_w[0], curve.power_w[-1]
    return (np.interp(u, curve.load, curve.power_w) - low_w) / (high_w - low_w)


def _fan_weber_barroso(u: FloatArray, curve: PowerCurve) -> FloatArray:
    return np.asarray(2.0 * u - u**curve.parameter)


def _boavizta_log(u: FloatArray, curve: PowerCurve) -> FloatArray:
    return np.asarray(np.log1p(100.0 * u / curve.parameter) / np.log1p(100.0 / curve.parameter))


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "table": _table,
        "fan_weber_barroso": _fan_weber_barroso,
        "mse": _fan_weber_barroso,
        "linear": lambda u, _: u,
        "sqrt": lambda u, _: np.sqrt(u),
        "square": lambda u, _: u**2,
        "cubic": lambda u, _: u**3,
        "boavizta_log": _boavizta_log,
        "log2": lambda u, _: np.log2(1.0 + u),
    }
)
"""The shape of each kind of curve, from 0 at use 0 to 1 at use 1."""


def server_power_w(
    utilisation: FloatArray,
    idle_w: float,
    max_w: float,
    curve: PowerCurve,
    inlet_c: FloatArray | float | None = None,
    inlet: InletResponse | None = None,
) -> FloatArray:
    """Power at the AC inlet [W], shape of *utilisation*: P = P_idle + (P_max - P_idle) s(u), and what warm air adds.

    s by kind: `table` measured points, linear between them; `fan_weber_barroso` and `mse` 2 u - u^r [1, 2]; `linear`,
    `sqrt`, `square`, `cubic` powers of u [2]; `boavizta_log` ln((u + c) / c) / ln((100 + c) / c), u in %: the law
    a ln(b (u + c)) + d of [3], whose a, b and d drop out once both ends are known; `log2` log2(1 + u) [4].

    Args:
        utilisation: Share of full use, 0..1 [-].
        idle_w: Power at u = 0 [W].
        max_w: Power at u = 1 [W].
        curve: The shape s.
        inlet_c: Air that the server breathes in [degC]; None if it is not warmer than the reference.
        inlet: What warm air costs; None if that is not known.

    References: [1] X. Fan, W.-D. Weber, L. A. Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007.
    [2] OpenDC, `PowerModels.java`. [3] Boavizta, boaviztapi, `cpu_profile.csv`. [4] Tang and Fu 2020, as cited by
    HewlettPackard/sustain-cluster.

    >>> server_power_w(np.array([0.0, 0.5, 1.0]), 100.0, 400.0, PowerCurve("square")).tolist()
    [100.0, 175.0, 400.0]
    """
    u = np.asarray(utilisation, dtype=np.float64)
    power_w = np.asarray(idle_w + (max_w - idle_w) * SHAPES[curve.kind](u, curve))
    if inlet_c is None or inlet is None:
        return power_w
    return power_w + warm_air_w(power_w, inlet_c, inlet)


def fan_speed(inlet_c: FloatArray | float, inlet: InletResponse) -> FloatArray:
    """Speed of a server's fans over full speed [-]: low up to the reference, full at `fan_full_c`, linear between."""
    warmth = (np.asarray(inlet_c, dtype=np.float64) - inlet.reference_c) / (inlet.fan_full_c - inlet.reference_c)
    return inlet.fan_speed_low + (1.0 - inlet.fan_speed_low) * np.clip(warmth, 0.0, 1.0)


def fan_power_w(speed: FloatArray | float, inlet: InletResponse) -> FloatArray:
    """Power of a server's fans [W] at *speed* over full speed: P_full n^e (affinity laws, e = 3; real drives 2.5 to 3).

    References: ASHRAE Handbook, HVAC Systems and Equipment, chapter "Fans".

    >>> response = InletResponse(25.0, 0.0025, 30.0, 0.3, 38.0, 2.8)
    >>> fan_power_w(np.array([0.3, 1.0]), response).round(2).tolist()
    [1.03, 30.0]
    """
    return np.asarray(inlet.fan_w * np.asarray(speed, dtype=np.float64) ** inlet.fan_exponent)


def warm_air_w(power_w: FloatArray, inlet_c: FloatArray | float, inlet: InletResponse) -> FloatArray:
    """What air of *inlet_c* [degC] adds to *power_w* [W]; exactly 0 up to the reference.

    Fans by `fan_power_w`, above what they draw at the reference, which *power_w* contains; and leakage, which lets the
    rest grow by so much per kelvin. Both shapes are engineering judgement; measure yours.
    """
    above_k = np.maximum(np.asarray(inlet_c, dtype=np.float64) - inlet.reference_c, 0.0)
    low_w = float(fan_power_w(inlet.fan_speed_low, inlet))
    faster_w = np.where(above_k > 0.0, fan_power_w(fan_speed(inlet_c, inlet), inlet) - low_w, 0.0)
    return faster_w + np.maximum(power_w - low_w, 0.0) * inlet.leakage_per_k * above_k
