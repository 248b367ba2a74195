"""What training jobs took of the counted time, and what each costs."""

from __future__ import annotations

import pandas as pd

from dcplan.economics.shares import shared


def counted_slot_s(jobs: pd.DataFrame, from_s: float, until_s: float) -> pd.Series:
    """Slot-seconds that each job held between two instants [s], those that are not finished included."""
    ends_s = jobs["end_s"].fillna(until_s).clip(from_s, until_s)
    starts_s = jobs["start_s"].fillna(until_s).clip(from_s, until_s)
    return (ends_s - starts_s) * jobs["slots"]


def job_costs_usd(jobs: pd.DataFrame, usd: float, from_s: float, until_s: float) -> pd.Series:
    """What each job costs [USD]: its queue's cost by the slot-seconds it held; they sum to what the queue costs."""
    held_s = counted_slot_s(jobs, from_s, until_s)
    costs = shared(usd, {str(place): float(seconds) for place, seconds in enumerate(held_s)})
    return pd.Series(list(costs.values()), index=jobs.index, dtype=float)
