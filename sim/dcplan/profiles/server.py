"""A kind of server: what it draws at the plug, and how many slots of which machine kind it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dcplan.errors import InputError
from dcplan.profiles.cap_curve import CapCurve
from dcplan.profiles.library import Library, Profile
from dcplan.profiles.power_curve import InletResponse, PowerCurve

CPU_SERVER = "cpu_server_usd"
"""What a server costs unless its profile says otherwise."""


@dataclass(frozen=True)
class Boards:
    """The accelerators of a server, one for each slot, whose own meters told what each call draws.

    Attributes:
        limit_w: Highest power of a board [W].
        rest_w: Power of a board at rest with a model loaded [W].
    """

    limit_w: float
    rest_w: float


@dataclass(frozen=True)
class Instance:
    """One of the equal instances that a board is split into.

    Attributes:
        share: Part of the board that it has, of processors or of memory bandwidth, whichever is less [-], 0..1.
        memory: Part of the board's memory that it has [-], 0..1.
        source: Who says so.
        whole: The server before its boards were split.
    """

    share: float
    memory: float
    source: str
    whole: Server


@dataclass(frozen=True)
class Server:
    """A kind of server.

    Attributes:
        profile: Where it comes from.
        idle_w: Power at the AC inlet when idle [W].
        max_w: Power at the AC inlet when every slot is busy [W].
        curve: How power rises from idle to full use.
        slots: Machines of each kind (a name in `profiles/compute/`) that one server holds.
        boards: Its accelerators; None if it has none, or if nobody knows what they draw.
        price: Name of what it costs among the values of a cost profile.
        instance: What an instance has of a board, where each board is split into several.
        inlet: What warm air costs it; None if that is not known.
        cap_curve: How much slower it works under a power cap; None if that is not known.
        performance: Its highest throughput in a benchmark that all servers of a site share [1/s]; None if not known.
    """

    profile: Profile
    idle_w: float
    max_w: float
    curve: PowerCurve
    slots: Mapping[str, int]
    boards: Boards | None = None
    price: str = CPU_SERVER
    instance: Instance | None = None
    inlet: InletResponse | None = None
    cap_curve: CapCurve | None = None
    performance: float | None = None

    @property
    def rest_w(self) -> float | None:
        """Power of a board at rest [W]; None without boards."""
        return None if self.boards is None else self.boards.rest_w

    @property
    def full_board_w(self) -> float:
        """What a board draws above rest at its limit [W]; 0 without boards."""
        return 0.0 if self.boards is None else self.boards.limit_w - self.boards.rest_w

    @property
    def per_board_w(self) -> float:
        """Power at the inlet for each watt that a board draws above rest [-]: losses, fans, and work of the host."""
        if self.boards is None:
            return 0.0
        if self.instance is not None:
            return self.instance.whole.per_board_w
        return (self.max_w - self.idle_w) / (sum(self.slots.values()) * self.full_board_w)

    def hosts(self, library: Library, workload: str) -> str:
        """The machine kind in this server on which *workload* was measured; an InputError if it was on none."""
        for sku in self.slots:
            if f"{sku}/{workload}" in library.names("compute"):
                return sku
        if self.instance is not None:
            sku = next(iter(self.slots))
            raise InputError(
                f"'{workload}' was not measured on an instance of a board of '{self.profile.name}'",
                f"measure it there, dcplan profile --workload {workload} --sku {sku}, or remove 'partition'",
            )
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
            curve=_curve(name, values["curve"]),
            slots={str(sku): int(entry["value"]) for sku, entry in values["slots"].items()},
            boards=_boards(values),
            price=str(values.get("price", CPU_SERVER)),
            inlet=InletResponse.from_values(values["inlet"]) if "inlet" in values else None,
            cap_curve=_cap_curve(name, values),
            performance=float(values["performance"]["value"]) if "performance" in values else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"power profile '{name}' is not a kind of server", "see 'dcplan list profiles'") from error
    if not 0.0 <= server.idle_w <= server.max_w < math.inf:
        raise InputError(f"power profile '{name}': 0 <= idle_w <= max_w does not hold", "correct it")
    if server.boards is not None and not 0.0 <= server.boards.rest_w < server.boards.limit_w < math.inf:
        raise InputError(f"power profile '{name}': 0 <= rest_w < limit_w of its boards does not hold", "correct it")
    if not server.slots or min(server.slots.values()) < 1:
        raise InputError(f"power profile '{name}' holds no slots", "say how many of which machine kind")
    return server


def partitioned(server: Server, instances: int) -> Server:
    """*server* with each of its boards split into equal *instances*: so many times as many, smaller, machines.

    A meter still reads the whole board, so that is what rests; above that an instance may draw its part. The profile's
    `partitions` say what can be had. NVIDIA Multi-Instance GPU User Guide, "Supported MIG Profiles".
    """
    known: Mapping[str, Any] = server.profile.values.get("partitions") or {}
    entry = known.get(f"instances_{instances}")
    if server.boards is None or entry is None:
        name = server.profile.name
        possible = ", ".join(each.removeprefix("instances_") for each in known)
        remedy = f"possible are {possible}" if known else "remove 'partition'"
        raise InputError(f"the boards of '{name}' cannot be split into {instances} instances", remedy)
    memory = float(entry["memory"])
    share = min(memory, float(entry["value"]))
    limit_w = server.boards.rest_w + share * server.full_board_w
    return replace(
        server,
        slots={f"{sku}-mig-{instances}": instances * count for sku, count in server.slots.items()},
        boards=replace(server.boards, limit_w=limit_w),
        instance=Instance(share, memory, " ".join(str(entry["source"]).split()), server),
    )


def _curve(name: str, values: Mapping[str, Any]) -> PowerCurve:
    """The power curve that the profile *name* tells."""
    if "kind" not in values and "r" not in values:
        raise KeyError("kind")
    try:
        return PowerCurve.from_values(values)
    except ValueError as error:
        raise InputError(f"power profile '{name}': {error}", "correct its curve") from error


def _cap_curve(name: str, values: Mapping[str, Any]) -> CapCurve | None:
    """What the profile *name* says of power caps, if anything."""
    try:
        return CapCurve.from_values(values["cap_curve"]) if "cap_curve" in values else None
    except ValueError as error:
        raise InputError(f"power profile '{name}': {error}", "correct its cap_curve") from error


def _boards(values: Mapping[str, Any]) -> Boards | None:
    """What the profile says of its accelerators, if anything."""
    boards = values.get("boards")
    return None if boards is None else Boards(float(boards["limit_w"]["value"]), float(boards["rest_w"]["value"]))
