"""Everything that is wrong with a profile folder, as sentences: whether others can trust it, read it and use it.

The library refuses only what it cannot read; here the whole folder is looked at, so that a profile that somebody sends
is known to be complete, unchanged and consistent in itself before it is used.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import yaml

from dcplan.errors import InputError
from dcplan.profiles.cap_curve import CapCurve
from dcplan.profiles.library import Kind
from dcplan.profiles.validate_compute import compute_problems

NEEDED = ("schema", "kind", "source", "year", "licence", "description", "derivation")
"""What every header must say."""

SCHEMAS = (1, 2)
"""Forms of the header that are known: the second has the hash of every table."""

YEARS = range(1900, 2201)

TABLES = ("*.csv", "*.csv.gz")

Said = tuple[str, str]
"""What is wrong, and what to do about it."""


def profile_folders(root: Path) -> list[Path]:
    """Every folder at or below *root* that holds a profile, sorted."""
    return sorted(path.parent for path in root.rglob("profile.yaml"))


def problems(folder: Path) -> list[str]:
    """What is wrong with the profile in *folder*, each as "path: what; remedy"; empty if nothing is.

    A header that cannot be read is the only problem that hides others.
    """
    path = folder / "profile.yaml"
    if not path.is_file():
        return [f"{path}: is missing; name the folder of a profile"]
    try:
        header = _read(folder)
    except InputError as error:
        return [_one(str(error))]
    found = [*_header(header), *_values(header.get("values", {})), *_cap_curve(header)]
    sentences = [f"{path}: {what}; {remedy}" for what, remedy in found]
    sentences += [
        f"{place}: {what}; {remedy}" for place, what, remedy in [*_files(folder, header), *_columns(folder, header)]
    ]
    if is_compute(header, folder):
        sentences += [f"{folder / name}: {what}; {remedy}" for name, what, remedy in compute_problems(folder, header)]
    return [_one(sentence) for sentence in sentences]


def is_compute(header: Mapping[str, Any], folder: Path) -> bool:
    """Whether the profile is a workload that was timed on a machine, which has tables with batch sizes."""
    return "workload" in header or (folder.resolve().parents[1].name == "compute")


def _read(folder: Path) -> Mapping[str, Any]:
    """The header as far as it can be read; unlike the library's, it may lack what it must say."""
    path = folder / "profile.yaml"
    try:
        header = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read: {error}", "mend its YAML") from error
    if not isinstance(header, dict):
        raise InputError(f"{path}: is not a profile", "it needs names and values, such as 'kind: measured'")
    return header


def _header(header: Mapping[str, Any]) -> Iterator[Said]:
    for name in NEEDED:
        if header.get(name) is None or not str(header[name]).strip():
            yield f"does not say its {name}", "add it: every number has a source and says how it was got"
    schema, kind, year = (header.get(name) for name in ("schema", "kind", "year"))
    if schema is not None and (isinstance(schema, bool) or schema not in SCHEMAS):
        yield f"schema {schema} is not known", f"known are {', '.join(map(str, SCHEMAS))}"
    if kind is not None and kind not in get_args(Kind):
        yield f"kind '{kind}' is not known", f"known are {', '.join(get_args(Kind))}"
    if year is not None and (not isinstance(year, int) or year not in YEARS):
        yield f"year '{year}' is not a year", "write the year of the source, such as 2025"
    for name in ("values", "columns"):
        if not isinstance(header.get(name, {}), dict):
            yield f"{name} is not a table of names", f"write '{name}:' with a name per line below"


def _values(values: object, at: str = "values") -> Iterator[Said]:
    """Numbers in the header: finite, and where a range is given, within it."""
    if isinstance(values, Mapping):
        if "value" in values and ("unit" in values or "low" in values):
            yield from _entry(values, at)
        for name, value in values.items():
            yield from _values(value, f"{at}.{name}")
    elif isinstance(values, list):
        for place, value in enumerate(values):
            yield from _values(value, f"{at}[{place}]")
    elif isinstance(values, float) and not math.isfinite(values):
        yield f"{at} is {values}", "write a finite number"


def _cap_curve(header: Mapping[str, Any]) -> Iterator[Said]:
    """Whether a cap curve, among the values or at the top of the header, is one."""
    values = header.get("values")
    for at, place in (("cap_curve", header), ("values.cap_curve", values if isinstance(values, Mapping) else {})):
        if "cap_curve" not in place:
            continue
        if not isinstance(place["cap_curve"], Mapping):
            yield f"{at} is not a table of names", "write its kind and its numbers below"
            continue
        try:
            CapCurve.from_values(place["cap_curve"])
        except ValueError as error:
            yield f"{at}: {error}", "correct it, or remove it"


def _entry(entry: Mapping[str, Any], at: str) -> Iterator[Said]:
    value = entry["value"]
    numbers = value if isinstance(value, list) else [value]
    if not numbers or any(isinstance(one, bool) or not isinstance(one, int | float) for one in numbers):
        yield f"{at} has the value '{value}', which is not a number", "write a number; its unit stands beside it"
        return
    low, high = entry.get("low"), entry.get("high")
    if (
        len(numbers) == 1
        and isinstance(low, int | float)
        and isinstance(high, int | float)
        and not low <= value <= high
    ):
        yield f"{at} is {value}, outside its own range {low} to {high}", "correct the value or the range"


def _files(folder: Path, header: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """Whether the files beside the header are those that it names."""
    named = header.get("files", {})
    if not isinstance(named, dict):
        yield folder / "profile.yaml", "files is not a table of names", "write 'files:' with a file per line below"
        return
    single = header.get("file")
    for name, entry in {**({single: ""} if single else {}), **named}.items():
        path = folder / str(name)
        if "/" in str(name) or not path.is_file():
            yield path, "is named in files but is not there", "restore it or measure again"
            continue
        wanted = entry.get("sha256") if isinstance(entry, Mapping) else None
        if isinstance(entry, Mapping) and wanted is None:
            yield folder / "profile.yaml", f"files.{name} has no sha256", "measure again, or add the file's hash"
        elif wanted is not None and hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
            yield (
                path,
                "was changed since it was written: its sha256 is not the one in files",
                "restore it or measure again",
            )
    for path in _tables(folder):
        if (named or single) and path.name not in named and path.name != single:
            yield path, "is not named in files", "name it there with its meaning, or remove it"


def _columns(folder: Path, header: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """Whether the header explains every column of every table."""
    known = header.get("columns")
    known = known if isinstance(known, dict) else {}
    for path in _tables(folder):
        try:
            columns = list(pd.read_csv(path, nrows=1).columns)
        except (OSError, ValueError, EOFError) as error:
            yield path, f"cannot be read as a table: {error}", "restore it or measure again"
            continue
        unknown = [name for name in columns if not _explained(known.get(name))]
        if unknown:
            remedy = "say unit and meaning under 'columns:'"
            yield path, f"has columns that the header does not explain: {', '.join(unknown)}", remedy


def _explained(entry: object) -> bool:
    if isinstance(entry, Mapping):
        return bool(str(entry.get("meaning") or "").strip()) and "unit" in entry
    return isinstance(entry, str) and bool(entry.strip())


def _tables(folder: Path) -> list[Path]:
    return sorted(path for pattern in TABLES for path in folder.glob(pattern))


def _one(text: str) -> str:
    """*text* on one line."""
    return " ".join(text.split())
