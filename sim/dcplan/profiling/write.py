"""Write a profile folder: header and tables; the same measurement, the same bytes.

`<task>.csv` has a row per point, `after_idle.csv` the points with a pause before each call, `windows.csv` every window,
`histogram.csv` the distribution of calls. The header says what each column means and holds the hash of each table.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from dcplan.profiling.measure import Phase, Series, Window
from dcplan.profiling.meters.protocol import Energy, Meter
from dcplan.profiling.point import Key
from dcplan.profiling.statistics import QUANTILES
from dcplan.profiling.summary import PERCENTILES, Power, Summary, energies

Row = dict[str, str | int | float | None]

BINS_PER_FACTOR = 231
"""Bins of the histogram per factor of ten: 1 % wide, so that a bin's middle is within 0.5 % of every call in it."""

_POINT = {
    "point": ("", "number of the point, to which windows.csv and histogram.csv refer"),
    "task": ("", "infer, train (forward, backward, optimiser), prefill (tokens at once) or decode (one more token)"),
    "batch": ("samples", "samples in a call"),
    "tokens": ("tokens", "tokens of each sample; 0 where the model takes none"),
    "context": ("tokens", "tokens each sequence has in its cache already; 0 where there is no cache"),
    "precision": ("", "number format: fp32, tf32, bf16, fp16, int8"),
    "threads": ("1", "processor threads within a call"),
    "compiled": ("", "1 if torch.compile made the kernels"),
    "graphs": ("", "1 if a CUDA graph replays the call"),
    "streams": ("1", "calls that run at the same time in a process"),
    "processes": ("1", "processes that run such calls at the same time"),
    "idle_s": ("s", "pause before every call"),
}
_POWER = {
    "power_w": ("W", "mean power while measured, by the meter that `power` names; empty without a meter"),
    "power_low_w": ("W", "lower end of its interval: chance and the meter's own error"),
    "power_high_w": ("W", "upper end of its interval"),
    "energy_j_per_sample": ("J", "energy per sample, idle power included"),
    "energy_low_j_per_sample": ("J", "lower end of its interval"),
    "energy_high_j_per_sample": ("J", "upper end of its interval"),
    "power_flags": ("", "what the meter had to say"),
}
_RESULT = {
    "time_mean_s": ("s", "duration of a call (of several at once: until the last is done): mean of the window means"),
    "time_low_s": ("s", "lower end of the 95 % confidence interval of time_mean_s, by batch means"),
    "time_high_s": ("s", "upper end of the 95 % confidence interval of time_mean_s, by batch means"),
    "device_mean_s": (
        "s",
        "mean time of a call on the accelerator, from an event before it to one behind it, gaps between its kernels "
        "included; what the call as a whole, which scenarios use, takes beyond that is overhead of launch and "
        "synchronisation; empty where several calls run at once",
    ),
    "calls": ("1", "timed calls"),
    "effective_calls": ("1", "independent calls that would give the same interval"),
    "samples": ("1", "samples processed in the timed calls"),
    "windows": ("1", "measured windows"),
    "throughput_per_s": ("1/s", "samples per second of back-to-back calls"),
    "cpu_s_per_sample": ("s", "CPU time of the processes that run the model, over all threads, per sample"),
    "flop_per_sample": ("FLOP", "floating-point operations of a sample, counted on the operators of the model"),
    "flop_per_s": ("FLOP/s", "operations achieved: flop_per_sample x throughput_per_s"),
    **_POWER,
    "iqr": ("1", "interquartile range over median; above 0.1 is noisy, above 0.25 gross"),
    "verdict": ("", "VALID; UNSTABLE: reasons (use with care); INVALID: reason (do not use)"),
    "stop": ("", "why measuring ended: interval narrow enough, windows used up, time used up"),
    **{name: ("s", f"quantile {q:g} of the duration of a call, all windows") for name, q in QUANTILES.items()},
    **{
        f"{name}_{part}s": ("s", f"percentile {100 * q:g}{said}; empty where calls are too few to tell")
        for name, q in PERCENTILES.items()
        for part, said in (("", ""), ("low_", ", lower 95 % bound"), ("high_", ", upper 95 % bound"))
    },
    **{
        f"{name}_early_stopping_s": ("s", f"MLPerf's early-stopping estimate of percentile {name[1:]}")
        for name in ("p90", "p99")
    },
}
_WINDOW = {
    "phase": ("", "warm_up or disturbed by other processes (both left out of the results), or measured"),
    "window": ("1", "number of the window within its point and phase"),
    "start_s": ("s", "start of the window since the measurement began"),
    "wall_s": ("s", "duration of the window, pauses included"),
    "n": ("1", "timed calls in the window"),
    "mean_s": ("s", "mean duration of a call in the window"),
    "median_s": ("s", "median duration of a call in the window"),
    "cpu_s": ("s", "CPU time of the process in the window, over all threads"),
    "voluntary_switches": (
        "1",
        "times that a thread of the measuring process left its processor to wait; further processes are not counted",
    ),
    "involuntary_switches": ("1", "times that one was put off its processor for another thread; counted likewise"),
    "others_percent": ("%", "share of all CPU time of the machine that other processes took"),
    "steal_percent": ("%", "share of all CPU time of the machine that the hypervisor took"),
    "energy_j": ("J", "energy in the window by the meter; empty if unknown"),
    "energy_low_j": ("J", "lower end of what it may have been, by the meter's own error"),
    "energy_high_j": ("J", "upper end of what it may have been"),
    "temperature_start_c": ("degC", "temperature of the device at the start of the window"),
    "temperature_end_c": ("degC", "temperature of the device at the end of the window"),
    "sm_clock_mean_mhz": ("MHz", "mean clock of the device's processors"),
    "mem_clock_mean_mhz": ("MHz", "mean clock of the device's memory"),
    "utilisation_mean_percent": ("%", "mean share of time in which a kernel ran"),
    "power_limit_w": ("W", "power limit of the device, as it was found"),
    "throttle_reasons": ("", "why the device ran below its clock"),
}
CONDITIONS = tuple(_WINDOW)[-7:]
"""Columns that only a device's own meter can fill."""
OPTIONAL = ("device_mean_s",)
"""Columns that only a table has in which some row fills them."""
_BIN = {
    "low_s": ("s", "lower edge of a bin of call durations, 1 % wide"),
    "count": ("1", "timed calls in the bin, all measured windows"),
}
_EPOCH = {
    "fold": ("1", "number of the fold of a cross-validation; 0 for the training proper"),
    "epoch": ("1", "number of the epoch, from 1; what follows counts from the start of training to its end"),
    "seconds": ("s", "time, validation included"),
    "training_s": ("s", "time of training alone"),
    "trained_samples": ("1", "images trained on, each as often as it was used"),
    "total_cpu_s": ("s", "CPU time of the process, validation included"),
    "total_energy_j": ("J", "energy by the meter, validation included; empty if unknown"),
    "training_loss": ("1", "mean loss over the epoch, of varied images and with dropout"),
    "validation_loss": ("1", "mean loss over the validation part"),
    "validation_accuracy": ("1", "share of the validation part that is classified rightly"),
}
COLUMNS: dict[str, tuple[str, str]] = {**_POINT, **_RESULT, **_WINDOW, **_BIN, **_EPOCH}
"""Column -> (unit, meaning), for all tables."""

