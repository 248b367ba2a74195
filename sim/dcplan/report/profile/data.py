"""A measured profile as tables that figures and tables are made of: one row per point, whatever the profile's age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles.compute import VARIANT
from dcplan.profiles.library import Library, Profile
from dcplan.report.numbers import between, digits, given, quantity, scale

TASKS = {"infer": "Inference", "prefill": "Prefill", "decode": "Decode", "train": "Training step"}
"""Tasks in the order in which they are read, and what they are called."""

PRECISE = 0.01
"""Relative half width of an interval above which three digits say all that is known [-]."""
METERS = {"nvml": "the accelerator's own meter", "rapl": "the processor's energy counters", "wall": "a wall meter"}
"""Sources of power that are a meter, and what they are called."""

NUMBERS = (
    *("point", "batch", "tokens", "context", "idle_s", "time_mean_s", "time_low_s", "time_high_s", "calls", "windows"),
    *("device_mean_s", "throughput_per_s", "cpu_s_per_sample", "flop_per_sample", "flop_per_s", "p50_s", "p99_s"),
    *("power_w", "power_low_w", "power_high_w", "streams", "processes", "threads", "compiled", "graphs"),
    *("energy_j_per_sample", "energy_low_j_per_sample", "energy_high_j_per_sample"),
)
"""Columns that every table of points has here; NaN where the profile does not know."""

WAYS = {"precision": "{}", "threads": "{:g} threads", "streams": "{:g} streams", "processes": "{:g} processes"}
ONE = {"1 threads": "1 thread", "1 streams": "1 stream", "1 processes": "1 process"}
SWITCHES = {"compiled": ("compiled", "not compiled"), "graphs": ("CUDA graph", "no CUDA graph")}


@dataclass(frozen=True)
class Measured:
    """A profile of a workload.

    Attributes:
        profile: Where it is, and its header.
        points: A row per point with `NUMBERS`, `task`, `precision`, `word` (VALID, UNSTABLE, INVALID) and `reason`.
        windows: A row per window that was timed, with the `point` it belongs to.
        accuracy: A row per epoch of training to accuracy; empty if it was not done.
    """

    profile: Profile
    points: pd.DataFrame
    windows: pd.DataFrame
    accuracy: pd.DataFrame

    @property
    def header(self) -> Mapping[str, Any]:
        """What the profile says of itself."""
        return self.profile.header

    @property
    def name(self) -> str:
        """The workload and the machine it ran on."""
        workload, sku = self.header.get("workload", self.profile.name), self.header.get("sku", "")
        return f"{workload} on {sku}" if sku else str(workload)

    @property
    def steady(self) -> pd.DataFrame:
        """Points of back-to-back calls."""
        return self.points[self.points["idle_s"] == 0]

    @property
    def tasks(self) -> list[str]:
        """The tasks that were measured."""
        return [task for task in TASKS if (self.points["task"] == task).any()]

    @property
    def source(self) -> str:
        """Where power figures come from; "none" without any."""
        return str(self.part("power").get("source", "none"))

    @property
    def metered(self) -> bool:
        """Whether a meter read the energy of some point."""
        return self.source in METERS and bool(self.points["energy_j_per_sample"].notna().any())

    @cached_property
    def tally(self) -> dict[str, int]:
        """How many points have each verdict."""
        counts = self.points["word"].value_counts()
        return {word: int(counts.get(word, 0)) for word in ("VALID", "UNSTABLE", "INVALID")}

    def of(self, task: str) -> pd.DataFrame:
        """Back-to-back points of *task*."""
        return self.steady[self.steady["task"] == task]

    def part(self, name: str) -> Mapping[str, Any]:
        """A group of the header such as `conditions`; empty if it is missing."""
        found = self.header.get(name)
        return found if isinstance(found, Mapping) else {}

    def default(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Those of *rows* that were run as scenarios run it; all of them if that is not known."""
        for name in VARIANT:
            wanted = self.part("conditions").get(name)
            if wanted is not None and (rows[name] == wanted).any():
                rows = rows[rows[name] == wanted]
        return rows


def read(folder: Path) -> Measured:
    """The measured profile in *folder*.

    Raise an InputError if there is none, or its tables cannot be read.
    """
    profile = header_of(folder)
    points = _points(profile)
    if points.empty:
        raise InputError(f"{folder}: holds no measured times", "name the folder of a compute profile")
    return Measured(profile, points, _windows(profile, points), _table(profile.path / "accuracy.csv"))


def header_of(folder: Path) -> Profile:
    """The profile in *folder*, of any family.

    Raise an InputError if there is none.
    """
    whole = folder.resolve()
    if not (whole / "profile.yaml").is_file():
        raise InputError(f"{folder}: holds no profile.yaml", "name the folder of a profile")
    return Library([whole.parents[1]]).load(whole.parent.name, whole.name)


def interval(low: float, high: float, unit: str) -> str:
    """An interval in the unit that reads best, with no more digits than it deserves; "" where it is not known.

    >>> interval(0.00185, 0.00204, "s"), interval(0.0018501, 0.0018522, "s")
    ('1.85 to 2.04 ms', '1.8501 to 1.8522 ms')
    """
    if not high > low:
        return ""
    shown = scale(high, unit)
    if (high - low) / (high + low) <= PRECISE:
        return between(low * shown.factor, high * shown.factor, shown.unit)
    return f"{rounded(low * shown.factor)} to {rounded(high * shown.factor)} {shown.unit}".strip()


