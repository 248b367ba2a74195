"""How much server power every level of the power chain could carry, and what of it nobody can use."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from dcplan.facility.limits import stranded_w
from dcplan.scenario.fleet import Servers
from dcplan.scenario.scenario import Scenario

LEVELS = ("rack", "row", "hall", "distribution", "ups", "building", "transformer", "utility")
"""Levels that may bind, from the servers up; `building` is the server power that it is made for."""


def stranded(scenario: Scenario, site: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """The KPIs `stranded_...` of a scenario with a building, from the table `site` of one replication."""
    capacity_w = carried_w(scenario, site)
    if not capacity_w:
        return
    left_w = stranded_w(capacity_w)
    yield "stranded_kw", left_w["building"] / 1000.0
    yield "stranded_share", left_w["building"] / capacity_w["building"]
    for level, watt in left_w.items():
        if level != "building":
            yield f"stranded_{level}_kw", watt / 1000.0
            yield f"stranded_{level}_share", watt / capacity_w[level]


def carried_w(scenario: Scenario, site: pd.DataFrame) -> dict[str, float]:
    """Server power that each level could carry [W]; empty if the servers never draw any.

    What a level carries beside the servers (losses, cooling, light) is taken as at the highest meter reading.
    """
    facility, peak = scenario.facility, site.iloc[int(site["facility_w"].argmax())]
    it_w, meter_w = float(peak["it_w"]), float(peak["facility_w"])
    if facility is None or it_w <= 0.0:
        return {}
    power = facility.power
    capacity_w = {"distribution": power.distribution.rating}
    if power.ups.share > 0.0:
        capacity_w["ups"] = power.ups.rating / power.ups.share * it_w / (it_w + float(peak["pdu_loss_w"]))
    capacity_w |= {
        "building": facility.it_capacity,
        "transformer": power.transformer.rating * it_w / (meter_w - float(peak["transformer_loss_w"])),
        "utility": power.utility.limit * it_w / meter_w,
    }
    if power.hall is not None:
        capacity_w["hall"] = power.hall.limit
    return capacity_w | _racked_w(list(scenario.fleet.values()))


def _racked_w(fleet: list[Servers]) -> dict[str, float]:
    """What all racks, and all rows, may draw together [W]; none of a level that not all servers have."""
    racks = [(math.ceil(group.count / group.rack.size), group.rack) for group in fleet if group.rack is not None]
    if len(racks) < len(fleet):
        return {}
    found = {"rack": sum(count * rack.limit for count, rack in racks)}
    rows = [math.ceil(count / rack.row.racks) * rack.row.limit for count, rack in racks if rack.row is not None]
    return found | ({"row": sum(rows)} if len(rows) == len(racks) else {})
