"""`dcplan bench site`: a year of a site's bill, many years of its outages, and the cheapest dispatch of its battery."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan.validation.bench.own_process import all_of
from dcplan.validation.bench.result import Result

WORKS = {
    "bill_year": (
        "bill",
        "year",
        "the bill of a year of 15-minute intervals: six energy and three demand periods, reactive power, holidays",
    ),
    "outage_years_1e5": ("outages", "years", "100,000 years of a building's outages, and its down time by month"),
    "dispatch_lp_year": ("dispatch", "year", "the cheapest dispatch of a battery over 8,760 hours, by HiGHS"),
}
"""By name: the module and function that make it ready, and what it is."""


def results() -> Iterator[Result]:
    """The best time of each, and the peak memory of its process."""
    return all_of(WORKS)
