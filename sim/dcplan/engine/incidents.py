"""What is out of service when, by the incidents of a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dcplan.facility.design import FacilityDesign
from dcplan.facility.outage import OutOfService
from dcplan.scenario.incidents import Incident, RideThrough
from dcplan.signals.clock import Clock

FloatArray = NDArray[np.float64]
UNITS = ("chillers", "room_units", "cells", "cdus", "liquid_cells")
PUMPS = ("chilled_water_pumps", "condenser_pumps", "liquid_pumps")


@dataclass(frozen=True)
class Loss:
    """A part of the plant that does not run for a while.

    Attributes:
        part: One of `UNITS` or `PUMPS`.
        begins_s: From when [s].
        ends_s: Until when [s].
        count: How many; infinite for all.
    """

    part: str
    begins_s: float
    ends_s: float
    count: float = math.inf


def losses_of(
    incidents: Sequence[Incident], room: RideThrough, clock: Clock, generators_s: float | None
) -> tuple[Loss, ...]:
    """What *incidents* take away.

    Without the utility the plant stands still until generators run, after *generators_s* [s], or until it is back.
    """
    return tuple(loss for each in incidents for loss in _losses(each, room, clock, generators_s))


def _losses(incident: Incident, room: RideThrough, clock: Clock, generators_s: float | None) -> Iterator[Loss]:
    begins_s = _begins_s(incident, clock)
    ends_s = begins_s + incident.lasts
    if incident.lost != "utility":
        yield Loss(incident.lost, begins_s, ends_s, math.inf if incident.count is None else incident.count)
        return
    if generators_s is not None:
        ends_s = min(ends_s, begins_s + generators_s)
    for part in UNITS + PUMPS:
        if part not in room.on_ups and part != "cdus":
            yield Loss(part, begins_s, ends_s + (room.restart if part == "chillers" else 0.0))


def cuts_s(incidents: Sequence[Incident], clock: Clock, generators_s: float | None) -> tuple[tuple[float, float], ...]:
    """From when until when only batteries have power [s]: until generators run, or the utility is back."""
    found = []
    for each in incidents:
        if each.lost == "utility":
            begins_s = _begins_s(each, clock)
            lasts_s = each.lasts if generators_s is None else min(each.lasts, generators_s)
            found.append((begins_s, begins_s + lasts_s))
    return tuple(found)


def _begins_s(incident: Incident, clock: Clock) -> float:
    return float((pd.Timestamp(incident.at).tz_localize(clock.zone) - clock.origin).total_seconds())


def installed(design: FacilityDesign) -> dict[str, float]:
    """How many units of each part the building has, spare ones included; pumps count as one."""
    plant, liquid = design.rejection, design.liquid
    sink = None if plant is None else plant.sink
    own = None if liquid is None or liquid.rejection is None else liquid.rejection.sink
    chiller = None if plant is None else plant.chiller
    return {
        "chillers": 0 if chiller is None else chiller.duty + chiller.standby,
        "room_units": design.room.units + design.room.standby,
        "cells": 0 if sink is None else sink.cells,
        "cdus": 0 if liquid is None else liquid.cdu.units + liquid.cdu.standby,
        "liquid_cells": 0 if own is None else own.cells,
        "chilled_water_pumps": 0 if design.chilled_water is None else 1,
        "condenser_pumps": 0 if sink is None else 1,
        "liquid_pumps": 0 if own is None else 1,
    }


def instants_s(losses: Sequence[Loss]) -> list[float]:
    """When something is lost or comes back [s], rising."""
    return sorted({at_s for each in losses for at_s in (each.begins_s, each.ends_s)})


def lost_at(losses: Sequence[Loss], time_s: float) -> bool:
    """Whether anything is out of service at *time_s* [s]."""
    return any(each.begins_s <= time_s < each.ends_s for each in losses)


def out_at(losses: Sequence[Loss], times_s: FloatArray) -> OutOfService:
    """What is out of service at each of *times_s* [s], [n]."""
    gone = {part: np.zeros(len(times_s)) for part in UNITS + PUMPS}
    for each in losses:
        gone[each.part] += np.where((each.begins_s <= times_s) & (times_s < each.ends_s), each.count, 0.0)
    return OutOfService(
        chillers=gone["chillers"],
        room_units=gone["room_units"],
        cells=gone["cells"],
        cdus=gone["cdus"],
        liquid_cells=gone["liquid_cells"],
        chilled_water_pumps=gone["chilled_water_pumps"] > 0.0,
        condenser_pumps=gone["condenser_pumps"] > 0.0,
        liquid_pumps=gone["liquid_pumps"] > 0.0,
    )
