"""What a scenario says about energy on site and the tariff, and the run did not make use of."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

OUTSIDE = "outside the counted time"
CALL = "demand response "
PEAK_HOURS = "hours in which the system peaks"
"""Value and names of assumptions, noted where the scenario is read: what they name does not happen in the run."""

Sentences = Iterator[str]


def energy_warnings(assumptions: pd.DataFrame) -> Sentences:
    """Whole sentences from the table *assumptions*."""
    yield from _outside(assumptions)


def _outside(assumptions: pd.DataFrame) -> Sentences:
    """Demand response and peak hours that lie wholly outside of the counted time."""
    names = assumptions.loc[assumptions["value"] == OUTSIDE, "name"].tolist()
    for name in names:
        if name.startswith(CALL):
            yield f"Demand response {name.removeprefix(CALL)} lies outside of the counted time, so nothing was asked."
    if PEAK_HOURS in names:
        yield (
            "None of the hours in 'site.tariff.peak_hours' lies in the counted time, so what was drawn then is not known: "
            "they are billed by the demand that the tariff states for that, or else by the highest of the run."
        )
