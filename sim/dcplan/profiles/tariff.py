"""An electricity tariff as data: energy by period and block, demand by period and at any hour, riders, taxes, export.

Prices stand in the tariff's currency, which their keys name (`price_eur_per_kwh`), and are read as US dollars.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from dcplan import units
from dcplan.errors import InputError
from dcplan.profiles.charges import (
    ALL_MONTHS,
    Blocks,
    Coincident,
    Export,
    Kind,
    NamedHour,
    Percentage,
    PowerFactor,
    Ratchet,
    Rider,
)
from dcplan.profiles.holidays import Holidays
from dcplan.profiles.library import Profile

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Entry = Mapping[str, Any]

MONTHS, HOURS = 12, 24
LEAP = 2024
HOUR = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2}) (\d{2}):00")


@dataclass(frozen=True)
class Tariff:
    """What a kWh and a kW cost, by the site's wall clock.

    Attributes:
        fixed_usd: Fee per month [USD].
        energy_usd_per_kwh: Price in each energy period, that of the first block [USD/kWh], [p].
        energy_period: Energy period by weekend (0, 1), month and hour, [2, 12, 24].
        demand_usd_per_kw: Price of the month's highest demand in each demand period, that of the first block [USD/kW or
            USD/kVA], [q].
        demand_period: Demand period by weekend, month and hour, [2, 12, 24].
        flat_demand_usd_per_kw: Price of the month's highest demand at any hour, that of the first block [USD/kW].
        window_s: Time over which power is averaged to become demand [s].
        energy_blocks: Prices of each energy period by block, [p]; empty if there is one price.
        demand_blocks: Prices of each demand period by block [kW], [q]; empty if there is one price.
        flat_demand_blocks: Prices of demand at any hour by block [kW]; None if there is one price.
        ratchet: How demand at any hour is remembered; None if it is not.
        coincident: Charges on the system's peak hours.
        power_factor: How reactive power is billed; None if it is not.
        riders: Prices beside these.
        percentages: Riders and taxes that are shares of the bill, in their order.
        export: What power into the grid earns; None if nothing.
        holidays: Days with the weekend's periods; None if the calendar alone counts.
        real_time: Energy costs what a series of prices says, beside the periods' prices.
        exchange: Exchange rate that is in these prices, in words; empty if they stand in US dollars.
    """

    fixed_usd: float
    energy_usd_per_kwh: FloatArray
    energy_names: tuple[str, ...]
    energy_period: IntArray
    demand_usd_per_kw: FloatArray
    demand_names: tuple[str, ...]
    demand_period: IntArray
    flat_demand_usd_per_kw: float
    window_s: float
    energy_blocks: tuple[Blocks, ...] = ()
    demand_blocks: tuple[Blocks, ...] = ()
    flat_demand_blocks: Blocks | None = None
    ratchet: Ratchet | None = None
    coincident: tuple[Coincident, ...] = ()
    power_factor: PowerFactor | None = None
    riders: tuple[Rider, ...] = ()
    percentages: tuple[Percentage, ...] = ()
    export: Export | None = None
    holidays: Holidays | None = None
    real_time: bool = False
    exchange: str = ""

    @property
    def demand_unit(self) -> str:
        """Unit in which demand is billed."""
        return "kVA" if self.power_factor is not None and self.power_factor.kva else "kW"


def read_tariff(profile: Profile) -> Tariff:
    """The tariff in *profile*."""
    try:
        tariff = _Page(profile.values).tariff()
        _check(tariff)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{profile.path / 'profile.yaml'}: is not a tariff: {error}") from error
    return tariff


class _Page:
    """The values of a profile, whose prices are read in US dollars."""

    def __init__(self, values: Entry) -> None:
        self.values = values
        self.money = str(values.get("currency", "USD")).lower()
        self.rate, self.exchange = self._exchange()
        kva = bool(values.get("power_factor", {}).get("kva", False))
        self.per_demand = f"{self.money}_per_{'kva' if kva else 'kw'}_month"
        self.per_kwh = f"price_{self.money}_per_kwh"

    def tariff(self) -> Tariff:
        values = self.values
        _known(values, self._keys())
        energy, demand = list(values["energy"]), list(values.get("demand", []))
        energy_blocks = tuple(self._blocks(each, self.per_kwh, "kwh") for each in energy)
        demand_blocks = tuple(self._blocks(each, self.per_demand, "kw") for each in demand)
        flat_key = f"flat_demand_{self.per_demand}"
        flat = self._flat(flat_key)
        return Tariff(
            fixed_usd=self._usd(values[f"fixed_{self.money}_per_month"]),
            energy_usd_per_kwh=np.array([blocks.usd[0] for blocks in energy_blocks]),
            energy_names=tuple(str(period["name"]) for period in energy),
            energy_period=_schedule(values["energy_schedule"], len(energy)),
            demand_usd_per_kw=np.array([blocks.usd[0] for blocks in demand_blocks]),
            demand_names=tuple(str(period["name"]) for period in demand),
            demand_period=_schedule(values["demand_schedule"], len(demand)) if demand else _no_schedule(),
            flat_demand_usd_per_kw=float(flat.usd[0]),
            window_s=units.parse(str(values["demand_window"]), "s"),
            energy_blocks=energy_blocks if any(len(each.usd) > 1 for each in energy_blocks) else (),
            demand_blocks=demand_blocks if any(len(each.usd) > 1 for each in demand_blocks) else (),
            flat_demand_blocks=flat if len(flat.usd) > 1 else None,
            ratchet=_ratchet(values["ratchet"]) if "ratchet" in values else None,
            coincident=tuple(self._coincident(each) for each in values.get("coincident", [])),
            power_factor=self._power_factor(values["power_factor"]) if "power_factor" in values else None,
            riders=tuple(self._rider(each) for each in values.get("riders", [])),
            percentages=tuple(_percentage(each) for each in values.get("percentages", [])),
            export=self._export(values["export"], len(energy)) if "export" in values else None,
            holidays=_holidays(values["holidays"]) if "holidays" in values else None,
            real_time=bool(values.get("real_time", False)),
            exchange=self.exchange,
        )

    def _keys(self) -> set[str]:
        flat = {f"flat_demand_{self.per_demand}", "flat_demand_blocks"}
        of_demand = {"demand", "demand_schedule", "demand_window", "ratchet", "coincident", "power_factor"} | flat
        rest = {"currency", "exchange", "riders", "percentages", "export", "holidays", "real_time", "parts"}
        return {f"fixed_{self.money}_per_month", "energy", "energy_schedule"} | of_demand | rest

    def _exchange(self) -> tuple[float, str]:
        """US dollars per unit of the tariff's currency, and that in words."""
        if self.money == "usd":
            return 1.0, ""
        key = f"usd_per_{self.money}"
        stated = self.values.get("exchange", {})
        if key not in stated or "year" not in stated:
            money, remedy = self.money.upper(), f"add 'exchange: {{{key}: ..., year: ...}}'"
            raise ValueError(f"its prices are in {money} and costs are in USD: {remedy}")
        _known(stated, {key, "year", "source", "unverified"})
        return _positive(stated[key], key), f"{float(stated[key]):g} USD per {self.money.upper()}, {stated['year']}"

    def _usd(self, price: Any) -> float:
        return float(price) * self.rate

    def _blocks(self, entry: Entry, price: str, unit: str) -> Blocks:
        """One price, or several in blocks that end at `up_to_<unit>` (or at `up_to_kwh_per_kw`)."""
        _known(entry, {"name", price, "blocks"})
        if "blocks" not in entry:
            return Blocks(np.array([np.inf]), np.array([self._usd(entry[price])]))
        rows = list(entry["blocks"])
        per_kw = "up_to_kwh_per_kw" in rows[0]
        end = "up_to_kwh_per_kw" if per_kw else f"up_to_{unit}"
        for row in rows:
            _known(row, {end, price})
        up_to = np.array([*(float(row[end]) for row in rows[:-1]), float(rows[-1].get(end, np.inf))])
        if np.isfinite(up_to[-1]) or not (np.diff(up_to, prepend=0.0) > 0).all():
            raise ValueError(f"blocks need rising '{end}', and none in the last")
        return Blocks(up_to, np.array([self._usd(row[price]) for row in rows]), per_kw)

    def _flat(self, key: str) -> Blocks:
        """Price of demand at any hour, which is stated even if it is 0."""
        if "flat_demand_blocks" in self.values:
            return self._blocks({"blocks": self.values["flat_demand_blocks"]}, self.per_demand, "kw")
        return self._blocks({self.per_demand: self.values[key]}, self.per_demand, "kw")

    def _coincident(self, entry: Entry) -> Coincident:
        price = f"{self.money}_per_kw_month"
        _known(entry, {"name", price, "hours", "kw_before"})
        before = None if "kw_before" not in entry else float(entry["kw_before"])
        hours = tuple(named_hour(str(each)) for each in entry.get("hours", []))
        return Coincident(str(entry["name"]), self._usd(entry[price]), hours, before)

    def _power_factor(self, entry: Entry) -> PowerFactor:
        point, kvarh = f"{self.money}_per_kwh_per_point", f"{self.money}_per_kvarh"
        kvar = f"{self.money}_per_kvar_month"
        _known(entry, {"kva", "reference", "raises_demand", point, kvarh, kvar})
        reference = float(entry.get("reference", 0.0))
        if not 0.0 <= reference <= 1.0:
            raise ValueError("the reference of a power factor lies between 0 and 1")
        return PowerFactor(
            kva=bool(entry.get("kva", False)),
            reference=reference,
            raises_demand=bool(entry.get("raises_demand", False)),
            usd_per_kwh_per_point=self._usd(entry.get(point, 0.0)),
            usd_per_kvarh=self._usd(entry.get(kvarh, 0.0)),
            usd_per_kvar=self._usd(entry.get(kvar, 0.0)),
        )

    def _rider(self, entry: Entry) -> Rider:
        keys = [f"{self.money}_per_kwh", self.per_demand, f"{self.money}_per_month", f"{self.money}_per_day"]
        _known(entry, {"name", "kind", *keys})
        if not set(keys) & set(entry):
            raise ValueError(f"the rider '{entry['name']}' has no price; give one of {', '.join(keys)}")
        return Rider(str(entry["name"]), _kind(entry["kind"]), *(self._usd(entry.get(key, 0.0)) for key in keys))

    def _export(self, entry: Entry, periods: int) -> Export:
        price = f"{self.money}_per_kwh"
        _known(entry, {"net_metering", price, "real_time"})
        usd = np.broadcast_to(np.array(entry.get(price, 0.0), dtype=float) * self.rate, (periods,))
        return Export(bool(entry.get("net_metering", False)), usd, bool(entry.get("real_time", False)))


