from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import simpy

import tiny
from dcplan.engine import serving, serving_tables
from dcplan.engine.plan import Plan
from dcplan.errors import ConservationError
from dcplan.serving.state import BUSY_S, LATENCY_S, SERVED
from dcplan.workload.streams import Streams

QUIET = tiny.SYNTHETIC.replace("exponential", "deterministic").replace("poisson, rate: 5", "constant, rate: 1")


def served(plan: Plan, replication: int = 0) -> tuple[serving.AnyEndpoint, serving.Diary]:
    env, diary = simpy.Environment(), serving.Diary()
    endpoint = serving.new_endpoint("web", plan, Streams(plan.scenario.seed, replication))
    env.process(serving.serve(env, "web", endpoint, diary, plan.grid))
    env.run(until=plan.scenario.horizon + 1)
    return endpoint, diary


def test_a_conveyor_belt_is_counted_to_the_request(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(QUIET)
    tables = serving_tables.tables("web", plan.endpoints["web"].spec, *served(plan), plan.grid, replication=3)
    steps = tables["endpoints"]
    assert steps["replication"].unique().tolist() == [3]
    assert steps["time_s"].tolist() == [0, 300, 600, 900, 1200, 1500]
    assert steps["arrived"].tolist() == [299, 300, 300, 300, 300, 300]
    assert steps["latency_s"].sum() == pytest.approx(1799 * 0.02)
    assert steps["busy_s"].sum() == pytest.approx(1799 * 0.02)
    assert tables["latency"]["count"].sum() == 1799
    assert tables["batches"][["size", "count"]].to_numpy().tolist() == [[1, 1799]]


@pytest.mark.parametrize("warm_up_s", [300.0, 1000.0, 1799.5, 0.1])
def test_what_happens_in_the_warm_up_is_not_counted(warm_up_s: float, plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(QUIET, f"warm_up={warm_up_s} s")
    tables = serving_tables.tables("web", plan.endpoints["web"].spec, *served(plan), plan.grid, 0)
    counted = int(tables["endpoints"]["served"].sum())
    assert counted == sum(warm_up_s <= second + 0.02 < 1800 for second in range(1, 1800))
    assert tables["latency"]["count"].sum() == counted
    assert tables["endpoints"]["duration_s"].sum() == pytest.approx(1800 - warm_up_s)


def test_requests_come_from_zones_by_their_share_and_spill_over(plan_of: Callable[..., Plan]) -> None:
    zones = "endpoints.web.zones={a: {replicas: 4, share: 1}, b: {replicas: 1, share: 3}}"
    more = ("endpoints.web.replicas=5", "endpoints.web.hop=1 s", "endpoints.web.spill_over=1")
    plan = plan_of(tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 50 /s"), zones, *more)
    tables = serving_tables.tables("web", plan.endpoints["web"].spec, *served(plan), plan.grid, 0)
    total = tables["classes"].sum(numeric_only=True)
    busy = 0.75 * 50 * 0.02  # of the only replica of b, if nothing spilled
    assert 0.75 * (busy / (1 + busy)) * 0.6 < total["spilled"] / total["arrived"] < 0.75 * busy
    assert total["latency_s"] == pytest.approx(2.0 * total["spilled"] + 0.02 * total["served"], rel=0.05)


def test_few_busy_sessions_load_replicas_unevenly_unless_bounded(plan_of: Callable[..., Plan]) -> None:
    mean_s = {}
    for sessions in ("{count: 1000000, skew: 0.0}", "{count: 20, skew: 1.0}", "{count: 20, skew: 1.0, bound: 1.25}"):
        more = ("endpoints.web.replicas=5", "endpoints.web.routing=affinity", f"endpoints.web.sessions={sessions}")
        totals = served(plan_of(tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 100 /s"), *more))[0].totals
        mean_s[sessions] = totals.sums[LATENCY_S] / totals.counts[SERVED]
    many, few, bounded = mean_s.values()
    assert many == pytest.approx(1 / (50 - 20), rel=0.05)  # every replica an M/M/1 with a fifth of the requests
    assert bounded < many < few


def test_affinity_pays_where_replicas_know_their_sessions(plan_of: Callable[..., Plan]) -> None:
    busy_s = {}
    sessions = "endpoints.web.sessions={count: 500, skew: 0.0, warm: {keeps: 1 min, saves: 0.3}}"
    for routing in ("affinity", "random"):
        more = ("endpoints.web.replicas=5", f"endpoints.web.routing={routing}", sessions)
        totals = served(plan_of(tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 100 /s"), *more))[0].totals
        busy_s[routing] = totals.sums[BUSY_S] / totals.counts[SERVED]
    # a session asks every 5 s, so it is practically always back within a minute, by chance at the same replica
    assert busy_s["affinity"] == pytest.approx(0.02 * (1 - 0.3), rel=0.02)
    assert busy_s["random"] == pytest.approx(0.02 * (1 - 0.3 / 5), rel=0.02)


def test_the_marks_do_not_change_what_happens(plan_of: Callable[..., Plan]) -> None:
    busy = tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 90 /s")
    coarse = served(plan_of(busy, "step=30 min"))[0]
    fine = served(plan_of(busy, "step=7 s", "warm_up=11 s"))[0]
    assert coarse.totals.counts[:4].tolist() == fine.totals.counts[:4].tolist()
    assert coarse.totals.latency.tolist() == fine.totals.latency.tolist()
    assert coarse.totals.sums.tolist() == pytest.approx(fine.totals.sums.tolist(), rel=1e-12)


def test_requests_that_are_lost_are_told(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(QUIET)
    endpoint, diary = served(plan)
    diary.notes[-1] = replace(diary.notes[-1], in_system=diary.notes[-1].in_system + 1)
    with pytest.raises(ConservationError, match="endpoint web: 0 requests should be left, 1 are"):
        serving_tables.tables("web", plan.endpoints["web"].spec, endpoint, diary, plan.grid, 0)


def test_two_designs_are_asked_the_same_requests(plan_of: Callable[..., Plan]) -> None:
    few, many = served(plan_of(tiny.SYNTHETIC))[1], served(plan_of(tiny.SYNTHETIC, "endpoints.web.replicas=9"))[1]
    assert [note.totals.counts[0] for note in few.notes] == [note.totals.counts[0] for note in many.notes]


CROWDED = tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 90 /s")
CLASSES = (
    "endpoints.web.classes={a: {share: 1, priority: 1, timeout: 60 ms}, b: {share: 3}}",
    "endpoints.web.queue={discipline: priority, limit: 9}",
    "endpoints.web.retry={attempts: 2, backoff: 100 ms}",
)


def test_every_attempt_of_every_class_is_accounted_for(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(CROWDED, *CLASSES)
    tables = serving_tables.tables("web", plan.endpoints["web"].spec, *served(plan), plan.grid, 0)
    classes, steps = tables["classes"], tables["endpoints"]
    assert classes["class"].unique().tolist() == ["a", "b"]
    by_step = classes.groupby("time_s")[["arrived", "served", "given_up", "latency_s"]].sum()
    assert by_step["arrived"].tolist() == steps["arrived"].tolist()
    assert by_step["served"].tolist() == steps["served"].tolist()
    assert by_step["given_up"].tolist() == steps["dropped"].tolist()
    assert by_step["latency_s"].tolist() == pytest.approx(steps["latency_s"].tolist())
    total = classes[["arrived", "attempted", "refused", "rate_limited", "timed_out", "given_up"]].sum()
    assert total["attempted"] > total["arrived"]
    assert total["timed_out"] > 0
    counted = tables["class_latency"].groupby("class")["count"].sum()
    assert counted.to_dict() == classes.groupby("class")["served"].sum().to_dict()


def test_the_shares_of_classes_are_those_of_the_scenario(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(CROWDED, *CLASSES)
    classes = serving_tables.tables("web", plan.endpoints["web"].spec, *served(plan), plan.grid, 0)["classes"]
    arrived = classes.groupby("class")["arrived"].sum()
    assert arrived["a"] / arrived.sum() == pytest.approx(0.25, abs=0.01)


def test_users_wait_for_their_answer(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.SYNTHETIC, "endpoints.web.demand={kind: closed, users: 3, think: 1 s}")
    endpoint, diary = served(plan)
    assert max(note.in_system for note in diary.notes) <= 3
    answered = endpoint.totals.counts[1]
    assert answered == pytest.approx(1800 * 3 / 1.02, rel=0.05)


CACHE = "endpoints.web.cache={kind: lru, objects: 200, size: 20, skew: 0.9, hit: 2 ms}"


def test_hits_are_counted_with_all_others_and_by_themselves(plan_of: Callable[..., Plan]) -> None:
    plan = plan_of(tiny.SYNTHETIC, CACHE, "warm_up=301 s")
    tables = serving_tables.tables("web", plan.endpoints["web"].spec, *served(plan), plan.grid, 0)
    steps, cache = tables["endpoints"], tables["cache"]
    assert cache["arrived"].to_list() == steps["arrived"].to_list()
    misses = int(tables["batches"]["count"].sum())
    assert cache["hits"].sum() + misses == pytest.approx(steps["served"].sum(), abs=3)
    assert tables["latency"]["count"].sum() == steps["served"].sum()
    assert cache["entries"].to_list() == [20] * len(steps)
    assert cache["hits"].sum() / cache["arrived"].sum() == pytest.approx(cache["expected"].iloc[0], abs=0.03)


def test_a_cache_reshuffles_neither_the_demand_nor_the_service_times(plan_of: Callable[..., Plan]) -> None:
    missing_all = "endpoints.web.cache={kind: lru, objects: 50000000, size: 1, skew: 0, hit: 0 s}"
    plain, cached = (served(plan_of(tiny.SYNTHETIC, *settings))[0] for settings in ((), (missing_all,)))
    assert cached.totals.counts.tolist() == plain.totals.counts.tolist()
    assert cached.totals.sums.tolist() == plain.totals.sums.tolist()


def test_the_marks_do_not_change_what_a_cache_answers(plan_of: Callable[..., Plan]) -> None:
    coarse = served(plan_of(tiny.SYNTHETIC, CACHE, "step=30 min"))[0]
    fine = served(plan_of(tiny.SYNTHETIC, CACHE, "step=7 s", "warm_up=11 s"))[0]
    assert coarse.totals.counts.tolist() == fine.totals.counts.tolist()
    assert coarse.totals.latency.tolist() == fine.totals.latency.tolist()


def test_a_sampled_cache_sees_the_rate_that_there_is(plan_of: Callable[..., Plan]) -> None:
    busy = tiny.SYNTHETIC.replace("rate: 5 /s", "rate: 90 /s")
    plan = plan_of(busy, CACHE, "requests=sampled", "one_in=10", "warm_up=10 min")
    diary, env = serving.Diary(10), simpy.Environment()
    endpoint = serving.new_endpoint("web", plan, Streams(1, 0))
    env.process(serving.serve(env, "web", endpoint, diary, plan.grid))
    env.run(until=plan.scenario.horizon + 1)
    cache = serving_tables.tables("web", plan.endpoints["web"].spec, endpoint, diary, plan.grid, 0)["cache"]
    assert cache["arrived"].sum() == pytest.approx(90 * 1200, rel=0.05)
    assert cache["hits"].sum() / cache["arrived"].sum() == pytest.approx(cache["expected"].iloc[0], abs=0.02)
