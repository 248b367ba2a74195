"""The root of a scenario file, and the checks that cross its parts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field

from dcplan.scenario.availability import Availability
from dcplan.scenario.base import Duration, Moment, Name, PositiveDuration, Spec
from dcplan.scenario.cache import Ttl
from dcplan.scenario.demand import FromPipelines, Mmpp
from dcplan.scenario.endpoint import Endpoint
from dcplan.scenario.energy import Energy
from dcplan.scenario.facility import Facility
from dcplan.scenario.finance import Finance
from dcplan.scenario.fleet import Servers
from dcplan.scenario.incidents import Incident
from dcplan.scenario.pipeline import Pipeline
from dcplan.scenario.site import Site
from dcplan.scenario.training import TrainingQueue

ONE_IN = 100
"""Requests that a sampled one stands for, unless said otherwise."""


class Scenario(Spec):
    """Everything that is simulated."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    """What the run is called; its report folder is named after it."""
    question: Annotated[str, Field(max_length=400)] = ""
    """The question that the run answers; the report opens with it."""
    start: Moment = datetime(2025, 1, 1)
    """First day (and hour) that is simulated, site time."""
    horizon: PositiveDuration
    """How long, e.g. '7 days'."""
    warm_up: Duration = "0 s"  # type: ignore[assignment]  # read like a scenario's text
    """Time at the start that is simulated but not counted."""
    replications: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 5
    """Independent repetitions; from two on, every KPI has a 95 % interval."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1, strict=True)] = 1
    """Seed of all random streams."""
    requests: Literal["every", "sampled"] = "every"
    """Simulate every request; or `sampled`, one in `one_in`: for long horizons, and where queues settle quickly."""
    one_in: Annotated[int, Field(ge=2, le=100_000, strict=True)] | None = None
    """With `requests: sampled`: the demand changes so many times faster than it comes, and few stand for many (100)."""
    draw_profiles: bool = False
    """Draw each measured workload from its 95 % interval in every replication, so that intervals carry it as well."""
    step: PositiveDuration = "5 min"  # type: ignore[assignment]  # read like a scenario's text
    """Grid of the power, cooling and queue records."""
    site: Site | None = None
    """Where; without it there is no weather, cost or carbon."""
    facility: Facility | None = None
    """The building; without it only the servers are simulated."""
    finance: Finance | None = None
    """The money over years: all that owning costs, and whether to build or rent; needs `facility`."""
    availability: Availability | None = None
    """How often the building fails its servers in many years; needs `facility.ride_through` and a UPS's `battery`."""
    energy: Energy | None = None
    """Energy on site: sun, wind, a battery, demand response."""
    incidents: dict[Name, Incident] = Field(default_factory=dict)
    """What is lost on purpose, to see what happens; needs `facility.ride_through`."""
    fleet: dict[Name, Servers] = Field(default_factory=dict)
    """Servers by group."""
    endpoints: dict[Name, Endpoint] = Field(default_factory=dict)
    """Models that answer requests."""
    pipelines: dict[Name, Pipeline] = Field(default_factory=dict)
    """Chains of endpoints that requests pass through."""
    training: dict[Name, TrainingQueue] = Field(default_factory=dict)
    """Queues of training jobs."""

    def interacts(self, name: str) -> bool:
        """Whether the requests or replicas of the endpoint *name* differ, or may be lost; see `Endpoint.interacts`."""
        return self.endpoints[name].interacts or (self.loses_servers and self.endpoints[name].on is not None)

    @property
    def loses_servers(self) -> bool:
        """Whether servers switch off when a breaker trips, when the room is too warm, or when batteries are empty."""
        if self.facility is None:
            return False
        if self.facility.power.breakers is not None:
            return True
        room = self.facility.ride_through
        if not self.incidents or room is None:
            return False
        cut = any(each.lost == "utility" for each in self.incidents.values())
        return room.shutdown is not None or (cut and self.facility.power.ups.battery is not None)

    @property
    def each_stands_for(self) -> int:
        """Requests that each simulated one stands for."""
        return (self.one_in or ONE_IN) if self.requests == "sampled" else 1


