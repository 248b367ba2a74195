"""`dcplan bench site`: a year of a site's bill, and of its battery's cheapest dispatch."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan.validation.bench.own_process import all_of
from dcplan.validation.bench.result import Result

WORKS = {
    "bill_year": ("bill", "year", "the bill of a year of 15-minute intervals, by energy and demand periods"),
    "dispatch_lp_year": ("dispatch", "year", "the cheapest dispatch of a battery over 8,760 hours, by HiGHS"),
}
"""By name: the module and function that make it ready, and what it is."""


def results() -> Iterator[Result]:
    """The best time of each, and the peak memory of its process."""
    return all_of(WORKS)
