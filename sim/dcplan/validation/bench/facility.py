"""`dcplan bench facility`: the building alone over a year, many buildings, and a whole site through the engine."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan.validation.bench.own_process import all_of
from dcplan.validation.bench.result import Result

WORKS = {
    "plant_year_hourly": ("plant", "year", "a year of hours of a chilled-water building with economiser"),
    "year_minute_thermal": (
        "plant", "minutes", "a year of minutes of a building that loses its chillers 27 times, and of its racks"
    ),
    "monte_carlo_200": ("plant", "many_years", "200 buildings drawn from the ranges of a published study, a year each"),
    "site_9472_24h": (
        "large_site", "day",
        "9,472 servers of 8 accelerators for 24 h in steps of 15 s, 18,600 training jobs, plant, cost, KPIs",
    ),
}  # fmt: skip
"""By name: the module and function that make it ready, and what it is."""


def results() -> Iterator[Result]:
    """The best time of each, and the peak memory of its process."""
    return all_of(WORKS)
