"""The story of a power cap: servers are watched, and slowed down when racks, rows or the hall would draw too much.

A cap takes the dynamic part of power alone, and speed follows by the server's `cap_curve`. What a group would draw at
full speed is told from what it draws: servers that are busy all the time would be so, others would be done earlier.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import simpy

from dcplan.engine.levers import Drawn, Gauge, Levers
from dcplan.engine.plan import CappingPlan, Plan
from dcplan.facility.limits import Level, allocate
from dcplan.results.store import frame

Process = Generator[simpy.Event, object, None]
ROUNDING = 1e-9
SATURATED = 0.98
"""Servers that are busy for more than this share of the time have more work than they can do."""


@dataclass
class Caps:
    """Every decision: rows of the table `capping`, without replication."""

    log: list[dict[str, object]] = field(default_factory=list)


def cap(env: simpy.Environment, plan: Plan, capping: CappingPlan, levers: Levers, gauge: Gauge, caps: Caps) -> Process:
    """Look at the power of all groups every so often, and set what each may draw until the next look."""
    names = list(plan.groups)
    own = Level(np.array(capping.limits_w), np.arange(len(names)))
    levels = [own, Level(np.array([capping.hall_w]), np.zeros(len(names), dtype=np.int64))]
    while True:
        yield env.timeout(capping.every_s)
        levers.advance()
        drawn = gauge.since(env.now, {name: levers.dynamic(name) for name in names}, None)
        wanted_w = np.array([_wanted_w(drawn[name], levers, name) for name in names])
        idle_w = np.array([drawn[name].idle_w for name in names])
        allowed_w = allocate(wanted_w, idle_w, levels)
        before = dict(levers.capped)
        for number, name in enumerate(names):
            left = _left(drawn[name], float(wanted_w[number]), float(allowed_w[number]), levers.dynamic(name))
            levers.capped[name] = min(1.0, max(capping.least, left))
            _note(caps, env.now, name, drawn[name], wanted_w[number], allowed_w[number], levers)
        if levers.capped != before:
            levers.pull()


def _left(drawn: Drawn, wanted_w: float, allowed_w: float, dynamic: float) -> float:
    """Power above rest over that at full speed to allow from now on [-].

    In proportion to what is to be drawn over what is: slower servers are busy for longer, so that it takes some looks
    to get there.
    """
    if allowed_w >= wanted_w * (1.0 - ROUNDING):
        return 1.0
    return dynamic * (allowed_w - drawn.idle_w) / max(drawn.power_w - drawn.idle_w, 1e-9)


def _wanted_w(drawn: Drawn, levers: Levers, name: str) -> float:
    """What a group would draw at full speed [W], from what it drew."""
    dynamic = levers.dynamic(name)
    above_w = max(0.0, drawn.power_w - drawn.idle_w) / dynamic
    return drawn.idle_w + above_w * (1.0 if drawn.busy > SATURATED else levers.speed(name))


def _note(caps: Caps, now_s: float, name: str, drawn: Drawn, wanted_w: float, allowed_w: float, levers: Levers) -> None:
    row = {"time_s": now_s, "group": name, "drawn_w": drawn.power_w, "wanted_w": wanted_w, "allowed_w": allowed_w}
    caps.log.append(row | {"speed": levers.speed(name)})


def table(caps: Caps, replication: int) -> pd.DataFrame:
    """Every decision."""
    return frame("capping", [{"replication": replication, **row} for row in caps.log])
