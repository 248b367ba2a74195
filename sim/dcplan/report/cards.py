"""The headline numbers: each with its interval and what it means in a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dcplan.report.facts import Facts
from dcplan.report.numbers import digits, dollars, given, kpi_interval, kpi_value, percent, quantity
from dcplan.report.summary import Kpis, answering, kept, names, number

Verdict = Literal["kept", "missed", ""]

SHOWN_ENDPOINTS = 4
"""Endpoints with a card of their own; with more, the worst is shown and the others are in the tables."""


@dataclass(frozen=True)
class Card:
    """One headline number, plain text throughout."""

    label: str
    value: str
    interval: str
    meaning: str
    verdict: Verdict = ""


def cards(kpis: Kpis, facts: Facts) -> list[Card]:
    """The headline numbers that the run knows, most important first."""
    return [
        *_efficiency(kpis),
        *_latency(kpis, facts),
        *_energy(kpis, facts),
        *_money(kpis),
        *_nature(kpis),
        *_outages(kpis),
        *_jobs(kpis),
    ]


def _card(kpis: Kpis, name: str, label: str, meaning: str, verdict: Verdict = "") -> Iterator[Card]:
    if name in kpis:
        yield Card(label, kpi_value(name, kpis[name]), kpi_interval(name, kpis[name]), meaning, verdict)


def _efficiency(kpis: Kpis) -> Iterator[Card]:
    pue = number(kpis, "pue")
    overhead = "" if pue is None else f": {percent(pue - 1)} on top of the servers" if pue < 10 else ""
    yield from _card(kpis, "pue", "PUE", f"Energy at the meter per energy at the servers{overhead}.")


def _latency(kpis: Kpis, facts: Facts) -> Iterator[Card]:
    family = answering(kpis)
    every = names(kpis, family)
    shown = (
        every if len(every) <= SHOWN_ENDPOINTS else [max(every, key=lambda name: _strain(kpis, facts, family, name))]
    )
    for name in shown:
        others = f" Worst of {len(every)} {family}." if len(shown) < len(every) else ""
        promise = facts.promised(family).get(name)
        if promise is None:
            meaning, verdict = "99 % of the requests are answered within this time; nothing was promised.", None
        else:
            verdict = kept(kpis, name, promise, family)
            attained = number(kpis, f"{family}.{name}.slo_attainment")
            meaning = (
                f"Promised: {percent(promise.share)} within {given(promise.latency_s, 's')}; "
                f"{percent(attained, 3)} are."
            )
            if family == "endpoints" and facts.several_promises(name):
                meaning = f"There are several promises; {percent(attained, 3)} of all requests got what was promised."
        words: dict[bool | None, Verdict] = {True: "kept", False: "missed", None: ""}
        label = f"p99 latency, {name}"
        yield from _card(kpis, f"{family}.{name}.latency_p99_s", label, meaning + others, words[verdict])


def _strain(kpis: Kpis, facts: Facts, family: str, name: str) -> float:
    """How close a p99 is to its promise; without a promise, how slow it is."""
    p99_s = number(kpis, f"{family}.{name}.latency_p99_s") or 0.0
    promise = facts.promised(family).get(name)
    return p99_s / promise.latency_s if promise else 1e-9 * p99_s


def _energy(kpis: Kpis, facts: Facts) -> Iterator[Card]:
    if "pue" in kpis:
        it = quantity(number(kpis, "it_energy_kwh"), "kWh")
        where = "At the utility meter" if "grid_energy_kwh" not in kpis else "Of the building"
        yield from _card(kpis, "facility_energy_kwh", "Energy", f"{where}; the servers take {it} of it.")
    else:
        yield from _card(kpis, "it_energy_kwh", "Servers' energy", "At the servers' plugs; no building is simulated.")
    peak = number(kpis, "peak_power_kw")
    limit = facts.utility_limit_w
    metered = number(kpis, "grid_peak_kw") if "grid_peak_kw" in kpis else peak
    share = f"; {percent(1000 * metered / limit)} of the connection" if metered is not None and limit else ""
    if "grid_peak_kw" in kpis:
        text = f"Of the building, mean over one step; the meter reads {quantity(metered, 'kW')} at most{share}."
    else:
        text = f"Highest mean over one step at the meter{share}."
    yield from _card(kpis, "peak_power_kw", "Peak power", text)


def _money(kpis: Kpis) -> Iterator[Card]:
    bought = "servers and building" if "pue" in kpis else "servers"
    parts = f"Electricity, water, and the use of {bought} over the counted time."
    yield from _card(kpis, "cost_total_usd", "Cost", parts)
    family = answering(kpis)
    every = names(kpis, family)
    costs = {name: number(kpis, f"{family}.{name}.cost_usd_per_1k_requests") for name in every}
    known = {name: usd for name, usd in costs.items() if usd is not None}
    shown = list(known) if len(known) <= SHOWN_ENDPOINTS else [max(known, key=lambda name: known[name])]
    for name in shown:
        others = f" Dearest of {len(known)} {family}." if len(shown) < len(known) else ""
        meaning = f"Energy, water, {bought} of 1,000 answers; a million cost {dollars(1000 * known[name])}."
        label = f"Per 1,000 requests, {name}"
        yield from _card(kpis, f"{family}.{name}.cost_usd_per_1k_requests", label, meaning + others)


def _nature(kpis: Kpis) -> Iterator[Card]:
    cue, wue = number(kpis, "cue_kg_per_kwh"), number(kpis, "wue_l_per_kwh")
    per_kwh = "" if cue is None else f"; {quantity(cue, 'kg/kWh')} of servers' energy"
    yield from _card(kpis, "carbon_kg", "Carbon", f"CO₂e of the electricity, location-based{per_kwh}.")
    per_kwh = "" if wue is None else f"; {quantity(wue, 'L/kWh')} of servers' energy"
    yield from _card(kpis, "water_m3", "Water", f"Make-up water of the cooling tower{per_kwh}.")


def _outages(kpis: Kpis) -> Iterator[Card]:
    minutes, count = number(kpis, "site_outage_minutes_per_year"), number(kpis, "site_outages_per_year")
    credit = number(kpis, "sla_credit_usd_per_year")
    lost = (
        ""
        if minutes is None or count is None
        else f" {digits(minutes, 2)} min lost a year, in {digits(count, 2)} outages"
    )
    given_back = "" if credit is None else f"; {dollars(credit)} a year are given back for it"
    meaning = f"Share of the time with power and cool air, in the long run:{lost}{given_back}."
    yield from _card(kpis, "site_availability", "Availability", meaning)


def _jobs(kpis: Kpis) -> Iterator[Card]:
    every = names(kpis, "training")
    for name in every[:SHOWN_ENDPOINTS]:
        finished, jobs = number(kpis, f"training.{name}.finished"), number(kpis, f"training.{name}.jobs")
        done = "" if finished is None or jobs is None else f" {finished:,.0f} of {jobs:,.0f} jobs finish."
        meaning = f"From the submission of a set of jobs to the end of its last.{done}"
        yield from _card(kpis, f"training.{name}.makespan_s", f"Makespan, {name}", meaning)
