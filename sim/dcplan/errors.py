"""What can go wrong, drawn as a tree; the command line maps each branch to an exit code.

DcplanError
├── InputError        exit 2: the user's file, argument or data; one sentence and a remedy
│   └── ScenarioError exit 2: all problems of a scenario at once, each with its place
├── ConservationError exit 1: a run broke a law (energy, requests); never shown as a result
└── InterruptedRunError exit 130: the user stopped a run; what was finished is kept
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class DcplanError(Exception):
    """Any error that dcplan raises on purpose."""


class InputError(DcplanError):
    """Bad input: *problem* says what and where, *remedy* says what to do about it."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a scenario, and where."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return _on_one_line(f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}")


class ScenarioError(InputError):
    """All problems of a scenario, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda p: (p.file, p.line or 0, p.path, p.message))
        super().__init__("\n".join(str(p) for p in self.problems))


class ConservationError(DcplanError):
    """A conservation law does not hold in a run: the result would be wrong, so there is none."""


class InterruptedRunError(DcplanError):
    """The user stopped a run; the same command goes on with what is left."""


def _on_one_line(text: str) -> str:
    """*text* with what a terminal would act on or could not show (line ends, escape codes, surrogates) spelled out."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
