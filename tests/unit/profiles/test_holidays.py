from __future__ import annotations

from datetime import date

import pytest

from dcplan.profiles.holidays import Holidays


def test_rules_name_days_weekdays_and_dates() -> None:
    holidays = Holidays(("01-01", "fourth thursday november", "last monday may", "2026-04-03"))
    assert holidays.dates(2026) == {date(2026, 1, 1), date(2026, 11, 26), date(2026, 5, 25), date(2026, 4, 3)}
    assert date(2025, 4, 3) not in holidays.dates(2025)


@pytest.mark.parametrize(
    ("observed", "year", "kept"),
    [
        ("same day", 2027, date(2027, 7, 4)),  # a Sunday
        ("monday", 2027, date(2027, 7, 5)),
        ("nearest", 2027, date(2027, 7, 5)),
        ("monday", 2026, date(2026, 7, 4)),  # a Saturday
        ("nearest", 2026, date(2026, 7, 3)),
    ],
)
def test_a_day_on_the_weekend_is_kept_when_the_tariff_says(observed: str, year: int, kept: date) -> None:
    assert Holidays(("07-04",), observed).dates(year) == {kept}


def test_the_new_year_that_is_kept_early_belongs_to_the_year_before() -> None:
    new_year = Holidays(("01-01",), "nearest")
    assert new_year.dates(2027) == {date(2027, 1, 1), date(2027, 12, 31)}  # 1 January 2028 is a Saturday
    assert new_year.dates(2028) == set()


def test_a_leap_day_is_a_holiday_in_leap_years_alone() -> None:
    leap = Holidays(("02-29",))
    assert leap.dates(2024) == {date(2024, 2, 29)}
    assert leap.dates(2025) == set()


@pytest.mark.parametrize("rule", ["13-01", "christmas", "fifth monday may", "02-30", ""])
def test_what_is_no_rule_is_told(rule: str) -> None:
    with pytest.raises(ValueError, match="is no holiday"):
        Holidays((rule,))


def test_what_is_no_way_to_observe_is_told() -> None:
    with pytest.raises(ValueError, match="same day, monday, nearest"):
        Holidays(("07-04",), "tuesday")
