"""Demand that is billed: highest mean power of a window, in a period, in the system's peak hours, after a ratchet."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dcplan.economics.meter import FloatArray, IntArray, Metered, WallClock, hour_number
from dcplan.profiles.charges import Coincident, NamedHour, Ratchet

RATCHET_MONTHS = 11


def demand(
    window_s: float, time_s: FloatArray, duration_s: FloatArray, power_w: FloatArray, clock: WallClock
) -> tuple[FloatArray, IntArray]:
    """Mean power in each demand window [kW], not below 0, and the interval it begins with; none spans two months."""
    window = np.floor(time_s / window_s)
    new = (np.diff(window) != 0.0) | (np.diff(clock.month) != 0)
    first = np.flatnonzero(np.concatenate(([True], new)))
    energy_j = np.add.reduceat(power_w * duration_s, first)
    demand_kw: FloatArray = np.maximum(0.0, energy_j / np.add.reduceat(duration_s, first) / 1000.0)
    return demand_kw, first


def highest(demand_kw: FloatArray, place: IntArray, within: NDArray[np.bool_] | None = None) -> FloatArray:
    """Highest demand of each month [kW], of those windows that are *within* a period, [m]; 0 if there are none."""
    first = np.flatnonzero(np.concatenate(([True], np.diff(place) != 0)))
    counted = demand_kw if within is None else np.where(within, demand_kw, 0.0)
    peaks: FloatArray = np.maximum.reduceat(counted, first)
    return peaks


def ratcheted(peak_kw: FloatArray, number: IntArray, ratchet: Ratchet | None) -> FloatArray:
    """Demand that is billed in each month [kW], [m]: its highest, or a share of the highest of eleven months before.

    Args:
        peak_kw: Highest demand of each month [kW], [m].
        number: Months since January of year 0, [m].
        ratchet: The rule; None if there is none.
    """
    if ratchet is None:
        return peak_kw
    counts = np.isin(number % 12 + 1, ratchet.months)
    counted_kw = np.where(counts, peak_kw, 0.0)
    before_kw = ratchet.highest_kw_before if ratchet.highest_kw_before is not None else counted_kw.max(initial=0.0)
    billed_kw = peak_kw.copy()
    for place, month in enumerate(number.tolist()):
        earlier = counted_kw[(number < month) & (number >= month - RATCHET_MONTHS)].max(initial=0.0)
        unknown = month - RATCHET_MONTHS < number[0]
        billed_kw[place] = max(peak_kw[place], ratchet.share * max(earlier, before_kw if unknown else 0.0))
    return billed_kw


def coincident_kw(charge: Coincident, metered: Metered, highest_kw: float) -> float:
    """Mean power over the hours in which the system peaks [kW]; if the run has none, what is stated, or its peak."""
    years = range(int(metered.clock.year[0]), int(metered.clock.year[-1]) + 1)
    numbers = [number for hour in charge.hours for number in _numbers(hour, years)]
    known = [kw for number in numbers if (kw := _kw_in(number, metered)) is not None]
    if known:
        return max(0.0, float(np.mean(known)))
    return highest_kw if charge.kw_before is None else charge.kw_before


def none_in(hours: Iterable[NamedHour], clock: WallClock) -> bool:
    """Whether none of *hours* lies in a run on *clock*."""
    years = range(int(clock.year[0]), int(clock.year[-1]) + 1)
    return all(_intervals(number, clock) is None for hour in hours for number in _numbers(hour, years))


def _numbers(hour: NamedHour, years: range) -> list[int]:
    of = years if hour.year is None else [hour.year]
    return [int(hour_number(year, hour.month, hour.day, hour.hour)) for year in of]


def _kw_in(number: int, metered: Metered) -> float | None:
    """Mean power in an hour of the calendar [kW]; None outside the run. An interval longer than it counts as it is."""
    if (within := _intervals(number, metered.clock)) is None:
        return None
    energy_j = float(metered.power_w[within] @ metered.duration_s[within])
    return energy_j / float(metered.duration_s[within].sum()) / 1000.0


def _intervals(number: int, clock: WallClock) -> slice | None:
    """The intervals of an hour of the calendar; None outside the run."""
    numbers = clock.hour_number
    first, last = np.searchsorted(numbers, number, "left"), np.searchsorted(numbers, number, "right")
    if first == last:
        if first in (0, len(numbers)):
            return None
        first -= 1
    return slice(int(first), int(last))
