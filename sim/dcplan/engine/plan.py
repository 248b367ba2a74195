"""A resolved scenario: everything a replication needs, as plain values, shared by all replications."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.economics.meter import WallClock
from dcplan.energy.battery import Battery
from dcplan.energy.dispatch import Limits, Signals
from dcplan.energy.optimum import Charges
from dcplan.engine.incidents import Setback
from dcplan.engine.ownership import FinancePlan
from dcplan.engine.redundancy import AvailabilityPlan
from dcplan.facility.breaker import BreakerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.thermal import RackMass
from dcplan.profiles.carbon import GridCarbon
from dcplan.profiles.on_site import StorageKind
from dcplan.profiles.server import Server
from dcplan.profiles.tariff import Tariff
from dcplan.scenario.endpoint import Endpoint, Pool
from dcplan.scenario.incidents import RideThrough
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

    def share(self, spans_s: Iterable[tuple[float, float]]) -> FloatArray:
        """Share of each counted interval that lies in one of *spans_s*, each from when until when [s]."""
        begins_s, ends_s = self.starts_s, self.starts_s + self.durations_s
        parts = [np.minimum(ends_s, until_s) - np.maximum(begins_s, from_s) for from_s, until_s in spans_s]
        inside_s = sum((np.maximum(part, 0.0) for part in parts), np.zeros(len(begins_s)))
        return np.asarray(inside_s / self.durations_s)

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
class CarbonPlan:
    """What electricity and making things emit.

    Attributes:
        grid: The grid, on average over a year.
        kg_per_kwh: CO2e of a kWh in each counted interval [kg/kWh], [n].
        marginal_kg_per_kwh: What one kWh more changes [kg/kWh], [n]; None if nobody says.
        hourly: Share of the energy that contracts match hour by hour [-].
        annual: Share that they cover over the year [-].
        contracted: Whether there are any.
        residual_kg_per_kwh: CO2e of what no contract covers [kg/kWh].
        price_usd_per_kg: What CO2e costs [USD/kg]; 0 if nothing.
        server_kg: Making a server, by the name of its price [kg]; empty if it is not counted.
        building_kg_per_w: Making building and plant [kg/W].
    """

    grid: GridCarbon
    kg_per_kwh: FloatArray
    marginal_kg_per_kwh: FloatArray | None
    hourly: float
    annual: float
    contracted: bool
    residual_kg_per_kwh: float
    price_usd_per_kg: float
    server_kg: Mapping[str, float]
    building_kg_per_w: float


@dataclass(frozen=True)
class Supply:
    """The electricity that a site buys, on the grid of the counted intervals.

    Attributes:
        tariff: What the grid's electricity costs.
        power_factor: Of the site [-]; None if it is not stated.
        real_time_usd_per_kwh: Price by the hour, mean over each interval [USD/kWh], [n]; None if it has its own.
        ppa_usd_per_kwh: What a contract with a producer costs [USD/kWh].
        ppa_share: Share of the site's power that it always delivers [-]; None if it does otherwise.
        ppa_w: What it delivers [W], [n]; None if it does otherwise.
    """

    tariff: Tariff
    power_factor: float | None = None
    real_time_usd_per_kwh: FloatArray | None = None
    ppa_usd_per_kwh: float = 0.0
    ppa_share: float | None = None
    ppa_w: FloatArray | None = None


@dataclass(frozen=True)
class SitePlan:
    """The place, on the grid of the counted intervals."""

    weather: Weather
    wall: WallClock
    supply: Supply
    prices: Prices
    carbon: CarbonPlan
    finance: FinancePlan | None = None


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
        spec: What the scenario says.
        setbacks: What each incident takes away, if generators start.
        unstarted: The same if too few generators start.
        racks: Racks in it.
        mass: What has to warm up in each.
        store_j: Heat that its store of chilled water takes up [J]; 0 if it has none.
        begins_c: Inlet air at which servers begin to slow down [degC].
        ends_c: Inlet air at which they are as slow as they get [degC].
        slowest: Their speed there, over full speed [-].
        shutdown_c: Inlet air at which they switch off [degC]; None if they never do.
        power_on_s: Time from cool air to servers that serve again [s].
    """

    spec: RideThrough
    setbacks: Mapping[str, Setback]
    unstarted: Mapping[str, Setback]
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
class Breaker:
    """Breakers of one kind that trip together, or a single one.

    Attributes:
        name: What it is called, e.g. "racks of gpu-nodes".
        groups: The groups of servers that hang on it.
        limit_w: What they may draw together [W].
    """

    name: str
    groups: tuple[str, ...]
    limit_w: float


@dataclass(frozen=True)
class BreakersPlan:
    """How overloads trip breakers.

    Attributes:
        design: How soon.
        every_s: Time between two looks at the load [s].
        reset_s: Time from a trip until what hangs on the breaker runs again [s].
        installed: Those that servers hang on.
        utility_w: Limit of the utility's [W].
    """

    design: BreakerDesign
    every_s: float
    reset_s: float
    installed: tuple[Breaker, ...]
    utility_w: float


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
    breakers: BreakersPlan | None
    assumptions: list[dict[str, Any]]
    fingerprint: str
    """Hash of every profile and trace that was read: a run of other inputs is another run."""
    availability: AvailabilityPlan | None
    energy: EnergyPlan | None