MEANINGS = {
    "infer.csv": "inference, one row per point",
    "train.csv": "training step (forward, backward, optimiser), one row per point",
    "prefill.csv": "first pass over a prompt, which fills the cache, one row per point",
    "decode.csv": "one more token for every sequence, one row per point",
    "after_idle.csv": "the same calls after a pause, one row per point and pause",
    "windows.csv": "every window that was timed, those left out included, in order of time",
    "histogram.csv": "distribution of the duration of calls at every point",
    "accuracy.csv": "training to accuracy, one row per epoch",
}


def write(
    folder: Path,
    header: Mapping[str, Any],
    series: Sequence[Series],
    summaries: Sequence[Summary],
    flop: Mapping[tuple[str, int, int], int],
    meter: Meter | None = None,
    more: Mapping[str, Sequence[Row]] | None = None,
) -> Path:
    """Write the profile into *folder* (made if needed, files of the same name replaced) and return it.

    Args:
        folder: Where to write.
        header: What the profile says of itself.
        series: All windows of all points.
        summaries: The rows.
        flop: Operations of a sample by task, tokens and context.
        meter: What tells the energy of the windows.
        more: Further tables by file name.
    """
    tables = _tables(series, summaries, flop, meter) | dict(more or {})
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.csv"):
        if stale.name not in tables:
            stale.unlink()
    for name, rows in tables.items():
        _write_table(folder / name, rows)
    write_header(folder, header, {name: list(rows[0]) for name, rows in tables.items()})
    return folder


