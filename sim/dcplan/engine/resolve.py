"""From a valid scenario to a Plan: profiles are looked up, curves read, capacities checked against each other.

What does not fit together is reported like any other problem of the scenario: all at once, with file and line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from dcplan.economics.meter import WallClock
from dcplan.engine.assumptions import Assumptions
from dcplan.engine.breakers import breakers_of
from dcplan.engine.building import design_facility
from dcplan.engine.carbon import carbon_plan, hourly_carbon
from dcplan.engine.flexible import outlook_of, slot_w
from dcplan.engine.incidents import Setback, installed, instants_s, setback_of
from dcplan.engine.measured import check_memory, generation_times, serving_times, training_s
from dcplan.engine.misfit import MisfitError
from dcplan.engine.on_site import Where, plan_energy, span_s
from dcplan.engine.ownership import CURRENCY, FinancePlan, finance_plan
from dcplan.engine.plan import (
    BreakersPlan,
    CappingPlan,
    EndpointPlan,
    EnergyPlan,
    PipelinePlan,
    Plan,
    PoolPlan,
    Prices,
    QueuePlan,
    RoomPlan,
    ServerGroup,
    SitePlan,
    grid,
)
from dcplan.engine.redundancy import plan_availability
from dcplan.engine.supply import note_peak_hours, resolved_tariff, supply_of
from dcplan.engine.weather import weather_of
from dcplan.errors import InputError, Problem, ScenarioError
from dcplan.facility.breaker import CURVES, BreakerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.thermal import RackMass, chilled_water_store_j
from dcplan.kpis.energy_warnings import CALL, OUTSIDE
from dcplan.profiles.library import Library, Profile
from dcplan.profiles.price import check_currency
from dcplan.profiles.server import Server, load_server, partitioned
from dcplan.profiles.standby import GeneratorKind
from dcplan.profiles.storage import read_s
from dcplan.profiles.timing import Timing
from dcplan.scenario.cache import Cache
from dcplan.scenario.demand import Trace
from dcplan.scenario.endpoint import Endpoint, Pool
from dcplan.scenario.fleet import Servers
from dcplan.scenario.generation import Generation
from dcplan.scenario.load import Loaded
from dcplan.scenario.pipeline import Fetch, Pipeline
from dcplan.scenario.site import Site, WeatherFile
from dcplan.scenario.source import PathKey
from dcplan.scenario.training import TrainingQueue
from dcplan.serving.pipeline import Step
from dcplan.serving.rules import generation_rules, largest_batch, proportional, rules, sharing_rules, stacked
from dcplan.serving.sharing_state import SharingRules
from dcplan.serving.state import Rules
from dcplan.signals.clock import Clock
from dcplan.signals.places import year_at
from dcplan.signals.weather_file import read_weather
from dcplan.signals.weather_year import WeatherYear
from dcplan.workload.arrivals import Recorded
from dcplan.workload.schedule import submissions
from dcplan.workload.trace import from_file, from_shape

CURVES_SOURCE = "IEEE Std C37.112-1996; the same as curves E and F of IEC 60255-151:2009"

Item = TypeVar("Item")
Result = TypeVar("Result")


def resolve(loaded: Loaded, library: Library) -> Plan:
    """Everything that *loaded* needs from *library*; raise a ScenarioError that lists all that is missing."""
    return _Resolver(loaded, library).plan()


@dataclass(frozen=True)
class _Noted:
    """A block in which bad input becomes a noted problem instead of an end."""

    resolver: _Resolver
    path: PathKey

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, (InputError, ValueError)):
            below = error.below if isinstance(error, MisfitError) else ()
            self.resolver.problems.append(self.resolver.loaded.problem((*self.path, *below), str(error)))
            return True
        return False


class _Resolver:
    """Looks things up, and keeps a list of what it could not find."""

    def __init__(self, loaded: Loaded, library: Library) -> None:
        self.loaded = loaded
        self.scenario = loaded.scenario
        self.library = library
        self.grid = grid(loaded.scenario)
        self.assumptions = Assumptions()
        self.problems: list[Problem] = []
        self.traces: set[Path] = set()

    def plan(self) -> Plan:
        scenario = self.scenario
        place = self._place()
        clock = self._clock(place)
        groups = self._each("fleet", scenario.fleet, self._group)
        endpoints = self._each("endpoints", scenario.endpoints, lambda n, e: self._endpoint(n, e, groups, clock))
        pipelines = self._each("pipelines", scenario.pipelines, lambda n, p: self._pipeline(n, p, clock))
        queues = self._each("training", scenario.training, lambda n, q: self._queue(n, q, groups, clock))
        self._check_slots(groups)
        generators_s = self._generators_s()
        setbacks, unstarted = self._setbacks(clock, generators_s), self._setbacks(clock, None)
        self._check_moments(setbacks)
        lost = [loss for each in (*setbacks.values(), *unstarted.values()) for loss in each.losses]
        self.grid = grid(scenario, (*instants_s(lost), *self._response_s(clock)))
        site = self._site(scenario.site, place, clock, groups) if scenario.site else None
        facility = None
        if scenario.facility and place and len(groups) == len(scenario.fleet):
            with self._at("facility"):
                servers = sum(group.count for group in groups.values())
                facility = design_facility(
                    scenario.facility, place, servers, self.library, self.assumptions, scenario.step
                )
        availability = None
        with self._at("availability"):
            availability = plan_availability(scenario, self.library, self.assumptions)
        energy = self._energy(place, clock, site)
        queues = self._each("training", queues, lambda n, q: self._flexible(n, q, groups, clock, site))
        self._check_capacity(groups)
        if facility is not None:
            self._check_incidents(facility)
        if self.problems:
            raise ScenarioError(self.problems)
        return Plan(
            scenario, self.grid, clock, groups, endpoints, pipelines, queues, site, facility,
            self._room(setbacks, unstarted), self._capping(groups), self._breakers(groups),
            self.assumptions.rows, self._fingerprint(), availability, energy,
        )  # fmt: skip

    def _fingerprint(self) -> str:
        """Hash of everything that was read beside the scenario."""
        total = hashlib.sha256()
        for (family, name), profile in sorted(self.library.loaded.items()):
            total.update(f"{family}/{name} {profile.digest}\n".encode())
        for path in sorted(self.traces):
            total.update(path.read_bytes())
        return total.hexdigest()[:16]

    # --- problems -------------------------------------------------------------------------------------------------

    def _at(self, *path: str) -> _Noted:
        """Note what goes wrong inside as a problem of *path*, and go on."""
        return _Noted(self, path)

    def _each(
        self, family: str, items: dict[str, Item], build: Callable[[str, Item], Result | None]
    ) -> dict[str, Result]:
        built = {}
        for name, item in items.items():
            with self._at(family, name):
                result = build(name, item)
                if result is not None:
                    built[name] = result
        return built

    # --- servers --------------------------------------------------------------------------------------------------

    def _group(self, name: str, spec: Servers) -> ServerGroup | None:
        with self._at("fleet", name, "server"):
            server = load_server(self.library, spec.server)
            self.assumptions.use("fleet", server.profile)
            self.assumptions.use_values("fleet", server.profile, leave_out={"partitions", "cap_curve"})
            self._check_racks(name, spec, server)
            if len(server.slots) > 1:
                raise ValueError(f"'{spec.server}' holds several kinds of machine, which cannot be simulated yet")
            server = self._split(name, spec, server)
            return ServerGroup(server, spec.count, next(iter(server.slots.values())))
        return None

    def _check_racks(self, name: str, spec: Servers, server: Server) -> None:
        """Whether full racks and rows stay within their limits."""
        facility = self.scenario.facility
        if spec.rack is None or (facility is not None and (facility.power.capping or facility.power.breakers)):
            return
        full_w = spec.rack.size * server.max_w
        if full_w > spec.rack.limit:
            message = (
                f"{spec.rack.size} servers of up to {server.max_w:g} W draw {full_w / 1000:g} kW, more than the "
                f"rack's {spec.rack.limit / 1000:g} kW; put fewer in a rack"
            )
            self.problems.append(self.loaded.problem(("fleet", name, "rack", "limit"), message))
        if (row := spec.rack.row) is not None and row.racks * full_w > row.limit:
            message = (
                f"{row.racks} racks of up to {full_w / 1000:g} kW draw {row.racks * full_w / 1000:g} kW, more than the "
                f"row's {row.limit / 1000:g} kW; put fewer in a row"
            )
            self.problems.append(self.loaded.problem(("fleet", name, "rack", "row", "limit"), message))

    def _split(self, name: str, spec: Servers, server: Server) -> Server:
        """*server*, with its boards split as *spec* says."""
        if spec.partition is None:
            return server
        with self._at("fleet", name, "partition"):
            split = partitioned(server, spec.partition)
            assert split.instance is not None, "that is what it is split into"
            part, memory = f"{split.instance.share:.3g} of its speed", f"{split.instance.memory:.3g} of its memory"
            said = f"each board in {spec.partition} instances with {part} and {memory} each"
            self.assumptions.add("fleet", f"{name}: partition", said, "literature", split.instance.source)
            return split
        return server

    def _check_slots(self, groups: dict[str, ServerGroup]) -> None:
        for name, group in groups.items():
            pools = [(n, pool) for n, endpoint in self.scenario.endpoints.items() for pool in endpoint.pools]
            kept = [(n, pool.replicas) for n, pool in pools if pool.on == name]
            kept += [(n, q.slots) for n, q in self.scenario.training.items() if q.on == name]
            if sum(count for _, count in kept) > group.slots:
                parts = " + ".join(f"{count} ({user})" for user, count in kept)
                servers = "1 server holds" if group.count == 1 else f"{group.count} servers hold"
                message = f"{parts} slots are needed, but {servers} {group.slots}; add servers"
                self.problems.append(self.loaded.problem(("fleet", name, "count"), message))

    def _check_capacity(self, groups: dict[str, ServerGroup]) -> None:
        facility = self.scenario.facility
        full_w = sum(group.count * group.server.max_w for group in groups.values())
        if facility is not None and full_w > facility.it_capacity:
            message = (
                f"the servers draw up to {full_w / 1000:g} kW, more than the {facility.it_capacity / 1000:g} kW that "
                "the building is made for"
            )
            self.problems.append(self.loaded.problem(("facility", "it_capacity"), message))

    # --- what runs ------------------------------------------------------------------------------------------------

    def _endpoint(self, name: str, spec: Endpoint, groups: dict[str, ServerGroup], clock: Clock) -> EndpointPlan | None:
        recorded = None
        if spec.cache is not None:
            self._note_cache(name, spec.cache)
        if spec.sessions is not None and (warm := spec.sessions.warm) is not None:
            known = f"{warm.saves:.0%} of the service time is saved within {warm.keeps:g} s"
            self.assumptions.add(
                f"endpoint {name}", "sessions that a replica knows", known, "scenario", "written in the scenario"
            )
        if isinstance(spec.demand, Trace):
            with self._at("endpoints", name, "demand"):
                recorded = self._recorded(f"endpoint {name}", spec.demand, clock)
        if spec.sharing is not None:
            self._note_sharing(name)
        if (services := self._services(name, spec)) is not None:
            return EndpointPlan(spec, services, (), recorded)
        if not all(pool.on in groups for pool in spec.pools):
            return None
        if spec.autoscaling is not None and spec.autoscaling.idle_servers == "switch_off":
            drawn = "as much as when idle; none while off"
            self.assumptions.add(
                f"endpoint {name}", "power while a server starts", drawn, "model", "not measured", False
            )
        with self._at("endpoints", name, "workload"):
            if (generation := spec.generation) is not None:
                return self._generating(spec, generation, groups[spec.pools[0].on].server, recorded)
            if spec.sharing is not None:
                return self._sharing(name, spec, groups[spec.pools[0].on].server, recorded)
            made = [self._serving(spec, pool, groups[pool.on].server) for pool in spec.pools]
            found, pools = zip(*made, strict=True)
            return EndpointPlan(spec, stacked(found), pools, recorded)
        return None

    def _services(self, name: str, spec: Endpoint) -> Rules | SharingRules | None:
        """The rules of an endpoint whose service times are written in the scenario; None if they are measured."""
        made = []
        for label, each in (spec.models if spec.sharing else {"all": spec}).items():
            if each.service is None:
                return None
            of = f" of {label}" if spec.sharing and spec.classes else ""
            self.assumptions.add(
                f"endpoint {name}", f"service time{of}: {each.service.kind}", f"mean {each.service.mean:g} s",
                "scenario", "written in the scenario",
            )  # fmt: skip
            made.append(rules(each, proportional(each.service.mean, largest_batch(each))))
        return sharing_rules(spec, made) if spec.sharing else made[0]

    def _sharing(self, name: str, spec: Endpoint, server: Server, recorded: Recorded | None) -> EndpointPlan | None:
        """An endpoint whose devices run several batches at once, of as many models as it has classes."""
        pool, made = spec.pools[0], []
        for label, each in spec.models.items():
            with self._at("endpoints", name, "classes", label, "workload"):
                timing = serving_times(self.library, server, each, self.assumptions)
                made.append(_served(each, pool, timing, server))
        if len(made) < len(spec.models):
            return None
        check_memory(self.library, server, {str(each.workload) for each in spec.models.values()})
        models, pools = zip(*made, strict=True)
        errors = np.concatenate([each.error for each in pools])
        shared = PoolPlan(pool, server.profile.name, errors, all(each.metered for each in pools))
        return EndpointPlan(spec, sharing_rules(spec, models), (shared,), recorded)

    def _generating(
        self, spec: Endpoint, generation: Generation, server: Server, recorded: Recorded | None
    ) -> EndpointPlan:
        """An endpoint that generates text in measured steps."""
        times = generation_times(self.library, server, spec, generation, self.assumptions)
        powers_w = times.above_rest_w(server.rest_w)
        made = generation_rules(spec, generation, times.prefill_s, times.decode_s, powers_w)
        pool = PoolPlan(spec.pools[0], server.profile.name, np.array(times.error), powers_w is not None)
        return EndpointPlan(spec, made, (pool,), recorded)

    def _note_sharing(self, name: str) -> None:
        """What batches that share a device rest on."""
        self.assumptions.add(
            f"endpoint {name}", "batches that run on one device at a time",
            "n of them each take n times as long as alone, and draw the mean of what they draw alone", "model",
            "time slices that are short and cost nothing to switch: processor sharing, L. Kleinrock, Queueing Systems, "
            "vol. 2, 1976, section 4.4; NVIDIA GPU Operator documentation, Time-Slicing GPUs in Kubernetes", False,
        )  # fmt: skip

    def _serving(self, spec: Endpoint, pool: Pool, server: Server) -> tuple[Rules, PoolPlan]:
        """The rules of an endpoint on one kind of server."""
        own = spec.model_copy(update={"precision": pool.precision or spec.precision})
        check_memory(self.library, server, {str(own.workload)})
        return _served(own, pool, serving_times(self.library, server, own, self.assumptions), server)

    def _note_cache(self, name: str, cache: Cache) -> None:
        """What the hits of *cache* rest on."""
        law = (
            f"Zipf over {cache.objects:,} objects, exponent {cache.skew:g}, requests independent of each other; hits "
            f"take {cache.hit:g} s and nothing of the servers"
        )
        self.assumptions.add(f"endpoint {name}", f"cache: {cache.kind}", law, "scenario", "written in the scenario")

    def _pipeline(self, name: str, spec: Pipeline, clock: Clock) -> PipelinePlan | None:
        recorded = None
        if isinstance(spec.demand, Trace):
            with self._at("pipelines", name, "demand"):
                recorded = self._recorded(f"pipeline {name}", spec.demand, clock)
        steps = []
        for number, (fetched, several) in enumerate(spec.steps):
            with self._at("pipelines", name, "stages"):
                fetch_s = sum(self._fetch_s(each) for each in fetched)
                hop_s = spec.hop if number > 0 else 0.0
                steps.append(Step(several.of, several.needed, hop_s + fetch_s))
        return PipelinePlan(spec, tuple(steps), recorded)

    def _fetch_s(self, spec: Fetch) -> float:
        """Time to read from storage that nothing else keeps busy [s]."""
        storage = self.library.load("storage", spec.storage)
        self.assumptions.use("pipelines", storage, "time to read: latency, then bytes at the sequential rate")
        return read_s(storage, spec.fetch)

    def _recorded(self, what: str, demand: Trace, clock: Clock) -> Recorded:
        horizon_s = self.scenario.horizon
        if demand.shape is not None:
            shape = self.library.load("demand", demand.shape)
            self.assumptions.use(what, shape)
            return from_shape(shape, float(demand.mean or 0.0), clock.week_offset_s, horizon_s)
        path = self._beside(str(demand.file))
        source = f"the user's file {demand.file}"
        self.assumptions.add(what, "demand", "recorded", "scenario", source)
        recorded = from_file(path, demand, horizon_s)
        self.traces.add(path)
        if recorded.stamps_s is not None and self.scenario.requests == "sampled":
            raise InputError("recorded time stamps cannot be sampled", "use requests: every, or record rates")
        return recorded

    def _queue(self, name: str, spec: TrainingQueue, groups: dict[str, ServerGroup], clock: Clock) -> QueuePlan | None:
        if spec.on not in groups:
            return None
        with self._at("training", name, "workload"):
            server = groups[spec.on].server
            work_s, error, busy_w = training_s(self.library, server, spec, self.assumptions)
            return QueuePlan(spec, work_s, tuple(submissions(spec.every, clock, self.scenario.horizon)), error, busy_w)
        return None

    # --- what goes wrong ------------------------------------------------------------------------------------------

    def _generators_s(self) -> float | None:
        """Time that standby generators take to carry the load [s]; None if there are none."""
        facility = self.scenario.facility
        if facility is None or facility.power.generators is None:
            return None
        try:
            values = self.library.load("power", facility.power.generators.model).values
            return GeneratorKind.from_values(values).start_s
        except (InputError, ValueError):
            return None  # told when the power chain is designed

    def _setbacks(self, clock: Clock, generators_s: float | None) -> dict[str, Setback]:
        """What each incident takes away, if generators carry the building after *generators_s* [s]."""
        facility = self.scenario.facility
        if facility is None or facility.ride_through is None:
            return {}
        room = facility.ride_through
        return {name: setback_of(each, room, clock, generators_s) for name, each in self.scenario.incidents.items()}

    def _check_moments(self, setbacks: dict[str, Setback]) -> None:
        """Whether incidents happen within the run."""
        for name, setback in setbacks.items():
            incident, begins_s = self.scenario.incidents[name], setback.losses[0].begins_s
            if not 0.0 <= begins_s < self.scenario.horizon:
                with self._at("incidents", name, "at"):
                    raise ValueError(
                        f"{incident.at} is outside of what is simulated; correct it, or 'start' or 'horizon'"
                    )
            elif begins_s + incident.lasts > self.scenario.horizon:
                with self._at("incidents", name, "lasts"):
                    raise ValueError("it lasts beyond the end of the run; lengthen 'horizon' to see what happens")

    def _check_incidents(self, facility: FacilityDesign) -> None:
        """Whether what is lost is there, and what is to carry the building can."""
        there = installed(facility)
        for name, incident in self.scenario.incidents.items():
            with self._at("incidents", name, "lost" if incident.count is None else "count"):
                if incident.lost == "utility":
                    continue
                part = incident.lost.replace("_", " ")
                if not there[incident.lost]:
                    raise ValueError(f"this building has no {part}; its cooling says what it has")
                if incident.count is not None and incident.count > there[incident.lost]:
                    raise ValueError(f"there are {there[incident.lost]:g} {part}, spare ones included; lose fewer")
        generators, spec = facility.power.generators, self.scenario.facility
        if generators is not None and spec is not None and generators.needed * generators.rated_w < spec.it_capacity:
            with self._at("facility", "power", "generators", "rating"):
                carry_kw = generators.needed * generators.rated_w / 1000.0
                raise ValueError(f"they carry {carry_kw:g} kW, less than the servers may draw; raise it, or 'needed'")

    def _capping(self, groups: dict[str, ServerGroup]) -> CappingPlan | None:
        facility = self.scenario.facility
        if facility is None or facility.power.capping is None:
            return None
        for name, group in groups.items():
            if group.server.cap_curve is None:
                with self._at("fleet", name, "server"):
                    raise ValueError(
                        f"'{group.server.profile.name}' does not say how a power cap slows it: 'cap_curve'"
                    )
        hall = facility.power.hall
        return CappingPlan(
            every_s=facility.power.capping.every,
            least=facility.power.capping.least,
            limits_w=tuple(_limit_w(self.scenario.fleet[name]) for name in groups),
            hall_w=np.inf if hall is None else hall.limit,
        )

    def _breakers(self, groups: dict[str, ServerGroup]) -> BreakersPlan | None:
        facility = self.scenario.facility
        if facility is None or facility.power.breakers is None:
            return None
        spec = facility.power.breakers
        self.assumptions.add("facility", "breakers", spec.curve.replace("_", " "), "literature", CURVES_SOURCE, False)
        return BreakersPlan(
            design=BreakerDesign(CURVES[spec.curve], spec.time_multiplier),
            every_s=spec.every,
            reset_s=spec.reset,
            installed=tuple(breakers_of(facility.power, self.scenario.fleet, groups)),
            utility_w=facility.power.utility.limit,
        )

    def _room(self, setbacks: dict[str, Setback], unstarted: dict[str, Setback]) -> RoomPlan | None:
        facility = self.scenario.facility
        if facility is None or facility.ride_through is None or not (setbacks or facility.power.breakers):
            return None
        spec = facility.ride_through
        return RoomPlan(
            spec=spec,
            setbacks=setbacks,
            unstarted=unstarted,
            racks=sum(each.racks for each in self.scenario.fleet.values()),
            mass=RackMass(),
            store_j=0.0 if spec.store is None else chilled_water_store_j(spec.store, spec.store_rise),
            begins_c=spec.throttling.begins,
            ends_c=spec.throttling.ends,
            slowest=spec.throttling.slowest,
            shutdown_c=spec.shutdown,
            power_on_s=spec.power_on,
        )

    # --- energy on site -------------------------------------------------------------------------------------------

    def _response_s(self, clock: Clock) -> list[float]:
        """When demand response begins and ends [s]; a calendar of events may reach beyond the run."""
        events = {} if self.scenario.energy is None else self.scenario.energy.demand_response
        spans_s = {name: span_s(event, clock) for name, event in events.items()}
        for name, (begins_s, ends_s) in spans_s.items():
            if not self.scenario.warm_up <= begins_s < ends_s <= self.scenario.horizon:
                missed = ends_s <= self.scenario.warm_up or begins_s >= self.scenario.horizon
                what = OUTSIDE if missed else "in part outside the counted time, where nothing is asked"
                self.assumptions.add("energy", f"{CALL}{name}", what, "scenario", "its 'at' and 'lasts'")
        return [at_s for span in spans_s.values() for at_s in span]

    def _energy(self, place: WeatherYear | None, clock: Clock, site: SitePlan | None) -> EnergyPlan | None:
        if self.scenario.energy is None or place is None or site is None:
            return None
        with self._at("energy"):
            where = Where(place, clock, self.grid, site)
            return plan_energy(self.scenario, self.scenario.energy, where, self.library, self.assumptions)
        return None

    def _flexible(
        self, name: str, queue: QueuePlan, groups: dict[str, ServerGroup], clock: Clock, site: SitePlan | None
    ) -> QueuePlan:
        """*queue* with what a busy slot costs when, if its jobs may wait for that."""
        if queue.spec.flexible is None or site is None:
            return queue
        with self._at("training", name, "flexible"):
            busy_w = slot_w(groups[queue.spec.on], queue)
            part = f"training {name}"
            self.assumptions.add(
                part, "hours that jobs wait for", f"at most {queue.spec.flexible.within / 3600:g} h", "model",
                f"{queue.spec.flexible.by} is known so far ahead, and the length of a job; slots are booked ahead",
            )  # fmt: skip
            return replace(queue, outlook=outlook_of(queue, busy_w, self.grid, clock, site))
        return queue

    # --- where ----------------------------------------------------------------------------------------------------

    def _place(self) -> WeatherYear | None:
        if self.scenario.site is None:
            return None
        with self._at("site", "place"):
            place = self.scenario.site.place
            if isinstance(place, WeatherFile):
                return self._weather_file(place)
            profile = self.library.load("weather", place)
            self.assumptions.use("site", profile)
            return year_at(profile)
        return None

    def _weather_file(self, spec: WeatherFile) -> WeatherYear:
        path = self._beside(spec.file)
        read = read_weather(path, zone=spec.time_zone, altitude_m=spec.altitude, utc_offset_h=spec.utc_offset)
        self.traces.add(path)
        self.assumptions.add("site", "weather", "one year", "scenario", f"the user's file {spec.file}")
        for name, value, how in read.notes:
            self.assumptions.add("site", f"weather: {name}", value, "model", how)
        return read.year

    def _beside(self, file: str) -> Path:
        """The path of a *file* of the user, which must lie beside the scenario."""
        path = self.loaded.folder / file
        if not path.resolve().is_relative_to(self.loaded.folder):
            raise InputError(f"'{file}' lies outside the scenario's folder", "copy it beside the scenario")
        return path

    def _read_beside(self, file: str) -> Path:
        """The path of a *file* of the user that the run rests on."""
        path = self._beside(file)
        self.traces.add(path)
        return path

    def _clock(self, place: WeatherYear | None) -> Clock:
        return Clock(self.scenario.start, place.zone) if place is not None else Clock(self.scenario.start)

    def _site(
        self, spec: Site, place: WeatherYear | None, clock: Clock, groups: dict[str, ServerGroup]
    ) -> SitePlan | None:
        starts_s = self.grid.starts_s
        before, finance = len(self.problems), None
        with self._at("site", "grid"):
            servers = {group.server.price for group in groups.values()}
            means = partial(hourly_carbon, beside=self._read_beside, clock=clock, grid=self.grid)
            carbon = carbon_plan(spec, self.library, servers, self.assumptions, means, len(starts_s))
        with self._at("site", "tariff"):
            profile = self.library.load("tariff", spec.supply.profile)
            tariff = resolved_tariff(spec.supply, profile, self.assumptions)
            supply = supply_of(spec.supply, tariff, self._read_beside, clock, self.grid)
        with self._at("site", "prices"):
            prices = self._prices(self.library.load("cost", spec.prices), {g.server.price for g in groups.values()})
        if len(self.problems) == before and (finance := self._finance(groups, prices.discount_rate)) is not None:
            prices = replace(
                prices,
                facility_usd_per_w=finance.facility_usd_per_w,
                server_usd=finance.server_usd,
                discount_rate=finance.discount_rate,
                water_usd_per_m3=finance.water_usd_per_m3,
            )
        if place is None:
            return None
        with self._at("site", "weather"):
            middle_s = starts_s + self.grid.durations_s / 2
            weather = weather_of(spec.weather, place, clock, middle_s, self.assumptions)
        if len(self.problems) > before:
            return None
        wall = WallClock.of(clock.wall(starts_s))
        note_peak_hours(spec.supply, supply.tariff, wall, self.assumptions)
        return SitePlan(weather, wall, supply, prices, carbon, finance)

    def _finance(self, groups: dict[str, ServerGroup], discount_rate: float) -> FinancePlan | None:
        scenario = self.scenario
        if scenario.finance is None or scenario.facility is None:
            return None
        kinds: dict[str, set[str]] = {}
        for group in groups.values():
            whole = group.server if group.server.instance is None else group.server.instance.whole
            kinds.setdefault(whole.price, set()).update(whole.slots)
        with self._at("finance"):
            return finance_plan(scenario, scenario.finance, kinds, discount_rate, self.library, self.assumptions)
        return None

    def _prices(self, cost: Profile, servers: set[str]) -> Prices:
        """Prices of *cost*, of servers those called *servers* alone."""
        check_currency(cost, CURRENCY)
        others = {name for name in cost.values if name.endswith("_server_usd")} - servers
        if (finance := self.scenario.finance) is not None:
            others |= set() if finance.building is None else {"facility_usd_per_w"}
            others |= set() if finance.discount_rate is None else {"discount_rate"}
        self.assumptions.use_values("site", cost, leave_out=others)
        try:
            value = {name: float(entry["value"]) for name, entry in cost.values.items()}
            return Prices(
                facility_usd_per_w=value["facility_usd_per_w"],
                facility_life_years=value["facility_life_years"],
                server_usd={name: value[name] for name in servers},
                server_life_years=value["server_life_years"],
                discount_rate=value["discount_rate"],
                water_usd_per_m3=value["water_usd_per_m3"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"cost profile '{cost.name}' lacks {error}") from error


def _limit_w(spec: Servers) -> float:
    """What the racks and rows of a group of servers may draw together [W]."""
    if spec.rack is None:
        return float(np.inf)
    rows_w = np.inf if spec.rack.row is None else -(-spec.racks // spec.rack.row.racks) * spec.rack.row.limit
    return float(min(spec.racks * spec.rack.limit, rows_w))


def _served(spec: Endpoint, pool: Pool, timing: Timing, server: Server) -> tuple[Rules, PoolPlan]:
    """Rules of an endpoint whose calls take what *timing* says, by batch size from 0 on."""
    samples = np.arange(1, largest_batch(spec) + 1, dtype=float) * spec.samples_per_request
    service_s, added_s = timing.by_draw_s(samples), timing.pauses.at(samples)
    tables = (np.concatenate((np.zeros((1, table.shape[1])), table)) for table in (service_s, added_s))
    service_s, added_s = tables
    power_w = timing.above_rest_w(samples, server.rest_w)
    made = rules(
        spec,
        service_s,
        power_w=None if power_w is None else np.concatenate(([0.0], power_w)),
        pauses=(timing.pauses.pause_s, added_s),
        slow=np.concatenate(([0.0], timing.slow_share(samples))),
        spell_s=timing.spell_s,
    )
    error = np.concatenate(([0.0], timing.error(samples)))
    return made, PoolPlan(pool, server.profile.name, error, power_w is not None, timing.spell_s)