def _ratchet(entry: Entry) -> Ratchet:
    _known(entry, {"share", "months", "highest_kw_before"})
    months = tuple(int(month) for month in entry.get("months", ALL_MONTHS))
    if not set(months) <= set(ALL_MONTHS):
        raise ValueError("the months of a ratchet are numbers from 1 to 12")
    before = entry.get("highest_kw_before")
    return Ratchet(_positive(entry["share"], "share"), months, None if before is None else float(before))


def _percentage(entry: Entry) -> Percentage:
    _known(entry, {"name", "percent", "of"})
    return Percentage(str(entry["name"]), float(entry["percent"]) / 100.0, tuple(_kind(each) for each in entry["of"]))


def _holidays(entry: Entry) -> Holidays:
    _known(entry, {"rules", "observed"})
    return Holidays(tuple(str(rule) for rule in entry["rules"]), str(entry.get("observed", "same day")))


def named_hour(text: str) -> NamedHour:
    """An hour such as '07-21 16:00' or '2025-07-21 16:00'."""
    found = HOUR.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no hour of the calendar; write '07-21 16:00' or '2025-07-21 16:00'")
    year, *rest = found.groups()
    month, day, hour = (int(part) for part in rest)
    datetime(int(year or LEAP), month, day, hour)
    return NamedHour(None if year is None else int(year), month, day, hour)


