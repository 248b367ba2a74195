"""Whether the tables of a measured workload agree with themselves and with each other.

What follows from the definition of a column must hold in every row: a mean lies in its interval, quantiles rise,
throughput is samples over time, the windows and the histogram hold exactly the calls that the row counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dcplan.profiles.timing import LEVELS

TASKS = ("infer", "train", "prefill", "decode")
"""Tasks of a workload, each with a table of its own."""

WORDS = ("VALID", "UNSTABLE", "INVALID")
"""Verdicts; the last two are followed by a colon and the reason."""

METERS = ("nvml", "rapl", "wall")
"""Sources of power that read it from an instrument."""

MODELLED = "model"
"""Source of power that is computed from CPU time, and says so in each row."""

TOLERANCE = 1e-3
"""Relative difference of two numbers that should be equal but were rounded [-]."""

POWER = (
    ("power_low_w", "power_w", "power_high_w"),
    ("energy_low_j_per_sample", "energy_j_per_sample", "energy_high_j_per_sample"),
)
PERCENTILES = ("p50", "p90", "p95", "p99", "p999")
AGAIN = "measure it again"

Found = tuple[str, str, str]
"""File, what is wrong with it, and what to do about it."""


def compute_problems(folder: Path, header: Mapping[str, Any]) -> Iterator[Found]:
    """What is wrong with the tables of the measured workload in *folder*."""
    tables = {name: _read(folder / name) for name in (*(f"{task}.csv" for task in TASKS), "after_idle.csv")}
    rows = {name: table for name, table in tables.items() if table is not None and not table.empty}
    if not set(rows) - {"after_idle.csv"}:
        yield "profile.yaml", f"no table of a task is there ({', '.join(f'{task}.csv' for task in TASKS)})", AGAIN
    power = header.get("power")
    source = str(power.get("source", "none")) if isinstance(power, Mapping) else "none"
    for name, table in rows.items():
        missing = [column for column in ("batch", "verdict", "time_mean_s", *LEVELS) if column not in table]
        if missing:
            yield name, f"has no column {', '.join(missing)}", AGAIN
            continue
        for place, row in enumerate(table.to_dict("records"), start=2):
            for what, remedy in _row(row, source):
                yield name, f"line {place} (batch {row['batch']}): {what}", remedy
    yield from _points(folder, rows)


def _read(path: Path) -> pd.DataFrame | None:
    try:
        return pd.read_csv(path) if path.is_file() else None
    except (OSError, ValueError):
        return None  # the check of the columns says so


def _row(row: Mapping[Any, Any], source: str) -> Iterator[tuple[str, str]]:
    """What is wrong with one point by itself."""
    yield from _counts(row)
    yield from _times(row)
    yield from _rates(row)
    yield from _power(row, source)
    word, _, reason = str(row["verdict"]).partition(":")
    if word not in WORDS or (word == "VALID") == bool(reason.strip()):
        yield f"verdict '{row['verdict']}' is none of VALID, UNSTABLE: reasons, INVALID: reason", AGAIN


def _number(row: Mapping[Any, Any], name: str) -> float:
    """A number of the row; NaN where it is empty or no number."""
    try:
        return float(row.get(name, np.nan))
    except (TypeError, ValueError):
        return float("nan")


def _counts(row: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for name, least in (
        ("batch", 1),
        ("streams", 1),
        ("processes", 1),
        ("threads", 1),
        ("calls", 1),
        ("windows", 1),
        ("samples", 1),
        ("tokens", 0),
        ("context", 0),
    ):
        value = _number(row, name)
        if name in row and not (value >= least and value == round(value)):
            kind = "positive whole number" if least else "whole number"
            yield f"{name} is {row[name]}, not a {kind}", AGAIN
    samples = _number(row, "calls") * _number(row, "batch") * _at_once(row)
    if _differ(_number(row, "samples"), samples):
        yield f"samples is {row['samples']}, but calls x batch x calls at once is {samples:g}", AGAIN


def _at_once(row: Mapping[Any, Any]) -> float:
    """Calls that ran at the same time: streams times processes."""
    return prod(_number(row, name) for name in ("streams", "processes") if name in row)


def _differ(one: float, other: float) -> bool:
    """Whether two numbers that are both known are not equal."""
    return bool(abs(one - other) > TOLERANCE * abs(other))


def _times(row: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    mean, levels = _number(row, "time_mean_s"), np.array([_number(row, name) for name in LEVELS])
    if not mean > 0 or not np.isfinite(mean):
        yield f"time_mean_s is {row['time_mean_s']}, not a positive time", AGAIN
    if not (np.isfinite(levels).all() and (levels > 0).all()):
        yield f"quantiles {_named(levels, ~(np.isfinite(levels) & (levels > 0)))} are not positive times", AGAIN
    elif (np.diff(levels) < 0).any():
        yield f"quantiles fall at {_named(levels[1:], np.diff(levels) < 0, 1)}", AGAIN
    elif mean < levels[0] * (1 - TOLERANCE) or mean > levels[-1] * (1 + TOLERANCE):
        yield f"time_mean_s {mean:g} lies outside the shortest and longest call, {levels[0]:g} to {levels[-1]:g}", AGAIN
    for low, middle, high in _intervals():
        ends = [_number(row, name) for name in (low, middle, high)]
        if ends[0] > ends[1] or ends[1] > ends[2] or (middle == "time_mean_s" and np.isnan(ends).any()):
            yield f"{middle} {ends[1]:g} is not within its interval {ends[0]:g} to {ends[2]:g}", AGAIN
    for name in ("p90", "p99"):
        early, seen = _number(row, f"{name}_early_stopping_s"), _number(row, f"{name}_s")
        if early < seen * (1 - TOLERANCE):
            yield f"{name}_early_stopping_s {early:g} is below {name}_s {seen:g}, of which it is an upper bound", AGAIN


def _named(levels: np.ndarray, wrong: np.ndarray, offset: int = 0) -> str:
    return ", ".join(name for name, bad in zip(list(LEVELS)[offset:], wrong[: len(levels)], strict=True) if bad)


def _intervals() -> list[tuple[str, str, str]]:
    return [
        ("time_low_s", "time_mean_s", "time_high_s"),
        *((f"{p}_low_s", f"{p}_s", f"{p}_high_s") for p in PERCENTILES),
        *POWER,
    ]


def _rates(row: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    rate = _number(row, "throughput_per_s")
    wanted = _number(row, "batch") * _at_once(row) / _number(row, "time_mean_s") if _number(row, "time_mean_s") else 0.0
    if _differ(rate, wanted):
        yield f"throughput_per_s is {rate:g}, but batch x calls at once / time_mean_s is {wanted:g}", AGAIN
    done, each = _number(row, "flop_per_s"), _number(row, "flop_per_sample")
    if _differ(done, each * rate):
        yield f"flop_per_s is {done:g}, but flop_per_sample x throughput_per_s is {each * rate:g}", AGAIN
    if _number(row, "cpu_s_per_sample") < 0:
        yield "cpu_s_per_sample is negative", AGAIN


def _power(row: Mapping[Any, Any], source: str) -> Iterator[tuple[str, str]]:
    filled = [name for names in POWER for name in names if np.isfinite(_number(row, name))]
    if not filled or source in METERS:
        if any(_number(row, name) <= 0 for name in ("power_w", "energy_j_per_sample")):
            yield "power_w or energy_j_per_sample is not positive", "look at the meter and measure again"
    elif source != MODELLED:
        yield f"{', '.join(filled)} filled although power.source is {source}", "power without a meter stays empty"
    elif "modelled" not in str(row.get("power_flags", "")):
        yield "power is modelled, and power_flags does not say so", AGAIN


def _points(folder: Path, rows: Mapping[str, pd.DataFrame]) -> Iterator[Found]:
    """Whether windows and histogram belong to the points, and hold the calls that they count."""
    key = ["point"] if all("point" in table for table in rows.values()) else ["task", "batch"]
    points = {number: row for name, table in rows.items() for number, row in _numbered(name, table, key)}
    for name, table in rows.items():
        if key == ["point"] and table["point"].duplicated().any():
            yield name, f"point {table['point'][table['point'].duplicated()].iloc[0]} is there twice", AGAIN
    for name, sums in (("windows.csv", {"windows": None, "calls": "n"}), ("histogram.csv", {"calls": "count"})):
        part = _read(folder / name)
        if part is None:
            continue
        needed = [*key, *filter(None, sums.values()), *(["phase"] if name == "windows.csv" else [])]
        if missing := [column for column in needed if column not in part]:
            yield name, f"has no column {', '.join(missing)}", AGAIN
            continue
        yield from _held(name, part, key, points, sums)


def _numbered(name: str, table: pd.DataFrame, key: list[str]) -> Iterator[tuple[object, Mapping[Any, Any]]]:
    for row in table.to_dict("records"):
        full = {"task": name.removesuffix(".csv"), **row}
        yield tuple(full.get(column) for column in key), full


def _held(
    name: str,
    part: pd.DataFrame,
    key: list[str],
    points: Mapping[object, Mapping[Any, Any]],
    sums: Mapping[str, str | None],
) -> Iterator[Found]:
    """Whether the rows of *part* add up to what the points say of themselves."""
    told = " and ".join(key)
    for unknown in sorted({tuple(row) for row in part[key].itertuples(index=False)} - set(points), key=str):
        yield name, f"{told} {_shown(unknown)} is in no table", AGAIN
    counted = part[part["phase"] == "measured"] if "phase" in part else part
    of: dict[object, pd.DataFrame] = dict(tuple(counted.groupby(key)))
    for place, row in points.items():
        for column, summed in sums.items():
            if np.isnan(_number(row, column)):
                continue
            mine = of.get(place)
            held = 0 if mine is None else len(mine) if summed is None else int(mine[summed].sum())
            if held != _number(row, column):
                yield name, f"{told} {_shown(place)} has {held} {column}, its row says {_number(row, column):g}", AGAIN


def _shown(place: object) -> str:
    return " ".join(map(str, place)) if isinstance(place, tuple) else str(place)
