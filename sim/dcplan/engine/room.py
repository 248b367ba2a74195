"""The story of a room in which cooling fails: air warms, servers slow down or switch off, and it all comes back.

    what is lost -> heat that nobody removes -> chilled water in store -> air and metal of the racks -> inlet air
        -> speed and power of the servers -> how busy they are -> heat

The room is looked at every few seconds from the first loss until it is as before; at all other times nothing happens
here. Between two looks the plant is steady and the heat constant.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import simpy

from dcplan.engine.incidents import Cut, FloatArray, Loss, Setback, instants_s, lost_at, out_at
from dcplan.engine.levers import Gauge, Levers
from dcplan.engine.plan import Grid, Plan, RoomPlan
from dcplan.facility.plant import simulate
from dcplan.facility.thermal import Warmth, bridge, warmed
from dcplan.results.store import frame
from dcplan.signals.weather import Weather

Process = Generator[simpy.Event, object, None]
LOOK_S = 5.0
"""Time between two looks [s]: a rack of 20 kW without cooling is 18 K warmer after 10 s, one of 5 kW after 3 min."""
SLIGHT = 1e-3
"""A change of speed that is not worth telling anybody."""
USUAL_K = 0.1
"""The room is as before when its racks are not warmer than usual by more than this [K]."""
AS_USUAL = Warmth()
HEAT, NO_POWER = "warm air", "no power"
"""Why servers are off."""
SPARE_LOAD = 1.5
"""Load over what the plant is built for at which all that it can do is seen."""


@dataclass
class Hall:
    """The room at one instant, and what happened so far.

    Attributes:
        warmth: How much warmer than usual its racks are.
        store_j: Cold left in the store [J].
        inlet_c: Air that the servers breathe in [degC].
        losses: What of the plant does not run when.
        cuts: Power cuts.
        log: Rows of the table `room`, without replication.
        watched: Whether somebody looks at it already.
    """

    warmth: Warmth = AS_USUAL
    store_j: float = 0.0
    inlet_c: float | None = None
    losses: list[Loss] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    log: list[dict[str, float]] = field(default_factory=list)
    watched: bool = False

    def suffer(self, setback: Setback) -> None:
        """Something is lost as well."""
        self.losses += setback.losses
        if setback.cut is not None:
            self.cuts.append(setback.cut)


def watch(env: simpy.Environment, plan: Plan, room: RoomPlan, hall: Hall, levers: Levers, gauge: Gauge) -> Process:
    """Wait for the next loss, and look until all is as before, again and again."""
    hall.store_j, hall.inlet_c = room.store_j, usual_inlet_c(plan)
    for at_s in instants_s(hall.losses):
        if at_s < env.now or at_s >= plan.grid.marks_s[-1]:
            continue
        yield env.timeout(at_s - env.now)
        yield from attend(env, plan, room, hall, levers, gauge)


def attend(env: simpy.Environment, plan: Plan, room: RoomPlan, hall: Hall, levers: Levers, gauge: Gauge) -> Process:
    """Look until all is as before, unless somebody does."""
    if hall.watched:
        return
    hall.watched = True
    drawn_w(hall, levers, gauge)  # from here on
    while lost_at(hall.losses, env.now) or not _as_before(room, hall, levers):
        yield env.timeout(LOOK_S)
        _look(env, plan, room, hall, levers, drawn_w(hall, levers, gauge))
    hall.watched = False


def usual_inlet_c(plan: Plan) -> float | None:
    """Air that the servers breathe in while the plant meets the load [degC]; None without a building."""
    return None if plan.facility is None else plan.facility.room.server_inlet_c


def drawn_w(hall: Hall, levers: Levers, gauge: Gauge) -> float:
    """Mean power of all servers since this was asked last [W]."""
    levers.advance()
    dynamic = {name: levers.dynamic(name) for name in levers.plan.groups}
    return sum(each.power_w for each in gauge.since(levers.env.now, dynamic, hall.inlet_c).values())


def _as_before(room: RoomPlan, hall: Hall, levers: Levers) -> bool:
    warm = max(hall.warmth.air_k, hall.warmth.metal_k) > USUAL_K
    waiting = any(why & {HEAT, NO_POWER} for why in levers.off.values())
    return not warm and hall.store_j >= room.store_j and not waiting and levers.hot == 1.0


def _look(env: simpy.Environment, plan: Plan, room: RoomPlan, hall: Hall, levers: Levers, it_w: float) -> None:
    """What has become of the room since the last look, when servers drew *it_w* [W], and what they do about it."""
    heat = _heat(plan, hall.losses, it_w, env.now - LOOK_S / 2)
    left_w = _stored(hall, room, heat.cold_w)
    hall.warmth = warmed(hall.warmth, (heat.lost_w + left_w) / room.racks, LOOK_S, room.mass)
    hall.inlet_c = heat.inlet_c + hall.warmth.air_k
    _respond(env, room, hall, levers, hall.inlet_c)
    hall.log.append(
        {
            "time_s": env.now,
            "inlet_c": hall.inlet_c,
            "rise_k": hall.warmth.air_k,
            "it_w": it_w,
            "missing_w": max(0.0, heat.lost_w + heat.cold_w),
            "store_j": hall.store_j,
            "speed": 0.0 if levers.all_off else levers.hot,
        }
    )


def _stored(hall: Hall, room: RoomPlan, cold_w: float) -> float:
    """What *cold_w* leaves for the racks when the store has done its part [W]; spare cold goes to the racks first."""
    if hall.warmth.air_k > 0.0 and cold_w < 0.0:
        return cold_w
    held_w = min(max(0.0, -cold_w), room.racks * room.mass.exchange_w_k * hall.warmth.metal_k)
    hall.store_j, left_w = bridge(hall.store_j, room.store_j, cold_w + held_w, LOOK_S)
    return left_w - held_w


def _respond(env: simpy.Environment, room: RoomPlan, hall: Hall, levers: Levers, inlet_c: float) -> None:
    up = not levers.all_off
    if up and room.shutdown_c is not None and inlet_c >= room.shutdown_c:
        levers.switch_off(HEAT, levers.plan.groups)
        env.process(switch_on(env, room, hall, levers, HEAT))
    speed = speed_at(inlet_c, room)
    if abs(speed - levers.hot) > SLIGHT or (speed == 1.0) != (levers.hot == 1.0):
        levers.hot = speed
        levers.pull()


def switch_on(env: simpy.Environment, room: RoomPlan, hall: Hall, levers: Levers, cause: str) -> Process:
    """Servers that are off by *cause* wait until the room is cool, start up, and serve."""
    while levers.hot < 1.0 or hall.warmth.air_k > USUAL_K:
        yield env.timeout(LOOK_S)
    yield env.timeout(room.power_on_s)
    levers.switch_on(cause, levers.plan.groups)


def speed_at(inlet_c: float, room: RoomPlan) -> float:
    """Speed of servers in air of *inlet_c* [degC], over full speed [-]."""
    warm = (inlet_c - room.begins_c) / (room.ends_c - room.begins_c)
    return 1.0 - (1.0 - room.slowest) * min(1.0, max(0.0, warm))


class Heat(NamedTuple):
    """What the plant leaves behind.

    Attributes:
        lost_w: Heat that it does not move to where a store could take it: fans or pumps of the room stand still [W].
        cold_w: Heat that it moves but does not cool, or, negative, what it could cool on top [W].
        inlet_c: Inlet air when it cools everything [degC].
    """

    lost_w: float
    cold_w: float
    inlet_c: float


def _heat(plan: Plan, losses: Sequence[Loss], it_w: float, at_s: float) -> Heat:
    """What the plant leaves behind of *it_w* [W], with what is out of service at *at_s* [s]."""
    assert plan.facility is not None, "incidents need a building"
    assert plan.site is not None, "a building needs a site"
    assert plan.scenario.facility is not None, "a design has a spec"
    now = out_at(losses, np.full(3, at_s))
    much_w = SPARE_LOAD * plan.scenario.facility.it_capacity
    cold = np.array([False, False, True])  # what if chillers and all behind them worked
    out = replace(
        now,
        chillers=np.where(cold, 0.0, now.chillers),
        cells=np.where(cold, 0.0, now.cells),
        condenser_pumps=np.where(cold, False, now.condenser_pumps),
    )
    weather = at_instant(plan.site.weather, plan.grid, at_s)
    design = plan.facility.with_economisers(dead_band_k=0.0, kept_steps=1)  # three cases, not three steps
    result = simulate(np.array([it_w, max(it_w, much_w), it_w]), weather, design, out)
    heat_w = result.room_heat_w + result.liquid_heat_w
    short_w = result.cooling_shortfall_w
    usual_c = float(result.server_inlet_c[2])
    if short_w[0] <= 0.0:
        return Heat(0.0, -max(0.0, float(heat_w[1] - short_w[1] - heat_w[0])), usual_c)
    return Heat(float(short_w[2]), float(max(0.0, short_w[0] - short_w[2])), usual_c)


def at_instant(weather: Weather, grid: Grid, at_s: float) -> Weather:
    """The weather of the counted interval that holds *at_s* [s], of the first one before it, one value each."""
    place = max(0, int(np.searchsorted(grid.starts_s, at_s, side="right")) - 1)
    columns = weather.dry_bulb_c, weather.wet_bulb_c, weather.pressure_pa
    return Weather(*(np.atleast_1d(column)[[place]] for column in columns))


def table(hall: Hall, replication: int) -> pd.DataFrame:
    """Every look at the room."""
    return frame("room", [{"replication": replication, **row} for row in hall.log])


def rise_means(hall: Hall, grid: Grid) -> FloatArray:
    """What incidents add to the air that the servers breathe in, mean over each counted interval [K], [n]."""
    rise_k = np.zeros(len(grid.starts_s))
    for row in hall.log:
        shared_s = np.minimum(row["time_s"], grid.starts_s + grid.durations_s)
        shared_s = np.maximum(shared_s - np.maximum(row["time_s"] - LOOK_S, grid.starts_s), 0.0)
        rise_k += shared_s / grid.durations_s * row["rise_k"]
    return rise_k
