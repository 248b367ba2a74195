"""The answer in one to three plain sentences, computed from the KPIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dcplan.report.facts import Facts, Promise
from dcplan.report.numbers import dollars, given, percent, quantity, span

Kpis = Mapping[str, Mapping[str, Any]]


def names(kpis: Kpis, family: str) -> list[str]:
    """The endpoints ("endpoints") or queues ("training") that have KPIs, in the order of the scenario."""
    return list(dict.fromkeys(name.split(".")[1] for name in kpis if name.startswith(f"{family}.")))


def number(kpis: Kpis, name: str) -> float | None:
    """The value of a KPI; None if the run has no such KPI or the KPI no value."""
    return kpis[name]["value"] if name in kpis else None


def answering(kpis: Kpis) -> str:
    """Who answers the users: "pipelines" if there are any, else "endpoints"."""
    return "pipelines" if names(kpis, "pipelines") else "endpoints"


def kept(kpis: Kpis, name: str, promise: Promise, family: str = "endpoints") -> bool | None:
    """Whether the endpoint or pipeline *name* keeps its promise; None if nothing was asked of it."""
    attained = number(kpis, f"{family}.{name}.slo_attainment")
    return None if attained is None else attained >= promise.share


def sentences(kpis: Kpis, facts: Facts) -> list[str]:
    """The answer: energy, speed, money and carbon, as far as the run knows them."""
    return [text for text in (energy(kpis), speed(kpis, facts), money(kpis, facts)) if text]


def energy(kpis: Kpis) -> str:
    """What the servers and the building draw."""
    it, facility, pue = (number(kpis, name) for name in ("it_energy_kwh", "facility_energy_kwh", "pue"))
    if it is None:
        return ""
    if facility is None or pue is None:
        return f"The servers use {quantity(it, 'kWh')}."
    peak = number(kpis, "peak_power_kw")
    grid = number(kpis, "grid_energy_kwh")
    metered = grid is None and not number(kpis, "generator_fuel_l")
    meter = "the meter reads" if metered else "the building draws"
    bought = "" if grid is None else f" The grid delivers {quantity(grid, 'kWh')} of it{_on_site(kpis)}."
    return (
        f"The servers use {quantity(it, 'kWh')} and {meter} {quantity(facility, 'kWh')}: a PUE of {pue:.2f}, "
        f"with a peak of {quantity(peak, 'kW')}.{bought}"
    )


def _on_site(kpis: Kpis) -> str:
    """How much sun and wind cover, if there are any."""
    share = number(kpis, "on_site_share")
    return "" if share is None else f", and sun and wind on site cover {percent(share)}"


def speed(kpis: Kpis, facts: Facts) -> str:
    """Which endpoints, or pipelines if there are any, keep what they promised."""
    family = answering(kpis)
    all_names, promises = names(kpis, family), facts.promised(family)
    verdicts = {name: kept(kpis, name, promises[name], family) for name in all_names if name in promises}
    if len(all_names) == 1:
        return _one(kpis, facts, family, all_names[0], verdicts.get(all_names[0]))
    missed = [name for name, verdict in verdicts.items() if verdict is False]
    if not verdicts:
        return f"{len(all_names)} {family} answer requests; none promises a latency." if all_names else ""
    if not missed:
        return f"All {len(verdicts)} {family} with a promised latency keep it." if len(verdicts) > 1 else (
            f"{next(iter(verdicts))} keeps its promised latency."
        )  # fmt: skip
    breaks = "break theirs" if len(missed) > 1 else "breaks its promise"
    return f"{len(verdicts) - len(missed)} of {len(verdicts)} promised latencies are kept; {_listed(missed)} {breaks}."


def _one(kpis: Kpis, facts: Facts, family: str, name: str, verdict: bool | None) -> str:
    p99_s = number(kpis, f"{family}.{name}.latency_p99_s")
    if p99_s is None:
        return f"{name} answered no request."
    some = "the requests that it does not drop" if number(kpis, f"{family}.{name}.dropped") else "its requests"
    text = f"{name} answers 99 % of {some} within {quantity(p99_s, 's')}"
    if verdict is None:
        return f"{text}."
    promise = facts.promised(family)[name]
    if family == "endpoints" and facts.several_promises(name):
        attained = percent(number(kpis, f"endpoints.{name}.slo_attainment") or 0.0)
        verb = "keeps" if verdict else "breaks"
        return f"{text} and {verb} its promises: {attained} of all requests got what was promised to them."
    promised = f"{percent(promise.share)} within {given(promise.latency_s, 's')}"
    return f"{text} and {'keeps' if verdict else 'breaks'} its promise ({promised})."


def _listed(missed: list[str]) -> str:
    shown = ", ".join(missed[:3])
    return f"{shown} and {len(missed) - 3} more" if len(missed) > 3 else shown


def money(kpis: Kpis, facts: Facts) -> str:
    """What it costs and emits."""
    total, carbon = number(kpis, "cost_total_usd"), number(kpis, "carbon_kg")
    if total is None:
        return ""
    unused = number(kpis, "cost_unused_usd") or 0.0
    text = f"The counted time ({span(facts.counted_s)}) costs {dollars(total)}"
    if total > 0 and unused > 0.01 * total:
        text += f", {percent(unused / total)} of it for slots that nobody has reserved,"
    return f"{text} and causes {quantity(carbon, 'kg')} of CO₂e." if carbon is not None else f"{text.rstrip(',')}."
