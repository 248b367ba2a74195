"""Write a profile folder: profile.yaml, infer.csv, train.csv, windows.csv; the same measurement, the same bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dcplan.profiling.measure import Series, Task, Window
from dcplan.profiling.statistics import QUANTILES, Summary, summarise

Row = dict[str, str | int | float]

FILES = {
    "infer.csv": "one row per batch size, inference",
    "train.csv": "one row per batch size, training step (forward, backward, optimiser)",
    "windows.csv": "every window that was timed, those left out included, in order of time",
}

COLUMNS: dict[str, tuple[str, str]] = {
    "batch": ("samples", "samples in a call"),
    "time_mean_s": ("s", "duration of a call: mean of the window means"),
    "time_low_s": ("s", "lower end of the 95 % confidence interval of time_mean_s, by batch means"),
    "time_high_s": ("s", "upper end of the 95 % confidence interval of time_mean_s, by batch means"),
    "calls": ("1", "timed calls; a 99th percentile wants at least 662 of them (MLPerf early stopping)"),
    "samples": ("1", "samples processed in the timed calls: calls x batch"),
    "windows": ("1", "measured windows"),
    "throughput_per_s": ("1/s", "samples per second of back-to-back calls: batch / time_mean_s"),
    "cpu_s_per_sample": ("s", "CPU time of the process, over all threads, per sample"),
    "verdict": ("", "VALID; UNSTABLE: reasons (use with care); INVALID: reason (do not use)"),
    **{name: ("s", f"quantile {q:g} of the duration of a call, all windows") for name, q in QUANTILES.items()},
    "task": ("", "infer or train"),
    "phase": ("", "warm_up or disturbed by other processes (both left out of the results), or measured"),
    "window": ("1", "number of the window within its task, batch and phase"),
    "start_s": ("s", "start of the window since the measurement began"),
    "n": ("1", "timed calls in the window"),
    "mean_s": ("s", "mean duration of a call in the window"),
    "p50_s": ("s", "median duration of a call in the window"),
    "cpu_s": ("s", "CPU time of the process in the window, over all threads"),
    "others_percent": ("%", "share of all CPU time of the machine that other processes took"),
    "steal_percent": ("%", "share of all CPU time of the machine that the hypervisor took"),
}
"""Column -> (unit, meaning), for all three tables."""


def write(folder: Path, header: Mapping[str, Any], series: Sequence[Series]) -> Path:
    """Write the profile into *folder* (made if needed, its four files replaced) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    summaries = [summarise(one) for one in series]
    _write_table(folder / "infer.csv", _rows(summaries, "infer"))
    _write_table(folder / "train.csv", _rows(summaries, "train"))
    _write_table(folder / "windows.csv", _window_rows(series))
    columns = {name: {"unit": unit, "meaning": meaning} for name, (unit, meaning) in COLUMNS.items()}
    document = {**header, "columns": columns, "files": FILES}
    text = yaml.safe_dump(_plain(document), sort_keys=False, allow_unicode=True, width=110)
    (folder / "profile.yaml").write_text(text, encoding="utf-8")
    return folder


def significant(value: float) -> float:
    """*value* to six significant digits.

    >>> significant(0.00123456789)
    0.00123457
    """
    return float(f"{value:.6g}")


def _rows(summaries: Iterable[Summary], task: Task) -> list[Row]:
    chosen = (summary for summary in summaries if summary.task == task)
    return [_row(summary) for summary in sorted(chosen, key=lambda summary: summary.batch)]


def _row(summary: Summary) -> Row:
    return {
        "batch": summary.batch,
        "time_mean_s": summary.time_s.mean,
        "time_low_s": summary.time_s.low,
        "time_high_s": summary.time_s.high,
        "calls": summary.calls,
        "samples": summary.calls * summary.batch,
        "windows": summary.windows,
        "throughput_per_s": summary.batch / summary.time_s.mean,
        "cpu_s_per_sample": summary.cpu_s_per_sample,
        "verdict": summary.verdict,
        **summary.quantiles_s,
    }


def _window_rows(series: Iterable[Series]) -> list[Row]:
    rows: list[Row] = [
        {"task": one.point.task, "batch": one.point.batch, "phase": phase, "window": number, **_window_row(window)}
        for one in series
        for phase, windows in (("warm_up", one.warm_up), ("measured", one.measured), ("disturbed", one.disturbed))
        for number, window in enumerate(windows)
    ]
    return sorted(rows, key=lambda row: row["start_s"])


def _window_row(window: Window) -> Row:
    return {
        "start_s": window.start_s,
        "n": len(window.call_s),
        "mean_s": window.mean_s,
        "p50_s": float(np.median(window.call_s)),
        "cpu_s": window.cpu_s,
        "others_percent": window.load.others_percent,
        "steal_percent": window.load.steal_percent,
    }


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)


def _plain(value: object) -> object:
    """*value* with plain containers, and floats of six significant digits."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return significant(value) if isinstance(value, float) else value
