"""Recorded demand from a file or from the profile library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles.library import Profile
from dcplan.scenario.demand import Trace
from dcplan.units import shorten
from dcplan.workload.arrivals import Recorded
from dcplan.workload.rate import FloatArray, RateCurve, repeated

MAX_RATE = 1e9
"""Highest rate [1/s], the same as a scenario may write."""


def from_shape(shape: Profile, mean_per_s: float, week_offset_s: float, horizon_s: float) -> Recorded:
    """A shape of the library, which starts on Monday, midnight, repeated and scaled to a mean rate."""
    path = shape.table(str(shape.header.get("file")))
    table = _read(path)
    if not {"time_s", "relative_rate"} <= set(table.columns):
        raise InputError(f"{path}: is not a demand shape", "it needs the columns time_s and relative_rate")
    time_s, factors = _numbers(path, table["time_s"]), _numbers(path, table["relative_rate"])
    steps_s = np.diff(time_s)
    if len(time_s) < 2 or time_s[0] != 0 or steps_s[0] <= 0 or not np.allclose(steps_s, steps_s[0]):
        raise InputError(f"{path}: a demand shape needs at least two equal steps from time_s = 0")
    if factors.max() <= 0:
        raise InputError(f"{path}: every rate is zero", "at least one interval needs requests")
    return Recorded(rate=repeated(float(steps_s[0]), factors, mean_per_s, week_offset_s, horizon_s))


def from_file(path: Path, trace: Trace, horizon_s: float) -> Recorded:
    """A user's file: a column `time_s` of stamps, or `time_s` and `rate_per_s` of intervals."""
    table = _read(path)
    if "time_s" not in table:
        raise InputError(f"{path}: there is no column 'time_s'", f"found {', '.join(map(str, table.columns))}")
    if unknown := [str(name) for name in table.columns if name not in ("time_s", "rate_per_s")]:
        remedy = "known are time_s (a stamp per request), or time_s and rate_per_s (a rate per interval)"
        raise InputError(f"{path}: unknown column {', '.join(shorten(name) for name in unknown[:5])}", remedy)
    time_s = _numbers(path, table["time_s"])
    if "rate_per_s" not in table:
        return Recorded(stamps_s=_stamps(path, time_s, trace, horizon_s))
    rate = _numbers(path, table["rate_per_s"])
    if len(time_s) < 2 or time_s[0] != 0 or (np.diff(time_s) <= 0).any():
        raise InputError(f"{path}: intervals must start at time_s = 0, increase, and be at least two")
    last_s = time_s[-1] + (time_s[-1] - time_s[-2])
    if last_s < horizon_s:
        raise InputError(f"{path}: the rates end after {last_s:g} s, before the horizon of {horizon_s:g} s")
    lengths = np.diff(np.append(time_s, last_s))
    if rate.max() <= 0:
        raise InputError(f"{path}: every rate is zero", "at least one interval needs requests")
    with np.errstate(over="ignore"):
        scale = 1.0 if trace.mean is None else trace.mean / float((rate * lengths).sum() / last_s)
        highest = float(rate.max() * scale)
    if not 0.0 < highest <= MAX_RATE:
        raise InputError(f"{path}: a highest rate of {highest:g} /s is not above 0 and up to {MAX_RATE:g} /s")
    return Recorded(rate=RateCurve(np.append(time_s, last_s), rate * scale))


def _stamps(path: Path, time_s: FloatArray, trace: Trace, horizon_s: float) -> FloatArray:
    if trace.mean is not None:
        raise InputError(f"{path}: time stamps cannot be rescaled", "remove 'mean', or give rates per interval")
    pause_s = float(np.diff(time_s, prepend=0.0).max())
    if time_s[-1] + pause_s < horizon_s:
        problem = f"{path}: the stamps end after {time_s[-1]:g} s, before the horizon of {horizon_s:g} s"
        raise InputError(problem, "shorten the horizon, or record for longer")
    return time_s


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError as error:
        raise InputError(f"there is no file {shorten(path.name)} beside the scenario") from error
    except Exception as error:  # readers raise many kinds for a broken file
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{shorten(path.name)} is not a readable CSV or parquet file: {reason[:200]}") from error


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
