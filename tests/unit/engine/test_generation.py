"""Endpoints that generate text: conversations, prefix caches, failures and zones, from the scenario to the KPIs."""

from __future__ import annotations

import pandas as pd
import pytest

from dcplan.engine.resolve import resolve
from dcplan.engine.run import simulate
from dcplan.profiles.library import default_library, shipped
from dcplan.scenario.load import load
from dcplan.studies.replicate import replicate

CHAT = "endpoints.chat."
SHORT = ("horizon=2 h", "warm_up=0 s", "replications=2")
TALKING = (
    *SHORT,
    CHAT + "sessions={count: 200, skew: 0.0}",
    CHAT + "routing=affinity",
    CHAT + "demand={kind: poisson, rate: 1 /s}",
    CHAT + "generation.prompt={mean: 40, most: 100}",
    CHAT + "generation.output={mean: 40, most: 100}",
    CHAT + "generation.conversations={turns: 4, most: 400}",
    CHAT + "generation.prefix_cache=true",
)


def kpis(*settings: str) -> dict[str, float]:
    path = shipped("scenarios") / "chat_llm.yaml"
    found = replicate(resolve(load(path, settings), default_library(path.parent))).kpis["kpis"]
    return {name.removeprefix(CHAT): entry["value"] for name, entry in found.items() if name.startswith(CHAT)}


def tables(*settings: str) -> dict[str, pd.DataFrame]:
    path = shipped("scenarios") / "chat_llm.yaml"
    return simulate(resolve(load(path, settings), default_library(path.parent)), 0)


def test_conversations_that_stay_with_their_replica_find_their_context_and_begin_sooner() -> None:
    near, far = kpis(*TALKING), kpis(*TALKING, CHAT + "routing=random")
    none = kpis(*TALKING, CHAT + "generation.prefix_cache=false")
    assert near["prefix_hit_ratio"] > 0.5 > 0.25 > far["prefix_hit_ratio"] > 0.0
    assert "prefix_hit_ratio" not in none
    assert near["requests"] == far["requests"] == none["requests"]
    assert near["ttft_p50_s"] < far["ttft_p50_s"] < none["ttft_p50_s"]


def test_a_replica_that_fails_loses_answers_and_what_it_knew() -> None:
    failures = CHAT + "failures={every: 20 min, repair: 2 min}"
    sound, frail = kpis(*TALKING), kpis(*TALKING, failures)
    assert frail["lost"] > 0
    assert frail["lost"] + frail["refused"] == frail["dropped"]
    assert frail["availability"] == pytest.approx(20 / 22, abs=0.03)
    assert frail["prefix_hit_ratio"] < sound["prefix_hit_ratio"]


def test_who_waits_too_long_gives_up_or_comes_back() -> None:
    busy = (*SHORT, CHAT + "demand={kind: poisson, rate: 8 /s}", CHAT + "queue={timeout: 5 s}")
    once = kpis(*busy)
    assert once["timed_out"] == once["dropped"] > 0
    again = kpis(*busy, CHAT + "retry={attempts: 3, backoff: 10 s}")
    assert again["attempts_per_request"] > 1.1
    assert again["timed_out"] > again["dropped"] > 0


def test_zones_that_are_full_send_requests_to_others() -> None:
    zones = (CHAT + "zones={a: {replicas: 12, share: 0.5}, b: {replicas: 4, share: 0.5}}", CHAT + "hop=50 ms")
    found = tables(*SHORT, *zones, CHAT + "spill_over=4")["generation"]
    assert 0 < found["spilled"].sum() < found["started"].sum()
    assert tables(*SHORT, *zones)["generation"]["spilled"].sum() == 0
