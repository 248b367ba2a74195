"""The folder of a run: tables, scenario, manifest and KPIs; written once, read by reports and comparisons."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dcplan.errors import InputError
from dcplan.results.columns import TABLES, Column

Tables = Mapping[str, pd.DataFrame]


def frame(table: str, rows: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> pd.DataFrame:
    """A table with its declared columns, order and types.

    Args:
        table: Name of the table in `columns.TABLES`.
        rows: One mapping per row, or a mapping of columns.
    """
    columns = TABLES[table]
    names = [column.name for column in columns]
    gathered = rows if isinstance(rows, Mapping) else list(rows)
    given = set(gathered if isinstance(gathered, Mapping) else (gathered[0] if gathered else names))
    if given != set(names):
        raise ValueError(f"table {table}: columns {sorted(given ^ set(names))} are missing or unknown")
    raw = pd.DataFrame(gathered, columns=names)
    return raw.astype({column.name: column.dtype for column in columns})


def joined(parts: Iterable[Tables]) -> dict[str, pd.DataFrame]:
    """The tables of several replications as one set."""
    gathered: dict[str, list[pd.DataFrame]] = {}
    for part in parts:
        for name, table in part.items():
            gathered.setdefault(name, []).append(table)
    return {name: pd.concat(tables, ignore_index=True) for name, tables in gathered.items()}


@dataclass(frozen=True)
class Run:
    """One run, in memory or read back."""

    scenario_text: str
    """The scenario with everything it extends and every default, as YAML."""
    manifest: Mapping[str, Any]
    """Versions, seed, start, horizon: what is needed to do it again."""
    kpis: Mapping[str, Any]
    """The content of kpis.json."""
    tables: Tables

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.kpis["scenario"])


def run_id(scenario_text: str, manifest: Mapping[str, Any]) -> str:
    """A short name that is the same whenever scenario, seed and versions are the same."""
    text = scenario_text + json.dumps(manifest, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def slug(name: str) -> str:
    """*name* as a folder name that every system accepts."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "run"


def write(run: Run, folder: Path) -> None:
    """Write *run* into *folder*; a run that was there before is replaced."""
    write_tables(run.tables, folder / "tables")
    (folder / "scenario.resolved.yaml").write_text(run.scenario_text, encoding="utf-8")
    (folder / "kpis.json").write_text(to_json(run.kpis), encoding="utf-8")
    files = {str(path.relative_to(folder)): _digest(path) for path in _written(folder)}
    (folder / "manifest.json").write_text(to_json({**run.manifest, "files": files}), encoding="utf-8")


def read(folder: Path) -> Run:
    """The run in *folder*, if every file is as it was written."""
    if not (folder / "manifest.json").is_file():
        raise InputError(f"{folder}: this is no run folder", "name a folder that 'dcplan run' has written")
    manifest = _checked(folder)
    return Run(
        (folder / "scenario.resolved.yaml").read_text(encoding="utf-8"),
        manifest,
        json.loads((folder / "kpis.json").read_text(encoding="utf-8")),
        read_tables(folder / "tables"),
    )


def _checked(folder: Path) -> dict[str, Any]:
    """The manifest without its list of files, which have been compared with what was written."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        files = dict(manifest.pop("files"))
        changed = [name for name, digest in files.items() if _digest(folder / name) != digest]
    except (AttributeError, KeyError, TypeError, OSError, ValueError) as error:
        problem = f"{folder}: this run is damaged: manifest.json, or a file that it lists, is lost"
        raise InputError(problem, "run it again") from error
    if changed:
        raise InputError(f"{folder}: this run is damaged: {', '.join(changed)} changed since the run", "run it again")
    checked: dict[str, Any] = manifest
    return checked


def _written(folder: Path) -> list[Path]:
    return [folder / "scenario.resolved.yaml", folder / "kpis.json", *sorted((folder / "tables").glob("*.parquet"))]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_tables(tables: Tables, folder: Path) -> None:
    """Write each table as parquet into *folder*, which appears only when all of them are there."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, table in tables.items():
        _write_table(table, TABLES[name], partial / f"{name}.parquet")
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables in *folder*."""
    return {
        name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES if (folder / f"{name}.parquet").is_file()
    }


def to_json(value: Mapping[str, Any]) -> str:
    """JSON text, stable and finite: the same value gives the same bytes."""
    return json.dumps(value, indent=2, allow_nan=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not belong in a result")


def _write_table(table: pd.DataFrame, columns: tuple[Column, ...], path: Path) -> None:
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    fields = []
    for column in columns:
        metadata = {"unit": column.unit, "meaning": column.meaning}
        fields.append(arrow.schema.field(column.name).with_metadata(metadata))
    pq.write_table(arrow.cast(pa.schema(fields)), path, compression="zstd")
