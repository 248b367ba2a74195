"""What a plant was asked for and cannot do: hand heat over, make water colder than the air, wet its pads."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from dcplan.scenario.cooling import ChilledWater, Cooling, WarmWater
from dcplan.scenario.scenario import Scenario

HOUR_S = 3600.0
OFTEN = 0.01
"""Share of the time from which on it is worth telling."""
COOLERS = {"tower": "wet_bulb_c", "adiabatic_cooler": "wet_bulb_c", "dry_cooler": "dry_bulb_c"}
"""What makes water without compressors, and the temperature of the outdoor air that no such water gets below."""

Sentences = Iterator[str]


def plant_warnings(scenario: Scenario, value: dict[str, float | None], site: pd.DataFrame | None) -> Sentences:
    """Whole sentences about the cooling of *scenario*, from its KPIs' *value* and the table *site*."""
    if scenario.facility is None or site is None:
        return
    cooling = scenario.facility.cooling
    yield from _reuse(cooling, value.get("heat_reused_kwh"))
    for key, wanted_c, made_by in _waters(cooling):
        yield from _too_cold(key, wanted_c, made_by, site)
    if getattr(cooling, "economiser", "none") == "airside_adiabatic" and not _other_water(cooling):
        yield from _dry_pads(cooling, site)


def _reuse(cooling: Cooling, reused_kwh: float | None) -> Sentences:
    """Heat that nobody ever got."""
    spec = cooling.heat_reuse
    if spec is None or reused_kwh is None or reused_kwh > 0.0:
        return
    cold = "" if spec.below is None else f", or it was never colder than {spec.below:g} degC outdoors"
    pump = "" if spec.heat_pump else "; warmer water or 'heat_pump: true' would help"
    yield (
        f"Heat reuse delivers nothing: the water that comes back from the servers never was as warm as the "
        f"{spec.needs:g} degC that are needed, by more than the heat exchanger takes{cold}{pump}."
    )


def _waters(cooling: Cooling) -> Iterator[tuple[str, float, str]]:
    """Water that is made without compressors: the key that asks for it, its temperature [degC], and what makes it."""
    if isinstance(cooling, WarmWater):
        yield "water", float(cooling.water), cooling.rejection
    if (liquid := cooling.liquid) is not None and liquid.supply is not None and liquid.to in COOLERS:
        yield "liquid.supply", float(liquid.supply), liquid.to


def _too_cold(key: str, wanted_c: float, made_by: str, site: pd.DataFrame) -> Sentences:
    """For how long the weather lets nobody make such water."""
    column = COOLERS[made_by]
    impossible_s = float(site.loc[site[column] >= wanted_c, "duration_s"].sum())
    share = impossible_s / float(site["duration_s"].sum())
    if share >= OFTEN:
        yield (
            f"For {share:.0%} of the time no {made_by.replace('_', ' ')} can make the {wanted_c:g} degC of '{key}', as "
            f"the {column[:3]} bulb is as warm, {site[column].max():.1f} degC at most, and the approach comes on top. "
            "The water is warmer then; ask for warmer water, or add chillers."
        )


def _other_water(cooling: Cooling) -> bool:
    """Whether anything but the pads of the outdoor air evaporates water."""
    wet = ("tower", "adiabatic_cooler")
    liquid = cooling.liquid is not None and cooling.liquid.to in wet
    plant = isinstance(cooling, ChilledWater | WarmWater) and cooling.rejection in wet
    return liquid or plant or getattr(cooling, "humidifier", "none") != "none"


def _dry_pads(cooling: Cooling, site: pd.DataFrame) -> Sentences:
    """For how much of the hot hours the air is too humid for the pads."""
    hot = site[site["dry_bulb_c"] > cooling.supply_air]
    hot_s, dry_s = float(hot["duration_s"].sum()), float(hot.loc[hot["water_kg_s"] <= 0.0, "duration_s"].sum())
    if hot_s > 0.0 and dry_s >= OFTEN * hot_s:
        replications = site["replication"].nunique()
        yield (
            f"For {dry_s / hot_s:.0%} of the {hot_s / replications / HOUR_S:.3g} h in which outdoor air is warmer than "
            f"{cooling.supply_air:g} degC the pads stay dry: wetted air would be too humid for class "
            f"{cooling.ashrae_class}, or outdoor air is shut out."
        )
