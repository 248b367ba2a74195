"""The story of a power cut: batteries carry servers until help comes or they are empty; then they are charged again.

Help is generators that run, or the utility. The batteries of the UPS carry what of the plant hangs on it as well.
Where nothing is said of the batteries of the UPS, they are taken to last, and what charges them is not known.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
import simpy

from dcplan.engine.incidents import Cut, out_at
from dcplan.engine.levers import Gauge, Levers
from dcplan.engine.plan import Grid, Plan, RoomPlan
from dcplan.engine.room import LOOK_S, NO_POWER, Hall, at_instant, drawn_w, switch_on
from dcplan.facility.domain import FloatArray
from dcplan.facility.plant import simulate
from dcplan.facility.ride_through import BatteryDesign, lasts_s, recharge_w
from dcplan.scenario.incidents import RideThrough

Process = Generator[simpy.Event, object, None]
CARRIED = {"room_units": "crah_fan_w", "chilled_water_pumps": "chilled_water_pump_w"}
"""What the UPS may carry of the plant, and its power; coolant pumps are always on it."""


EMPTY = 1e-3
"""Charge below which a battery is empty."""
LEAST_S = 0.05
"""Least time between two looks at a battery that is almost empty [s]."""


@dataclass
class Bank:
    """The batteries of the UPS.

    Attributes:
        charge: Their charge when they were used last, 0..1 [-].
        owed_j: What they have delivered since they were full [J].
        charged_from_s: Since when they are charged again [s].
        charging: From when until when they draw how much: [s], [s], [W].
        dark: From when until when they are empty, and nothing has power [s].
    """

    charge: float = 1.0
    owed_j: float = 0.0
    charged_from_s: float = 0.0
    charging: list[tuple[float, float, float]] = field(default_factory=list)
    dark: list[tuple[float, float]] = field(default_factory=list)

    def disconnect(self, now_s: float, battery: BatteryDesign) -> None:
        """The utility is gone: what has been charged so far counts."""
        done = min(1.0, (now_s - self.charged_from_s) / battery.kind.recharge_s)
        self.charge, self.owed_j = self.charge + (1.0 - self.charge) * done, self.owed_j * (1.0 - done)
        if self.charging:
            from_s, until_s, power_w = self.charging.pop()
            self.charging.append((from_s, min(until_s, now_s), power_w))

    def charging_w(self, now_s: float) -> float:
        """What charging them draws now [W]."""
        return sum(power_w for from_s, until_s, power_w in self.charging if from_s <= now_s < until_s)

    def deliver(self, load_w: float, passed_s: float, battery: BatteryDesign) -> float:
        """It carried *load_w* [W] for *passed_s* [s]. Return for how long it could go on [s]."""
        full_s = float(lasts_s(np.array(load_w), battery))
        self.owed_j += load_w * passed_s
        self.charge -= passed_s / full_s
        return max(LEAST_S, self.charge * full_s)

    def connect(self, now_s: float, battery: BatteryDesign) -> None:
        """There is power again: it is charged."""
        self.charged_from_s = now_s
        power_w = float(recharge_w(np.array(self.owed_j), battery))
        self.charging.append((now_s, now_s + battery.kind.recharge_s, power_w))


def cut(
    env: simpy.Environment, plan: Plan, room: RoomPlan, hall: Hall, levers: Levers, gauge: Gauge, bank: Bank, lost: Cut
) -> Process:
    """Batteries carry what they can for as long as they can; what they delivered is charged when there is power."""
    assert plan.facility is not None, "incidents need a building"
    battery = plan.facility.power.battery
    if battery is None:
        return
    yield env.timeout(lost.begins_s - env.now)
    bank.disconnect(env.now, battery)
    drawn_w(hall, levers, gauge)  # from here on
    left_s = math.inf
    while bank.charge > EMPTY and env.now < lost.carried_s:
        step_s = min(LOOK_S, left_s, lost.carried_s - env.now)
        yield env.timeout(step_s)
        left_s = bank.deliver(_carried_w(plan, room, hall, env.now, drawn_w(hall, levers, gauge)), step_s, battery)
    if env.now < lost.carried_s:
        levers.switch_off(NO_POWER, plan.groups)
        bank.dark.append((env.now, lost.carried_s))
        yield env.timeout(lost.carried_s - env.now)
        env.process(switch_on(env, room, hall, levers, NO_POWER))
    bank.connect(env.now, battery)


def _carried_w(plan: Plan, room: RoomPlan, hall: Hall, now_s: float, it_w: float) -> float:
    """What batteries deliver while servers draw *it_w* [W]."""
    assert plan.facility is not None, "incidents need a building"
    assert plan.site is not None, "a building needs a site"
    weather, out = at_instant(plan.site.weather, plan.grid, now_s), out_at(hall.losses, np.array([now_s]))
    result = simulate(np.array([it_w]), weather, plan.facility, out)
    return it_w + sum(float(getattr(result, name)[0]) for name in on_batteries(room.spec))


def on_batteries(room: RideThrough) -> list[str]:
    """The loads of the building that batteries carry in a power cut, beside the servers."""
    return ["pdu_loss_w", "liquid_pump_w", *(load for part, load in CARRIED.items() if part in room.on_ups)]


@dataclass(frozen=True)
class Feed:
    """What feeds the building in each counted interval, each [n].

    Attributes:
        unfed: Share in which neither utility nor generators do [-].
        dark: Share in which batteries do not either [-].
        charging_w: What batteries draw to be charged again [W].
    """

    unfed: FloatArray
    dark: FloatArray
    charging_w: FloatArray


def feed_of(cuts: Sequence[Cut], bank: Bank, grid: Grid) -> Feed:
    """What feeds the building in each counted interval."""
    charging_w = np.zeros(len(grid.starts_s))
    for from_s, until_s, power_w in bank.charging:
        charging_w += power_w * grid.share([(from_s, until_s)])
    return Feed(grid.share((each.begins_s, each.carried_s) for each in cuts), grid.share(bank.dark), charging_w)
