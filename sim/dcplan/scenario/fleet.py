"""The servers that are bought: how many of which kind, in racks of what size."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dcplan.scenario.base import Count, Power, Spec


class Row(Spec):
    """A row of racks on one feed."""

    racks: Count
    """Racks in a full row."""
    limit: Power
    """Most power a row may draw, e.g. '100 kW'."""


class Rack(Spec):
    """A rack: how many servers it holds and what it may draw."""

    size: Count
    """Servers in a full rack."""
    limit: Power
    """Most power a rack may draw, e.g. '12 kW'."""
    row: Row | None = None
    """The rows that the racks stand in; checked like the rack's limit."""


class Servers(Spec):
    """A group of equal servers."""

    server: str
    """Kind of server: a profile in `profiles/power/`, which says its power curve and its slots."""
    count: Count
    """How many."""
    partition: Annotated[int, Field(ge=1, le=7, strict=True)] | None = None
    """Equal instances that each accelerator is split into (NVIDIA MIG), each a slot of its own: 1, 2, 3, 4 or 7."""
    rack: Rack | None = None
    """How they are racked; the rack's limit is checked against the servers' highest power."""

    @property
    def racks(self) -> int:
        """Racks that they fill, the last one perhaps in part; 0 if they are not racked."""
        return 0 if self.rack is None else -(-self.count // self.rack.size)
