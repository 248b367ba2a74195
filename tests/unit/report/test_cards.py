"""Headline numbers."""

from __future__ import annotations

from typing import Any

from dcplan.report.cards import cards
from dcplan.report.facts import Facts, Promise


def kpi(value: float | None, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "low": None, "high": None}


def test_a_run_without_a_site_has_the_cards_it_knows() -> None:
    found = cards({"it_energy_kwh": kpi(10.0, "kWh")}, Facts())
    assert [card.label for card in found] == ["Servers' energy"]


def test_a_latency_is_judged_by_its_promise() -> None:
    kpis = {"endpoints.a.latency_p99_s": kpi(0.2, "s"), "endpoints.a.slo_attainment": kpi(0.97, "-")}
    (card,) = cards(kpis, Facts(promises={"a": Promise(0.99, 0.1)}))
    assert card.verdict == "missed"
    assert card.meaning == "Promised: 99 % within 100 ms; 97.0 % are."
    (card,) = cards(kpis, Facts())
    assert card.verdict == ""


def test_an_endpoint_without_requests_is_not_judged() -> None:
    kpis = {"endpoints.a.latency_p99_s": kpi(None, "s"), "endpoints.a.slo_attainment": kpi(None, "-")}
    (card,) = cards(kpis, Facts(promises={"a": Promise(0.99, 0.1)}))
    assert (card.verdict, card.value) == ("", "no value")


def test_of_many_endpoints_the_worst_is_shown() -> None:
    kpis = {f"endpoints.e{number}.latency_p99_s": kpi(0.1 * (number + 1), "s") for number in range(6)}
    promises = {f"e{number}": Promise(0.99, 0.01 if number == 2 else 1.0) for number in range(6)}
    (card,) = cards(kpis, Facts(promises=promises))
    assert card.label == "p99 latency, e2"
    assert card.meaning.endswith("Worst of 6 endpoints.")


def test_the_peak_is_compared_with_the_connection() -> None:
    (card,) = cards({"peak_power_kw": kpi(5.0, "kW"), "it_energy_kwh": kpi(1.0, "kWh")}, Facts(utility_limit_w=2e4))[1:]
    assert card.meaning == "Highest mean over one step at the meter; 25 % of the connection."
