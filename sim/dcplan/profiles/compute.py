"""A workload measured on a kind of machine: how long a call takes, as a function of batch, tokens and context.

Inside the measured range every quantity is interpolated linearly along each axis, which keeps it monotone where the
measurements are. Outside it is refused, unless the scenario says `extrapolate: roofline`; what follows is then marked
derived. See `profiles.roofline`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles import roofline
from dcplan.profiles.library import Library, Profile
from dcplan.profiles.spells import read_windows, slow_share, spell_s
from dcplan.profiles.timing import LEVELS, FloatArray, Pauses, Timing
from dcplan.profiling.point import Variant

TIMES = ["time_mean_s", "time_low_s", "time_high_s", *LEVELS]
"""Columns that every table must have, beside `point`, `batch` and `verdict`."""
SETTINGS = ("power_limit_w", "sm_clock_mhz", "temperature_c")
"""Axes of the device: a profile may hold points at several of them."""
AXES = ("tokens", "context", *SETTINGS)
"""Axes beside the batch."""
VARIANT = Variant._fields
"""Columns that say how the model was run; a table without them was measured in one way."""


@dataclass(frozen=True)
class ComputeProfile:
    """A workload on a kind of machine."""

    profile: Profile

    @property
    def recipe_batch(self) -> int:
        """Samples per training step in the workload's own recipe."""
        try:
            return int(self.profile.header["recipe"]["batch"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{self.profile.path}: the profile has no recipe", "write 'batch' instead") from error

    @cached_property
    def infer(self) -> Timing:
        """Inference as it is run unless a scenario says otherwise."""
        return self.timing("infer")

    def timing(
        self, task: str, precision: str | None = None, extrapolate: bool = False, **where: float | None
    ) -> Timing:
        """Times and power of *task* by batch size.

        Args:
            task: "infer", "train", "prefill" or "decode".
            precision: Number format; the first that was measured if None.
            extrapolate: Whether to go beyond the measured tokens or context, by operations, rather than refuse.
            where: Where to cut the measured surface, by axis (see `AXES`): needed for every axis that was measured at
                several values, but for those of the device, which are then as in the profile's conditions.

        Raise a ValueError that says what was measured if it cannot be answered.
        """
        table = self._variant(task, precision)
        derived = ""
        for axis in AXES:
            wanted = where.get(axis)
            if wanted is None and axis in SETTINGS and axis in table:
                wanted = self.profile.header.get("conditions", {}).get(axis)
            table, said = _cut(table, axis, wanted, task, extrapolate)
            derived = derived or said
        numbers = table[["batch", *TIMES]].to_numpy(dtype=np.float64)
        return Timing(
            batch=numbers[:, 0],
            mean_s=numbers[:, 1],
            low_s=numbers[:, 2],
            high_s=numbers[:, 3],
            quantile_s=numbers[:, 4:],
            slow=table["slow"].to_numpy(dtype=np.float64),
            verdict=tuple(table["verdict"]),
            power_w=table["power_w"].to_numpy(dtype=np.float64),
            pauses=self._pauses(task, table),
            derived=derived,
            spell_s=self._spell_s,
        )

    def left_out(self, task: str, precision: str | None, used: FloatArray) -> list[float]:
        """Batch sizes of *task* that were measured but are not among those *used*: their points are INVALID."""
        every = _read(self.profile.path / f"{task}.csv", ["batch", "verdict"])
        wanted = precision or self.profile.header.get("conditions", {}).get("precision")
        if "precision" in every and wanted is not None:
            every = every[every["precision"] == wanted]
        return sorted(set(every["batch"].astype(float)) - set(used.tolist()))

    @cached_property
    def _windows(self) -> pd.DataFrame:
        return read_windows(self.profile.table("windows.csv"))

    @cached_property
    def _after_idle(self) -> pd.DataFrame:
        """Calls after pauses; no row if there are none."""
        path = self.profile.path / "after_idle.csv"
        columns = ["task", "batch", "idle_s", "time_mean_s", "verdict"]
        return _read(path, columns) if path.is_file() else pd.DataFrame(columns=columns)

    @cached_property
    def _spell_s(self) -> float:
        """How long spells of slow or fast calls last [s]."""
        return spell_s(self._windows, self._after_idle.get("point", ()))

    def step_s(self, batch: int) -> float:
        """Mean time of a training step [s]."""
        train = self.timing("train")
        low, high = train.batch[0], train.batch[-1]
        if not low <= batch <= high:
            span = f"a batch of {low:g}" if low == high else f"batches of {low:g} to {high:g}"
            raise ValueError(f"training was measured for {span}, not {batch}; set 'batch'")
        return float(train.call_s(np.array([batch], dtype=float))[0])

    def retraining_s(self, accuracy: float) -> float:
        """Measured time of training until a validation *accuracy* was first reached [s].

        Raise a ValueError that says what was reached if it never was.
        """
        path = self.profile.path / "accuracy.csv"
        if not path.is_file():
            raise ValueError("training to accuracy was not measured; run dcplan profile with --accuracy")
        try:
            table = pd.read_csv(path)
            table = table[table["fold"] == 0].sort_values("epoch")
            reached = table.loc[table["validation_accuracy"] >= accuracy, "seconds"].to_numpy(dtype=np.float64)
            best = float(table["validation_accuracy"].max())
        except (KeyError, ValueError) as error:
            raise InputError(f"{path}: is not a record of training: {error}", "measure it again") from error
        if not len(reached):
            raise ValueError(f"training reached an accuracy of {best:.3f} at most, not {accuracy:g}")
        return float(reached[0])

    def power_w(self, batch: float, load: float) -> float:
        """Power at *batch* and a *load* of 0 to 1 (share of time in calls), by the model fitted to the meter [W].

        Raise a ValueError outside the measured batches, or if no meter was read.
        """
        power = self.profile.header.get("power", {})
        model = power.get("model")
        if model is None:
            raise ValueError(
                f"the power of {self.profile.name} was not measured (source: {power.get('source', 'none')})"
            )
        if not 0.0 <= load <= 1.0:
            raise ValueError(f"a load of {load:g} is not a share of time")
        full_w = sorted((float(size), float(watts)) for size, watts in model["full_w"].items())
        sizes, watts = [size for size, _ in full_w], [each for _, each in full_w]
        if not sizes[0] <= batch <= sizes[-1]:
            raise ValueError(f"power was measured at batches of {sizes[0]:g} to {sizes[-1]:g}, not {batch:g}")
        busy_w = float(np.interp(batch, sizes, watts)) - float(model["idle_w"])
        return float(model["idle_w"]) + busy_w * (load ** float(model["exponent"]) if load > 0 else 0.0)

    def lengths(self, task: str, axis: str, precision: str | None = None) -> FloatArray:
        """Values of *axis* ("tokens" or "context") at which *task* was measured, increasing."""
        return np.unique(self._variant(task, precision)[axis].to_numpy(dtype=np.float64))

    def has(self, task: str) -> bool:
        """Whether *task* was measured."""
        return (self.profile.path / f"{task}.csv").is_file()

    def _variant(self, task: str, precision: str | None) -> pd.DataFrame:
        """Rows of *task* as it is run by default, or in another number format."""
        if not self.has(task):
            measured = [name for name in ("infer", "train", "prefill", "decode") if self.has(name)]
            verb = {"train": "training", "infer": "inference"}.get(task, task)
            remedy = "add 'generation'" if task == "infer" and self.has("decode") else "run dcplan profile again"
            raise ValueError(f"{verb} was not measured (measured: {', '.join(measured)}); {remedy}")
        table = _table(self.profile, task)
        table["slow"] = self._slow(table)
        conditions = self.profile.header.get("conditions", {})
        wanted = {name: conditions[name] for name in VARIANT if name in table and name in conditions}
        if precision is not None and "precision" in table:
            known = list(dict.fromkeys(table["precision"]))
            if precision not in known:
                raise ValueError(f"{task} was measured in {', '.join(known)}, not in {precision}; change 'precision'")
            wanted["precision"] = precision
        for name, value in wanted.items():
            table = table[table[name] == (int(value) if isinstance(value, bool) else value)]
        if table.empty:
            raise InputError(
                f"{self.profile.path}: every point of {task} is INVALID; 'dcplan profile show' says why",
                "measure it again on a quieter machine",
            )
        return table

    def _slow(self, table: pd.DataFrame) -> list[float]:
        """Share of the variance of a call that comes in spells, of each row of *table* [-], [n]."""
        quantiles_s = table[list(LEVELS)].to_numpy(dtype=np.float64)
        return [
            slow_share(self._windows, point, each_s) for point, each_s in zip(table["point"], quantiles_s, strict=True)
        ]

    def _pauses(self, task: str, ladder: pd.DataFrame) -> Pauses:
        """What pauses add, at the batch sizes of *ladder* that were measured after them."""
        table = self._after_idle
        table = table[(table["task"] == task) & ~table["verdict"].str.startswith("INVALID")]
        if table.empty:
            return Pauses()
        pause_s = np.array([0.0, *sorted(table["idle_s"].unique())])
        ladders = [(float(rung["batch"].iloc[0]), rung.sort_values("idle_s")) for _, rung in table.groupby("batch")]
        return Pauses(
            np.array([batch for batch, _ in ladders]),
            pause_s,
            np.stack([_added_s(rung, pause_s, ladder, batch) for batch, rung in ladders]),
        )


def load_compute(library: Library, sku: str, workload: str) -> ComputeProfile:
    """The profile of *workload* on machines of kind *sku*."""
    profile = ComputeProfile(library.load("compute", f"{sku}/{workload}"))
    tasks = [name for name in ("infer", "train", "prefill", "decode") if profile.has(name)]
    for task in tasks:
        _table(profile.profile, task)
    if not tasks:
        raise InputError(f"{profile.profile.path}: the profile has no file 'infer.csv'", "restore it or measure again")
    return profile


def _table(profile: Profile, task: str) -> pd.DataFrame:
    """All usable rows of a task, by rising batch."""
    path = profile.path / f"{task}.csv"
    table = _read(path, ["point", "batch", "verdict", *TIMES])
    table = table[~table["verdict"].str.startswith("INVALID")].sort_values("batch")
    numbers = table[["batch", *TIMES]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    times = np.delete(numbers, 2, axis=1)  # an interval may reach below zero
    if not np.isfinite(numbers).all() or (times <= 0).any():
        raise InputError(f"{path}: holds times that are missing, zero or negative", "measure it again")
    table["verdict"] = table["verdict"].str.split(":").str[0]
    if "power_w" not in table:
        table["power_w"] = np.nan
    return table


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
        missing = [name for name in columns if name not in table]
        if missing:
            raise KeyError(f"no column {missing[0]}")
        table[[name for name in columns if name.endswith("_s") or name == "batch"]].to_numpy(dtype=np.float64)
        table["verdict"] = table["verdict"].astype(str)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: is not a table of measured times: {error}", "measure it again") from error
    return table


def _cut(
    table: pd.DataFrame, axis: str, wanted: float | None, task: str, extrapolate: bool
) -> tuple[pd.DataFrame, str]:
    """*table* at one value of *axis*, by rising batch; and why the times are derived, if they are."""
    known = sorted(table[axis].unique()) if axis in table else [0]
    if len(known) == 1 and wanted in (None, known[0]):
        return table, ""
    if known == [0]:
        raise ValueError(f"{task} takes no {axis}; leave '{axis}' out")
    span = f"{known[0]:g} to {known[-1]:g}" if len(known) > 1 else f"{known[0]:g}"
    if wanted is None:
        raise ValueError(f"{task} was measured at {span} {axis}; say how many, e.g. {axis}: {known[0]:g}")
    inside = known[0] <= wanted <= known[-1]
    if not inside and (axis in SETTINGS or not extrapolate):
        remedy = "measure it there" if axis in SETTINGS else "extrapolate: roofline derives it"
        raise ValueError(f"{task} was measured at {span} {axis}, not at {wanted:g}; {remedy}")
    rows = [_along(rung, axis, wanted, beyond=not inside) for _, rung in table.groupby("batch")]
    cut = pd.DataFrame([row for row in rows if row is not None]).sort_values("batch")
    if cut.empty:
        raise ValueError(f"no batch of {task} was measured on both sides of {wanted:g} {axis}")
    return cut, "" if inside else f"{wanted:g} {axis} lie outside the measured {span}: scaled by operations"


def _along(rung: pd.DataFrame, axis: str, wanted: float, beyond: bool) -> dict[str, Any] | None:
    """The row of one batch at *wanted*: linear between measured ones, scaled by operations *beyond* them if asked.

    None if this batch was not measured on both sides: its neighbours among the batches say more than a scaled time.
    """
    rung = rung.sort_values(axis)
    places = rung[axis].to_numpy(dtype=np.float64)
    kept = ("batch", *TIMES, "slow", "power_w", "flop_per_sample", *AXES)
    columns = [name for name in kept if name in rung and name != axis]
    at = float(np.clip(wanted, places[0], places[-1]))
    if at != wanted and ("flop_per_sample" not in rung or not beyond):
        return None
    row: dict[str, Any] = {
        name: float(np.interp(at, places, rung[name].to_numpy(dtype=np.float64))) for name in columns
    }
    if at != wanted:
        factor = roofline.operations_ratio(places, rung["flop_per_sample"].to_numpy(dtype=np.float64), at, wanted)
        row |= {name: row[name] * factor for name in TIMES}
    return row | {"verdict": "VALID" if (rung["verdict"] == "VALID").all() else "UNSTABLE"}


def _added_s(rung: pd.DataFrame, pause_s: FloatArray, ladder: pd.DataFrame, batch: float) -> FloatArray:
    """What each pause adds to a call of *batch* samples [s]; linear between its own pauses, constant after them."""
    hot_s = float(np.interp(batch, ladder["batch"], ladder["time_mean_s"]))
    added_s = np.maximum(0.0, rung["time_mean_s"].to_numpy(dtype=np.float64) - hot_s)  # faster is noise
    measured_s = np.concatenate(([0.0], rung["idle_s"].to_numpy(dtype=np.float64)))
    return np.interp(pause_s, measured_s, np.concatenate(([0.0], added_s)))


def work_of(header: Mapping[str, Any], task: str = "infer") -> roofline.Work:
    """What one sample of a measured workload costs, whatever the machine."""
    work = header.get("work", {})
    try:
        return roofline.Work(
            flop=float(work[f"flop_per_sample_{task}"]),
            weights_bytes=float(work["parameter_bytes"]),
            activation_bytes=float(work["activation_bytes_per_sample"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the profile does not say the work of a sample ({error}); measure it again") from error
