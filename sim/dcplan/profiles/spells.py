"""Spells of slow and fast calls, as the windows of a profile show them: share of the variance, and duration.

On a shared machine neighbours slow a model down for seconds to minutes. Calls within a window are then alike, and so
are windows that follow each other.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles.timing import DRAW_STEPS, LEVELS, FloatArray
from dcplan.profiling.statistics import time_scale

COLUMNS = ["point", "phase", "mean_s", "n"]
"""What a table of windows must tell; `start_s`, when each began [s], is needed for the duration of spells."""
TRIMMED = DRAW_STEPS // 100
"""Draws left out at either end: a call in a hundred that took ten times as long would hide that all others drift."""
ENOUGH = 20
"""Windows, all points together, below which the duration of spells counts as unknown."""


def read_windows(path: Path) -> pd.DataFrame:
    """The windows of a profile that count. Raise an InputError if *path* does not hold them."""
    try:
        table = pd.read_csv(path)
        windows = table.loc[table["phase"] == "measured", [*COLUMNS, *table.columns.intersection(["start_s"])]]
        windows.drop(columns="phase").to_numpy(dtype=np.float64)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: is not a table of measured times: {error}", "measure it again") from error
    return windows


def slow_share(windows: pd.DataFrame, point: int, quantile_s: FloatArray) -> float:
    """Share of the variance of a call that lies between the windows of *point* [-], 0..1.

    One-way analysis of variance. If nothing is known of how calls differ, all are taken to be alike, which is cautious.

    Args:
        windows: Those of the whole profile.
        point: Which of its points.
        quantile_s: Quantiles of a single call at `LEVELS` [s].
    """
    draws = np.linspace(0.0, 1.0, DRAW_STEPS + 1)
    times_s = np.interp(draws, list(LEVELS.values()), quantile_s)
    total = float(times_s[TRIMMED : len(times_s) - TRIMMED].var())
    own = windows[windows["point"] == point]
    if len(own) < 2 or total == 0.0:
        return 1.0
    between = float(own["mean_s"].var(ddof=1))
    calls = float(own["n"].mean())
    slow = (between - total / calls) / (1.0 - 1.0 / calls) if calls > 1 else between
    return float(np.clip(slow / total, 0.0, 1.0))


def spell_s(windows: pd.DataFrame, paused: Collection[int]) -> float:
    """How long spells last, as the time scale of all windows, each relative to its point [s]; 0 if that is not known.

    Args:
        windows: Those of the whole profile.
        paused: Points whose calls came after pauses, which says nothing of spells.
    """
    hot = windows[~windows["point"].isin(paused)]
    if "start_s" not in hot or len(hot) < ENOUGH:
        return 0.0
    hot = hot.sort_values("start_s")
    relative = hot["mean_s"] / hot.groupby("point")["mean_s"].transform("mean")
    return float(hot["start_s"].diff().median()) * time_scale(relative.to_numpy(dtype=np.float64))
