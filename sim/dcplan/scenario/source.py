"""YAML text to plain data that remembers the file and line of every key.

Reads YAML 1.2's core schema (so `on:` is a key and `02:00` is text, unlike PyYAML's defaults), and refuses what
would surprise: duplicate keys, cycles, alias bombs, files that are binary, empty or too large.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from dcplan.errors import Problem, ScenarioError
from dcplan.units import shorten

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 40

PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")

PathKey = tuple[Hashable, ...]


SCALARS = {
    "bool": re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"),
    "null": re.compile(r"^(?:~|null|Null|NULL|)$"),
    "int": re.compile(r"^[-+]?[0-9]+$"),
    "float": re.compile(
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
}
"""What each scalar of the core schema but text looks like."""

_FIRST = {"bool": "tTfF", "null": "~nN", "int": "-+0123456789", "float": "-+.0123456789"}


class _CoreLoader(yaml.SafeLoader):
    """PyYAML with the scalars of YAML 1.2's core schema."""


class _CoreDumper(yaml.SafeDumper):
    """Quotes what either YAML would not read as text."""


_CoreLoader.yaml_implicit_resolvers = {}
for _kind, _pattern in SCALARS.items():
    _letters = [*_FIRST[_kind], ""] if _kind == "null" else list(_FIRST[_kind])
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _pattern, _letters)
    _CoreDumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _pattern, _letters)


