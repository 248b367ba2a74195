"""Measured profiles that nobody measured: made-up tables in the form that `dcplan profile` writes."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dcplan.profiles.timing import LEVELS
from dcplan.profiling.write import write_header

FLOP = 9_000_000
WINDOWS, CALLS = 5, 200
UNSTABLE = "UNSTABLE: interval +-9.8% of the mean; 5.0% allowed and drift -10.9% from first to last third"
INVALID = "INVALID: interval +-27.8% of the mean; 25.0% allowed"
FIRST = {"precision": "fp32", "threads": 2, "compiled": 0, "graphs": 0, "streams": 1}
Row = dict[str, Any]


def write_profile(
    folder: Path,
    tasks: Mapping[str, Sequence[int]] | None = None,
    *,
    axes: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    variants: Sequence[Mapping[str, Any]] = ({},),
    source: str = "none",
    accuracy: bool = False,
    slower: float = 1.0,
    **header: Any,
) -> Path:
    """A profile in *folder* (`.../compute/<sku>/<workload>`).

    Args:
        folder: Where.
        tasks: Batch sizes of each task.
        axes: (tokens, context) of each task; none if not named.
        variants: What differs from the first way of running it.
        source: Of power; with one, all power columns are filled.
        accuracy: Whether it was trained to accuracy too.
        slower: Factor on all times.
        header: More of the header, or something else in it.
    """
    tasks = tasks or {"infer": (1, 4, 16, 64, 256), "train": (32, 128)}
    points = list(_points(tasks, axes or {}, variants, slower))
    rows = [_row(number, point, source) for number, point in enumerate(points)]
    tables = {
        f"{task}.csv": [_less(row, "task", "idle_s") for row in rows if row["task"] == task and not row["idle_s"]]
        for task in tasks
    }
    tables["after_idle.csv"] = [row for row in rows if row["idle_s"]]
    tables["windows.csv"] = [window for row in rows for window in _windows(row)]
    tables["histogram.csv"] = [bin_ for row in rows for bin_ in _bins(row)]
    tables = {name: table for name, table in tables.items() if table}
    if accuracy:
        tables["accuracy.csv"] = _epochs()
        images = {"name": "shapes", "source": "made up", "real": False}
        header = {"accuracy": {"images": images, "test_accuracy": {"mean": 0.69}}} | header
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(folder / name, table)
    write_header(folder, _header(folder, source) | header, {name: list(table[0]) for name, table in tables.items()})
    return folder


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """*rows* as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def change(folder: Path, name: str, **cells: Any) -> None:
    """Set cells of the first row of the table *name*, and its hash in the header."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {column: "" if value is None else str(value) for column, value in cells.items()}
    write_table(folder / name, rows)
    rehash(folder, name)


def rehash(folder: Path, name: str) -> None:
    """Write the hash of a changed table into the header."""
    header = read_header(folder)
    header["files"][name]["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "profile.yaml").write_text(yaml.safe_dump(header, sort_keys=False), encoding="utf-8")


def read_header(folder: Path) -> dict[str, Any]:
    """The header."""
    header: dict[str, Any] = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))
    return header


def rewrite(folder: Path, **header: Any) -> None:
    """Change entries of the header; None takes one out."""
    changed = {name: value for name, value in (read_header(folder) | header).items() if value is not None}
    (folder / "profile.yaml").write_text(yaml.safe_dump(changed, sort_keys=False), encoding="utf-8")


def _points(
    tasks: Mapping[str, Sequence[int]],
    axes: Mapping[str, Sequence[tuple[int, int]]],
    variants: Sequence[Mapping[str, Any]],
    slower: float,
) -> Iterator[Row]:
    for task, batches in tasks.items():
        for tokens, context in axes.get(task, [(0, 0)]):
            for place, variant in enumerate(variants):
                for batch in batches:
                    way = FIRST | dict(variant)
                    work = (2.6 if task == "train" else 1.0) * max(1, tokens + context / 8) / (1 + place)
                    mean_s = slower * (3e-4 + 1.6e-4 * batch * way["streams"] * work)
                    at = {"task": task, "batch": batch, "tokens": tokens, "context": context, **way}
                    yield at | {"idle_s": 0.0, "mean_s": mean_s}
    if "infer" in tasks:
        for batch in tasks["infer"][:3:2]:
            for idle_s in (0.001, 0.005, 0.02, 0.1):
                mean_s = slower * (3e-4 + 1.6e-4 * batch + 2e-4 * (idle_s / 0.001) ** 0.3)
                tokens, context = axes.get("infer", [(0, 0)])[-1]
                at = {"task": "infer", "batch": batch, "tokens": tokens, "context": context}
                yield {**at, **FIRST, "idle_s": idle_s, "mean_s": mean_s}


def _row(number: int, point: Row, source: str) -> Row:
    mean_s, samples = point["mean_s"], point["batch"] * point["streams"]
    verdict = INVALID if number % 9 == 8 else UNSTABLE if number % 4 == 1 else "VALID"
    wide = 0.3 if verdict == INVALID else 0.03
    per_s = None if point["idle_s"] else samples / mean_s
    watt = 60.0 + 40 * (1 - 1 / (1 + point["batch"] / 8)) if source != "none" else None
    joules = watt * mean_s / samples if watt else None
    row = {"point": number, **_less(point, "mean_s")}
    row |= {"time_mean_s": mean_s, "time_low_s": mean_s * (1 - wide), "time_high_s": mean_s * (1 + wide)}
    row |= {"calls": WINDOWS * CALLS, "effective_calls": 40.0, "samples": WINDOWS * CALLS * samples}
    row |= {"windows": WINDOWS, "throughput_per_s": per_s}
    row |= {"cpu_s_per_sample": None if point["idle_s"] else 1.9 * mean_s / samples, "flop_per_sample": FLOP}
    row |= {"flop_per_s": FLOP * per_s if per_s else None}
    for name, value in (("power{}_w", watt), ("energy{}_j_per_sample", joules)):
        for part, factor in (("", 1.0), ("_low", 0.95), ("_high", 1.05)):
            row[name.format(part)] = value * factor if value else None
    row |= {"power_flags": "modelled, not measured" if source == "model" else None, "iqr": 0.1, "verdict": verdict}
    row |= {"stop": "windows"} | {
        name: mean_s * (0.85 + 0.3 * level**2 + 0.2 * level**20) for name, level in LEVELS.items()
    }
    for name, factor in (("p50", 0.93), ("p90", 1.1), ("p95", 1.17), ("p99", 1.3), ("p999", None)):
        for part, wider in (("", 1.0), ("_low", 0.98), ("_high", 1.03)):
            row[f"{name}{part}_s"] = mean_s * factor * wider if factor else None
    row |= {"p90_early_stopping_s": 1.12 * mean_s, "p99_early_stopping_s": None}
    return row


def _windows(row: Row) -> Iterator[Row]:
    for place in range(WINDOWS + 2):
        phase = "warm_up" if place == 0 else "disturbed" if place == 3 else "measured"
        mean_s = row["time_mean_s"] * {"warm_up": 1.4, "disturbed": 1.2}.get(
            phase, 1 + 0.01 * np.sin(place + row["point"])
        )
        start_s = place * 20.0 + row["point"]
        yield {
            "point": row["point"], "phase": phase, "window": place, "start_s": start_s, "wall_s": CALLS * mean_s,
            "n": CALLS, "mean_s": mean_s, "median_s": 0.98 * mean_s, "cpu_s": 1.9 * CALLS * mean_s,
            "others_percent": 8.0 if phase == "disturbed" else 0.2, "steal_percent": 0.0,
            "energy_j": None, "energy_low_j": None, "energy_high_j": None,
        }  # fmt: skip


def _bins(row: Row) -> Iterator[Row]:
    for place, count in enumerate((300, 500, WINDOWS * CALLS - 800)):
        yield {"point": row["point"], "low_s": row["time_mean_s"] * (0.9 + 0.1 * place), "count": count}


def _epochs() -> list[Row]:
    return [
        {
            "fold": fold, "epoch": epoch, "seconds": 21.0 * epoch + fold, "trained_samples": 50_000 * epoch,
            "validation_loss": 0.7 + 0.6 / epoch, "validation_accuracy": 0.75 - 0.02 * fold - 0.35 / epoch,
        }
        for fold in range(3)
        for epoch in range(1, 8)
    ]  # fmt: skip


def _header(folder: Path, source: str) -> Row:
    late = {"batch": 1, "tokens": 0, "p90_s": 0.0005, "p90_early_stopping_s": 0.0006, "calls": 1000}
    return {
        "schema": 2, "kind": "measured", "description": "A made-up network that nobody ran.",
        "source": "made up for tests", "year": 2026, "date": "2026-11-23", "licence": "CC0-1.0",
        "derivation": "invented", "command": "dcplan profile --workload made-up",
        "sku": folder.parent.name, "workload": folder.name, "sample": "a 32x32 colour image",
        "hardware": {"cpu_model": "Abacus", "logical_cpus": 2, "hypervisor": True, "ram_bytes": 8_000_000_000},
        "software": {"python": "3.11.7", "kernel": "Linux 6.18", "torch": "2.13.0+cpu"},
        "conditions": FIRST | {"device": "cpu", "mode": "quick", "contended": False, "seed": 1}
        | {"compiled": False, "graphs": False, "windows_disturbed_and_left_out": 3, "mlperf_duration_met": False},
        "recipe": {"batch": 32},
        "work": {"parameters": 122_570, "parameter_bytes": 490_280, "activation_bytes_per_sample": 735_568},
        "cold_start_s": 1.32,
        "power": {"source": source, "resolution": "none", "notes": [] if source != "none" else ["no meter is here"]},
        "mlperf": {"single_stream": late | {"duration_met": False, "verdict": "VALID"}},
    }  # fmt: skip


def _less(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}
