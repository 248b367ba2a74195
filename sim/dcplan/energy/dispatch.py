"""Step by step through the power of a site: what sun and wind give, the battery does, and the meter reads.

In every step load = sun + wind + battery + grid - export, with sun and wind as far as they are taken up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dcplan.energy import rules
from dcplan.energy.battery import DAY_S, Battery, FloatArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Signals:
    """What is known about each step, [n] each.

    Attributes:
        duration_s: Length [s].
        month: Number of the month of the bill.
        day: Number of the day.
        price: Price of energy from the grid [USD/kWh].
        carbon: CO2e of energy from the grid [kg/kWh].
        connected: Whether the utility is there.
        asked_w: Power that demand response asks the site to do without [W].
    """

    duration_s: FloatArray
    month: IntArray
    day: IntArray
    price: FloatArray
    carbon: FloatArray
    connected: BoolArray
    asked_w: FloatArray


@dataclass(frozen=True)
class Limits:
    """What the connection and the generators allow.

    Attributes:
        export_w: Most power to the grid [W].
        standby_w: What standby generators may give when demand response asks [W].
    """

    export_w: float = 0.0
    standby_w: float = 0.0


@dataclass(frozen=True)
class Dispatched:
    """What happened in each step, [n] each, mean power [W]; `battery_j` is the charge at its end [J]."""

    solar_w: FloatArray
    wind_w: FloatArray
    battery_w: FloatArray
    battery_j: FloatArray
    standby_w: FloatArray
    curtailed_w: FloatArray
    grid_w: FloatArray
    export_w: FloatArray
    unmet_w: FloatArray
    """What demand response asked for and did not get."""

    def residual_w(self, load_w: FloatArray) -> float:
        """Largest difference between the load and what covers it [W]."""
        given_w = self.solar_w + self.wind_w + self.battery_w + self.standby_w + self.grid_w - self.export_w
        return float(np.abs(given_w - load_w).max())


Rule = Callable[[int, float, float], float]
"""From the number of a step, its load less sun and wind [W], and the most that the meter has read in this month [W], to
what is wanted of the battery [W]."""


def dispatch(
    load_w: FloatArray,
    solar_w: FloatArray,
    wind_w: FloatArray,
    signals: Signals,
    limits: Limits,
    battery: Battery | None = None,
    rule: Rule | None = None,
) -> Dispatched:
    """Everything of the site, step by step; the battery follows *rule*, takes surplus sun and wind, never exports."""
    steps = len(load_w)
    net_w = load_w - solar_w - wind_w
    owed_w = np.clip(net_w, 0.0, signals.asked_w)
    battery_w, battery_j, standby_w = (np.zeros(steps) for _ in range(3))
    charge_j = 0.0 if battery is None else battery.start_j
    month, highest_w = -1, 0.0
    for step in range(steps):
        if signals.month[step] != month:
            month, highest_w = int(signals.month[step]), 0.0
        left_w, owed = float(net_w[step]), float(owed_w[step])
        if battery is not None and rule is not None and signals.connected[step]:
            length_s = float(signals.duration_s[step])
            wanted_w = min(rule(step, left_w, highest_w), left_w)
            wanted_w = max(wanted_w, owed) if owed > 0.0 else wanted_w
            given_w = battery.within(wanted_w, charge_j, length_s)
            charge_j = battery.after_j(charge_j, given_w, length_s)
            battery_w[step], left_w = given_w, left_w - given_w
            owed = max(0.0, owed - max(0.0, given_w))
        battery_j[step] = charge_j
        standby_w[step] = min(limits.standby_w, owed)
        highest_w = max(highest_w, left_w - standby_w[step])
    unmet_w = np.maximum(owed_w - np.maximum(battery_w, 0.0) - standby_w, 0.0)
    return _metered(load_w, solar_w, wind_w, battery_w, battery_j, standby_w, unmet_w, signals, limits)


def _metered(
    load_w: FloatArray,
    solar_w: FloatArray,
    wind_w: FloatArray,
    battery_w: FloatArray,
    battery_j: FloatArray,
    standby_w: FloatArray,
    unmet_w: FloatArray,
    signals: Signals,
    limits: Limits,
) -> Dispatched:
    """What the meter reads, and what of sun and wind nobody takes: a surplus is exported, then curtailed."""
    over_w = solar_w + wind_w + battery_w + standby_w - load_w
    export_w = np.where(signals.connected, np.clip(over_w, 0.0, limits.export_w), 0.0)
    curtailed_w = np.maximum(over_w, 0.0) - export_w
    made_w = solar_w + wind_w
    taken = 1.0 - curtailed_w / np.where(made_w > 0.0, made_w, 1.0)
    return Dispatched(
        solar_w=solar_w * taken,
        wind_w=wind_w * taken,
        battery_w=battery_w,
        battery_j=battery_j,
        standby_w=standby_w,
        curtailed_w=curtailed_w,
        grid_w=np.maximum(-over_w, 0.0),
        export_w=export_w,
        unmet_w=unmet_w,
    )


def shaving(net_w: FloatArray, signals: Signals, battery: Battery, threshold_w: float | None) -> Rule:
    """Peak shaving at *threshold_w* [W]; without it, at the one found from the load less sun and wind, *net_w* [W].

    That is the lowest one that the battery could have held the day before, and not below what the meter has read in
    this month already, which is billed anyway. On the first day nothing is shaved.
    """
    if threshold_w is not None:
        return lambda _step, now_w, _highest_w: rules.peak_shaving(now_w, threshold_w)
    yesterday_w = _lowest_of_yesterday(net_w, signals, battery)

    def wanted_w(step: int, now_w: float, highest_w: float) -> float:
        found_w = float(yesterday_w[step])
        return rules.peak_shaving(now_w, max(found_w, highest_w)) if np.isfinite(found_w) else 0.0

    return wanted_w


def _lowest_of_yesterday(net_w: FloatArray, signals: Signals, battery: Battery) -> FloatArray:
    """Lowest threshold that could have been held on the day before each step's [W], [n]; infinite on the first day."""
    found = np.full(len(net_w), np.inf)
    days = np.unique(signals.day)
    for before, day in pairwise(days):
        past = signals.day == before
        found[signals.day == day] = rules.lowest_threshold_w(net_w[past], signals.duration_s[past], battery)
    return found


