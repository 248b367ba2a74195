from __future__ import annotations

from collections.abc import Callable

import pytest

import tiny
from dcplan.engine.plan import Plan
from dcplan.studies.replicate import replicate
from unit.scenario.test_pipeline import CHAIN


def told(plan: Plan) -> list[str]:
    return replicate(plan).tables["warnings"]["message"].to_list()


def test_a_quiet_run_has_no_warnings(plan_of: Callable[..., Plan]) -> None:
    assert told(plan_of(tiny.MEASURED)) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("replications=1",), "There is one replication only"),
        (
            ("horizon=30 min", "endpoints.web.demand.rate=1000 /s", "endpoints.web.replicas=1"),
            "Endpoint web is overloaded",
        ),
        (("horizon=30 min", "endpoints.web.demand.rate=1000 /s", "endpoints.web.queue.limit=5"), "Endpoint web drops "),
        (
            (
                "horizon=30 min",
                "endpoints.web.demand.rate=1000 /s",
                "endpoints.web.queue={timeout: 1 s}",
                "endpoints.web.retry={}",
            ),
            "Endpoint web sees ",
        ),
        (("endpoints.web.slo={p95: 1 ms}",), "Endpoint web misses its promise: 0.00% of the requests"),
        (("training.nightly.epochs=2000",), "Training queue nightly: "),
        (
            ("endpoints.web.autoscaling={kind: predictive, target: 0.5}",),
            "Endpoint web scales by a forecast from the day before, which there is not for the first 100% of",
        ),
        (("requests=sampled", "one_in=10"), "Endpoint web was sampled: a step sees 18"),
        (
            ("endpoints.web.autoscaling={kind: utilisation, target: 0.5, idle_servers: switch_off, least: 4}",),
            "Endpoint web never switches a server off",
        ),
        (("requests=sampled",), "Requests were sampled: one in 100 was simulated"),
        (("requests=sampled", "one_in=100000"), "Endpoint web was sampled too thinly: "),
        (
            ("requests=sampled", "one_in=10", "endpoints.web.demand.rate=780 /s"),
            "Endpoint web was sampled, one request in 10, and is busy over 90% in ",
        ),
    ],
)
def test_what_makes_numbers_doubtful_is_told(
    settings: tuple[str, ...], said: str, plan_of: Callable[..., Plan]
) -> None:
    assert any(message.startswith(said) for message in told(plan_of(tiny.MEASURED, *settings)))


def test_the_kpis_hold_the_warnings_as_well(plan_of: Callable[..., Plan]) -> None:
    run = replicate(plan_of(tiny.MEASURED, "replications=1"))
    assert run.kpis["warnings"] == run.tables["warnings"]["message"].to_list() != []


def test_unread_sources_are_counted(plan_of: Callable[..., Plan]) -> None:
    run = replicate(plan_of(tiny.WHOLE))
    unread = int((~run.tables["assumptions"]["verified"]).sum())
    assert unread > 0
    assert any(message.startswith(f"{unread} assumptions rest") for message in run.tables["warnings"]["message"])


def test_training_alone_is_a_scenario_too(plan_of: Callable[..., Plan]) -> None:
    before, after = tiny.MEASURED.index("endpoints:"), tiny.MEASURED.index("training:")
    assert told(plan_of(tiny.MEASURED[:before] + tiny.MEASURED[after:])) == []


def test_every_sentence_is_told_once(plan_of: Callable[..., Plan]) -> None:
    table = replicate(plan_of(tiny.WHOLE, "endpoints.web.slo={p95: 1 ms}")).tables["warnings"]
    assert table["message"].is_unique


def test_an_endpoint_without_requests_says_nothing_of_its_p99(plan_of: Callable[..., Plan]) -> None:
    sentence = "Endpoint web answered 0 requests only, too few to say what its p99 is."
    assert told(plan_of(tiny.MEASURED, "endpoints.web.demand.rate=1e-9 /s")) == [sentence]


def test_a_site_without_a_building_says_so(plan_of: Callable[..., Plan]) -> None:
    assert any(text.startswith("There is no building") for text in told(plan_of(tiny.WHOLE, "facility=null")))


@pytest.mark.parametrize(
    ("setting", "cause"),
    [
        ("endpoints.web.admission={rate: 9 /s}", "because it admits no more than 9 per second."),
        ("endpoints.web.queue={timeout: 100 ms}", "because they give up waiting."),
        ("endpoints.web.queue={limit: 3}", "because its queue is limited to 3."),
        ("endpoints.web.classes={a: {limit: 3}}", "because a queue is full."),
    ],
)
def test_the_cause_of_drops_is_told(setting: str, cause: str, plan_of: Callable[..., Plan]) -> None:
    sentences = told(plan_of(tiny.MEASURED, "endpoints.web.demand.rate=1000 /s", setting))
    assert any("drops" in each and each.endswith(cause) for each in sentences)


