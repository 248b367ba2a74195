"""Limits on power: what a cap leaves of the speed, and how a shared limit is split between racks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcplan.facility.domain import FloatArray
from dcplan.profiles.cap_curve import CapCurve


@dataclass(frozen=True)
class Level:
    """One level of limits, such as all rows of a hall.

    Attributes:
        limit_w: Limit of each group [W], shape [groups].
        group: The group that each rack belongs to, shape [racks].
    """

    limit_w: FloatArray
    group: NDArray[np.int64]


def relative_speed(dynamic: FloatArray, curve: CapCurve) -> FloatArray:
    """Speed over full speed at *dynamic* power over that at full speed, 0..1 [-].

    References: for alpha = 1/3, P_dyn = C V^2 f with V in proportion to f: A. P. Chandrakasan, S. Sheng, R. W.
    Brodersen, "Low-power CMOS digital design", IEEE Journal of Solid-State Circuits 27(4), 1992.

    >>> relative_speed(np.array([0.0, 0.5, 1.0]), CapCurve("power_law", 0.5)).round(3).tolist()
    [0.0, 0.707, 1.0]
    """
    if curve.kind == "power_law":
        return np.asarray(dynamic**curve.alpha)
    return np.interp(dynamic, (0.0, *curve.dynamic), (0.0, *curve.speed))


def dynamic_power(speed: FloatArray, curve: CapCurve) -> FloatArray:
    """Dynamic power over that at full speed, at *speed* over full speed, 0..1 [-]: the inverse of `relative_speed`.

    >>> dynamic_power(np.array([0.0, 0.5, 1.0]), CapCurve("power_law", 0.5)).tolist()
    [0.0, 0.25, 1.0]
    """
    if curve.kind == "power_law":
        return np.asarray(speed ** (1.0 / curve.alpha))
    return np.interp(speed, (0.0, *curve.speed), (0.0, *curve.dynamic))


def allocate(demand_w: FloatArray, static_w: FloatArray, levels: Sequence[Level]) -> FloatArray:
    """Power that each rack may draw [W] so that no group of any level exceeds its limit.

    From the lowest level up, the dynamic part of every rack in a group that wants too much is cut in proportion.
    What is static stays: a group whose static power alone is above its limit is left with it.

    Args:
        demand_w: Power that the racks want [W], shape [..., racks].
        static_w: Part of it that no cap reaches [W], broadcasts to that.
        levels: From racks up to the site.

    >>> hall = Level(np.array([300.0]), np.zeros(2, dtype=np.int64))
    >>> allocate(np.array([300.0, 100.0]), np.zeros(2), [hall]).tolist()
    [225.0, 75.0]
    """
    fixed_w = np.minimum(np.broadcast_to(static_w, np.shape(demand_w)), demand_w)
    dynamic_w = demand_w - fixed_w
    for level in levels:
        wanted_w, least_w = _per_group(dynamic_w, level), _per_group(fixed_w, level)
        left_w = np.maximum(level.limit_w - least_w, 0.0)
        factor = np.divide(left_w, wanted_w, out=np.ones(wanted_w.shape), where=wanted_w > left_w)
        dynamic_w = dynamic_w * factor[..., level.group]
    return np.asarray(fixed_w + dynamic_w)


def stranded_w(capacity_w: dict[str, float]) -> dict[str, float]:
    """Part of each level's capacity that nobody can use [W], because another level binds first.

    *capacity_w* is the server power that each level could carry [W].

    >>> stranded_w({"racks": 120e3, "ups": 100e3, "utility": 150e3})
    {'racks': 20000.0, 'ups': 0.0, 'utility': 50000.0}
    """
    usable_w = min(capacity_w.values())
    return {level: capacity - usable_w for level, capacity in capacity_w.items()}


def _per_group(power_w: FloatArray, level: Level) -> FloatArray:
    total_w = np.zeros((len(level.limit_w), *power_w.shape[:-1]))
    np.add.at(total_w, level.group, np.moveaxis(power_w, -1, 0))
    return np.moveaxis(total_w, 0, -1)