@dataclass
class Source:
    """Plain data, and where each of its paths was written."""

    file: str
    data: dict[str, Any]
    places: dict[PathKey, tuple[str, int | None]] = field(default_factory=dict)

    def place(self, path: PathKey) -> tuple[str, int | None]:
        """File and line of *path*, or of the nearest parent that was written."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return self.file, None

    def problem(self, path: PathKey, message: str) -> Problem:
        """A problem at *path*."""
        file, line = self.place(path)
        return Problem(file, line, ".".join(str(part) for part in path), message)


def read(path: Path, shown: str) -> Source:
    """The YAML mapping in *path*; messages call the file *shown*."""
    node = _compose(_text(path, shown), shown)
    if node is None:
        raise ScenarioError([Problem(shown, None, "", "the file is empty; start with 'dcplan new NAME'")])
    if not isinstance(node, yaml.MappingNode):
        message = "a scenario is a mapping of keys to values, such as 'name: my-room'"
        raise ScenarioError([Problem(shown, _line(node), "", message)])
    walk = _Walk(shown)
    data = walk.value(node, ())
    if walk.problems:
        raise ScenarioError(walk.problems)
    return Source(shown, data, walk.places)


def text(data: Mapping[str, Any]) -> str:
    """*data* as YAML that `read` reads back as it was."""
    return yaml.dump(data, Dumper=_CoreDumper, sort_keys=False, allow_unicode=True, width=120)


def scalar(text: str, shown: str = "--set") -> Any:
    """The value of a `--set PATH=VALUE`, called *shown* in messages: YAML, so numbers, lists and mappings work."""
    try:
        node = _compose(text, shown)
        if node is None:
            return None
        walk = _Walk(shown)
        value = walk.value(node, ())
        if walk.problems:
            raise ScenarioError(walk.problems)
    except ScenarioError as error:  # a line number would say nothing: there is one line
        raise ScenarioError(replace(problem, line=None) for problem in error.problems) from None
    return value


def _text(path: Path, shown: str) -> str:
    try:
        if path.is_dir():
            raise ScenarioError([Problem(shown, None, "", "this is a folder; name a scenario file in it")])
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        message = "there is no such file; 'dcplan list scenarios' names those that are shipped"
        raise ScenarioError([Problem(shown, None, "", message)]) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError([Problem(shown, None, "", f"the file cannot be read: {reason}")]) from error
    if len(raw) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1000} kB; put long tables into a CSV beside it"
        raise ScenarioError([Problem(shown, None, "", message)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "this is not UTF-8 text; a scenario is a YAML file"
        raise ScenarioError([Problem(shown, line, "", message)]) from error


def _compose(text: str, shown: str) -> yaml.Node | None:
    loader = None
    try:
        loader = _CoreLoader(text)
        node: yaml.Node | None = loader.get_single_node()
        return node
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        message = f"this is not YAML: {' '.join(filter(None, (error.context, error.problem)))}"
        raise ScenarioError([Problem(shown, line, "", message)]) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        message = f"the character #x{int(error.character):04x} does not belong in a text file"
        raise ScenarioError([Problem(shown, line, "", message)]) from error
    except RecursionError as error:
        raise ScenarioError([Problem(shown, None, "", "the file is nested too deeply to be a scenario")]) from error
    except (OverflowError, ValueError) as error:  # such as "\\UFFFFFFFF", which is no character
        raise ScenarioError([Problem(shown, None, "", f"this is not YAML: {error}")]) from error
    finally:
        if loader is not None:
            loader.dispose()


class _Walk:
    """Turns a node tree into plain data, noting places and problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[PathKey, tuple[str, int | None]] = {}
        self.problems: list[Problem] = []
        self._nodes = 0
        self._open: set[int] = set()

    def value(self, node: yaml.Node, path: PathKey) -> Any:
        self._guard(node, path)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag not in PLAIN_TAGS:
            self._note(_line(node), path, f"the tag {shorten(node.tag)} is not allowed in a scenario")
        self._open.add(id(node))
        plain = self._mapping(node, path) if isinstance(node, yaml.MappingNode) else self._sequence(node, path)
        self._open.discard(id(node))
        return plain

    def _guard(self, node: yaml.Node, path: PathKey) -> None:
        self._nodes += 1
        self.places.setdefault(path, (self.file, _line(node)))
        message = ""
        if id(node) in self._open:
            message = "this alias (*) points to a part that contains it; remove the cycle"
        elif self._nodes > MAX_NODES:
            message = f"aliases (*) make more than {MAX_NODES} values of this file; write it without them"
        elif len(path) > MAX_DEPTH:
            message = "the file is nested too deeply to be a scenario"
        if message:
            raise ScenarioError([Problem(self.file, _line(node), "", message)])

    def _mapping(self, node: yaml.MappingNode, path: PathKey) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._note(line, path, "a key must be a word")
                continue
            key = key_node.value
            here = (*path, key)
            if key == "<<":
                self._note(line, path, "merge keys (<<) are not supported; use 'extends: FILE'")
            elif key in plain:
                self._note(line, here, f"the key appears twice (first on line {lines[key]}); remove one")
            else:
                lines[key] = line
                self.places[here] = (self.file, line)
                plain[key] = self.value(value_node, here)
        return plain

    def _sequence(self, node: yaml.Node, path: PathKey) -> list[Any]:
        plain = []
        for index, item in enumerate(node.value):
            self.places[(*path, index)] = (self.file, _line(item))
            plain.append(self.value(item, (*path, index)))
        return plain

    def _scalar(self, node: yaml.ScalarNode, path: PathKey) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        text = node.value
        if kind == "str":
            return text
        if kind not in SCALARS or not SCALARS[kind].match(text):  # `!!int many` is as wrong as `!!python/name:os`
            self._note(_line(node), path, f"the tag {shorten(node.tag)} is not allowed in a scenario")
            return None
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        return self._number(kind, text, path, _line(node))

    def _number(self, kind: str, text: str, path: PathKey, line: int) -> int | float | None:
        digits = text.lstrip("+-").lower()
        if digits.startswith((".i", ".n")):
            self._note(line, path, f"{text} is not a finite number")
            return None
        if kind == "int" and len(digits) <= 40:
            return int(text)
        number = float(text)
        if number in (float("inf"), float("-inf")):
            self._note(line, path, f"{shorten(text)} is too large a number")
            return None
        return number

    def _note(self, line: int, path: PathKey, message: str) -> None:
        self.problems.append(Problem(self.file, line, ".".join(str(part) for part in path), message))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
