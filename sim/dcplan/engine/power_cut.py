"""The story of a power cut: batteries carry the servers until generators run or the utility is back, or they are empty.

Where nothing is said of the batteries of the UPS, they are taken to last.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import simpy

from dcplan.engine.levers import Gauge, Levers
from dcplan.engine.plan import Plan, RoomPlan
from dcplan.engine.room import LOOK_S, NO_POWER, Hall, drawn_w, switch_on
from dcplan.facility.ride_through import lasts_s

Process = Generator[simpy.Event, object, None]


def cut(
    env: simpy.Environment,
    plan: Plan,
    room: RoomPlan,
    hall: Hall,
    levers: Levers,
    gauge: Gauge,
    span_s: tuple[float, float],
) -> Process:
    """Between the two instants of *span_s* [s] there is no power but that of the batteries."""
    begins_s, back_s = span_s
    assert plan.facility is not None, "incidents need a building"
    battery = plan.facility.power.battery
    if battery is None:
        return
    yield env.timeout(begins_s - env.now)
    drawn_w(hall, levers, gauge)  # from here on
    yield env.timeout(min(LOOK_S, back_s - begins_s))
    carried_s = float(lasts_s(np.array([drawn_w(hall, levers, gauge)]), battery)[0])
    empty_s = max(env.now, begins_s + carried_s)
    if empty_s >= back_s:
        return
    yield env.timeout(empty_s - env.now)
    levers.switch_off(NO_POWER, plan.groups)
    yield env.timeout(back_s - env.now)
    env.process(switch_on(env, room, hall, levers, NO_POWER))
