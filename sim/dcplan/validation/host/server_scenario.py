"""MLPerf's Server scenario: the most requests per second at which p99 stays within a promise; predicted, then measured.

Both sides bisect the rate between the same bounds. The simulator goes first, and its answer is on disk before the first
request is sent. Requests come as a Poisson process, anew for every rate, the same on both sides. These are not MLPerf
results: runs last for seconds instead of 600 s, and the model is not one of MLPerf's.

Reference: MLCommons, "MLPerf Inference Rules" (inference_rules.adoc), scenario Server.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from dcplan.validation.host import judge
from dcplan.validation.host.block import Block
from dcplan.validation.host.cases import Case, Way
from dcplan.validation.host.inprocess import Rule

LOADS = (0.1, 1.1)
"""Between these shares of what can be served at most the answer is sought [-]."""
STEPS = 6
"""How often the span is halved: to a sixty-fourth of it."""

Bracket = tuple[float, float]
"""The highest rate that was seen to keep the promise, and the lowest that was seen to break it [1/s]."""


@dataclass(frozen=True)
class Most:
    """How much a way of serving can take within a promise.

    Attributes:
        way: How requests came.
        rule: When a batch started.
        slo_s: Latency that 99 of 100 requests must keep [s].
        predicted, measured: See `Bracket`; 0 if no rate kept it, infinite if every rate did.
    """

    way: Way
    rule: Rule
    slo_s: float
    predicted: Bracket
    measured: Bracket


def most(block: Block, slo_s: float) -> Most:
    """Find the most requests per second that *block* serves with p99 within *slo_s*: in simulation, then for real."""
    way, rule, capacity = block.serving.way, block.serving.rule, block.capacity()
    bounds = LOADS[0] * capacity, LOADS[1] * capacity
    place = block.folder / "server"

    def case(rate: float) -> Case:
        return Case(way, rule, "poisson", round(rate / capacity, 6))

    def expected_s(rate: float) -> float:
        return block.predict(case(rate), rate, place / f"predicted-{rate:.3f}").value["p99"]

    def seen_s(rate: float) -> float:
        measured = block.measure(case(rate), rate, place / f"measured-{rate:.3f}")
        return judge.metrics(measured, block.length.counted)["p99"]

    place.mkdir(parents=True, exist_ok=True)
    predicted = bisect(lambda rate: expected_s(rate) <= slo_s, *bounds)
    found = Most(way, rule, slo_s, predicted, (0.0, 0.0))
    document = {"written": datetime.now(UTC).isoformat(timespec="milliseconds"), **asdict(found), "measured": None}
    (place / "predicted.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    return replace(found, measured=bisect(lambda rate: seen_s(rate) <= slo_s, *bounds))


def bisect(kept: Callable[[float], bool], low: float, high: float, steps: int = STEPS) -> Bracket:
    """The rates between which *kept* stops being true.

    >>> bisect(lambda rate: rate < 3.0, 0.0, 8.0, 3)
    (2.0, 3.0)
    >>> bisect(lambda rate: True, 1.0, 2.0), bisect(lambda rate: False, 1.0, 2.0)
    ((2.0, inf), (0.0, 1.0))
    """
    if not kept(low):
        return 0.0, low
    if kept(high):
        return high, float("inf")
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if kept(middle) else (low, middle)
    return low, high
