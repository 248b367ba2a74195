"""A tariff with what a site brings to it: prices by the hour, a contract, its power factor, last year's peak."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from dcplan.scenario.base import Fraction, Power, Spec, Unit

Price = Annotated[float, Unit("USD/kWh"), Field(ge=0, le=100)]


def _is_hour(text: str) -> str:
    if not re.fullmatch(r"(\d{4}-)?\d{2}-\d{2} \d{2}:00", text):
        raise ValueError("write an hour of the calendar such as '2025-08-18 16:00', or '08-18 16:00' for every year")
    return text


class PriceFile(Spec):
    """Prices by the hour or quarter of an hour, from a CSV."""

    file: str
    """Beside the scenario: columns `time` and `price_usd_per_kwh` or `price_usd_per_mwh`."""
    time_zone: str
    """Of its times, e.g. 'America/Chicago' or 'UTC'; an hour that the clock shows twice stands there twice."""


class ProductionFile(Spec):
    """What a producer feeds in for this site, from a CSV."""

    file: str
    """Beside the scenario: columns `time` and `power_kw` or `power_mw`."""
    time_zone: str
    """Of its times."""


class Ppa(Spec):
    """Power purchase agreement, pay-as-produced: what is used meanwhile replaces energy at the tariff's prices."""

    price: Price
    """What each kWh that is produced costs, e.g. '0.045 USD/kWh'."""
    production: ProductionFile | None = None
    """What is produced when."""
    share: Fraction | None = None
    """In place of that: production that is always this share of what the site draws."""

    @model_validator(mode="after")
    def _one(self) -> Ppa:
        if (self.production is None) == (self.share is None):
            raise ValueError("give either 'production' (a file) or 'share', not both")
        return self


class SiteTariff(Spec):
    """A tariff, and what the site brings to it."""

    profile: str
    """`profiles/tariff/`."""
    real_time: PriceFile | None = None
    """Prices of energy by the hour, for a tariff that passes them on."""
    ppa: Ppa | None = None
    """A contract with a producer."""
    power_factor: Annotated[float, Field(gt=0, le=1)] | None = None
    """Of the site, for a tariff that bills reactive power."""
    highest_demand_before: Power | None = None
    """Highest demand of the eleven months before the run, for a tariff with a ratchet; else that of the run."""
    peak_hours: tuple[Annotated[str, AfterValidator(_is_hour)], ...] = ()
    """Hours in which the system peaks, for a tariff that bills them, e.g. '2025-08-18 16:00' (clock of the site)."""
