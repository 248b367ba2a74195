"""`dcplan verify facility`: every number of the building that is known from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dcplan.profiles.library import Library
from dcplan.validation.check import Check
from dcplan.validation.facility import (
    balance,
    chillers,
    electrical,
    esif,
    frontier,
    generator,
    psychrometrics,
    thermal,
    tower,
)
from dcplan.validation.facility.bands import compare

TOPICS: tuple[Callable[[Library], Iterable[Check]], ...] = (
    psychrometrics.checks,
    tower.checks,
    chillers.checks,
    electrical.checks,
    generator.checks,
    frontier.checks,
    thermal.checks,
    esif.checks,
    balance.checks,
    compare.checks,
)


def checks(library: Library) -> list[Check]:
    """All checks, from the profiles of *library*."""
    return [check for topic in TOPICS for check in topic(library)]
