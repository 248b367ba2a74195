"""What is verified: every way of serving, under every batching rule, at every load, with smooth and bursty arrivals."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from dcplan.scenario.demand import Mmpp, Poisson
from dcplan.validation.host.inprocess import Rule
from dcplan.validation.host.schedule import FloatArray, Schedule, schedule_of
from dcplan.workload.arrivals import arrivals
from dcplan.workload.streams import Streams

Way = Literal["in process", "http"]
Kind = Literal["poisson", "bursty"]

RULES = (Rule(1, 0.0), Rule(4, 0.005), Rule(8, 0.02))
"""No batching; a little for a little delay; throughput first."""
JUDGED = (0.3, 0.6, 0.8)
SHOWN = 0.95
"""So near to saturation an error of 1 % in the service time doubles the queue: shown, not judged."""
BURSTS = ((0.7, 1.6), (1.0, 0.5))
"""Bursty arrivals: rates relative to the mean, and how long each lasts on average [s]; the mean is 1."""


@dataclass(frozen=True)
class Case:
    """One run: how it is served, the batching rule, how requests come, and how many of those that could be served."""

    way: Way
    rule: Rule
    kind: Kind
    load: float

    @property
    def name(self) -> str:
        """Its name in tables and folders."""
        delay = f"{1e3 * self.rule.max_delay_s:g}ms"
        return f"{self.way.replace(' ', '-')}_{self.kind}_batch{self.rule.max_batch}_{delay}_load{100 * self.load:.0f}"

    @property
    def judged(self) -> bool:
        """Whether it counts, or is only shown."""
        return self.load in JUDGED

    def demand(self, rate: float) -> dict[str, Any]:
        """The demand as a scenario would say it, at a mean of *rate* requests per second."""
        if self.kind == "poisson":
            return {"kind": "poisson", "rate": f"{rate:.9g} /s"}
        rates, dwell = BURSTS
        return {
            "kind": "mmpp",
            "rates": [f"{rate * factor:.9g} /s" for factor in rates],
            "dwell": [f"{each} s" for each in dwell],
        }


def cases(quick: bool) -> list[Case]:
    """All cases, those that share a server next to each other; few if *quick*: a model server takes long to start."""
    if quick:
        blocks: list[tuple[Way, Rule]] = [("in process", RULES[0]), ("in process", RULES[-1]), ("http", RULES[-1])]
        return [Case(way, rule, "poisson", load) for way, rule in blocks for load in (JUDGED[0], JUDGED[-1])]
    ways: tuple[Way, ...] = ("in process", "http")
    kinds: tuple[Kind, ...] = ("poisson", "bursty")
    return [Case(way, rule, kind, load) for way, rule, kind, load in product(ways, RULES, kinds, (*JUDGED, SHOWN))]


def schedule(case: Case, rate: float, horizon_s: float, seed: int, samples_per_request: int) -> Schedule:
    """Arrivals of *case* up to *horizon_s*, from the simulator's own streams."""
    spec = case.demand(rate)
    demand = Poisson.model_validate(spec) if case.kind == "poisson" else Mmpp.model_validate(spec)
    stream = Streams(seed, 0).stream(f"arrivals/{case.kind}/{case.load}/{case.rule.max_batch}")
    blocks = list(arrivals(demand, stream, horizon_s))
    times_s: FloatArray = np.concatenate(blocks)
    return schedule_of(times_s[times_s < horizon_s], samples_per_request)
