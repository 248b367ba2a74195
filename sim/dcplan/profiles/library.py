"""Find a profile by family and name, nearest folder first, and read its header.

A profile is a folder `profiles/<family>/<name>/` with a `profile.yaml` that says what it is (`kind`), where it
comes from (`source`, `year`, `licence`) and holds its `values`, or names the tables beside it.

Look-up order: folders the user names (`--profiles`, `$DCPLAN_PROFILES`), a `profiles/` folder beside the scenario
or above the working directory, then the copy that dcplan ships.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from dcplan.errors import InputError
from dcplan.units import shorten

Kind = Literal["measured", "datasheet", "literature", "synthetic"]


@dataclass(frozen=True)
class Profile:
    """One profile as found on disk."""

    family: str
    name: str
    path: Path
    header: Mapping[str, Any]

    @property
    def kind(self) -> Kind:
        """How the numbers were got: measured, datasheet, literature or synthetic."""
        kind: Kind = self.header["kind"]
        return kind

    @property
    def source(self) -> str:
        """Where the numbers come from, as a citation."""
        return " ".join(str(self.header["source"]).split())

    @property
    def year(self) -> int:
        """The year of the source."""
        return int(self.header["year"])

    @property
    def licence(self) -> str:
        """The licence the data may be used under."""
        return str(self.header["licence"])

    @property
    def unverified(self) -> bool:
        """True if nobody has read the primary source yet."""
        return bool(self.header.get("unverified", False))

    @property
    def description(self) -> str:
        """What it is, in a sentence."""
        return " ".join(str(self.header.get("description", "")).split())

    @property
    def values(self) -> Mapping[str, Any]:
        """The numbers kept in the header itself."""
        values: Mapping[str, Any] = self.header.get("values", {})
        return values

    @cached_property
    def digest(self) -> str:
        """Hash of every file in the profile."""
        total = hashlib.sha256()
        for path in sorted(path for path in self.path.iterdir() if path.is_file()):
            total.update(path.name.encode() + path.read_bytes())
        return total.hexdigest()

    def table(self, name: str) -> Path:
        """The path of the data file *name* beside the header."""
        path = self.path / name
        if not path.is_file():
            raise InputError(f"{self.path}: the profile has no file '{name}'", "restore it or measure again")
        return path


class Library:
    """All profiles that can be seen from here, the nearest folder winning."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = tuple(roots)
        self.loaded: dict[tuple[str, str], Profile] = {}
        """Every profile that was asked for: what a run rests on."""

    def load(self, family: str, name: str) -> Profile:
        """The profile *name* of *family*; names may have several parts ("epyc-2-vcpu/cnn-cifar10")."""
        if (family, name) in self.loaded:
            return self.loaded[family, name]
        for root in self.roots if _is_name(name) else ():
            path = root / family / name
            if (path / "profile.yaml").is_file():
                profile = Profile(family, name, path, _read_header(path / "profile.yaml"))
                self.loaded[family, name] = profile
                return profile
        raise InputError(f"there is no {family} profile {shorten(name, 100)}", self._suggest(family, name))

    def names(self, family: str) -> list[str]:
        """The names of all profiles of *family*, sorted."""
        found = {str(path.relative_to(root / family)) for root in self.roots for path in _folders(root / family)}
        return sorted(found)

    @cached_property
    def families(self) -> list[str]:
        """The names of all families that hold a profile."""
        present = {path.name for root in self.roots if root.is_dir() for path in root.iterdir() if path.is_dir()}
        return sorted(family for family in present if self.names(family))

    def _suggest(self, family: str, name: str) -> str:
        known = self.names(family)
        inside = [each for each in known if each.startswith(f"{name}/")]
        if len(inside) > 1:
            return f"it holds several: name one of {', '.join(inside)}"
        close = inside or difflib.get_close_matches(name[:200], known, n=1)
        if close:
            return f"did you mean '{close[0]}'?"
        return f"known are {', '.join(known)}" if known else f"no {family} profiles are installed"


def default_library(beside: Path | None = None, named: Path | None = None) -> Library:
    """The library as seen from a scenario in the folder *beside*, with *named* searched first."""
    if named is not None and not named.is_dir():
        raise InputError(f"there is no folder {shorten(named, 200)}", "name a folder of profiles")
    return Library(dict.fromkeys(root.resolve() for root in _candidates(beside, named) if root.is_dir()))


def _candidates(beside: Path | None, named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named
    if environment := os.environ.get("DCPLAN_PROFILES"):
        yield Path(environment)
    if beside is not None:
        yield beside / "profiles"
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "profiles" / "compute").is_dir():
            yield folder / "profiles"
            break
    yield shipped("profiles")


def shipped(folder: str) -> Path:
    """Where dcplan ships *folder* (profiles or scenarios): in the wheel, else in the source checkout."""
    package = Path(__file__).resolve().parents[1]
    packed = package / "_data" / folder
    return packed if packed.is_dir() else package.parents[1] / folder


def _is_name(name: str) -> bool:
    """Whether *name* stays below its family's folder and is nothing that a file system chokes on."""
    whole = all(part not in ("", ".", "..") for part in name.split("/"))
    return whole and name.isprintable() and len(name.encode()) <= 200


def _folders(family: Path) -> Iterator[Path]:
    return (path.parent for path in family.rglob("profile.yaml"))


def _read_header(path: Path) -> Mapping[str, Any]:
    try:
        header = yaml.load(path.read_text(encoding="utf-8"), Loader=_SafeLoader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(header, dict) or not isinstance(header.get("values", {}), dict):
        raise InputError(f"{path}: is not a profile", "it needs 'kind', 'source' and 'values' with names below")
    missing = [key for key in ("kind", "source", "year", "licence") if key not in header]
    if missing:
        raise InputError(
            f"{path}: the profile does not say its {', '.join(missing)}", "add it: every number has a source"
        )
    if header["kind"] not in get_args(Kind):
        raise InputError(f"{path}: kind: '{header['kind']}' is none of {', '.join(get_args(Kind))}")
    checked: Mapping[str, Any] = header
    return checked


_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
