"""The place: its weather, its grid, its tariff, its prices."""

from __future__ import annotations

from dcplan.scenario.base import Spec


class Site(Spec):
    """Where it is built; each key names a profile."""

    place: str
    """Weather year, altitude and time zone: `profiles/weather/`."""
    grid: str
    """Carbon of the grid's electricity: `profiles/carbon/`."""
    tariff: str
    """What energy and peak demand cost: `profiles/tariff/`."""
    prices: str
    """What servers, building, water and capital cost: `profiles/cost/`."""
