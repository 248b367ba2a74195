"""Queues with a known answer, written as scenarios, run through the same loader, kernel and KPIs as any other.

Every number must lie within its own confidence interval, and within 1 % of theory. Because many are judged at once, the
intervals are widened so that all of them together hold with 95 % (Bonferroni): a miss means something. Where service
times are so unequal, or batches so alike for so long, that ten million requests tell a tail to 1 % only, more come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from dcplan.engine.resolve import resolve
from dcplan.kpis.interval import CONFIDENCE, student_t
from dcplan.profiles.library import Library
from dcplan.scenario.cache import Cache
from dcplan.scenario.load import from_data
from dcplan.serving import hit_ratio
from dcplan.studies.replicate import replicate
from dcplan.validation import queues
from dcplan.validation.check import Check
from dcplan.validation.queues import Law

REPLICATIONS = 10
REQUESTS = 1_000_000
"""Requests per replication."""

WITHIN = 0.01
"""Largest difference from theory, relative."""

SERVICE_S = 0.02
RATE = 1.0 / SERVICE_S
LEVELS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Case:
    """A queue as an endpoint, and what theory knows of it.

    Attributes:
        name: What it is called in Kendall's notation.
        endpoint: The endpoint as a scenario would say it, without demand; each of them, if there are stages.
        rate: Requests per second.
        source: Where the theory is from.
        law: Distribution of the time in system.
        mean_s: Mean time in system [s], where its distribution is not known.
        lost: Share of the requests that are not answered [-].
        attempts: Attempts per request [-].
        class_mean_s: Mean time in system of each class [s].
        hit_ratio: Share of the requests that a cache answers [-].
        stages: The stages of a pipeline of such endpoints, named a, b, c; none if there is one endpoint alone.
        demand: How requests come; Poisson if None.
        requests: Requests per replication.
    """

    name: str
    endpoint: dict[str, Any]
    rate: float
    source: str
    law: Law | None = None
    mean_s: float | None = None
    lost: float | None = None
    attempts: float | None = None
    class_mean_s: Mapping[str, float] = field(default_factory=dict)
    hit_ratio: float | None = None
    stages: tuple[Any, ...] = ()
    demand: dict[str, Any] | None = None
    requests: int = REQUESTS


def cases() -> Iterator[Case]:
    """The queues, each at a load that makes it work."""
    exponential = {"kind": "exponential", "mean": f"{SERVICE_S} s"}
    shared = {"kind": "shared"}
    yield Case("M/M/1", _endpoint(exponential, 1), 0.8 * RATE, "Kleinrock 1975", queues.mm1(0.8 * RATE, RATE))
    for servers, load, requests in ((8, 0.85, REQUESTS), (64, 0.9, REQUESTS), (256, 0.99, 4 * REQUESTS)):
        arrival = load * servers * RATE
        law, endpoint = queues.mmc(arrival, RATE, servers), _endpoint(exponential, servers, queue=shared)
        yield Case(f"M/M/{servers}", endpoint, arrival, "Erlang C 1917", law, requests=requests)
    fixed = {"kind": "deterministic", "mean": f"{SERVICE_S} s"}
    yield Case("M/D/1", _endpoint(fixed, 1), 0.75 * RATE, "Erlang 1909", queues.md1(0.75 * RATE, SERVICE_S))
    mean_s = queues.mdc_s(0.9 * 8 * RATE, SERVICE_S, 8)
    yield Case("M/D/8", _endpoint(fixed, 8, queue=shared), 0.9 * 8 * RATE, "Crommelin 1932", mean_s=mean_s)
    smooth = {"kind": "erlang", "mean": f"{SERVICE_S} s", "shape": 4}
    law = queues.mph1(0.8 * RATE, *queues.erlang_phases(SERVICE_S, 4))
    yield Case("M/G/1, Erlang-4", _endpoint(smooth, 1), 0.8 * RATE, "Neuts 1981", law)
    bursty = {"kind": "hyperexponential", "mean": f"{SERVICE_S} s", "cv": 2.0}
    law = queues.mph1(0.7 * RATE, *queues.hyperexponential_phases(SERVICE_S, 2.0))
    alone = _endpoint(bursty, 1)
    yield Case("M/G/1, hyperexponential", alone, 0.7 * RATE, "Neuts 1981", law, requests=4 * REQUESTS)
    mean_s = queues.mh2c_s(0.8 * 8 * RATE, 8, *queues.hyperexponential_phases(SERVICE_S, 2.0))
    several = _endpoint(bursty, 8, queue=shared)
    yield Case("M/G/8, hyperexponential", several, 0.8 * 8 * RATE, "Markov chain, Little 1961", mean_s=mean_s)
    skewed = {"kind": "lognormal", "mean": f"{SERVICE_S} s", "cv": 1.5}
    mean_s = queues.pollaczek_khinchine_s(0.7 * RATE, SERVICE_S, 1.5)
    yield Case("M/G/1, lognormal", _endpoint(skewed, 1), 0.7 * RATE, "Pollaczek-Khinchine", mean_s=mean_s)
    law, lost = queues.mmck(1.1 * 4 * RATE, RATE, 4, 12)
    limited = _endpoint(exponential, 4, queue={"kind": "shared", "limit": 8})
    yield Case("M/M/4/12", limited, 1.1 * 4 * RATE, "birth-death, Kleinrock 1975", law, lost=lost)
    batched = _endpoint(exponential, 1, batching={"max_batch": 8, "max_delay": "0 s"})
    law = queues.batch_service(6.0 * RATE, RATE, 8)
    yield Case("M/M[1,8]/1 batches", batched, 6.0 * RATE, "Bailey 1954", law, requests=4 * REQUESTS)
    split = _endpoint(exponential, 5, routing="random")
    yield from _interacting(exponential)
    chosen = _endpoint(exponential, 1000, routing="power_of_two")
    mean_s = queues.two_choices_s(0.9, RATE)
    yield Case("1000 x M/M/1, power of two", chosen, 0.9 * 1000 * RATE, "Mitzenmacher 2001", mean_s=mean_s)
    yield Case("5 x M/M/1, random routing", split, 4.0 * RATE, "Poisson splitting", queues.mm1(0.8 * RATE, RATE))
    yield from _cached(exponential)
    yield from _pipelines(exponential)
    yield from _sharing()


def _pipelines(exponential: dict[str, Any]) -> Iterator[Case]:
    """Requests that pass through several queues."""
    one, rate = _endpoint(exponential, 1), 0.7 * RATE
    law = queues.tandem(rate, [RATE] * 3)
    yield Case("M/M/1 three times in tandem", one, rate, "Burke 1956, Reich 1957", law, stages=("a", "b", "c"))
    both = {"of": ["a", "b"]}
    mean_s = queues.fork_join_s(rate, RATE)
    yield Case("fork-join of two M/M/1", one, rate, "Nelson and Tantawi 1988", mean_s=mean_s, stages=(both,))


def _interacting(exponential: dict[str, Any]) -> Iterator[Case]:
    """Requests that overtake each other, give up, or wait for an answer before they come again."""
    shares, names = np.array([0.2, 0.3, 0.5]), ("first", "second", "third")
    classes = {
        name: {"share": float(share), "priority": rank}
        for rank, (name, share) in enumerate(zip(names, shares, strict=True))
    }
    for servers, load in ((1, 0.8), (8, 0.9)):
        rate = load * servers * RATE
        means_s = queues.priorities_s((rate * shares).tolist(), RATE, servers)
        queue = {"kind": "shared", "discipline": "priority"}
        yield Case(
            f"M/M/{servers}, three priorities", _endpoint(exponential, servers, queue=queue, classes=classes), rate,
            "Cobham 1954", class_mean_s=dict(zip(names, means_s, strict=True)),
        )  # fmt: skip
    rate, patience_s = 1.1 * 4 * RATE, 3 * SERVICE_S
    lost, mean_s = queues.impatient(rate, RATE, 4, patience_s)
    hasty = _endpoint(exponential, 4, queue={"kind": "shared", "timeout": f"{patience_s} s"})
    yield Case("M/M/4+D, impatient", hasty, rate, "Barrer 1957", mean_s=mean_s, lost=lost)
    rate, again_s = 0.75 * 8 * RATE, 200 * SERVICE_S
    retry = {"attempts": 100, "backoff": f"{again_s} s", "longest": f"{again_s} s", "factor": 1}
    stubborn = _endpoint(exponential, 8, queue={"kind": "shared", "limit": 0}, retry=retry)
    attempts = queues.patient_callers(rate, RATE, 8)
    yield Case("M/M/8/8, all call again", stubborn, rate, "Cohen 1957", lost=0.0, attempts=attempts)
    users, think_s = 60, 10 * SERVICE_S
    rate, mean_s = queues.finite_source(users, think_s, RATE, 5)
    demand = {"kind": "closed", "users": users, "think": f"{think_s} s"}
    shared = _endpoint(exponential, 5, queue={"kind": "shared"})
    yield Case("M/M/5//60, closed network", shared, rate, "Kleinrock 1975", mean_s=mean_s, lost=0.0, demand=demand)


def _cached(exponential: dict[str, Any]) -> Iterator[Case]:
    """Caches in front of replicas that have little to do."""
    rate, zipf = 1000.0, {"objects": 100_000, "skew": 0.9, "hit": "1 ms"}
    for name, kind, source in (
        ("LRU, 5 % of the objects", {"kind": "lru", "size": 5000}, "Che 2002, Fricker 2012"),
        ("TTL from put", {"kind": "ttl", "ttl": "20 s"}, "Jung 2003"),
        ("TTL from request", {"kind": "ttl", "ttl": "20 s", "ttl_from": "request"}, "Choungmo Fofack 2014"),
    ):
        ratio = hit_ratio.expected(TypeAdapter(Cache).validate_python(zipf | kind), np.array([rate]))
        yield Case(
            f"cache, {name}", _endpoint(exponential, 20, cache=zipf | kind), rate, source, hit_ratio=float(ratio[0])
        )


def _sharing() -> Iterator[Case]:
    """Devices that serve all their requests at once, each at its part of the speed; times by class, and by any law."""
    at_once, source = {"instances": 1000}, "Kleinrock 1976, 4.4"
    for label, service, load in (
        ("M/M/1-PS", {"kind": "exponential"}, 0.8),
        ("M/G/1-PS, hyperexponential", {"kind": "hyperexponential", "cv": 2.0}, 0.7),
    ):
        endpoint = _endpoint(service | {"mean": f"{SERVICE_S} s"}, 1, sharing=at_once)
        mean_s = queues.processor_sharing_s(load, SERVICE_S)
        yield Case(label, endpoint, load * RATE, source, mean_s=mean_s)
    load, sizes_s = 0.75, {"short": 0.5 * SERVICE_S, "long": 1.5 * SERVICE_S}
    kinds = dict(zip(sizes_s, ("hyperexponential", "exponential"), strict=True))
    classes: dict[str, Any] = {
        name: {"service": {"kind": kinds[name], "mean": f"{size_s} s"}} for name, size_s in sizes_s.items()
    }
    classes["short"]["service"]["cv"] = 3.0
    means_s = {name: queues.processor_sharing_s(load, size_s) for name, size_s in sizes_s.items()}
    shared = {"replicas": 1, "sharing": at_once, "classes": classes}
    yield Case("M/G/1-PS, two classes", shared, load * RATE, source, class_mean_s=means_s)


def checks(seed: int) -> list[Check]:
    """Simulate every case, each with random numbers of its own, and compare it with theory."""
    found = [(case, list(_compared(case, seed * 1000 + number))) for number, case in enumerate(cases())]
    count = sum(len(compared) for _, compared in found)
    degrees = REPLICATIONS - 1
    wider = student_t(degrees, 1.0 - (1.0 - CONFIDENCE) / count) / student_t(degrees)
    return [
        Check(
            f"{case.name} {label}",
            ours["value"],
            expected,
            min(wider * (ours["high"] - ours["low"]) / 2, WITHIN * expected),
            unit,
            case.source,
        )
        for case, compared in found
        for label, ours, expected, unit in compared
    ]


def scenario(case: Case, seed: int) -> dict[str, Any]:
    """The case as a scenario file would say it."""
    horizon_s = case.requests / case.rate
    return {
        "name": case.name,
        "horizon": f"{1.05 * horizon_s} s",
        "warm_up": f"{0.05 * horizon_s} s",
        "step": f"{horizon_s} s",
        "replications": REPLICATIONS,
        "seed": seed,
    } | _parts(case)


def _parts(case: Case) -> dict[str, Any]:
    """The endpoint of a case, or the pipeline and its endpoints."""
    demand = case.demand or {"kind": "poisson", "rate": f"{case.rate} /s"}
    if not case.stages:
        return {"endpoints": {"queue": case.endpoint | {"demand": demand}}}
    names = [name for stage in case.stages for name in ([stage] if isinstance(stage, str) else stage["of"])]
    return {
        "pipelines": {"queue": {"stages": list(case.stages), "demand": demand}},
        "endpoints": {name: case.endpoint | {"demand": {"kind": "pipelines"}} for name in names},
    }


def _compared(case: Case, seed: int) -> Iterator[tuple[str, dict[str, float], float, str]]:
    """(label, our estimate, expected, unit) of everything theory knows about the case."""
    run = replicate(resolve(from_data(scenario(case, seed)), Library([])))
    family = "pipelines" if case.stages else "endpoints"
    ours = {name.removeprefix(f"{family}.queue."): kpi for name, kpi in run.kpis["kpis"].items()}
    if case.mean_s is not None:
        yield "mean", ours["latency_mean_s"], case.mean_s, "s"
    if case.law is not None:
        yield "mean", ours["latency_mean_s"], case.law.mean_s, "s"
        for label, level in LEVELS.items():
            yield label, ours[f"latency_{label}_s"], case.law.percentile_s(level), "s"
    for name, mean_s in case.class_mean_s.items():
        yield f"{name}, mean", ours[f"classes.{name}.latency_mean_s"], mean_s, "s"
    if case.hit_ratio is not None:
        yield "hit ratio", ours["cache_hit_ratio"], case.hit_ratio, "-"
    if case.attempts is not None:
        yield "attempts per request", ours["attempts_per_request"], case.attempts, "-"
    if case.lost is not None:
        yield "throughput", ours["throughput_rps"], case.rate * (1.0 - case.lost), "1/s"


def _endpoint(service: dict[str, Any], replicas: int, **more: Any) -> dict[str, Any]:
    return {"service": service, "replicas": replicas} | more