def test_users_who_wait_for_their_answer_never_overload_an_endpoint(plan_of: Callable[..., Plan]) -> None:
    users = "endpoints.web.demand={kind: closed, users: 50, think: 1 ms}"
    sentences = told(plan_of(tiny.SYNTHETIC, users, "endpoints.web.replicas=1"))
    assert not any("overloaded" in each for each in sentences)


def test_several_promises_are_not_told_as_one(plan_of: Callable[..., Plan]) -> None:
    classes = "endpoints.web.classes={a: {slo: {p99: 1 ms}}, b: {}}"
    sentences = told(plan_of(tiny.MEASURED, classes, "endpoints.web.slo={p95: 10 s}"))
    assert any("misses its promises: 50" in each and "got all that was promised" in each for each in sentences)


def test_whose_rating_is_exceeded_is_told(plan_of: Callable[..., Plan]) -> None:
    messages = told(plan_of(tiny.WHOLE, "facility.power.utility.limit=500 W"))
    assert any("a rating is exceeded (utility); nothing is switched off" in message for message in messages)


@pytest.mark.parametrize(("place", "made_up"), [("singapore", True), ("chicago-il", False)])
def test_weather_that_was_made_up_is_told(place: str, made_up: bool, plan_of: Callable[..., Plan]) -> None:
    messages = told(plan_of(tiny.WHOLE, f"site.place={place}"))
    assert any(f"The weather of {place} is synthetic" in each for each in messages) == made_up


LRU = "endpoints.web.cache={kind: lru, objects: 1000, size: 100, skew: 0.9, hit: 2 ms}"
TTL = "endpoints.web.cache={kind: ttl, objects: 1000, ttl: 10 min, skew: 0.9, hit: 2 ms}"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ((LRU,), "Endpoint web starts with an empty cache, which holds 0 of at most 100 objects when counting starts"),
        ((LRU, "warm_up=1 h"), ""),
        ((TTL, "warm_up=5 min"), "Endpoint web starts with an empty cache, and nothing has expired in it"),
        ((TTL, "warm_up=5 min", "endpoints.web.cache.size=9"), "Endpoint web starts with an empty cache, and nothing"),
        ((TTL, "warm_up=5 min", "endpoints.web.cache.size=9", "endpoints.web.cache.ttl_from=request"), ""),
        ((TTL, "warm_up=15 min"), ""),
        (
            (LRU, "warm_up=1 h", "endpoints.web.demand.rate=1500 /s", "endpoints.web.queue.limit=5"),
            "Endpoint web drops misses, whose answers are in its cache all the same, so its hit ratio is overstated.",
        ),
    ],
)
def test_a_cache_that_fills_or_never_got_its_answers_is_told(
    settings: tuple[str, ...], said: str, plan_of: Callable[..., Plan]
) -> None:
    messages = [each for each in told(plan_of(tiny.MEASURED, *settings)) if "cache" in each]
    assert [each[: len(said)] for each in messages] == ([said] if said else [])


def test_a_backlog_that_grows_at_some_replicas_only_is_told(plan_of: Callable[..., Plan]) -> None:
    mixed = tiny.MEASURED.replace("  node: {", "  other: {server: tiny-server, count: 1}\n  node: {").replace(
        "replicas: 4", "replicas: 4\n    also: [{on: other, replicas: 1}]\n    routing: round_robin"
    )
    slow = mixed.replace("max_batch: 4, max_delay: 5 ms", "max_batch: 1").replace("rate: 2 /s", "rate: 520 /s")
    sentences = told(plan_of(slow, "horizon=10 min", "step=30 s"))
    assert any("Endpoint web is overloaded" in each for each in sentences)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("pipelines.both.slo={p95: 1 ms}",), "Pipeline both misses its promise: 0."),
        (("pipelines.both.demand.rate=0.1 /s",), "Pipeline both answered 1"),
        (("pipelines.both.hop=1 h",), "Pipeline both answered nothing: 1"),
    ],
)
def test_what_is_wrong_with_a_pipeline_is_told(
    settings: tuple[str, ...], said: str, plan_of: Callable[..., Plan]
) -> None:
    assert any(said in each for each in told(plan_of(CHAIN, *settings)))
