"""Recorded demand from a file or from the profile library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles.library import Profile
from dcplan.scenario.demand import Trace
from dcplan.workload.arrivals import Recorded
from dcplan.workload.rate import FloatArray, RateCurve, repeated


def from_shape(shape: Profile, mean_per_s: float, week_offset_s: float, horizon_s: float) -> Recorded:
    """A shape of the library, which starts on Monday, midnight, repeated and scaled to a mean rate."""
    table = pd.read_csv(shape.table(str(shape.header["file"])))
    step_s = float(table["time_s"].iloc[1] - table["time_s"].iloc[0])
    factors = table["relative_rate"].to_numpy(dtype=np.float64)
    return Recorded(rate=repeated(step_s, factors, mean_per_s, week_offset_s, horizon_s))


def from_file(path: Path, trace: Trace, horizon_s: float) -> Recorded:
    """A user's file: a column `time_s` of stamps, or `time_s` and `rate_per_s` of intervals."""
    table = _read(path)
    if "time_s" not in table:
        raise InputError(f"{path}: there is no column 'time_s'", f"found {', '.join(map(str, table.columns))}")
    time_s = _numbers(path, table["time_s"])
    if "rate_per_s" not in table:
        return Recorded(stamps_s=time_s)
    rate = _numbers(path, table["rate_per_s"])
    if len(time_s) < 2 or time_s[0] != 0 or (np.diff(time_s) <= 0).any():
        raise InputError(f"{path}: intervals must start at time_s = 0, increase, and be at least two")
    last_s = time_s[-1] + (time_s[-1] - time_s[-2])
    if last_s < horizon_s:
        raise InputError(f"{path}: the rates end after {last_s:g} s, before the horizon of {horizon_s:g} s")
    lengths = np.diff(np.append(time_s, last_s))
    if rate.max() <= 0:
        raise InputError(f"{path}: every rate is zero", "at least one interval needs requests")
    scale = 1.0 if trace.mean is None else trace.mean / float((rate * lengths).sum() / last_s)
    return Recorded(rate=RateCurve(np.append(time_s, last_s), rate * scale))


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError as error:
        raise InputError(f"there is no file '{path.name}' beside the scenario") from error
    except Exception as error:  # readers raise many kinds for a broken file
        raise InputError(f"{path}: is not a readable CSV or parquet file: {str(error).splitlines()[0]}") from error


def _numbers(path: Path, column: pd.Series[float]) -> FloatArray:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if len(bad):
        raise InputError(f"{path}:{bad[0] + 2}: {column.name} is missing, negative or not a number")
    if column.name == "time_s" and (np.diff(values) < 0).any():
        row = int(np.flatnonzero(np.diff(values) < 0)[0]) + 3
        raise InputError(f"{path}:{row}: time_s goes back", "sort the file by time")
    if not len(values):
        raise InputError(f"{path}: holds no rows")
    return values