def write_header(folder: Path, header: Mapping[str, Any], tables: Mapping[str, Sequence[str]]) -> None:
    """Write profile.yaml: *header*, the meaning of every column, and the hash of every table."""
    used = dict.fromkeys(column for columns in tables.values() for column in columns if column in COLUMNS)
    document = {
        **header,
        "columns": {name: {"unit": COLUMNS[name][0], "meaning": COLUMNS[name][1]} for name in used},
        "files": {name: {"meaning": MEANINGS[name], "sha256": digest(folder / name)} for name in tables},
    }
    text = yaml.safe_dump(plain(document), sort_keys=False, allow_unicode=True, width=110)
    (folder / "profile.yaml").write_text(text, encoding="utf-8")


def digest(path: Path) -> str:
    """The hash by which a file is known again."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def significant(value: float) -> float:
    """*value* to six significant digits.

    >>> significant(0.00123456789)
    0.00123457
    """
    return float(f"{value:.6g}")


def plain(value: object) -> object:
    """*value* with plain containers, and floats of six significant digits."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return significant(float(value)) if isinstance(value, float) else value


def histogram(calls: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Lower edge [s] and count of every bin that is not empty."""
    places = np.floor(np.log10(calls) * BINS_PER_FACTOR).astype(int)
    used, counts = np.unique(places, return_counts=True)
    return [(10 ** (place / BINS_PER_FACTOR), int(count)) for place, count in zip(used, counts, strict=True)]


def _tables(
    series: Sequence[Series],
    summaries: Sequence[Summary],
    flop: Mapping[tuple[str, int, int], int],
    meter: Meter | None,
) -> dict[str, Sequence[Row]]:
    number = {key: place for place, key in enumerate(sorted((one.point.key for one in series), key=_order))}
    ordered = sorted(summaries, key=lambda one: number[one.key])
    rows = [(summary.key, {"point": number[summary.key], **_row(summary, flop)}) for summary in ordered]
    tasks = dict.fromkeys(key.task for key, _ in rows)
    tables: dict[str, Sequence[Row]] = {
        f"{task}.csv": [_without(row, "task", "idle_s") for key, row in rows if key.task == task and not key.idle_s]
        for task in tasks
    }
    tables["after_idle.csv"] = [row for key, row in rows if key.idle_s]
    tables["windows.csv"] = _window_rows(series, number, meter)
    tables["histogram.csv"] = _bins(series, number)
    return {name: _filled(rows) for name, rows in tables.items() if rows}


def _order(key: Key) -> tuple[object, ...]:
    return (key.task, key.variant, key.tokens, key.context, key.batch, key.idle_s)


def _row(summary: Summary, flop: Mapping[tuple[str, int, int], int]) -> Row:
    key = summary.key
    each = flop.get((key.task, key.tokens, key.context))
    per_s = None if key.idle_s else key.samples / summary.time_s.mean
    return {
        **_point(key),
        "time_mean_s": summary.time_s.mean,
        "time_low_s": summary.time_s.low,
        "time_high_s": summary.time_s.high,
        "device_mean_s": summary.device_s,
        "calls": summary.calls,
        "effective_calls": summary.effective_calls,
        "samples": summary.calls * key.samples,
        "windows": summary.windows,
        "throughput_per_s": per_s,
        "cpu_s_per_sample": summary.cpu_s_per_sample,
        "flop_per_sample": each,
        "flop_per_s": each * per_s if each and per_s else None,
        **_power(summary.power),
        "iqr": summary.iqr,
        "verdict": summary.verdict,
        "stop": summary.stop,
        **summary.quantiles_s,
        **_percentiles(summary),
    }


def _power(power: Power | None) -> Row:
    if power is None:
        return dict.fromkeys(_POWER)
    watts, joules = power.power_w, power.joules_per_sample
    found = (watts.mean, watts.low, watts.high, joules.mean, joules.low, joules.high, "; ".join(power.flags))
    return dict(zip(_POWER, found, strict=True))


def _percentiles(summary: Summary) -> Row:
    row: Row = {}
    for name in PERCENTILES:
        value, low, high = summary.percentiles_s.get(name, (None, None, None))
        row |= {f"{name}_s": value, f"{name}_low_s": low, f"{name}_high_s": high}
    return row | {f"{name}_early_stopping_s": summary.early_stopping_s.get(name) for name in ("p90", "p99")}


def _point(key: Key) -> Row:
    return {name: int(value) if isinstance(value, bool) else value for name, value in key._asdict().items()}


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _filled(rows: Sequence[Row]) -> list[Row]:
    """*rows* without the optional columns that none of them fills."""
    blank = [name for name in OPTIONAL if all(row.get(name) is None for row in rows)]
    return [_without(row, *blank) for row in rows]


def _window_rows(series: Iterable[Series], number: Mapping[Key, int], meter: Meter | None) -> list[Row]:
    phases: tuple[Phase, ...] = ("warm_up", "measured", "disturbed")
    rows: list[Row] = []
    for one in series:
        for phase in phases:
            windows: list[Window] = getattr(one, phase)
            point = {"point": number[one.point.key], "phase": phase}
            for place, (window, energy) in enumerate(zip(windows, energies(windows, meter), strict=True)):
                rows.append({**point, "window": place, **_window_row(window, energy), **_conditions(window, meter)})
    return sorted(rows, key=lambda row: float(row["start_s"] or 0))


def _window_row(window: Window, energy: Energy | None) -> Row:
    switches = window.switches
    return {
        "start_s": window.start_s,
        "wall_s": window.wall_s,
        "n": len(window.call_s),
        "mean_s": window.mean_s,
        "median_s": float(np.median(window.call_s)),
        "device_mean_s": window.device_s,
        "cpu_s": window.cpu_s,
        "voluntary_switches": switches.voluntary if switches else None,
        "involuntary_switches": switches.involuntary if switches else None,
        "others_percent": window.load.others_percent,
        "steal_percent": window.load.steal_percent,
        "energy_j": energy.joules if energy else None,
        "energy_low_j": energy.low_j if energy else None,
        "energy_high_j": energy.high_j if energy else None,
    }


def _conditions(window: Window, meter: Meter | None) -> Row:
    """Clocks, temperature and limits of the device; no columns on a machine whose meter tells none."""
    if meter is None or meter.source != "nvml" or window.marks is None:
        return {}
    found = meter.conditions(*window.marks)
    return {name: found.get(name) for name in CONDITIONS}


def _bins(series: Iterable[Series], number: Mapping[Key, int]) -> list[Row]:
    return [
        {"point": number[one.point.key], "low_s": low_s, "count": count}
        for one in sorted(series, key=lambda one: number[one.point.key])
        for low_s, count in histogram(np.concatenate([window.call_s for window in one.measured]))
    ]


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: plain(value) for name, value in row.items()} for row in rows)
