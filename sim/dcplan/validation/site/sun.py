"""A year of sunlight on modules."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan.energy.battery import Battery
from dcplan.energy.sun import Plane, hourly_power
from dcplan.profiles.library import Library
from dcplan.profiles.on_site import Modules, StorageKind
from dcplan.signals.places import year_at
from dcplan.validation.check import Check

YEAR_KWH_PER_KW = 1311.0


def checks(library: Library) -> Iterator[Check]:
    """What a kilowatt gives in a year, and what a battery gives back."""
    year = year_at(library.load("weather", "sterling-va"))
    modules = Modules.from_values(library.load("energy", "pv-pvwatts").values)
    assert year.sky is not None, "a measured year has sunlight"
    ours = float(hourly_power(year.sky, year.dry_bulb_c, Plane(25.0, 180.0), modules).sum())
    source = "PVWatts chain (Faiman, losses 14 %, dc/ac 1.2) run apart from this code; pvlib's sky models spread by 4 %"
    yield Check("PV at Sterling, 25 deg south", ours, YEAR_KWH_PER_KW, 0.02 * YEAR_KWH_PER_KW, "kWh/kW", source)
    kind = StorageKind.from_values(library.load("energy", "battery-li-ion-reopt").values)
    battery = Battery(1.0, 0.0, 0.5, 1.0, kind.charge_efficiency, kind.discharge_efficiency)
    yield Check("battery, there and back", battery.round_trip, 0.96**2 * 0.975, 1e-5, "-", "NREL, REopt.jl")
