"""Queues with a known answer, written as scenarios, run through the same loader, kernel and KPIs as any other.

Every number must lie within its own confidence interval. Because many are judged at once, the intervals are widened
so that all of them together hold with 95 % (Bonferroni): a miss means something.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dcplan.engine.resolve import resolve
from dcplan.kpis.interval import CONFIDENCE, student_t
from dcplan.profiles.library import Library
from dcplan.scenario.load import from_data
from dcplan.studies.replicate import replicate
from dcplan.validation import queues
from dcplan.validation.check import Check
from dcplan.validation.queues import Law

REPLICATIONS = 10
REQUESTS = 1_000_000
"""Requests per replication."""

SERVICE_S = 0.02
RATE = 1.0 / SERVICE_S
LEVELS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Case:
    """A queue as an endpoint, and what theory knows of it."""

    name: str
    endpoint: dict[str, Any]
    rate: float
    source: str
    law: Law | None = None
    mean_s: float | None = None
    lost: float | None = None


def cases() -> Iterator[Case]:
    """The queues, each at a load that makes it work."""
    exponential = {"kind": "exponential", "mean": f"{SERVICE_S} s"}
    shared = {"kind": "shared"}
    yield Case("M/M/1", _endpoint(exponential, 1), 0.8 * RATE, "Kleinrock 1975", queues.mm1(0.8 * RATE, RATE))
    for servers, load in ((8, 0.85), (64, 0.9)):
        arrival = load * servers * RATE
        law = queues.mmc(arrival, RATE, servers)
        yield Case(f"M/M/{servers}", _endpoint(exponential, servers, queue=shared), arrival, "Erlang C 1917", law)
    fixed = {"kind": "deterministic", "mean": f"{SERVICE_S} s"}
    yield Case("M/D/1", _endpoint(fixed, 1), 0.75 * RATE, "Erlang 1909", queues.md1(0.75 * RATE, SERVICE_S))
    smooth = {"kind": "erlang", "mean": f"{SERVICE_S} s", "shape": 4}
    law = queues.mph1(0.8 * RATE, *queues.erlang_phases(SERVICE_S, 4))
    yield Case("M/G/1, Erlang-4", _endpoint(smooth, 1), 0.8 * RATE, "Neuts 1981", law)
    bursty = {"kind": "hyperexponential", "mean": f"{SERVICE_S} s", "cv": 2.0}
    law = queues.mph1(0.7 * RATE, *queues.hyperexponential_phases(SERVICE_S, 2.0))
    yield Case("M/G/1, hyperexponential", _endpoint(bursty, 1), 0.7 * RATE, "Neuts 1981", law)
    skewed = {"kind": "lognormal", "mean": f"{SERVICE_S} s", "cv": 1.5}
    mean_s = queues.pollaczek_khinchine_s(0.7 * RATE, SERVICE_S, 1.5)
    yield Case("M/G/1, lognormal", _endpoint(skewed, 1), 0.7 * RATE, "Pollaczek-Khinchine", mean_s=mean_s)
    law, lost = queues.mmck(1.1 * 4 * RATE, RATE, 4, 12)
    limited = _endpoint(exponential, 4, queue={"kind": "shared", "limit": 8})
    yield Case("M/M/4/12", limited, 1.1 * 4 * RATE, "birth-death, Kleinrock 1975", law, lost=lost)
    batched = _endpoint(exponential, 1, batching={"max_batch": 8, "max_delay": "0 s"})
    law = queues.batch_service(6.0 * RATE, RATE, 8)
    yield Case("M/M[1,8]/1 batches", batched, 6.0 * RATE, "Bailey 1954", law)
    split = _endpoint(exponential, 5, routing="random")
    yield Case("5 x M/M/1, random routing", split, 4.0 * RATE, "Poisson splitting", queues.mm1(0.8 * RATE, RATE))


def checks(seed: int) -> list[Check]:
    """Simulate every case, each with random numbers of its own, and compare it with theory."""
    found = [(case, list(_compared(case, seed * 1000 + number))) for number, case in enumerate(cases())]
    count = sum(len(compared) for _, compared in found)
    degrees = REPLICATIONS - 1
    wider = student_t(degrees, 1.0 - (1.0 - CONFIDENCE) / count) / student_t(degrees)
    return [
        Check(
            f"{case.name} {label}", ours["value"], expected, wider * (ours["high"] - ours["low"]) / 2, unit, case.source
        )
        for case, compared in found
        for label, ours, expected, unit in compared
    ]


def scenario(case: Case, seed: int) -> dict[str, Any]:
    """The case as a scenario file would say it."""
    horizon_s = REQUESTS / case.rate
    return {
        "name": case.name,
        "horizon": f"{1.05 * horizon_s} s",
        "warm_up": f"{0.05 * horizon_s} s",
        "step": f"{horizon_s} s",
        "replications": REPLICATIONS,
        "seed": seed,
        "endpoints": {"queue": case.endpoint | {"demand": {"kind": "poisson", "rate": f"{case.rate} /s"}}},
    }


def _compared(case: Case, seed: int) -> Iterator[tuple[str, dict[str, float], float, str]]:
    """(label, our estimate, expected, unit) of everything theory knows about the case."""
    run = replicate(resolve(from_data(scenario(case, seed)), Library([])))
    ours = {name.rpartition(".")[2]: kpi for name, kpi in run.kpis["kpis"].items()}
    if case.mean_s is not None:
        yield "mean", ours["latency_mean_s"], case.mean_s, "s"
    if case.law is not None:
        yield "mean", ours["latency_mean_s"], case.law.mean_s, "s"
        for label, level in LEVELS.items():
            yield label, ours[f"latency_{label}_s"], case.law.percentile_s(level), "s"
    if case.lost is not None:
        yield "throughput", ours["throughput_rps"], case.rate * (1.0 - case.lost), "1/s"


def _endpoint(service: dict[str, Any], replicas: int, **more: Any) -> dict[str, Any]:
    return {"service": service, "replicas": replicas} | more
