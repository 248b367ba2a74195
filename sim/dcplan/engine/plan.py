"""A resolved scenario: everything a replication needs, as plain values, shared by all replications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.economics.bill import WallClock
from dcplan.energy.battery import Battery
from dcplan.energy.dispatch import Limits, Signals
from dcplan.energy.optimum import Charges
from dcplan.engine.incidents import Loss
from dcplan.facility.design import FacilityDesign
from dcplan.facility.thermal import RackMass
from dcplan.profiles.on_site import StorageKind
from dcplan.profiles.server import Server
from dcplan.profiles.tariff import Tariff
from dcplan.scenario.endpoint import Endpoint, Pool
from dcplan.scenario.pipeline import Pipeline
from dcplan.scenario.scenario import Scenario
from dcplan.scenario.training import TrainingQueue
from dcplan.serving.generation_state import GenerationRules
from dcplan.serving.pipeline import Step
from dcplan.serving.rules import zones_of
from dcplan.serving.sharing_state import SharingRules
from dcplan.serving.state import Rules
from dcplan.signals.clock import Clock
from dcplan.signals.weather import Weather
from dcplan.training.flexible import Outlook
from dcplan.workload.arrivals import Recorded

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """The instants at which things are recorded: every step, the end of the warm-up, and the horizon.

    Attributes:
        marks_s: All instants after second 0 [s], increasing; the last is the horizon.
        warm_up_s: End of the warm-up [s]; intervals from here on count.
    """

    marks_s: FloatArray
    warm_up_s: float

    @property
    def starts_s(self) -> FloatArray:
        """Start of each counted interval [s]."""
        starts_s = np.concatenate(([0.0], self.marks_s[:-1]))
        return starts_s[starts_s >= self.warm_up_s]

    @property
    def durations_s(self) -> FloatArray:
        """Length of each counted interval [s]."""
        lengths_s = np.diff(np.concatenate(([0.0], self.marks_s)))
        return lengths_s[-len(self.starts_s) :]

    @property
    def counted_s(self) -> float:
        """Length of all counted intervals [s]."""
        return float(self.marks_s[-1]) - self.warm_up_s


NEAR = 1e-6
"""Share of a step: a step that ends so close to the warm-up or the horizon differs from it by rounding only."""


def grid(scenario: Scenario, instants_s: Sequence[float] = ()) -> Grid:
    """The grid of *scenario*, with marks at *instants_s* [s] as well."""
    steps_s = np.arange(1, int(np.ceil(scenario.horizon / scenario.step)) + 1) * scenario.step
    near_s = NEAR * scenario.step
    between = (steps_s < scenario.horizon - near_s) & (np.abs(steps_s - scenario.warm_up) > near_s)
    warm_up = [scenario.warm_up] if scenario.warm_up > 0 else []
    inside = [at_s for at_s in instants_s if near_s < at_s < scenario.horizon - near_s]
    marks_s = np.unique(np.concatenate((steps_s[between], warm_up, inside, [scenario.horizon])))
    return Grid(marks_s, scenario.warm_up)


@dataclass(frozen=True)
class ServerGroup:
    """A group of equal servers."""

    server: Server
    count: int
    slots_per_server: int

    @property
    def slots(self) -> int:
        """Slots of the whole group."""
        return self.count * self.slots_per_server


@dataclass(frozen=True)
class PoolPlan:
    """The replicas of an endpoint on one kind of server, ready to run.

    Attributes:
        pool: What the scenario says.
        server: Name of the servers' profile.
        error: Relative standard error of the measured time of a batch [-], [rows of its tables], or of a step.
        metered: Whether the rules know what a busy replica draws, read from the meters of accelerators.
        spell_s: How long slow spells last on them [s]; 0 if batches are independent of each other.
    """

    pool: Pool
    server: str
    error: FloatArray
    metered: bool
    spell_s: float = 0.0


@dataclass(frozen=True)
class EndpointPlan:
    """An endpoint, ready to run.

    Attributes:
        spec: What the scenario says.
        rules: What the kernel follows; its tables hold one pool after the other.
        pools: Where its replicas are; empty if they need no servers.
        recorded: Its demand, if it is a trace.
    """

    spec: Endpoint
    rules: Rules | GenerationRules | SharingRules
    pools: tuple[PoolPlan, ...]
    recorded: Recorded | None

    @property
    def hardware(self) -> IntArray:
        """Number of the pool that each replica is in, [replicas]."""
        counts = [each.pool.replicas for each in self.pools] or [self.spec.replicas]
        return np.repeat(np.arange(len(counts)), counts)

    @property
    def zones(self) -> IntArray | None:
        """Number of the zone that each replica is in, from 1 on, [replicas]; None if there are none."""
        return zones_of([zone.replicas for zone in self.spec.zones.values()]) if self.spec.zones else None


@dataclass(frozen=True)
class PipelinePlan:
    """A pipeline, ready to run.

    Attributes:
        spec: What the scenario says.
        steps: Its endpoints, and how long requests take to them.
        recorded: Its demand, if it is a trace.
    """

    spec: Pipeline
    steps: tuple[Step, ...]
    recorded: Recorded | None


@dataclass(frozen=True)
class QueuePlan:
    """A training queue, ready to run.

    Attributes:
        spec: What the scenario says.
        work_s: Time that a job takes [s].
        submissions_s: When jobs are submitted [s].
        error: Relative standard error of the measured time [-].
        busy_w: What a busy slot draws above rest, read from the meter of an accelerator [W]; None if that is not known.
        outlook: What a busy slot costs when, if its jobs may wait for that.
    """

    spec: TrainingQueue
    work_s: float
    submissions_s: tuple[float, ...]
    error: float = 0.0
    busy_w: float | None = None
    outlook: Outlook | None = None


@dataclass(frozen=True)
class Prices:
    """What things cost; see `profiles/cost/`. Servers by the name of their price."""

    facility_usd_per_w: float
    facility_life_years: float
    server_usd: Mapping[str, float]
    server_life_years: float
    discount_rate: float
    water_usd_per_m3: float


@dataclass(frozen=True)
class SitePlan:
    """The place, on the grid of the counted intervals."""

    weather: Weather
    wall: WallClock
    tariff: Tariff
    prices: Prices
    carbon_kg_per_kwh: float


@dataclass(frozen=True)
class Bought:
    """Something on site that is bought and kept.

    Attributes:
        name: What it is.
        price_usd: What it costs.
        life_years: How long it lasts.
        usd_per_year: What it costs to keep.
    """

    name: str
    price_usd: float
    life_years: float
    usd_per_year: float


@dataclass(frozen=True)
class EnergyPlan:
    """What is on site, on the grid of the counted intervals.

    Attributes:
        solar_w: What the modules could give [W].
        wind_w: What the turbines could give [W].
        battery: What is stored; None if nothing is.
        ageing: How that ages; None without a battery.
        signals: What is known about each step.
        limits: What the connection and the generators allow.
        charges: What the meter's readings cost.
        bought: What was bought for it.
    """

    solar_w: FloatArray
    wind_w: FloatArray
    battery: Battery | None
    ageing: StorageKind | None
    signals: Signals
    limits: Limits
    charges: Charges
    bought: tuple[Bought, ...]


@dataclass(frozen=True)
class RoomPlan:
    """How the room stands a loss of cooling, and what is lost when.

    Attributes:
        losses: What does not run when.
        cuts_s: From when until when there is no power but that of batteries [s].
        racks: Racks in it.
        mass: What has to warm up in each.
        store_j: Heat that its store of chilled water takes up [J]; 0 if it has none.
        begins_c: Inlet air at which servers begin to slow down [degC].
        ends_c: Inlet air at which they are as slow as they get [degC].
        slowest: Their speed there, over full speed [-].
        shutdown_c: Inlet air at which they switch off [degC]; None if they never do.
        power_on_s: Time from cool air to servers that serve again [s].
    """

    losses: tuple[Loss, ...]
    cuts_s: tuple[tuple[float, float], ...]
    racks: int
    mass: RackMass
    store_j: float
    begins_c: float
    ends_c: float
    slowest: float
    shutdown_c: float | None
    power_on_s: float


@dataclass(frozen=True)
class CappingPlan:
    """How power is capped.

    Attributes:
        every_s: Time between two looks [s].
        least: Power above rest over that at full speed below which no cap goes [-].
        limits_w: What the racks and rows of each group may draw together [W].
        hall_w: What all may draw together [W]; infinite if there is no limit.
    """

    every_s: float
    least: float
    limits_w: tuple[float, ...]
    hall_w: float


@dataclass(frozen=True)
class Plan:
    """Everything a replication needs."""

    scenario: Scenario
    grid: Grid
    clock: Clock
    groups: dict[str, ServerGroup]
    endpoints: dict[str, EndpointPlan]
    pipelines: dict[str, PipelinePlan]
    queues: dict[str, QueuePlan]
    site: SitePlan | None
    facility: FacilityDesign | None
    room: RoomPlan | None
    capping: CappingPlan | None
    assumptions: list[dict[str, Any]]
    fingerprint: str
    """Hash of every profile and trace that was read: a run of other inputs is another run."""
    energy: EnergyPlan | None = None
