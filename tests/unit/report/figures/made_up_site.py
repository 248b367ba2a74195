"""A made-up table `site`, so that figures of the building are tested without the simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dcplan.results.columns import OF_THE_GRID, ON_SITE, SITE_LOADS
from dcplan.results.store import frame


def site(hours: int, replications: int = 1, **columns: Any) -> pd.DataFrame:
    """Hours of 1 kW at the servers' plugs; *columns* are what differs, one value or one for each hour."""
    loads: dict[str, Any] = dict.fromkeys((column.name for column in SITE_LOADS), 0.0)
    loads |= {name: value for name, value in columns.items() if name in loads}
    it_w = columns.get("it_w", 1000.0)
    given: dict[str, Any] = {
        "time_s": 3600.0 * np.arange(hours), "duration_s": 3600.0, "it_w": it_w, "psu_loss_w": 0.0,
        "facility_w": it_w + sum(np.asarray(load) for load in loads.values()), "water_kg_s": 0.0, "dry_bulb_c": 20.0,
        "wet_bulb_c": 15.0, "pressure_pa": 101325.0, "economiser": 0.0, "extrapolated": False, "heat_removed_w": 0.0,
        "heat_reused_w": 0.0, "server_inlet_c": 24.0, "server_inlet_kg_kg": 0.009, "outside_recommended": False,
        "outside_allowable": False, "shortfall_w": 0.0, "over_limit": "", "redundancy_lost": False, "fuel_l_s": 0.0,
        "fuel_carbon_kg_s": 0.0,
    }  # fmt: skip
    given |= dict.fromkeys((column.name for column in (*ON_SITE, *OF_THE_GRID)), 0.0) | {"grid_w": given["facility_w"]}
    parts = [frame("site", {**given, **loads, **columns, "replication": number}) for number in range(replications)]
    return pd.concat(parts, ignore_index=True)


def servers(hours: int, it_w: float = 1000.0, fan_w: float = 0.0, replications: int = 1) -> pd.DataFrame:
    """The table `servers` of one group."""
    given = {"group": "nodes", "time_s": 3600.0 * np.arange(hours), "duration_s": 3600.0, "busy_slots": 1.0}
    given |= {"idle_w": 500.0, "it_w": it_w, "fan_w": fan_w, "max_w": 2000.0, "performance": np.nan}
    parts = [frame("servers", {**given, "replication": number}) for number in range(replications)]
    return pd.concat(parts, ignore_index=True)