def by_price(signals: Signals, battery: Battery, charge_below_w: float) -> Rule:
    """Time of use: prices are known for the day; charging does not lift the meter above *charge_below_w* [W]."""
    lowest, highest = (_of_the_day(signals, pick) for pick in (np.min, np.max))

    def wanted_w(step: int, net_w: float, _highest_w: float) -> float:
        price = float(signals.price[step])
        part = rules.time_of_use(price, float(lowest[step]), float(highest[step]), battery.round_trip)
        return _charging_below(part * battery.power_w, net_w, charge_below_w)

    return wanted_w


def by_carbon(signals: Signals, battery: Battery, charge_below_w: float) -> Rule:
    """Carbon: the grid now against its mean over the last day; charging does not lift the meter above the limit."""
    lately = _over_the_last_day(signals.carbon, signals.duration_s)

    def wanted_w(step: int, net_w: float, _highest_w: float) -> float:
        part = rules.carbon(float(signals.carbon[step]), float(lately[step]), battery.round_trip)
        return _charging_below(part * battery.power_w, net_w, charge_below_w)

    return wanted_w


def _charging_below(wanted_w: float, net_w: float, limit_w: float) -> float:
    return max(wanted_w, min(0.0, net_w - limit_w)) if wanted_w < 0.0 else wanted_w


def _of_the_day(signals: Signals, pick: Callable[[FloatArray], float]) -> FloatArray:
    """The lowest or highest price of each step's day, [n]."""
    found = np.empty_like(signals.price)
    for day in np.unique(signals.day):
        today = signals.day == day
        found[today] = pick(signals.price[today])
    return found


def _over_the_last_day(values: FloatArray, duration_s: FloatArray) -> FloatArray:
    """Mean of *values* over the 24 hours up to the end of each step, or since the start if that is shorter, [n]."""
    ends_s = np.cumsum(duration_s)
    sums = np.concatenate(([0.0], np.cumsum(values * duration_s)))
    begins_s = np.maximum(ends_s - DAY_S, 0.0)
    before = np.interp(begins_s, np.concatenate(([0.0], ends_s)), sums)
    return np.asarray((sums[1:] - before) / (ends_s - begins_s))
