"""Whose energy it is that the meter counts: every owner's share of the servers, step by step, of the whole building."""

from __future__ import annotations

import numpy as np
import pandas as pd


def facility_energy_j(attribution: pd.DataFrame, site: pd.DataFrame) -> dict[str, float]:
    """Energy at the meter by owner [J]; the parts sum to the meter.

    In each step everything that the building draws is shared in proportion to the energy at the servers' plugs; where
    the servers draw nothing, to the slots that are reserved.

    Args:
        attribution: The table `attribution` of one replication.
        site: The table `site` of the same.
    """
    columns = ["it_j", "reserved_slot_s"]
    rows = attribution.assign(it_j=attribution["idle_j"] + attribution["active_j"])
    own = rows.groupby(["time_s", "owner"], sort=False)[columns].sum()
    whole = own.groupby("time_s", sort=False)[columns].transform("sum")
    by_slots = own["reserved_slot_s"] / whole["reserved_slot_s"]
    share = np.where(whole["it_j"] > 0.0, own["it_j"] / whole["it_j"].where(whole["it_j"] > 0.0, 1.0), by_slots)
    meter_j = (site["facility_w"] * site["duration_s"]).set_axis(site["time_s"])
    energy_j = pd.Series(share, own.index) * meter_j.reindex(own.index.get_level_values("time_s")).to_numpy()
    return {str(owner): float(joules) for owner, joules in energy_j.groupby("owner", sort=False).sum().items()}
