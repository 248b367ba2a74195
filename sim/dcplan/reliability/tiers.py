"""Tiers and availability classes as checks on a topology: which is met, and what the next one lacks, in a sentence.

Uptime Institute, Tier Standard: Topology, judges how a site is built: I basic capacity, II redundant components, III
concurrently maintainable (every part can be taken out of service on purpose without the servers noticing), IV fault
tolerant (any single failure as well). EN 50600-2-2 (power) and EN 50600-2-3 (cooling) name classes 1 to 4 by the same
steps: one path, one path with redundant components, several paths that can be maintained while running, several that
stand a failure as well. The texts of the standards are not public and were not re-read: a met rule here is a hint, no
certificate. Compartments, staff and commissioning are part of tier IV and cannot be seen in a scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Standard = Literal["Uptime Tier", "EN 50600-2-2", "EN 50600-2-3"]

HISTORIC = MappingProxyType({1: 0.99671, 2: 0.99741, 3: 0.99982, 4: 0.99995})
"""Availability that Uptime once printed beside each tier, and dropped in 2009 because a topology has none."""


@dataclass(frozen=True)
class Units:
    """Equal units in the topology."""

    name: str
    needed: int
    installed: int

    @property
    def spare(self) -> int:
        """Units beyond what is needed."""
        return self.installed - self.needed

    def __str__(self) -> str:
        return f"{self.name} ({self.needed} needed, {self.installed} there)"


@dataclass(frozen=True)
class Topology:
    """How a building is laid out, as far as tiers ask for it."""

    generators: Units | None
    power: tuple[Units, ...]
    """Units of the power chain in each path that have spares: UPS modules."""
    power_paths: int
    """Paths from the switchgear to the servers, each of which is enough."""
    two_supplies: bool
    """Servers have power supplies on two paths."""
    cooling: tuple[Units, ...]
    """Units of the plant: chillers, pumps, cells, room units."""
    loops: int
    """Water loops, each of which is enough; 0 without water."""
    continuous: bool
    """The room stays cool from the loss of the utility until the plant cools again."""


@dataclass(frozen=True)
class Finding:
    """Whether a level is met, and what it lacks."""

    standard: Standard
    level: int
    met: bool
    lacking: tuple[str, ...]
    """One sentence for each thing that is missing; those of lower levels are not repeated."""


def findings(topology: Topology) -> list[Finding]:
    """All levels of all standards, the lowest first; a level is met if nothing is missing up to it."""
    found = []
    for standard in ("Uptime Tier", "EN 50600-2-2", "EN 50600-2-3"):
        met = True
        for level in (1, 2, 3, 4):
            lacking = tuple(_lacking(standard, level, topology))
            met = met and not lacking
            found.append(Finding(standard, level, met, lacking))
    return found


def reached(found: list[Finding], standard: Standard) -> int:
    """Highest level of *standard* that is met; 0 if none."""
    return max((each.level for each in found if each.standard == standard and each.met), default=0)


def _lacking(standard: Standard, level: int, topology: Topology) -> Iterator[str]:
    """What *topology* lacks of a level, beyond the levels below."""
    if standard != "EN 50600-2-3":
        yield from _power(level, topology, standard)
    if standard != "EN 50600-2-2":
        yield from _cooling(level, topology)


def _power(level: int, topology: Topology, standard: Standard) -> Iterator[str]:
    generators = topology.generators
    if level == 1 and generators is None and standard == "Uptime Tier":
        yield "no engine generator carries the site"
    if level == 2:
        if generators is None and standard == "EN 50600-2-2":
            yield "no second source of power beside the utility"
        units = topology.power if generators is None else (generators, *topology.power)
        yield from (f"no spare {each}" for each in units if _fixed(each, topology) and each.spare < 1)
    if level == 3:
        if topology.power_paths < 2:
            yield "not concurrently maintainable: one power path"
        if not topology.two_supplies:
            yield "not concurrently maintainable: servers have one power supply"
    if level == 4:
        if topology.power_paths < 2:
            yield "not fault tolerant: a failure in the only power path reaches the servers"
        if generators is not None and generators.installed < 2 * generators.needed:
            yield f"not fault tolerant: {generators}; two sets would be"


def _fixed(units: Units, topology: Topology) -> bool:
    """Whether spares of *units* are asked for in one path: a second path is a spare for all in the first."""
    return units not in topology.power or topology.power_paths < 2


def _cooling(level: int, topology: Topology) -> Iterator[str]:
    if level == 1 and not topology.cooling:
        yield "no plant cools the servers"
    if level == 2:
        yield from (f"no spare {each}" for each in topology.cooling if each.spare < 1)
    if level == 3 and topology.loops == 1:
        yield "not concurrently maintainable: one chilled-water loop"
    if level == 4:
        yield from (
            f"not fault tolerant: {each}; two sets would be"
            for each in topology.cooling
            if each.installed < 2 * each.needed
        )
        if topology.loops == 1:
            yield "not fault tolerant: a leak in the only water loop stops cooling"
        if not topology.continuous:
            yield "no continuous cooling: after a power cut the room is too warm before the plant cools again"
