"""Energy on site that makes the bill what the reader may not expect, and calls and peak hours outside of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dcplan.scenario.energy import Dispatch, PeakShaving
from dcplan.scenario.scenario import Scenario

OUTSIDE = "outside the counted time"
CALL = "demand response "
PEAK_HOURS = "hours in which the system peaks"
"""Value and names of assumptions, noted where the scenario is read: what they name does not happen in the run."""

J_PER_KWH = 3.6e6
W_PER_KW = 1000.0
UNEVEN = 0.01
"""Share of a battery's energy by which its charge may differ from that of the start before it is told."""

Sentences = Iterator[str]


def energy_warnings(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Sentences:
    """Whole sentences about the energy on site of *scenario*, from the *tables* of its run."""
    site, dispatch = tables.get("site"), tables.get("dispatch")
    if scenario.energy is not None and scenario.energy.battery is not None and site is not None:
        yield from _over_connection(scenario, site)
        yield from _shaves_nothing(scenario.energy.dispatch, site)
        if dispatch is not None:
            yield from _uneven(float(dispatch["gained_j"].mean()), scenario.energy.battery.energy)
    yield from _outside(tables["assumptions"])


def _over_connection(scenario: Scenario, site: pd.DataFrame) -> Sentences:
    """Charging for which the connection to the grid is too small, which no rule knows."""
    if scenario.facility is None or scenario.energy is None or scenario.energy.battery is None:
        return
    limit_w, power_w = scenario.facility.power.utility.limit, scenario.energy.battery.power
    drawn_w = float(site["grid_w"].max())
    if power_w > limit_w:
        yield (
            f"The battery on site can be charged with {power_w / W_PER_KW:.4g} kW, more than the "
            f"{limit_w / W_PER_KW:.4g} kW of 'facility.power.utility.limit', which does not hold it back: the meter "
            f"reads {drawn_w / W_PER_KW:.4g} kW at most."
        )
    elif drawn_w > limit_w >= float(site["facility_w"].max()):
        yield (
            f"Charging the battery on site makes the meter read {drawn_w / W_PER_KW:.4g} kW, more than the "
            f"{limit_w / W_PER_KW:.4g} kW of 'facility.power.utility.limit', which does not hold it back."
        )


def _shaves_nothing(rule: Dispatch | None, site: pd.DataFrame) -> Sentences:
    """A threshold that the building never reaches by itself, up to which the battery is charged."""
    if not isinstance(rule, PeakShaving) or rule.threshold is None:
        return
    bare_w = site["facility_w"] - site["generator_w"] - site["solar_w"] - site["wind_w"]
    highest_w, drawn_w = max(0.0, float(bare_w.max())), float(site["grid_w"].max())
    if rule.threshold > highest_w:
        peak = f", and charging raises the peak to {drawn_w / W_PER_KW:.4g} kW" if drawn_w > highest_w else ""
        yield (
            f"Peak shaving at {rule.threshold / W_PER_KW:.4g} kW shaves nothing: without the battery the meter would "
            f"read {highest_w / W_PER_KW:.4g} kW at most{peak}."
        )


def _uneven(gained_j: float, energy_j: float) -> Sentences:
    """Charge that a run ends with and did not begin with, or the reverse."""
    kwh = abs(gained_j) / J_PER_KWH
    if gained_j > UNEVEN * energy_j:
        yield (
            f"The battery on site ends the run with {kwh:.3g} kWh more than it began with, which the bill paid for and "
            "nobody has used yet."
        )
    elif gained_j < -UNEVEN * energy_j:
        yield (
            f"The battery on site ends the run with {kwh:.3g} kWh less than it began with, which the bill has not paid "
            "for: cost and carbon are too low by that."
        )


def _outside(assumptions: pd.DataFrame) -> Sentences:
    """Demand response and peak hours that lie wholly outside of the counted time."""
    names = assumptions.loc[assumptions["value"] == OUTSIDE, "name"].tolist()
    for name in names:
        if name.startswith(CALL):
            yield f"Demand response {name.removeprefix(CALL)} lies outside of the counted time, so nothing was asked."
    if PEAK_HOURS in names:
        yield (
            "None of the hours in 'site.tariff.peak_hours' lies in the counted time, so what was drawn then is "
            "unknown: they are billed by the demand that the tariff states for that, or else by the highest of the run."
        )
