"""What a battery should do now, one function per rule: watts wanted, positive to discharge, negative to charge.

No rule looks ahead: it knows this step's power, and prices that were published before (those of the day) or are past.
"""

from __future__ import annotations

import numpy as np

from dcplan.energy.battery import Battery, FloatArray

BISECTIONS = 40


def peak_shaving(net_w: float, threshold_w: float) -> float:
    """Keep the meter at *threshold_w* [W]: what is above comes from the battery, and what is left below charges it.

    >>> peak_shaving(120.0, 100.0), peak_shaving(70.0, 100.0)
    (20.0, -30.0)
    """
    return net_w - threshold_w


def lowest_threshold_w(net_w: FloatArray, duration_s: FloatArray, battery: Battery) -> float:
    """Lowest threshold [W] that a battery, full at first, can hold over the power *net_w* [W], [n], by bisection."""
    low_w, high_w = float(net_w.min()), float(net_w.max())
    for _ in range(BISECTIONS):
        middle_w = (low_w + high_w) / 2.0
        if holds(net_w, duration_s, battery, middle_w):
            high_w = middle_w
        else:
            low_w = middle_w
    return high_w


def holds(net_w: FloatArray, duration_s: FloatArray, battery: Battery, threshold_w: float) -> bool:
    """Whether a battery, full at first, keeps the meter at or below *threshold_w* [W]."""
    charge_j = battery.capacity_j
    for power_w, step_s in zip(net_w.tolist(), duration_s.tolist(), strict=True):
        wanted_w = peak_shaving(power_w, threshold_w)
        given_w = battery.within(wanted_w, charge_j, step_s)
        if given_w < wanted_w:
            return False
        charge_j = battery.after_j(charge_j, given_w, step_s)
    return True


def time_of_use(price: float, cheapest: float, dearest: float, round_trip: float) -> float:
    """Charge while energy costs least of the day, discharge while it costs most, if the difference pays for the losses.

    All three in the same unit; *round_trip* [-] is the battery's. The answer is in batteries' full powers: -1, 0 or 1.

    >>> time_of_use(0.04, 0.04, 0.10, 0.9), time_of_use(0.10, 0.04, 0.10, 0.9), time_of_use(0.05, 0.05, 0.052, 0.9)
    (-1.0, 1.0, 0.0)
    """
    if cheapest >= dearest * round_trip:
        return 0.0
    return -1.0 if price <= cheapest else 1.0 if price >= dearest else 0.0


def carbon(now: float, lately: float, round_trip: float) -> float:
    """Charge while the grid is cleaner than it was *lately* on average, discharge while it is dirtier.

    Both in the same unit; half of the losses must be gained on either side of the mean. -1, 0 or 1 full powers.

    >>> carbon(0.2, 0.4, 0.9), carbon(0.6, 0.4, 0.9), carbon(0.41, 0.4, 0.9)
    (-1.0, 1.0, 0.0)
    """
    margin = float(np.sqrt(round_trip))
    return -1.0 if now < lately * margin else 1.0 if now * margin > lately else 0.0
