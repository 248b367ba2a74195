"""A small tariff, and the bill of a run with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.economics.bill import itemised, totals
from dcplan.economics.item import Line
from dcplan.economics.meter import Metered, WallClock
from dcplan.profiles.tariff import Tariff
from dcplan.signals.clock import Clock

HOUR_S = 3600.0
NIGHT, DAY = 0, 1


def weekdays_by_day() -> NDArray[np.int64]:
    """Period 1 from 08:00 to 20:00 on weekdays, else 0."""
    schedule = np.zeros((2, 12, 24), dtype=np.int64)
    schedule[0, :, 8:20] = DAY
    return schedule


def tariff(**changes: Any) -> Tariff:
    """Two energy and two demand periods, demand at any hour and a fee, with *changes*."""
    known = Tariff(
        fixed_usd=31.0,
        energy_usd_per_kwh=np.array([0.05, 0.10]),
        energy_names=("night", "day"),
        energy_period=weekdays_by_day(),
        demand_usd_per_kw=np.array([0.0, 8.0]),
        demand_names=("off", "on"),
        demand_period=weekdays_by_day(),
        flat_demand_usd_per_kw=5.0,
        window_s=1800.0,
    )
    return replace(known, **changes)


def lines(
    of: Tariff, start: datetime, power_kw: list[float], step_s: float = HOUR_S, zone: str = "UTC", **more: Any
) -> list[Line]:
    """The lines of the bill of a run from *start* with these powers, one per step."""
    time_s = step_s * np.arange(len(power_kw))
    clock = WallClock.of(Clock(start, zone).wall(time_s))
    return itemised(of, Metered(time_s, np.full(len(power_kw), step_s), 1e3 * np.array(power_kw), clock, **more))


def items(
    of: Tariff, start: datetime, power_kw: list[float], step_s: float = HOUR_S, zone: str = "UTC", **more: Any
) -> dict[str, float]:
    """Cost of each item of that bill [USD]."""
    return totals(lines(of, start, power_kw, step_s, zone, **more))
