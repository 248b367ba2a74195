"""From the spec of a building to its block diagram and topology: what must work, how many there are, what bridges it.

A unit too few leaves its share of the heat in the room, all of them the whole; a store of chilled water bridges what
makes the water cold, not what brings it to the room. Numbers of units are those that full load needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dcplan.engine.assumptions import Assumptions
from dcplan.errors import InputError
from dcplan.facility.chain import PowerDesign
from dcplan.facility.ups import installed
from dcplan.profiles.library import Library, Profile
from dcplan.profiles.power_curve import valued
from dcplan.reliability.blocks import Component, Group, working
from dcplan.reliability.diagram import Block, Diagram
from dcplan.reliability.standby import Standby
from dcplan.reliability.tiers import Topology, Units
from dcplan.scenario.availability import Availability, Part
from dcplan.scenario.cooling import ChilledWater, Dx, WarmWater
from dcplan.scenario.facility import Facility
from dcplan.scenario.scenario import Scenario

HOUR_S = 3600.0
YEAR_S = 8760.0 * HOUR_S

WORDS: Mapping[Part, str] = {
    "utility": "utility",
    "transformer": "transformers",
    "switchgear": "switchgear",
    "ups": "UPS modules",
    "distribution": "distribution",
    "supply": "power supplies",
    "chiller": "chillers",
    "dx_unit": "room units with compressors",
    "pump": "pumps",
    "cell": "cells",
    "room_unit": "room units",
    "cdu": "coolant distribution units",
}


@dataclass(frozen=True)
class Parts:
    """How the components of a building fail.

    Attributes:
        components: By part.
        common: Share of failures by common cause [-].
        run_s: Mean time of running until a generator fails [s].
        battery: Share of the time in which the battery of a UPS module is ready [-].
    """

    components: Mapping[Part, Component]
    common: float
    run_s: float
    battery: float


@dataclass(frozen=True)
class Bridges:
    """For how long the servers bear that heat stays in the room [s].

    Attributes:
        power_s: All cooling is without power.
        battery_s: Batteries carry the servers.
        lost_s: A share of the heat is not removed, once the store, where it helps, is empty: by (share, store helps).
    """

    power_s: float
    battery_s: float
    lost_s: Mapping[tuple[float, bool], float]


@dataclass(frozen=True)
class Plant:
    """A part of the cooling plant.

    Attributes:
        part: What it is.
        name: In words.
        units: How many.
        heat: Share of the servers' heat that passes through it [-].
        stored: Whether a store of chilled water bridges its loss.
    """

    part: Part
    name: str
    units: Units
    heat: float
    stored: bool

    @property
    def losses(self) -> tuple[tuple[float, bool], tuple[float, bool]]:
        """Heat that stays in the room with one unit too few, and with none: (share, store helps)."""
        return (self.heat / self.units.needed, self.stored), (self.heat, self.stored)


@dataclass(frozen=True)
class AvailabilityPlan:
    """What the block diagram of a run is made from."""

    facility: Facility
    spec: Availability
    parts: Parts

    @property
    def recovery_s(self) -> float:
        """Time from power and cool air to servers that serve [s]."""
        assert self.facility.ride_through is not None, "availability needs it"
        return self.facility.ride_through.power_on if self.spec.recovery is None else self.spec.recovery


def plan_availability(scenario: Scenario, library: Library, assumptions: Assumptions) -> AvailabilityPlan | None:
    """What *scenario* says of its redundancy, and how components fail; None if it does not ask."""
    facility, spec = scenario.facility, scenario.availability
    if spec is None or facility is None:
        return None
    return AvailabilityPlan(facility, spec, read_parts(facility, spec, library, assumptions))


def read_parts(facility: Facility, spec: Availability, library: Library, assumptions: Assumptions) -> Parts:
    """How the components that *facility* has fail, from the profile and what *spec* knows better."""
    profile = library.load("reliability", spec.profile)
    keys = {part: _key(part, facility, spec) for part in _used(facility)}
    for part, own in spec.components.items():
        if part not in keys:
            raise ValueError(f"this building has no {WORDS[part]}; remove '{part}' from 'components'")
        said = f"fails every {own.mtbf / HOUR_S:g} h, repaired in {own.repair / HOUR_S:g} h"
        assumptions.add("availability", WORDS[part], said, "scenario", "written in the scenario")
    own_common = spec.common_cause is not None
    read = {key for part, key in keys.items() if part not in spec.components} | {"battery"}
    read |= (set() if own_common else {"common"}) | ({"generator"} if facility.power.generators else set())
    assumptions.use_values("availability", profile, leave_out=set(profile.values) - read)
    components = {part: _component(part, key, spec, profile) for part, key in keys.items()}
    common = spec.common_cause if spec.common_cause is not None else _number(profile, "common", "share")
    run_s = _number(profile, "generator", "run_h") * HOUR_S
    return Parts(components, common, run_s, _number(profile, "battery", "availability"))


def _used(facility: Facility) -> Iterator[Part]:
    """The parts that *facility* has."""
    yield from ("utility", "transformer", "ups", "distribution")
    if facility.power.switchgear is not None:
        yield "switchgear"
    if facility.power.supplies.count is None:
        yield "supply"
    yield from {each.part for each in plants(facility, Availability())}


def _key(part: Part, facility: Facility, spec: Availability) -> str:
    """Name of *part* in the profile."""
    if part == "utility" and spec.utility_feeds == 2:
        return "utility_two_feeds"
    if part == "transformer":
        return "transformer_liquid" if "liquid" in facility.power.transformer.model else "transformer_dry"
    return part


def _component(part: Part, key: str, spec: Availability, profile: Profile) -> Component:
    if (own := spec.components.get(part)) is not None:
        return Component(own.mtbf, own.repair)
    values = profile.values.get(key, {})
    up_s = (
        _number(profile, key, "mtbf_h") * HOUR_S
        if "mtbf_h" in values
        else YEAR_S / _number(profile, key, "failures_per_year")
    )
    return Component(up_s, _number(profile, key, "repair_h") * HOUR_S)


def _number(profile: Profile, key: str, name: str) -> float:
    try:
        number = valued(profile.values[key], name)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"reliability profile '{profile.name}': '{key}' lacks a number '{name}'") from error
    if not 0.0 < number < 1e9:
        raise InputError(f"reliability profile '{profile.name}': {name} of {key} is {number:g}; it must be positive")
    return number


def plants(facility: Facility, spec: Availability) -> list[Plant]:
    """The parts of the cooling plant, on the heat's way out of the room.

    An economiser counts for nothing: it cools in a part of the year only.
    """
    cooling, liquid = facility.cooling, facility.cooling.liquid
    through_liquid = 0.0 if liquid is None else liquid.share
    air = 1.0 - through_liquid
    pumps = spec.pumps or cooling.redundancy
    cells = "tower cells" if getattr(cooling, "rejection", "") == "tower" else "dry-cooler cells"
    found: list[Plant] = []

    def add(part: Part, name: str, units: tuple[int, int], heat: float, stored: bool = False) -> None:
        if heat > 0.0:
            found.append(Plant(part, name, Units(name, *units), heat, stored))

    def several(needed: int, redundancy: str = cooling.redundancy) -> tuple[int, int]:
        return needed, installed(needed, redundancy)  # type: ignore[arg-type]  # of both kinds the same three

    if isinstance(cooling, ChilledWater):
        cold = 1.0 if liquid is not None and liquid.to == "chilled_water" else air
        add("room_unit", "room units", several(cooling.crah_units), air)
        add("pump", "chilled-water pumps", several(cooling.chillers, pumps), cold)
        add("chiller", "chillers", several(cooling.chillers), cold, stored=True)
        if cooling.rejection != "air_cooled":
            add("pump", "condenser pumps", several(cooling.chillers, pumps), cold, stored=True)
            add("cell", cells, (cooling.cells, cooling.cells + spec.spare_cells), cold, stored=True)
    elif isinstance(cooling, WarmWater):
        add("room_unit", "room units", several(cooling.units), air)
        add("pump", "pumps", several(1, pumps), air)
        add("cell", cells, (cooling.cells, cooling.cells + spec.spare_cells), air)
    elif isinstance(cooling, Dx):
        add("dx_unit", "room units with compressors", several(cooling.units), air)
    else:
        add("room_unit", "room units", several(cooling.units), air)
    if liquid is not None:
        add("cdu", "coolant distribution units", several(liquid.cdus), through_liquid)
        if liquid.to != "chilled_water":
            add("pump", "pumps of the liquid", several(1, pumps), through_liquid)
            add("cell", "cells of the liquid", (1, 1 + spec.spare_cells), through_liquid)
    return found


def restart_s(facility: Facility) -> float:
    """Time that the plant takes to cool once it has power [s]: that of its chillers, if there are any."""
    assert facility.ride_through is not None, "availability needs it"
    return facility.ride_through.restart if isinstance(facility.cooling, ChilledWater) else 0.0


def diagram(facility: Facility, design: PowerDesign, spec: Availability, parts: Parts, bridges: Bridges) -> Diagram:
    """The block diagram of *facility*."""
    power, paths = facility.power, spec.power_paths
    modules = power.ups.modules, installed(power.ups.modules, power.ups.redundancy)

    def group(part: Part, needed: int = 1, count: int = 1) -> Group:
        return Group(parts.components[part], needed, count, parts.common, spec.crews)

    behind = spec.generators_behind == "transformer"
    transformer = Block(WORDS["transformer"], group("transformer", 1, paths if behind else 1))
    chain = [] if behind else [transformer]
    chain += [] if power.switchgear is None else [Block(WORDS["switchgear"], group("switchgear"))]
    chain += [Block(WORDS["ups"], group("ups", *modules)), Block(WORDS["distribution"], group("distribution"))]
    return Diagram(
        supply=(Block(WORDS["utility"], group("utility")), *([transformer] if behind else [])),
        standby=_standby(facility, design, spec, parts, bridges),
        path=tuple(chain),
        cooling=tuple(
            Block(
                each.name,
                group(each.part, each.units.needed, each.units.installed),
                *(bridges.lost_s[loss] for loss in each.losses),
            )
            for each in plants(facility, spec)
        ),
        paths=paths,
        common=parts.common,
    )


def _standby(facility: Facility, design: PowerDesign, spec: Availability, parts: Parts, bridges: Bridges) -> Standby:
    ups, engines = facility.power.ups, design.generators
    strings = working(installed(ups.modules, ups.redundancy), parts.battery, parts.common)
    ready = 1.0 - (1.0 - float(strings[ups.modules :].sum())) ** spec.power_paths
    battery = (bridges.battery_s, ready, bridges.power_s, restart_s(facility))
    if engines is None:
        return Standby(*battery)
    kind = engines.kind
    return Standby(
        *battery, engines.count, engines.needed, kind.start_probability, kind.start_s, parts.run_s, parts.common
    )


def supplies(facility: Facility, parts: Parts) -> Group | None:
    """The power supplies of a server; None if servers have none of their own."""
    if facility.power.supplies.count is not None:
        return None
    return Group(parts.components["supply"], 1, 2 if facility.power.supplies.redundancy == "1+1" else 1, parts.common)


def topology(facility: Facility, design: PowerDesign, spec: Availability, bridges: Bridges) -> Topology:
    """How *facility* is laid out, as far as tiers ask for it."""
    power, engines = facility.power, design.generators
    start_s = 0.0 if engines is None else engines.kind.start_s
    modules = Units("UPS modules", power.ups.modules, installed(power.ups.modules, power.ups.redundancy))
    water = isinstance(facility.cooling, ChilledWater | WarmWater) or facility.cooling.liquid is not None
    return Topology(
        generators=None if engines is None else Units("generators", engines.needed, engines.count),
        power=(modules,),
        power_paths=spec.power_paths,
        two_supplies=power.supplies.count is not None or power.supplies.redundancy == "1+1",
        cooling=tuple(each.units for each in plants(facility, spec)),
        loops=spec.water_loops if water else 0,
        continuous=engines is not None and bridges.power_s >= start_s + restart_s(facility),
    )