DAY_S = 86400.0
MAX_STEPS = 2_000_000
"""Most records of the plant's grid in a run: a year in quarter minutes."""
MAX_PLACES = 100_000_000
"""Most requests that all batches of an endpoint may hold together: 800 MB of arrival times."""
MAX_BATCHES = 10_000_000
"""Most batches that all devices of an endpoint may run at a time: 400 MB."""
MAX_CHANGES = 10_000_000
"""Most changes of an mmpp's state in a run."""
MAX_JOBS = 1_000_000
"""Most jobs that a training queue may be given in a run."""
MIN_HORIZON_S = 0.001


def crossings(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    """What is wrong between the parts of a scenario: (path, sentence) pairs."""
    yield from _time(scenario)
    yield from _sizes(scenario)
    if not scenario.endpoints and not scenario.training:
        yield (), "there is nothing to simulate; add 'endpoints' or 'training'"
    if scenario.facility is not None and scenario.site is None:
        yield ("facility",), "a building needs a place; add 'site' with its weather, grid, tariff and prices"
    if scenario.finance is not None and scenario.facility is None:
        yield ("finance",), "cost of ownership is that of a building with servers; add 'facility'"
    if scenario.energy is not None and scenario.site is None:
        yield ("energy",), "energy on site needs a place; add 'site' with its weather, grid, tariff and prices"
    for name, queue in scenario.training.items():
        if queue.flexible is not None and scenario.site is None:
            yield ("training", name, "flexible"), "jobs wait for prices or carbon of a place; add 'site', or remove it"
    if (scenario.facility or scenario.site) and not scenario.fleet:
        yield (), "a building or site needs servers; add 'fleet'"
    users: list[tuple[str, dict[str, Any]]] = [
        ("endpoints", dict(scenario.endpoints)),
        ("training", dict(scenario.training)),
    ]
    if scenario.one_in is not None and scenario.requests == "every":
        yield ("one_in",), "one_in needs 'requests: sampled'"
    for name, endpoint in scenario.endpoints.items():
        if endpoint.autoscaling is not None and scenario.requests == "sampled":
            yield ("requests",), f"endpoint {name} scales by what it sees every few seconds; use 'requests: every'"
        if endpoint.sessions is not None and endpoint.sessions.warm is not None and scenario.requests == "sampled":
            forgets = f"replicas of endpoint {name} forget sessions by the clock, which sampled demand runs ahead of"
            yield ("requests",), f"{forgets}; use 'requests: every'"
        if endpoint.failures is not None and scenario.requests == "sampled":
            yield ("requests",), f"replicas of endpoint {name} fail and are noticed in time; use 'requests: every'"
        if isinstance(endpoint.cache, Ttl) and scenario.requests == "sampled":
            forgets = f"the cache of endpoint {name} forgets by the clock, which sampled demand runs ahead of"
            yield ("requests",), f"{forgets}; use 'requests: every', or a cache of kind lru"
    for name, endpoint in scenario.endpoints.items():
        for number, pool in enumerate(endpoint.also):
            if pool.on not in scenario.fleet:
                yield ("endpoints", name, "also", number, "on"), _unknown(pool.on, scenario)
    yield from _chained(scenario)
    yield from _incidents(scenario)
    yield from _redundant(scenario)
    for family, members in users:
        for name, member in members.items():
            if member.on is not None and member.on not in scenario.fleet:
                yield (family, name, "on"), _unknown(member.on, scenario)


def _incidents(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    """What is wrong between incidents and what they happen to."""
    if scenario.requests == "sampled" and scenario.facility is not None and scenario.facility.power.capping is not None:
        yield (
            ("requests",),
            "power is capped every few seconds, which sampled demand runs ahead of; use 'requests: every'",
        )
    if scenario.loses_servers:
        yield from _without_servers(scenario)
    if not scenario.incidents:
        return
    if scenario.facility is None or scenario.facility.ride_through is None:
        yield ("incidents",), "how the room stands a loss is not known; add 'ride_through' to 'facility'"
        return
    if scenario.requests == "sampled":
        yield ("requests",), "an incident takes minutes, which sampled demand runs ahead of; use 'requests: every'"
    if any(each.lost == "utility" for each in scenario.incidents.values()):
        yield from _carried(scenario, "that incident")
    yield from _racked(scenario)


def _carried(scenario: Scenario, cause: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Whether batteries carry all servers when the utility is lost by *cause*."""
    if scenario.facility is not None and scenario.facility.power.ups.share < 1.0:
        falls = "servers without a UPS fall at once when the utility is lost, which is not simulated"
        yield ("facility", "power", "ups", "share"), f"{falls}; remove 'share', or {cause}"


def _racked(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Whether the racks of a room that warms are known."""
    for name, servers in scenario.fleet.items():
        if servers.rack is None:
            yield ("fleet", name), "a room warms by the racks that stand in it; add 'rack' with size and limit"


def _without_servers(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    """What cannot lose its servers, and what they could be lost to that is not there."""
    power = None if scenario.facility is None else scenario.facility.power
    if power is not None and power.breakers is not None:
        room = None if scenario.facility is None else scenario.facility.ride_through
        if room is None and power.hall is None and all(each.rack is None for each in scenario.fleet.values()):
            yield (
                ("facility", "power", "breakers"),
                "no breaker has a rating; give the servers a 'rack' with a limit, or the power chain a 'hall'; that of "
                "the utility needs 'ride_through'",
            )
        if room is not None:
            yield from _carried(scenario, "'breakers'")
            yield from _racked(scenario)
        if scenario.requests == "sampled":
            yield (
                ("requests",),
                "breakers trip within seconds, which sampled demand runs ahead of; use 'requests: every'",
            )
    for name, endpoint in scenario.endpoints.items():
        if (scaling := endpoint.autoscaling) is not None and scaling.idle_servers == "switch_off":
            yield (
                ("endpoints", name, "autoscaling", "idle_servers"),
                "servers that an autoscaler switches off cannot lose power or cooling as well yet; use 'keep_on'",
            )
        if endpoint.on is not None and endpoint.sharing is not None:
            yield (
                ("endpoints", name),
                "an endpoint that shares devices cannot lose its servers yet; remove 'shutdown' or 'breakers'",
            )
        if endpoint.on is not None and endpoint.failures is not None:
            yield (
                ("endpoints", name),
                "replicas that fail by themselves cannot lose their servers yet; remove one",
            )


def _redundant(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    """What the block diagram of a building needs to know, and what it cannot hold."""
    if (spec := scenario.availability) is None:
        return
    facility = scenario.facility
    if facility is None or facility.ride_through is None:
        yield ("availability",), "it needs a building and how its room stands a loss; add 'facility.ride_through'"
        return
    power, cells = facility.power, getattr(facility.cooling, "cells", None)
    if power.ups.battery is None:
        yield ("availability",), "how long batteries last is not known; add 'facility.power.ups.battery'"
    if power.ups.share < 1.0:
        yield (
            ("facility", "power", "ups", "share"),
            "servers without a UPS fail on their own; remove 'share' or 'availability'",
        )
    if spec.power_paths == 2 and power.supplies.count is None and power.supplies.redundancy == "1":
        yield (
            ("availability", "power_paths"),
            "servers with one power supply use one path; use 'supplies: {redundancy: 1+1}'",
        )
    if spec.spare_cells and (cells is None or getattr(facility.cooling, "rejection", "") == "air_cooled"):
        yield ("availability", "spare_cells"), "this cooling has no tower or dry cooler; remove it"
    for name, servers in scenario.fleet.items():
        if servers.rack is None:
            yield ("fleet", name), "a room warms by the racks that stand in it; add 'rack' with size and limit"


def _chained(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    """What is wrong between pipelines and endpoints."""
    after: dict[str, set[str]] = {}
    for name, pipeline in scenario.pipelines.items():
        stages = [several.of for _, several in pipeline.steps]
        for endpoint in (endpoint for stage in stages for endpoint in stage):
            known = scenario.endpoints.get(endpoint)
            if known is None:
                there = ", ".join(scenario.endpoints) or "none yet"
                yield ("pipelines", name, "stages"), f"there is no endpoint '{endpoint}' (known: {there})"
            elif not isinstance(known.demand, FromPipelines):
                asks = f"endpoint {endpoint} has a demand of its own; give it 'demand: {{kind: pipelines}}'"
                yield ("endpoints", endpoint, "demand"), asks
        for before, behind in pairwise(stages):
            for endpoint in before:
                after.setdefault(endpoint, set()).update(behind)
    steps = [several for pipeline in scenario.pipelines.values() for _, several in pipeline.steps]
    sent = {endpoint for several in steps for endpoint in several.of}
    for name, each in scenario.endpoints.items():
        if isinstance(each.demand, FromPipelines) and name not in sent:
            yield ("endpoints", name, "demand"), f"no pipeline names endpoint {name} among its stages"
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        ring = " -> ".join(reversed(error.args[1]))
        yield ("pipelines",), f"requests would go round in circles: {ring}; make another endpoint for the second time"


def _unknown(on: str, scenario: Scenario) -> str:
    return f"there are no servers '{on}' in fleet (known: {', '.join(scenario.fleet) or 'none yet'})"


def _time(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    if scenario.horizon < MIN_HORIZON_S:
        yield ("horizon",), f"a horizon of {scenario.horizon:g} s is too short; simulate at least {MIN_HORIZON_S:g} s"
    if scenario.warm_up >= scenario.horizon:
        left = f"a warm-up of {scenario.warm_up:g} s leaves nothing of a horizon of {scenario.horizon:g} s"
        yield ("warm_up",), f"{left}; shorten it, or lengthen the horizon"
    if scenario.step > scenario.horizon:
        yield ("step",), f"a step of {scenario.step:g} s is longer than the horizon of {scenario.horizon:g} s"
    elif scenario.horizon / scenario.step > MAX_STEPS:
        yield ("step",), f"a step of {scenario.step:g} s makes over {MAX_STEPS} records; use a longer step"


def _sizes(scenario: Scenario) -> Iterator[tuple[tuple[Any, ...], str]]:
    """What no memory could hold."""
    for name, endpoint in scenario.endpoints.items():
        if endpoint.all_replicas * endpoint.batching.max_batch > MAX_PLACES:
            yield ("endpoints", name, "replicas"), f"replicas x max_batch is above {MAX_PLACES}; use less of one"
        if (shared := endpoint.sharing) is not None:
            at_once = sum(each.instances or shared.instances for each in endpoint.kinds.values())
            if endpoint.replicas * at_once > MAX_BATCHES:
                yield ("endpoints", name, "sharing"), f"replicas x instances is above {MAX_BATCHES}; use less of one"
        if isinstance(endpoint.demand, Mmpp):
            changes = len(endpoint.demand.dwell) * scenario.horizon / sum(endpoint.demand.dwell)
            if changes > MAX_CHANGES:
                yield ("endpoints", name, "demand"), f"the rate changes about {changes:.0g} times; use a longer dwell"
    for name, queue in scenario.training.items():
        jobs = queue.jobs * math.ceil(scenario.horizon / (queue.period_s or DAY_S))
        if jobs > MAX_JOBS:
            yield ("training", name), f"about {jobs} jobs come in the horizon, more than {MAX_JOBS}; use fewer"
