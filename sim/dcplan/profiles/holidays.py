"""Holidays of a tariff: rules such as '07-04', 'last monday may' or '2026-04-03', and the dates that they give."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = tuple(name.lower() for name in calendar.day_name)
MONTHS = tuple(name.lower() for name in calendar.month_name)
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
OBSERVED = ("same day", "monday", "nearest")
SATURDAY, SUNDAY = 5, 6
LEAP_DAY = "02-29"


@dataclass(frozen=True)
class Holidays:
    """Days on which the weekend's periods hold.

    Attributes:
        rules: Day of every year ('12-25'), weekday of a month ('fourth thursday november'), or date ('2026-04-03').
        observed: When a fixed day that falls on a weekend is kept: 'same day'; 'monday' (after a Sunday); 'nearest'
            (Friday before a Saturday, too).
    """

    rules: tuple[str, ...]
    observed: str = "same day"

    def __post_init__(self) -> None:
        if self.observed not in OBSERVED:
            raise ValueError(f"holidays are observed on one of {', '.join(OBSERVED)}, not '{self.observed}'")
        self.dates(2024)

    def dates(self, year: int) -> frozenset[date]:
        """The holidays of *year*."""
        days = (self._kept(day) for each in self.rules for of in (year - 1, year, year + 1) if (day := _day(each, of)))
        return frozenset(day for day in days if day.year == year)

    def _kept(self, day: date) -> date:
        if day.weekday() == SUNDAY and self.observed != "same day":
            return day + timedelta(days=1)
        return day - timedelta(days=1) if day.weekday() == SATURDAY and self.observed == "nearest" else day


def _day(rule: str, year: int) -> date | None:
    """The day of *year* that *rule* names; None if it names another year's.

    >>> _day("fourth thursday november", 2025)
    datetime.date(2025, 11, 27)
    """
    if rule == LEAP_DAY and not calendar.isleap(year):
        return None
    try:
        if rule[:1].isdigit():
            full = rule if rule.count("-") == 2 else f"{year}-{rule}"
            return day if (day := date.fromisoformat(full)).year == year else None
        which, weekday, month = rule.lower().split()
        weeks = calendar.monthcalendar(year, MONTHS.index(month))
        numbers = [number for week in weeks if (number := week[WEEKDAYS.index(weekday)])]
        return date(year, MONTHS.index(month), numbers[ORDINALS[which]])
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"'{rule}' is no holiday; write '12-25', 'fourth thursday november' or '2026-04-03'"
        ) from error
