"""How long servers last when all cooling is lost: on a store of chilled water first, then until racks are too warm."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from dcplan.facility.thermal import RackMass, Warmth, chilled_water_store_j, time_to_rise_s, warmed
from dcplan.results.store import frame
from dcplan.scenario.incidents import RideThrough
from dcplan.scenario.scenario import Scenario

POINTS = 121
"""Points of a course."""
BEYOND = 1.25
"""How far a course goes on after the limit is reached."""
LONGEST_S = 7200.0
"""A course is not followed for longer than this [s]."""
MINUTE_S = 60.0


def minutes_to_overheat(scenario: Scenario, site: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """The KPI of a scenario that says how its room stands a loss of cooling, from one replication's table `site`."""
    if (case := _Case.of(scenario, site)) is not None:
        yield "minutes_to_overheat", case.lasts_s(case.mean_w) / MINUTE_S


def overheating(scenario: Scenario, site: pd.DataFrame | None) -> pd.DataFrame | None:
    """The table `overheating`: inlet air at the mean and at the peak power of all replications; None without a room."""
    case = None if site is None else _Case.of(scenario, site)
    if case is None:
        return None
    powers_w = {"mean": case.mean_w, "peak": case.peak_w}
    end_s = min(LONGEST_S, BEYOND * max(map(case.lasts_s, powers_w.values())))
    times_s = np.linspace(0.0, end_s, POINTS)
    rows = [
        {"case": name, "rack_w": it_w / case.racks, "time_s": time_s, "inlet_c": case.inlet_at(it_w, time_s)}
        | {"limit_c": case.limit_c}
        for name, it_w in powers_w.items()
        for time_s in times_s.tolist()
    ]
    return frame("overheating", rows)


class _Case:
    """A room from which all cooling is taken."""

    def __init__(self, spec: RideThrough, racks: int, site: pd.DataFrame) -> None:
        self.racks = racks
        self.mean_w = float(np.average(site["it_w"], weights=site["duration_s"]))
        self.peak_w = float(site["it_w"].max())
        self.usual_c = float(np.average(site["server_inlet_c"], weights=site["duration_s"]))
        self.limit_c = spec.throttling.ends if spec.shutdown is None else spec.shutdown
        self.store_j = 0.0 if spec.store is None else chilled_water_store_j(spec.store, spec.store_rise)

    @classmethod
    def of(cls, scenario: Scenario, site: pd.DataFrame) -> _Case | None:
        """The room of *scenario*; None if not known, or if nothing warms it."""
        facility, racks = scenario.facility, sum(each.racks for each in scenario.fleet.values())
        if facility is None or facility.ride_through is None or racks == 0 or not (site["it_w"] > 0.0).any():
            return None
        return cls(facility.ride_through, racks, site)

    def bridged_s(self, it_w: float) -> float:
        """How long the store takes all heat [s]."""
        return self.store_j / it_w

    def lasts_s(self, it_w: float) -> float:
        """Time until the air is at the limit [s]; infinite if that takes more than a day."""
        rise_k = max(0.0, self.limit_c - self.usual_c)
        return self.bridged_s(it_w) + time_to_rise_s(it_w / self.racks, rise_k, RackMass())

    def inlet_at(self, it_w: float, time_s: float) -> float:
        """Inlet air so long after the loss [degC]."""
        warming_s = max(0.0, time_s - self.bridged_s(it_w))
        rise_k = warmed(Warmth(), it_w / self.racks, warming_s, RackMass()).air_k
        return self.usual_c + rise_k if math.isfinite(rise_k) else math.nan
