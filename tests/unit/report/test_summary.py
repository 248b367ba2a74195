"""The answer in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from dcplan.report.facts import Facts, Promise
from dcplan.report.summary import energy, money, names, sentences, speed

FACTS = Facts(horizon_s=7 * 86_400.0, warm_up_s=3600.0, promises={"vision": Promise(0.99, 0.1)})


def kpis(**values: float | None) -> dict[str, dict[str, Any]]:
    """KPIs by name, "__" for a dot."""
    rest = {"unit": "", "low": None, "high": None}
    return {name.replace("__", "."): rest | {"value": value} for name, value in values.items()}


def test_names_come_in_the_order_of_the_scenario() -> None:
    found = kpis(pue=1.0, endpoints__b__requests=1, endpoints__b__dropped=0, endpoints__a__requests=1)
    assert names(found, "endpoints") == ["b", "a"]
    assert names(found, "training") == []


def test_energy_with_and_without_a_building() -> None:
    assert energy(kpis(it_energy_kwh=299.0)) == "The servers use 299 kWh."
    text = energy(kpis(it_energy_kwh=299.0, facility_energy_kwh=440.0, pue=1.47, peak_power_kw=2.77))
    assert text == "The servers use 299 kWh and the meter reads 440 kWh: a PUE of 1.47, with a peak of 2.77 kW."
    assert energy(kpis()) == ""


@pytest.mark.parametrize(("attained", "word"), [(0.99, "keeps"), (0.9899, "breaks")])
def test_a_promise_is_kept_from_the_promised_share_on(attained: float, word: str) -> None:
    found = kpis(endpoints__vision__latency_p99_s=0.08, endpoints__vision__slo_attainment=attained)
    text = f"vision answers 99 % of its requests within 80.0 ms and {word} its promise (99 % within 100 ms)."
    assert speed(found, FACTS) == text


def test_an_endpoint_without_a_promise_or_without_requests() -> None:
    assert speed(kpis(endpoints__chat__latency_p99_s=2.0), FACTS) == "chat answers 99 % of its requests within 2.00 s."
    assert speed(kpis(endpoints__chat__latency_p99_s=None), FACTS) == "chat answered no request."


def test_of_several_endpoints_those_that_break_their_promise_are_named() -> None:
    facts = Facts(promises=dict.fromkeys(("a", "b", "c"), Promise(0.99, 0.1)))
    found = kpis(endpoints__a__slo_attainment=1.0, endpoints__b__slo_attainment=0.5, endpoints__c__slo_attainment=0.995)
    assert speed(found, facts) == "2 of 3 promised latencies are kept; b breaks its promise."
    found["endpoints.b.slo_attainment"]["value"] = 0.99
    assert speed(found, facts) == "All 3 endpoints with a promised latency keep it."
    for each in found.values():
        each["value"] = 0.0
    assert speed(found, facts) == "0 of 3 promised latencies are kept; a, b, c break theirs."


def test_money_names_what_nobody_uses() -> None:
    found = kpis(cost_total_usd=708.1, cost_unused_usd=509.0, carbon_kg=119.0)
    assert money(found, FACTS) == (
        "The counted time (6 days 23 h) costs $708.10, 72 % of it for slots that nobody has reserved, "
        "and causes 119 kg of CO₂e."
    )
    assert money(kpis(), FACTS) == ""


def test_there_are_three_sentences_at_most() -> None:
    assert sentences(kpis(), FACTS) == []
    assert len(sentences(kpis(it_energy_kwh=1.0, endpoints__a__latency_p99_s=1.0, cost_total_usd=1.0), FACTS)) == 3


def test_users_see_pipelines_where_there_are_any() -> None:
    found = kpis(
        endpoints__vision__latency_p99_s=0.08,
        pipelines__scan__latency_p99_s=0.2,
        pipelines__scan__slo_attainment=0.98,
    )
    facts = Facts(pipeline_promises={"scan": Promise(0.99, 0.15)}, promises=FACTS.promises)
    assert speed(found, facts) == (
        "scan answers 99 % of its requests within 200 ms and breaks its promise (99 % within 150 ms)."
    )
