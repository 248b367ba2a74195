"""The block diagram of a building: what must work so that servers have power and cool air, and what each part costs.

[utility]-[transformer] --+-- [switchgear]-[UPS]-[distribution] --+-- [chillers]-[pumps]-[cells]-[room units] -- servers
generators, battery +-- the same again: a second path     --+
"""

from __future__ import annotations

from dataclasses import dataclass

from dcplan.reliability.blocks import Downtime, Group, alone, alternating, of_group, parallel, series
from dcplan.reliability.standby import Standby, felt


@dataclass(frozen=True)
class Block:
    """A block of the diagram."""

    name: str
    group: Group
    one_s: float = 0.0
    """How long the room bears one component too few [s]."""
    all_s: float = 0.0
    """How long it bears the loss of all [s]."""


@dataclass(frozen=True)
class Diagram:
    """The blocks between the grid and the servers."""

    supply: tuple[Block, ...]
    """What *standby* carries the building without."""
    standby: Standby
    path: tuple[Block, ...]
    """From there to the servers."""
    cooling: tuple[Block, ...]
    paths: int = 1
    """Equal paths, each of which is enough: 1 or 2."""
    common: float = 0.0
    """Share of the failures of a path that takes both [-]."""


def contributions(diagram: Diagram) -> dict[str, Downtime]:
    """What servers feel of each block; of two paths, the blocks share what they feel by their own down time."""
    found = {block.name: through_standby(block, diagram.standby) for block in diagram.supply}
    both, own = of_paths(diagram), {block.name: of_group(block.group) for block in diagram.path}
    whole = sum(each.share for each in own.values())
    for name, each in own.items():
        part = each.share / whole if whole > 0.0 else 0.0
        found[name] = each if diagram.paths == 1 else thinned(both, part)
    return found | {block.name: of_group(block.group, block.one_s, block.all_s) for block in diagram.cooling}


def site(diagram: Diagram) -> Downtime:
    """When servers have no power or no cool air, for whatever reason."""
    supply = [through_standby(block, diagram.standby) for block in diagram.supply]
    cooling = [of_group(block.group, block.one_s, block.all_s) for block in diagram.cooling]
    return series((*supply, of_paths(diagram), *cooling))


def through_standby(block: Block, standby: Standby) -> Downtime:
    """What servers feel of a block of the supply."""
    group = block.group
    parts = (alone(group), alternating(group.together_per_s, group.component.repair_s))
    return series([felt(each.per_s, each.mean_s, standby) for each in parts if each.per_s > 0.0])


def of_paths(diagram: Diagram) -> Downtime:
    """When no path works: one path alone, or both at once, by chance or by a common cause."""
    one = series([of_group(block.group) for block in diagram.path])
    if diagram.paths == 1:
        return one
    apart, together = thinned(one, 1.0 - diagram.common), thinned(one, diagram.common)
    return series((parallel((apart, apart)), together))


def thinned(down: Downtime, share: float) -> Downtime:
    """A *share* of the failures of a block."""
    return Downtime(down.share * share, down.per_s * share)
