"""What all tests share: a world of tiny profiles, written once, and the option that rewrites generated files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.profiles.library import Library


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fix", action="store_true", help="rewrite generated files that are out of date")


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny profiles."""
    return tiny.write_library(tmp_path_factory.mktemp("world") / "profiles")


@pytest.fixture
def library(profiles: Path) -> Library:
    """The tiny profiles, and those that dcplan ships."""
    return tiny.library(profiles)


@pytest.fixture
def plan_of(tmp_path: Path, library: Library) -> Callable[..., Plan]:
    """From the text of a scenario, and settings, to its plan."""
    return lambda text, *settings: tiny.planned(text, tmp_path, library, settings)
