"""A scenario file, its `extends:` and `--set` to one frozen Scenario, or all its problems at once."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ValidationError

from dcplan.errors import Problem, ScenarioError
from dcplan.scenario import source
from dcplan.scenario.base import Unit
from dcplan.scenario.scenario import Scenario, crossings
from dcplan.scenario.source import PathKey, Source
from dcplan.units import shorten

MESSAGES = {
    "missing": "this key is required",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "string_type": "expected text",
    "model_type": "expected a mapping of keys to values",
    "model_attributes_type": "expected a mapping of keys to values",
    "dict_type": "expected a mapping of names to values",
    "tuple_type": "expected a list",
    "finite_number": "expected a finite number",
    "string_pattern_mismatch": "a name must not hold dots, blanks or slashes",
    "union_tag_not_found": "this key needs a 'kind'",
}

SHOULD = re.compile(r"^(?:Input|String|Tuple|List|Dictionary) should")

PERCENT = re.compile(r"^\s*([+-]?\d{1,9}(?:\.\d{0,9})?)\s*%\s*$")
MAX_TEXT = 100
"""Longest text that is read as a percentage."""

MAX_FILES = 100
"""Most files that a scenario may be extended from, the same one read twice counted twice."""


@dataclass(frozen=True)
class Loaded:
    """A valid scenario, the folder it was read from, and where each of its keys was written."""

    scenario: Scenario
    folder: Path
    source: Source

    def problem(self, path: PathKey, message: str) -> Problem:
        """A problem at *path*, found later, when profiles are looked up."""
        return self.source.problem(path, message)


def load(path: Path, settings: Sequence[str] = ()) -> Loaded:
    """Read, extend, set and validate; raise a ScenarioError that lists every problem with file and line."""
    root = path.parent.resolve()
    merged = _extended(path, root, (), count())
    for setting in settings:
        _apply(merged, setting)
    return Loaded(validate(merged), root, merged)


def from_data(data: dict[str, Any]) -> Loaded:
    """A scenario from plain data, as if a file had said it."""
    merged = Source(str(data.get("name", "scenario")), data, {})
    return Loaded(validate(merged), Path.cwd(), merged)


def validate(merged: Source) -> Scenario:
    """The Scenario in *merged*, or a ScenarioError."""
    try:
        scenario = Scenario.model_validate(merged.data)
    except ValidationError as error:
        raise ScenarioError(_problem(merged, detail) for detail in error.errors(include_url=False)) from None
    found = [merged.problem(path, message) for path, message in crossings(scenario)]
    if found:
        raise ScenarioError(found)
    return scenario


# --- extends ----------------------------------------------------------------------------------------------------


def _extended(path: Path, root: Path, opened: tuple[Path, ...], read: Iterator[int]) -> Source:
    here = source.read(path, str(path))
    resolved = path.resolve()
    parents = here.data.pop("extends", None)
    if parents is None:
        return here
    if next(read) >= MAX_FILES:
        raise ScenarioError([here.problem(("extends",), f"over {MAX_FILES} files extend one another; merge some")])
    names = [parents] if isinstance(parents, str) else parents
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ScenarioError([here.problem(("extends",), "expected a file name or a list of file names")])
    merged = Source(here.file, {}, {(): (here.file, None)})
    for name in names:
        target = _inside(here, path.parent, name, root)
        if target.resolve() in (*opened, resolved):
            raise ScenarioError([here.problem(("extends",), f"'{name}' extends this file again; break the cycle")])
        _merge(merged, _extended(target, root, (*opened, resolved), read))
    _merge(merged, here)
    return merged


def _inside(here: Source, folder: Path, name: str, root: Path) -> Path:
    """The file *name* in *folder*, if it is there and not outside *root*."""
    target = folder / name
    try:
        inside, there = target.resolve().is_relative_to(root), target.is_file()
    except (OSError, ValueError):  # too long, or with characters that no file name holds
        inside, there = True, False
    if not inside:
        message = f"{shorten(name)} lies outside the scenario's folder; copy it there"
        raise ScenarioError([here.problem(("extends",), message)])
    if not there:
        raise ScenarioError([here.problem(("extends",), f"there is no file {shorten(name)} beside this one")])
    return target


def _merge(base: Source, over: Source) -> None:
    """Lay *over* onto *base*: mappings are merged, anything else is replaced, null removes."""
    base.places.update({path: place for path, place in over.places.items() if path})
    base.data = _merged(base.data, over.data)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(below, dict) and isinstance(value, dict) and not _another_kind(below, value):
            result[key] = _merged(below, value)
        else:
            result[key] = value
    return result


def _another_kind(base: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    return "kind" in over and over["kind"] != base.get("kind")


# --- --set ------------------------------------------------------------------------------------------------------


def _apply(merged: Source, setting: str) -> None:
    path_text, equals, value_text = setting.partition("=")
    path = tuple(path_text.strip().split("."))
    shown = f"--set {setting}" if len(setting) <= 80 else f"--set {setting[:76]}..."
    if not equals or not all(path):
        raise ScenarioError([Problem(shown, None, "", "expected PATH=VALUE, e.g. --set endpoints.vision.replicas=8")])
    if path[0] == "extends":
        raise ScenarioError([Problem(shown, None, "", "'extends' comes before every setting; write it in the file")])
    node: Any = merged.data
    for depth, part in enumerate(path[:-1], start=1):
        if part not in node:
            merged.places[path[:depth]] = (shown, None)
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise ScenarioError([Problem(shown, None, "", f"{shorten(part)} has no keys below it")])
    value = source.scalar(value_text, shown)
    over: dict[str, Any] = {path[-1]: value}
    node.update(_merged(node, over)) if value is not None else node.pop(path[-1], None)
    stale = [key for key in merged.places if key[: len(path)] == path]
    for key in stale:
        del merged.places[key]
    merged.places[path] = (shown, None)


# --- messages ---------------------------------------------------------------------------------------------------


def _problem(merged: Source, detail: Any) -> Problem:
    kind = detail["type"]
    loc = detail["loc"][:-1] if detail["loc"][-1:] == ("[key]",) else detail["loc"]
    path, model = _located(loc, merged.data)
    if kind == "extra_forbidden":
        return merged.problem(path, f"unknown key{_suggest(str(path[-1]), model)}")
    if kind == "missing":
        return merged.problem(path, "this key is required" + _purpose(str(path[-1]), model))
    if kind == "union_tag_invalid":
        tag, known = detail["ctx"]["tag"], detail["ctx"]["expected_tags"]
        return merged.problem((*path, "kind"), f"{shorten(tag)} is none of {known}")
    message = MESSAGES.get(kind) or _limit(detail, model, path) or _plain(detail["msg"])
    given = detail["input"]
    if kind not in ("unit", "value_error") and isinstance(given, (str, int, float)):
        message += f", not {shorten(given)}" if message.startswith("expected") else f" (given: {shorten(given)})"
    if kind == "float_parsing" and (percent := PERCENT.match(str(given)[:MAX_TEXT])):
        message += f"; write {round(float(percent[1]) / 100.0, 12):g}"
    return merged.problem(path, message)


LIMITS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def _limit(detail: Any, model: type[BaseModel] | None, path: PathKey) -> str | None:
    """The limit that was broken, in the unit that people write; None if it has no unit."""
    field = model.model_fields.get(str(path[-1])) if model is not None and path else None
    unit = next((mark.symbol for mark in field.metadata if isinstance(mark, Unit)), None) if field else None
    for name, words in LIMITS.items():
        if unit is not None and name in detail.get("ctx", {}):
            limit = detail["ctx"][name]
            days = f" ({limit / 86400:g} days)" if unit == "s" and limit >= 86400 else ""
            return f"must be {words} {limit:.10g} {unit.removeprefix('1')}{days}"
    return None


def _plain(message: str) -> str:
    text = message.removeprefix("Value error, ").replace(" after validation", "")
    return SHOULD.sub("must", text, count=1)


def _located(loc: Sequence[int | str], data: Any) -> tuple[PathKey, type[BaseModel] | None]:
    """The path in the file of pydantic's *loc*, and the model around its end.

    That also names the chosen kind, or, of specs that are told apart by their shape, the class in angle brackets.
    """
    path: list[int | str] = []
    model: type[BaseModel] | None = Scenario
    annotation: Any = Scenario
    for part in loc:
        chosen = _member(annotation, part)
        if chosen is not None and isinstance(data, dict) and data.get("kind") == part:
            annotation = chosen
            continue
        if isinstance(part, str) and part.startswith("<"):
            annotation = next((each for each in _models(annotation) if part == f"<{each.__name__}>"), str)
            continue
        path.append(part)
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
        annotation = _below(annotation, part)
        data = _at(data, part)
    return tuple(path), model


def _at(data: Any, part: int | str) -> Any:
    """What is under a key or a number; None if nothing is."""
    if isinstance(data, list):
        return data[part] if isinstance(part, int) and part < len(data) else None
    return data.get(part) if isinstance(data, dict) else None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The spec classes that *annotation* allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif typing.get_origin(annotation) is Annotated:
        yield from _models(typing.get_args(annotation)[0])
    elif typing.get_origin(annotation) in (typing.Union, types.UnionType):
        for member in typing.get_args(annotation):
            yield from _models(member)


def _member(annotation: Any, tag: int | str) -> type[BaseModel] | None:
    for model in _models(annotation):
        kind = model.model_fields.get("kind")
        if kind is not None and tag in typing.get_args(kind.annotation):
            return model
    return None


def _below(annotation: Any, part: int | str) -> Any:
    if typing.get_origin(annotation) is dict:
        return typing.get_args(annotation)[1]
    if typing.get_origin(annotation) is tuple:
        return typing.get_args(annotation)[0]
    for model in _models(annotation):
        if str(part) in model.model_fields:
            below = model.model_fields[str(part)].annotation
            members = list(_models(below))
            return members[0] if len(members) == 1 and typing.get_origin(below) is not dict else below
    return None


def _suggest(key: str, model: type[BaseModel] | None) -> str:
    if key == "true" and model is not None and "on" in model.model_fields:
        return "; YAML 1.1 tools turn 'on' into true: write 'on'"
    known = list(model.model_fields) if model else []
    if model is Scenario:
        known.append("extends")
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known are {', '.join(known)}" if known else ""


def _purpose(key: str, model: type[BaseModel] | None) -> str:
    description = model.model_fields[key].description if model and key in model.model_fields else None
    return f": {description[0].lower()}{description[1:].rstrip('.')}" if description else ""
