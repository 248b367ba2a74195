"""`dcplan verify site`: money, energy on site and availability against what is known from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dcplan.profiles.library import Library
from dcplan.validation.check import Check
from dcplan.validation.site import capital, dispatch, ownership, reliability, sun, tariffs

TOPICS: tuple[Callable[[Library], Iterable[Check]], ...] = (
    capital.checks,
    tariffs.checks,
    ownership.checks,
    reliability.checks,
    sun.checks,
    dispatch.checks,
)


def checks(library: Library) -> list[Check]:
    """All checks, from the profiles of *library*."""
    return [check for topic in TOPICS for check in topic(library)]
