"""Energy on site in a run: what the building draws goes through sun, wind and battery to the utility meter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dcplan.energy.battery import DAY_S, Battery, full_cycles, years_to_replacement
from dcplan.energy.dispatch import (
    Dispatched,
    Limits,
    Rule,
    Signals,
    by_carbon,
    by_price,
    dispatch,
    shaving,
)
from dcplan.energy.optimum import cheapest, cost_usd
from dcplan.engine.incidents import Cut
from dcplan.engine.plan import EnergyPlan, FloatArray, Plan
from dcplan.errors import ConservationError
from dcplan.results.store import frame
from dcplan.scenario.energy import CarbonRule, Dispatch, PeakShaving

TOLERANCE = 1e-9
"""Relative difference between what a site draws and what covers it that rounding may make."""


def with_cuts(plan: Plan, cuts: Sequence[Cut]) -> Plan:
    """*plan* in which the utility is gone during *cuts*, which a run may bring about."""
    energy, grid = plan.energy, plan.grid
    if energy is None or not cuts:
        return plan
    begins_s, ends_s = grid.starts_s, grid.starts_s + grid.durations_s
    there = np.ones(len(begins_s), dtype=bool)
    for cut in cuts:
        there &= (ends_s <= cut.begins_s) | (begins_s >= cut.back_s)
    return replace(plan, energy=replace(energy, signals=replace(energy.signals, connected=there)))


def dispatched(plan: Plan, load_w: FloatArray) -> Dispatched:
    """What sun, wind, battery and grid do for *load_w* [W], what the generators do not carry."""
    energy = plan.energy
    if energy is None:
        none = np.zeros_like(load_w)
        return Dispatched(none, none, none, none, none, none, load_w, none, none)
    spec = plan.scenario.energy
    assert spec is not None, "there is a plan for it"
    net_w = load_w - energy.solar_w - energy.wind_w
    rule = None
    if energy.battery is not None and spec.dispatch is not None:
        rule = rule_of(spec.dispatch, net_w, energy.signals, energy.battery)
    done = dispatch(load_w, energy.solar_w, energy.wind_w, energy.signals, energy.limits, energy.battery, rule)
    if not done.residual_w(load_w) <= TOLERANCE * max(1.0, float(np.abs(load_w).max(initial=0.0))):
        raise ConservationError(f"the site's energy does not balance: {done.residual_w(load_w):.3g} W are missing")
    return done


def rule_of(spec: Dispatch, net_w: FloatArray, signals: Signals, battery: Battery) -> Rule:
    """The rule of *spec* for a load less sun and wind *net_w* [W]."""
    if isinstance(spec, PeakShaving):
        return shaving(net_w, signals, battery, spec.threshold)
    limit_w = np.inf if spec.charge_below is None else spec.charge_below
    return (by_carbon if isinstance(spec, CarbonRule) else by_price)(signals, battery, limit_w)


def columns(plan: Plan, done: Dispatched) -> dict[str, object]:
    """Columns of the table `site`."""
    return {
        "response_asked_w": 0.0 if plan.energy is None else plan.energy.signals.asked_w,
        "solar_w": done.solar_w,
        "wind_w": done.wind_w,
        "storage_w": done.battery_w,
        "storage_j": done.battery_j,
        "curtailed_w": done.curtailed_w,
        "grid_w": done.grid_w,
        "export_w": done.export_w,
        "response_w": done.standby_w,
        "response_unmet_w": done.unmet_w,
    }


def table(plan: Plan, load_w: FloatArray, done: Dispatched, replication: int) -> pd.DataFrame:
    """What the rule costs, against no battery and the cheapest dispatch; empty without a battery.

    Args:
        plan: Everything that is known before.
        load_w: What the site draws and generators do not carry, those of demand response included [W], [n].
        done: What the rule did.
        replication: Number of the run.
    """
    energy, spec = plan.energy, plan.scenario.energy
    if energy is None or energy.battery is None or spec is None:
        return frame("dispatch", [])
    left_w, duration_s = load_w - done.standby_w, energy.signals.duration_s
    rule_usd = cost_usd(energy.charges, done.grid_w, done.export_w, duration_s)
    best_usd = _cheapest_usd(energy, left_w, float(done.battery_j[-1])) if spec.compare_with_optimum else np.nan
    bare = dispatch(left_w, energy.solar_w, energy.wind_w, energy.signals, Limits(energy.limits.export_w))
    bare_usd = cost_usd(energy.charges, bare.grid_w, bare.export_w, duration_s)
    cycles = full_cycles(done.battery_w, duration_s, energy.battery)
    row = {"full_cycles": cycles, "replaced_years": _replaced_years(energy, done, cycles)}
    row["gained_j"] = float(done.battery_j[-1]) - energy.battery.start_j
    row |= {"rule_usd": rule_usd, "optimum_usd": best_usd, "bare_usd": bare_usd}
    return frame("dispatch", [{"replication": replication, **row}])


def _replaced_years(energy: EnergyPlan, done: Dispatched, cycles: float) -> float:
    """Years until the battery is replaced, if every day is like the mean of the run [a]."""
    assert energy.battery is not None, "checked by the caller"
    assert energy.ageing is not None, "a battery has one"
    duration_s = energy.signals.duration_s
    mean_charge = float((done.battery_j * duration_s).sum() / duration_s.sum()) / energy.battery.capacity_j
    return years_to_replacement(mean_charge, cycles * DAY_S / float(duration_s.sum()), energy.ageing)


def _cheapest_usd(energy: EnergyPlan, load_w: FloatArray, end_j: float) -> float:
    """Cost of the cheapest dispatch that leaves the battery at least at *end_j* [J]."""
    assert energy.battery is not None, "checked by the caller"
    connected = energy.signals.connected
    made_w = energy.solar_w + energy.wind_w
    return cheapest(
        load_w,
        made_w,
        energy.signals.duration_s,
        energy.battery,
        energy.charges,
        energy.limits.export_w,
        end_j,
        connected,
    ).usd
