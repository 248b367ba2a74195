from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dcplan.errors import InputError
from dcplan.profiles.library import Profile
from dcplan.profiles.price import Price, check_currency, read_price


def profile(**values: Any) -> Profile:
    return Profile("cost", "some", Path(), {"year": 2024, "values": values})


def test_a_price_says_its_currency_what_it_is_of_and_its_year() -> None:
    found = read_price(profile(land={"value": 3, "unit": "USD/acre", "year": 2025}), "land", "acre", "USD")
    assert found == Price(3.0, "USD", "acre", 2025)
    assert str(found) == "3 USD/acre of 2025"


def test_without_a_year_it_is_that_of_the_profile() -> None:
    assert read_price(profile(server={"value": 3, "unit": "USD"}), "server", "", "USD").year == 2024


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"value": 3, "unit": "EUR/W"}, "is in EUR, and everything else in USD; convert it at the rate of 2024"),
        ({"value": 3, "unit": "USD/kW"}, "is per kW, not per W"),
        ({"value": 3, "unit": "USD"}, "is per piece, not per W"),
        ({"value": 3, "unit": "1"}, "does not say its currency and year"),
        ({"value": 3}, "does not say its currency and year"),
        ({"value": -3, "unit": "USD/W"}, "write a number from 0 on"),
        ({"value": float("nan"), "unit": "USD/W"}, "write a number from 0 on"),
        ({"value": "3", "unit": "USD/W"}, "write a number from 0 on"),
    ],
)
def test_another_currency_or_unit_is_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_price(profile(hall=entry), "hall", "W", "USD")


def test_one_that_is_not_there_tells_which_are() -> None:
    regions = {"tokyo": {"value": 15.2, "unit": "USD/W"}, "osaka": {"value": 14.1, "unit": "USD/W"}}
    with pytest.raises(InputError, match="has no kyoto; known are tokyo, osaka"):
        read_price(profile(regions=regions), "kyoto", "W", "USD", among="regions")


def test_prices_grow_with_inflation_forwards_and_backwards() -> None:
    price = Price(100.0, "USD", "", 2025)
    assert price.in_year(2027, 0.1).amount == pytest.approx(121.0)
    assert price.in_year(2027, 0.1).in_year(2025, 0.1).amount == pytest.approx(100.0)


def test_a_profile_in_another_currency_is_refused_as_a_whole_or_for_one_value() -> None:
    check_currency(profile(currency="USD", hall={"value": 1, "unit": "USD/W"}, life={"value": 5, "unit": "a"}), "USD")
    with pytest.raises(InputError, match="the profile is in EUR, and everything else in USD; convert it"):
        check_currency(profile(currency="EUR"), "USD")
    with pytest.raises(InputError, match="hall is in GBP, and everything else in USD; convert it at the rate of 2024"):
        check_currency(profile(hall={"value": 1, "unit": "GBP/W"}), "USD")
