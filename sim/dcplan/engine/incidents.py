"""What is out of service when, by the incidents of a scenario."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


@dataclass(frozen=True)
class Cut:
    """A power cut.

    Attributes:
        begins_s: From when on only batteries have power [s].
        carried_s: Until when: generators run, or the utility is back [s].
        back_s: When the utility is back [s].
    """

    begins_s: float
    carried_s: float
    back_s: float


@dataclass(frozen=True)
class Setback:
    """What an incident takes away: parts of the plant, and perhaps the power."""

    losses: tuple[Loss, ...]
    cut: Cut | None = None


def setback_of(incident: Incident, room: RideThrough, clock: Clock, generators_s: float | None) -> Setback:
    """What *incident* takes away, if generators carry the building after *generators_s* [s]; None: if none do."""
    begins_s = _begins_s(incident, clock)
    ends_s = begins_s + incident.lasts
    if incident.lost == "utility":
        return blackout(begins_s, ends_s, room, generators_s)
    count = math.inf if incident.count is None else incident.count
    return Setback((Loss(incident.lost, begins_s, ends_s, count),))


def blackout(begins_s: float, back_s: float, room: RideThrough, generators_s: float | None) -> Setback:
    """Without the utility the plant stands still until generators run, or until it is back; chillers restart."""
    carried_s = back_s if generators_s is None else min(back_s, begins_s + generators_s)
    losses = (
        Loss(part, begins_s, carried_s + (room.restart if part == "chillers" else 0.0))
        for part in UNITS + PUMPS
        if part not in room.on_ups and part != "cdus"
    )
    return Setback(tuple(losses), Cut(begins_s, carried_s, back_s))


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
