"""Carbon and water of a grid's electricity, from a profile of one grid or of many regions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dcplan.errors import InputError
from dcplan.profiles.library import Profile
from dcplan.units import shorten

REGIONS = "regions.csv"
WORLD = "world"
MEANT, SHORTEST = 3, 3
"""How many regions are offered for one that is not there, and letters from which on names that hold them are."""
SOURCES, WATER = "source_kg_per_kwh", "water_l_per_kwh"
"""Values of a profile of many regions: what each source of electricity emits, and water by region or of the world."""


@dataclass(frozen=True)
class GridCarbon:
    """What a kWh of a grid stands for, on average over a year.

    Attributes:
        name: Of the grid, for people.
        year: Of the figures.
        kg_per_kwh: CO2e [kg/kWh].
        mix: Share of each source of electricity [-]; empty if it is not known.
        source_kg_per_kwh: CO2e of each source [kg/kWh].
        carbon_free: Share of the mix that counts as free of carbon [-]; None if the mix is not known.
        water_l_per_kwh: Water consumed to generate a kWh [L/kWh]; None if it is not known.
    """

    name: str
    year: int
    kg_per_kwh: float
    mix: Mapping[str, float] = field(default_factory=dict)
    source_kg_per_kwh: Mapping[str, float] = field(default_factory=dict)
    carbon_free: float | None = None
    water_l_per_kwh: float | None = None


def read_carbon(profile: Profile, region: str | None) -> GridCarbon:
    """The grid in *profile*, or its *region* if it holds many."""
    if not (profile.path / REGIONS).is_file():
        if region is not None:
            raise InputError(f"carbon profile '{profile.name}' is one grid and has no regions", "remove 'region'")
        return GridCarbon(profile.name, profile.year, _figure(profile))
    if region is None:
        raise InputError(
            f"carbon profile '{profile.name}' holds many regions",
            f"name one, e.g. grid: {{profile: {profile.name}, region: {_regions(profile)['region'].iloc[0]}}}",
        )
    return _of_region(profile, region)


def _figure(profile: Profile) -> float:
    try:
        kg_per_kwh = float(profile.values["kg_per_kwh"]["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"carbon profile '{profile.name}' lacks {error}") from error
    if not 0.0 <= kg_per_kwh < np.inf:
        raise InputError(f"carbon profile '{profile.name}': kg_per_kwh is {kg_per_kwh:g}")
    return kg_per_kwh


def _regions(profile: Profile) -> pd.DataFrame:
    path = profile.table(REGIONS)
    try:
        table = pd.read_csv(path, dtype={"region": str, "name": str, "year": np.int64}, keep_default_na=False)
        figures = table.drop(columns=["region", "name", "year"]).to_numpy(dtype=np.float64)
        table["kg_per_kwh"]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: is not a table of regions: {error}") from error
    if not ((figures >= 0.0) & np.isfinite(figures)).all():
        raise InputError(f"{path}: a figure is negative or missing")
    return table


def _of_region(profile: Profile, region: str) -> GridCarbon:
    table = _regions(profile)
    found = table[table["region"] == region]
    if found.empty:
        raise InputError(f"carbon profile '{profile.name}' has no region {shorten(region)}", _like(region, table))
    row = found.iloc[0]
    mix = {str(name): float(row[name]) for name in table.columns[4:] if row[name] > 0.0}
    free, emits, water = (profile.values.get(key) for key in ("carbon_free", SOURCES, WATER))
    water = water or {}
    return GridCarbon(
        name=str(row["name"]),
        year=int(row["year"]),
        kg_per_kwh=float(row["kg_per_kwh"]),
        mix=mix,
        source_kg_per_kwh={name: float(entry["value"]) for name, entry in (emits or {}).items()},
        carbon_free=sum(mix.get(name, 0.0) for name in free) if mix and free else None,
        water_l_per_kwh=water.get(region, water.get(WORLD, {})).get("value"),
    )


def _like(region: str, table: pd.DataFrame) -> str:
    """What somebody may have meant who wrote *region*: names with it in them, then names and codes spelled alike."""
    wanted = region.lower()[:100]
    name_of = {str(code): str(name) for code, name in zip(table["region"], table["name"], strict=True)}
    codes = {name.lower(): code for code, name in name_of.items()} | {code.lower(): code for code in name_of}
    within = sorted((name for name in codes if wanted in name), key=lambda name: (name.find(wanted), len(name)))
    close = difflib.get_close_matches(wanted, list(codes), n=MEANT)
    meant = list(dict.fromkeys(codes[name] for name in (*(within if len(wanted) >= SHORTEST else []), *close)))[:MEANT]
    if meant:
        offered = [f"'{code}' ({name_of[code]})" for code in meant]
        return f"did you mean {' or '.join(offered)}?"
    return f"it has {', '.join(f'{code} ({name})' for code, name in list(name_of.items())[:4])}, ..."
