"""A price in a profile: an amount of which currency, per what, of which year."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dcplan.errors import InputError
from dcplan.profiles.library import Profile

CURRENCY = re.compile(r"^[A-Z]{3}$")
"""ISO 4217."""


@dataclass(frozen=True)
class Price:
    """What something costs.

    Attributes:
        amount: In `currency`.
        currency: By its ISO 4217 code.
        per: What it is the price of, as a unit, e.g. "W"; empty for a piece.
        year: Whose money it is.
    """

    amount: float
    currency: str
    per: str
    year: int

    def __str__(self) -> str:
        per = f"/{self.per}" if self.per else ""
        return f"{self.amount:g} {self.currency}{per} of {self.year}"

    def in_year(self, year: int, change: float) -> Price:
        """The same in money of *year*, if it changes by so much from one year to the next.

        >>> Price(10.0, "USD", "W", 2025).in_year(2027, 0.1).amount
        12.100000000000001
        """
        return Price(self.amount * (1.0 + change) ** (year - self.year), self.currency, self.per, year)


def read_price(profile: Profile, name: str, per: str, currency: str, among: str = "") -> Price:
    """The price *name* in *profile*, which must be per *per* and in *currency*.

    Args:
        profile: Where it is.
        name: Its name among the profile's values.
        per: Unit that it must be the price of; empty for a piece.
        currency: In which everything else is.
        among: Name of the values that it is one of, if it is nested in others.
    """
    label = f"{profile.family} profile '{profile.name}'"
    values = profile.values.get(among, {}) if among else profile.values
    if name not in values:
        known = ", ".join(key for key, entry in values.items() if isinstance(entry, Mapping) and "value" in entry)
        raise InputError(f"{label} has no {name.replace('_', ' ')}", f"known are {known}")
    entry: Mapping[str, Any] = values[name]
    given, _, of = str(entry.get("unit", "")).partition("/")
    year = entry.get("year", profile.year)
    if not CURRENCY.match(given) or not isinstance(year, int):
        raise InputError(f"{label}: {name} does not say its currency and year", "write e.g. 'unit: USD/W, year: 2025'")
    if given != currency:
        remedy = f"convert it at the rate of {year} and say so in its source"
        raise InputError(f"{label}: {name} is in {given}, and everything else in {currency}", remedy)
    if of != per:
        raise InputError(f"{label}: {name} is per {of or 'piece'}, not per {per or 'piece'}", "convert it")
    amount = entry.get("value")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0.0 <= amount < math.inf:
        raise InputError(f"{label}: {name} is {amount}", "write a number from 0 on")
    return Price(float(amount), given, of, year)


def check_currency(profile: Profile, currency: str) -> None:
    """Refuse *profile* if it says another currency, as a whole or for one of its values.

    A value's currency is that of its unit; what has no currency in its unit is no price.
    """
    values = profile.values
    said = {"the profile": values.get("currency", currency)}
    for name, entry in values.items():
        given = str(entry.get("unit", "")).partition("/")[0] if isinstance(entry, Mapping) else ""
        if CURRENCY.match(given):
            said[name] = given
    for name, given in said.items():
        if given != currency:
            what = f"{profile.family} profile '{profile.name}': {name} is in {given}, and everything else in {currency}"
            raise InputError(what, f"convert it at the rate of {profile.year} and say so in its source")
