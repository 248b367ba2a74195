"""What incidents, power caps and breakers did: how warm the servers' air was, how long they were slow or off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dcplan.scenario.scenario import Scenario

HOUR_S = 3600.0
FULL = 1.0 - 1e-9
"""Speed below which servers are slowed down."""

Values = Iterator[tuple[str, float]]


def incident_kpis(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Values:
    """The KPIs of a scenario with incidents, caps or breakers, from the tables of one replication."""
    facility = scenario.facility
    if scenario.incidents or (facility and facility.ride_through and facility.power.breakers):
        yield from _room(scenario, tables["site"], tables.get("room"))
    if "capping" in tables:
        yield "hours_power_capped", _slow_s(tables["capping"], scenario) / HOUR_S
    if "trips" in tables:
        yield from _trips(tables["trips"], scenario)


def _room(scenario: Scenario, site: pd.DataFrame, room: pd.DataFrame | None) -> Values:
    usual_c = float(site["server_inlet_c"].max())
    if room is None or room.empty:
        yield from (("inlet_max_c", usual_c), ("hours_throttled", 0.0), ("hours_shut_down", 0.0))
        return
    lasts_s = _lasts_s(room["time_s"], scenario)
    yield "inlet_max_c", max(usual_c, float(room.loc[room["time_s"] >= scenario.warm_up, "inlet_c"].max()))
    slow, off = (room["speed"] < FULL) & (room["speed"] > 0.0), room["speed"] == 0.0
    yield "hours_throttled", float(lasts_s[slow].sum()) / HOUR_S
    yield "hours_shut_down", float(lasts_s[off].sum()) / HOUR_S


def _slow_s(capping: pd.DataFrame, scenario: Scenario) -> float:
    """Time in which any group is slowed down by its cap [s]."""
    slow = (capping["speed"] < FULL).groupby(capping["time_s"]).any()
    times_s = slow.index.to_series()
    return float(_lasts_s(times_s, scenario)[slow].sum())


def _trips(trips: pd.DataFrame, scenario: Scenario) -> Values:
    """How many breakers tripped, and for how long one was open; spans that overlap count once."""
    open_s, until_s = 0.0, float(scenario.warm_up)
    for begins_s, back_s in zip(trips["time_s"], trips["back_s"], strict=True):  # in the order of time
        ends_s = min(float(back_s), scenario.horizon)
        open_s += max(0.0, ends_s - max(float(begins_s), until_s))
        until_s = max(until_s, ends_s)
    yield "breaker_trips", float((trips["time_s"] >= scenario.warm_up).sum())
    yield "hours_tripped", open_s / HOUR_S


def _lasts_s(time_s: pd.Series, scenario: Scenario) -> pd.Series:
    """For how long what was found at each look holds within the counted time: until the next look [s]."""
    ends_s = time_s.shift(-1).fillna(scenario.horizon).clip(lower=scenario.warm_up)
    return ends_s - time_s.clip(lower=scenario.warm_up)