def _kind(text: Any) -> Kind:
    if text not in get_args(Kind):
        raise ValueError(f"'{text}' is no kind of item; choose from {', '.join(get_args(Kind))}")
    kind: Kind = text
    return kind


def _positive(value: Any, name: str) -> float:
    if not 0.0 < (number := float(value)) < np.inf:
        raise ValueError(f"{name} is {number:g}, it must be above 0")
    return number


def _known(entry: Entry, keys: set[str]) -> None:
    """Refuse keys that nobody would read."""
    if unknown := set(entry) - keys:
        raise ValueError(f"unknown key '{min(unknown)}'; known are {', '.join(sorted(keys))}")


def _check(tariff: Tariff) -> None:
    prices = [tariff.fixed_usd, *tariff.energy_usd_per_kwh, *tariff.demand_usd_per_kw, tariff.flat_demand_usd_per_kw]
    prices += [usd for blocks in (*tariff.energy_blocks, *tariff.demand_blocks) for usd in blocks.usd]
    prices += [each.usd_per_kwh + each.usd_per_kw + each.usd_per_month + each.usd_per_day for each in tariff.riders]
    prices += [each.share for each in tariff.percentages] + [each.usd_per_kw for each in tariff.coincident]
    if not np.isfinite(prices).all():
        raise ValueError("a price is not a finite number")
    items = [each.name for each in tariff.riders] + [each.name for each in tariff.percentages]
    items += [each.name for each in tariff.coincident]
    for names, what in ((tariff.energy_names, "periods"), (tariff.demand_names, "periods"), (items, "items")):
        if len(set(names)) < len(names):
            raise ValueError(f"two {what} have the same name")
    if tariff.window_s <= 0:
        raise ValueError("demand_window must be longer than 0 s")


def _schedule(value: dict[str, list[list[int]]], periods: int) -> IntArray:
    table = np.array([value["weekday"], value["weekend"]], dtype=np.int64)
    if table.shape != (2, MONTHS, HOURS) or table.min() < 0 or table.max() >= periods:
        raise ValueError("a schedule needs 12 rows of 24 period numbers for weekday and weekend")
    return table


def _no_schedule() -> IntArray:
    return np.zeros((2, MONTHS, HOURS), dtype=np.int64)
