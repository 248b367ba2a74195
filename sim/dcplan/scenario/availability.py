"""How often the building may fail the servers: what is not said of its redundancy elsewhere, and what outages cost."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from dcplan.scenario.base import Count, Duration, Fraction, PositiveDuration, Spec, Unit
from dcplan.scenario.power import Redundancy

PERCENT = re.compile(r"^\s*(\d+(?:\.\d*)?)\s*%\s*$")


def _share(value: object) -> object:
    """99.9 % as 0.999."""
    found = PERCENT.match(value) if isinstance(value, str) else None
    if isinstance(value, str) and found is None:
        raise ValueError("write a share such as '99.9 %' or 0.999")
    return value if found is None else round(float(found[1]) / 100.0, 12)


Share = Annotated[
    Fraction, BeforeValidator(_share), WithJsonSchema({"type": ["string", "number"], "examples": ["99.9 %"]})
]
LongDuration = Annotated[float, Unit("s"), Field(gt=0, le=1e13)]
Part = Literal[
    "utility",
    "transformer",
    "switchgear",
    "ups",
    "distribution",
    "supply",
    "chiller",
    "dx_unit",
    "pump",
    "cell",
    "room_unit",
    "cdu",
]


class Reliability(Spec):
    """How a component fails and is repaired."""

    mtbf: LongDuration
    """Mean time between failures, e.g. '40000 h'."""
    repair: PositiveDuration
    """Mean time to repair, e.g. '24 h'."""


class SlaStep(Spec):
    """A row of a table of credits."""

    below: Share
    """Availability of a month below which the row holds, e.g. '99.9 %'."""
    credit: Share
    """Share of the month's price that is given back, e.g. '10 %'."""


class Availability(Spec):
    """Block diagram of the building's own redundancy, outages over many years, tiers, and credits."""

    profile: str = "building-components"
    """How components fail: a profile in `profiles/reliability/`."""
    components: dict[Part, Reliability] = Field(default_factory=dict)
    """What is known better than in that profile."""
    common_cause: Fraction | None = None
    """Share of the failures of redundant components that takes all of them; without it, the profile's."""
    crews: Count | None = None
    """Components of a kind that are repaired at a time; without it, as many as have failed."""
    utility_feeds: Literal[1, 2] = 1
    """Independent feeds of the utility."""
    generators_behind: Literal["transformer", "utility"] = "transformer"
    """Where generators feed in: at the switchgear, so that they stand in for the transformer as well, or before it."""
    power_paths: Literal[1, 2] = 1
    """Sets of transformer, switchgear, UPS and distribution, each of which is enough for servers with two supplies."""
    pumps: Redundancy | None = None
    """Spare pumps of each loop, which has one for each chiller needed; without it, as the redundancy of the cooling."""
    spare_cells: Annotated[int, Field(ge=0, le=1000, strict=True)] = 0
    """Cells of the tower or dry cooler beyond those that `facility.cooling` needs."""
    water_loops: Literal[1, 2] = 1
    """Loops of pipes, each of which is enough; asked for by tiers, pipes do not fail in the numbers."""
    recovery: Duration | None = None
    """Time from power and cool air to servers that serve; without it, `facility.ride_through.power_on`."""
    checkpoint: PositiveDuration | None = None
    """Time between two checkpoints of training jobs: an outage loses half of it on average; without it, nothing."""
    years: Annotated[int, Field(ge=100, le=1_000_000, strict=True)] = 10_000
    """Years of outages in each replication."""
    monthly_price: Annotated[float, Unit("USD"), Field(gt=0, le=1e12)] | None = None
    """What customers pay a month, e.g. '50000 USD'."""
    sla: tuple[SlaStep, ...] = ()
    """Credits by the availability of each month; the largest one that holds is given."""

    @model_validator(mode="after")
    def _priced(self) -> Self:
        if bool(self.sla) != (self.monthly_price is not None):
            raise ValueError(
                "credits are a share of what customers pay; give both 'sla' and 'monthly_price', or neither"
            )
        return self
