"""Availability: groups against textbook formulas, and the closed form against simulated years."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from dcplan.profiles.library import Library
from dcplan.reliability import outages
from dcplan.reliability.blocks import Component, Downtime, Group, of_group
from dcplan.reliability.diagram import Block, Diagram, of_paths, site, through_standby
from dcplan.reliability.outages import YEAR_S, Spans
from dcplan.reliability.standby import Standby, stopping
from dcplan.validation.check import Check

HOUR_S = 3600.0
BATCHES, YEARS = 20, 5000.0
STUDENT = 2.093
"""Quantile of Student's t for 95 % and 19 degrees of freedom."""

BINOMIAL = "binomial law: R. Billinton and R. N. Allan, Reliability Evaluation of Engineering Systems, 1992, chapter 3"
REPAIR = "machine repair M/M/c//n: R. B. Cooper, Introduction to Queueing Theory, 1981, chapter 3"
BETA = "beta factor, U = (1 - beta)^2 u^2 + beta u for one of two, to first order: K. N. Fleming 1975, GA-A13284"
START = "a generator that fails at a constant rate against an exponential outage, in closed form"
SIMULATED = "simulated years, 95 % interval of 20 batches"

CHILLER = Component(32000.0 * HOUR_S, 30.0 * HOUR_S)


def checks(_library: Library) -> Iterator[Check]:
    """Groups, common cause, generators, and all parts of a building by simulation."""
    yield from _groups()
    yield from _common_cause()
    run = Standby(0.0, 1.0, math.inf, 0.0, 1, 1, 1.0, 0.0, 1100.0 * HOUR_S)
    yield Check(
        "generator stops before the utility is back", stopping(1, 1.32 * HOUR_S, run), 1.32 / 1101.32, 1e-12, "-", START
    )
    yield from _simulated()


def _groups() -> Iterator[Check]:
    up, down = CHILLER.up_s / (CHILLER.up_s + CHILLER.repair_s), CHILLER.repair_s / (CHILLER.up_s + CHILLER.repair_s)
    share = 6.0 * up**2 * down**2 + 4.0 * up * down**3 + down**4
    yield Check("3 of 4 chillers: down", of_group(Group(CHILLER, 3, 4)).share, share, 1e-12, "-", BINOMIAL)
    often = Component(100.0 * HOUR_S, 25.0 * HOUR_S)
    weights = [math.factorial(4) / math.factorial(4 - i) * 0.25**i for i in range(5)]
    expected = sum(weights[3:]) / sum(weights)
    yield Check("2 of 4, one crew: down", of_group(Group(often, 2, 4, 0.0, 1)).share, expected, 1e-12, "-", REPAIR)


def _common_cause() -> Iterator[Check]:
    u = CHILLER.repair_s / (CHILLER.up_s + CHILLER.repair_s)
    for beta in (0.02, 0.05, 0.1):
        ours = of_group(Group(CHILLER, 1, 2, beta)).share
        formula = (1.0 - beta) ** 2 * u**2 + beta * u
        yield Check(f"one of two chillers, beta {beta:g}: down over formula", ours / formula, 1.0, 2e-3, "-", BETA)


PARTS = Diagram(
    supply=(Block("utility", Group(Component(8760.0 / 1.956 * HOUR_S, 1.32 * HOUR_S))),),
    standby=Standby(300.0, 0.97, 600.0, 300.0, 3, 2, 0.985647, 12.0, 1100.0 * HOUR_S, 0.05),
    path=(
        Block("UPS modules", Group(Component(15000.0 * HOUR_S, 80.0 * HOUR_S), 2, 3, 0.05)),
        Block("distribution", Group(Component(33000.0 * HOUR_S, 80.0 * HOUR_S))),
    ),
    cooling=(
        Block("chillers", Group(CHILLER, 2, 3, 0.05, 1), 3600.0, 900.0),
        Block("pumps", Group(Component(7000.0 * HOUR_S, 14.0 * HOUR_S), 2, 3), 1800.0),
    ),
    paths=2,
    common=0.05,
)
"""A building whose path and pumps fail ten times as often as real ones, so that simulated years see enough of it."""

Simulation = Callable[[float, np.random.Generator], Spans]


def _simulated() -> Iterator[Check]:
    utility, (chillers, pumps) = PARTS.supply[0], PARTS.cooling

    def supply(years: float, rng: np.random.Generator) -> Spans:
        return outages.through(outages.alone_down(utility.group, years, rng), PARTS.standby, rng)

    def whole(years: float, rng: np.random.Generator) -> Spans:
        return outages.outages(outages.simulate(PARTS, years, rng), 0.0)

    cases: tuple[tuple[str, Simulation, Downtime], ...] = (
        ("utility behind generators and batteries", supply, through_standby(utility, PARTS.standby)),
        ("two power paths", lambda years, rng: outages.of_paths(PARTS, years, rng), of_paths(PARTS)),
        ("chillers, one crew", lambda years, rng: outages.of_block(chillers, years, rng), _alone(chillers)),
        ("pumps", lambda years, rng: outages.of_block(pumps, years, rng), _alone(pumps)),
        ("site", whole, site(PARTS)),
    )
    for name, simulate, expected in cases:
        seen = [simulate(YEARS, np.random.default_rng((1, number))) for number in range(BATCHES)]
        minutes = np.array([each.lasts_s.sum() for each in seen]) / 60.0 / YEARS
        count = np.array([len(each.lasts_s) for each in seen]) / YEARS
        yield _against(f"{name}: minutes a year", minutes, expected.share * YEAR_S / 60.0, "min")
        yield _against(f"{name}: outages a year", count, expected.per_s * YEAR_S, "1/a")


def _alone(block: Block) -> Downtime:
    return of_group(block.group, block.one_s, block.all_s)


def _against(name: str, batches: np.ndarray, expected: float, unit: str) -> Check:
    half = STUDENT * float(batches.std(ddof=1)) / math.sqrt(BATCHES)
    return Check(name, float(batches.mean()), expected, half, unit, SIMULATED)