def rounded(number: float) -> str:
    """*number* with three digits, whole or not.

    >>> rounded(14269.0), rounded(11.234)
    ('14,300', '11.2')
    """
    return digits(float(f"{number:.3g}"))


def rate(per_s: float, low_s: float, high_s: float) -> str:
    """Samples per second, of calls that take from *low_s* to *high_s* [s]: three digits unless that is within 1 %.

    >>> rate(14269.0, 0.011, 0.012), rate(14269.0, 0.01120, 0.01124), rate(14269.0, float("nan"), float("nan"))
    ('14,300', '14,269', '14,300')
    """
    return digits(per_s) if high_s - low_s <= PRECISE * (high_s + low_s) else rounded(per_s)


def way(row: Mapping[Any, Any], named: Iterable[str]) -> list[str]:
    """How a point was run, in words, as far as *named* tells.

    >>> way({"precision": "int8", "threads": 2.0, "compiled": 1.0}, ["precision", "threads", "compiled"])
    ['int8', '2 threads', 'compiled']
    """
    words = []
    for name in named:
        value = row[name]
        if value != value:
            continue
        words.append(SWITCHES[name][0 if value else 1] if name in SWITCHES else WAYS[name].format(value))
    return [ONE.get(word, word) for word in words]


def place(row: Mapping[Any, Any], named: Iterable[str] = ()) -> str:
    """A point within its task: batch, tokens, context, pause, and how it was run as far as *named* tells."""
    words = [f"batch {row['batch']:g}"]
    words += [f"{row['tokens']:g} tokens"] if row["tokens"] else []
    words += [f"context {row['context']:g}"] if row["context"] else []
    words += way(row, named)
    words += [f"after {given(row['idle_s'], 's')}"] if row["idle_s"] else []
    return ", ".join(words)


def varying(rows: pd.DataFrame) -> list[str]:
    """What differs between the ways in which *rows* were run."""
    return [name for name in VARIANT if rows[name].nunique(dropna=True) > 1]


def spoken(row: Mapping[Any, Any], named: Iterable[str] = ()) -> str:
    """A point and what was measured there, for a hover text."""
    span = interval(row["time_low_s"], row["time_high_s"], "s")
    parts = [f"{place(row, named)}: {quantity(row['time_mean_s'], 's')} a call" + (f" ({span})" if span else "")]
    for name, word in (("p50_s", "p50"), ("p99_s", "p99")):
        parts += [f"{word} {quantity(row[name], 's')}"] if row[name] == row[name] else []
    per_s = row["throughput_per_s"]
    parts += [f"{rate(per_s, row['time_low_s'], row['time_high_s'])} samples/s"] if per_s > 0 else []
    return "; ".join([*parts, str(row["word"])])


def _points(profile: Profile) -> pd.DataFrame:
    tables = [_table(profile.path / f"{task}.csv").assign(task=task, idle_s=0.0) for task in TASKS]
    tables.append(_table(profile.path / "after_idle.csv"))
    found = [table for table in tables if not table.empty]
    if not found:
        return pd.DataFrame()
    rows = pd.concat(found, ignore_index=True)
    for name in ("batch", "time_mean_s", "verdict"):
        if name not in rows:
            raise InputError(f"{profile.path}: its tables have no column {name}", "measure it again")
    missing = {name: float("nan") for name in NUMBERS if name not in rows}
    rows = rows.assign(**missing, **({} if "precision" in rows else {"precision": _precision(profile)}))
    numbers = {name: pd.to_numeric(rows[name], errors="coerce").astype(float) for name in NUMBERS}
    word, _, reason = zip(*(str(verdict).partition(":") for verdict in rows["verdict"]), strict=True)
    rows = rows.assign(**numbers, word=list(word), reason=[text.strip() for text in reason])
    rows = rows.fillna({"tokens": 0.0, "context": 0.0, "idle_s": 0.0})
    if rows["point"].isna().any():
        rows["point"] = [float(number) for number in range(len(rows))]
    return rows.sort_values(["tokens", "context", "batch"], kind="stable", ignore_index=True)


def _precision(profile: Profile) -> str:
    conditions = profile.header.get("conditions")
    return str(conditions.get("precision", "fp32")) if isinstance(conditions, Mapping) else "fp32"


def _windows(profile: Profile, points: pd.DataFrame) -> pd.DataFrame:
    """All windows; those of older profiles, which name task and batch instead of a point, get its number."""
    windows = _table(profile.path / "windows.csv")
    if windows.empty or not {"phase", "start_s", "mean_s"} <= set(windows):
        return pd.DataFrame()
    if "point" not in windows:
        if not {"task", "batch"} <= set(windows):
            return pd.DataFrame()
        windows = windows.merge(points[["task", "batch", "point"]], on=["task", "batch"])
    return windows


def _table(path: Path) -> pd.DataFrame:
    """The table at *path*; empty if there is none."""
    if not path.is_file():
        return pd.DataFrame()
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table: {error}", "restore it or measure again") from error
