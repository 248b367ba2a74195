"""A kind of server: what it draws at the plug, and how many slots of which machine kind it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dcplan.errors import InputError
from dcplan.profiles.library import Library, Profile


@dataclass(frozen=True)
class Server:
    """A kind of server.

    Attributes:
        profile: Where it comes from.
        idle_w: Power at the AC inlet when idle [W].
        max_w: Power at the AC inlet when every slot is busy [W].
        exponent: r of P = idle + (max - idle)(2 u - u^r) [-].
        slots: Machines of each kind (a name in `profiles/compute/`) that one server holds.
    """

    profile: Profile
    idle_w: float
    max_w: float
    exponent: float
    slots: Mapping[str, int]

    def hosts(self, library: Library, workload: str) -> str:
        """The machine kind in this server on which *workload* was measured; an InputError if it was on none."""
        for sku in self.slots:
            if f"{sku}/{workload}" in library.names("compute"):
                return sku
        measured = sorted({name.partition("/")[2] for name in library.names("compute")})
        kinds = ", ".join(self.slots)
        raise InputError(
            f"'{workload}' was not measured on {kinds}, which '{self.profile.name}' holds",
            f"measured are {', '.join(measured) or 'no workloads'}; or run 'dcplan profile --workload {workload}'",
        )


def load_server(library: Library, name: str) -> Server:
    """The server kind *name*."""
    profile = library.load("power", name)
    values = profile.values
    try:
        server = Server(
            profile=profile,
            idle_w=float(values["idle_w"]["value"]),
            max_w=float(values["max_w"]["value"]),
            exponent=float(values["curve"]["r"]["value"]),
            slots={str(sku): int(entry["value"]) for sku, entry in values["slots"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"power profile '{name}' is not a kind of server", "see 'dcplan list profiles'") from error
    if not (0.0 <= server.idle_w <= server.max_w < math.inf and 1.0 <= server.exponent <= 2.0):
        raise InputError(f"power profile '{name}': 0 <= idle_w <= max_w and 1 <= r <= 2 do not hold", "correct it")
    if not server.slots or min(server.slots.values()) < 1:
        raise InputError(f"power profile '{name}' holds no slots", "say how many of which machine kind")
    return server
