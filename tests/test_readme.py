"""Every command in README.md is one that exists, and the two that a newcomer types are there word for word."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from dcplan import cli

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"(?:`|&& |^)(dcplan [^`\n|]+?)(?:`| &&|$)", README, flags=re.M)))
FILES = sorted(set(re.findall(r"(?:scenarios|tests|reports|\.ci|sim)/[\w./-]*\w", README)))


def test_the_two_commands_are_there_word_for_word() -> None:
    assert "pip install -e . -c constraints.txt && dcplan run scenarios/quickstart.yaml\n" in README
    assert "pip install -e '.[test]' -c constraints.txt && pytest\n" in README


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_parses(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--help` behind the command makes the parser check every word, and runs nothing."""
    monkeypatch.setattr(sys, "argv", [*shlex.split(command), "--help"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_the_readme_names_exists(file: str) -> None:
    if file.startswith("reports/") and "<" in file:
        return
    assert (Path(__file__).parents[1] / file).exists()
