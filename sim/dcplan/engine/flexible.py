"""What a busy slot costs when, for jobs that may wait: by the tariff's clock, or by the carbon of the grid."""

from __future__ import annotations

import numpy as np

from dcplan.economics.meter import WallClock, period_of
from dcplan.engine.plan import Grid, QueuePlan, ServerGroup, SitePlan
from dcplan.errors import InputError
from dcplan.profiles.tariff import Tariff
from dcplan.signals.clock import Clock
from dcplan.training.flexible import FloatArray, Outlook

J_PER_KWH = 3.6e6
HOUR_S = 3600.0


def outlook_of(queue: QueuePlan, busy_w: float, grid: Grid, clock: Clock, site: SitePlan) -> Outlook:
    """What a slot that draws *busy_w* [W] above rest costs, up to the end of the last job that may start in the run."""
    assert queue.spec.flexible is not None, "only jobs that may wait ask for it"
    last_s = float(grid.marks_s[-1]) + queue.spec.flexible.within + queue.work_s
    if queue.spec.flexible.by == "price":
        edges_s = hours_s(clock, last_s)
        per_kwh = prices(site.supply.tariff, clock, edges_s[:-1])
    else:
        edges_s = np.append(grid.starts_s, max(last_s, float(grid.marks_s[-1]) + 1.0))
        per_kwh = site.carbon.kg_per_kwh
    if np.ptp(per_kwh) == 0.0:
        what = "price of energy" if queue.spec.flexible.by == "price" else "carbon of this grid"
        raise InputError(f"the {what} is the same at all times, so waiting saves nothing", "remove 'flexible'")
    return Outlook(edges_s, per_kwh * busy_w / J_PER_KWH)


def slot_w(group: ServerGroup, queue: QueuePlan) -> float:
    """What a busy slot draws above rest at the server's plug [W]: by the meter of its board, else its full use."""
    server = group.server
    if server.boards is None:
        return (server.max_w - server.idle_w) / group.slots_per_server
    return server.per_board_w * (server.full_board_w if queue.busy_w is None else queue.busy_w)


def hours_s(clock: Clock, last_s: float) -> FloatArray:
    """Full hours on the wall clock, from the start to after *last_s* [s]."""
    first_s = -(clock.second_of_day(0.0) % HOUR_S)
    return np.arange(first_s, last_s + HOUR_S, HOUR_S)


def prices(tariff: Tariff, clock: Clock, at_s: FloatArray) -> FloatArray:
    """Price of energy at *at_s* [USD/kWh]."""
    rows = WallClock.of(clock.wall(at_s)).rows(tariff.holidays)
    return np.asarray(tariff.energy_usd_per_kwh[period_of(tariff.energy_period, rows)])
