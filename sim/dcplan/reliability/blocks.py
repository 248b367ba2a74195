"""Blocks of a reliability diagram in closed form: how much of the time they are down, and how often they fail.

Components fail and are repaired by exponential laws. Equal components form a group, of which so many must work; a share
of all failures, beta, has a cause that takes the whole group (K. N. Fleming, "A reliability model for common mode
failures in redundant safety systems", General Atomic GA-A13284, 1975). Where components wait for a repair crew, the
group is the machine repair queue M/M/c//n (R. B. Cooper, Introduction to Queueing Theory, 1981). Groups are independent
of each other, so probabilities multiply, and the frequency of a system is that of each part times the probability that
the part is decisive (C. Singh and R. Billinton, System Reliability Modelling and Evaluation, 1977).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Component:
    """A thing that fails and is repaired, both by exponential laws."""

    up_s: float
    """Mean time to failure [s]."""
    repair_s: float
    """Mean time to repair [s]."""

    def __post_init__(self) -> None:
        if not (0.0 < self.up_s < math.inf and 0.0 < self.repair_s < math.inf):
            raise ValueError(
                f"times to failure and to repair must be positive, not {self.up_s:g} and {self.repair_s:g}"
            )


@dataclass(frozen=True)
class Group:
    """Equal components that all run."""

    component: Component
    needed: int = 1
    """Components without which the group is down."""
    installed: int = 1
    common: float = 0.0
    """Share of a component's failures whose cause takes the whole group, beta [-]; repaired like one component."""
    crews: int | None = None
    """Components repaired at a time; None: as many as have failed."""

    def __post_init__(self) -> None:
        if not 1 <= self.needed <= self.installed:
            raise ValueError(f"{self.needed} of {self.installed} components cannot be needed")
        if not 0.0 <= self.common <= 1.0:
            raise ValueError(f"a share of failures by common cause is 0 to 1, not {self.common:g}")
        if self.crews is not None and self.crews < 1:
            raise ValueError("somebody must repair; 'crews' is at least 1")

    @property
    def alone_per_s(self) -> float:
        """Rate at which one component fails by itself [1/s]."""
        return (1.0 - self.beta) / self.component.up_s

    @property
    def together_per_s(self) -> float:
        """Rate at which all fail by a common cause [1/s]."""
        return self.beta / self.component.up_s

    @property
    def beta(self) -> float:
        """Share of failures by common cause [-]; a single component has none."""
        return self.common if self.installed > 1 else 0.0

    @property
    def spare(self) -> int:
        """Components that may be down."""
        return self.installed - self.needed

    def repair_per_s(self, failed: FloatArray) -> FloatArray:
        """Rate at which one of *failed* components comes back [1/s]."""
        return np.minimum(failed, self.crews or self.installed) / self.component.repair_s


@dataclass(frozen=True)
class Downtime:
    """How a block fails in the long run."""

    share: float
    """Share of the time in which it is down [-]."""
    per_s: float
    """Failures per second [1/s]."""

    @property
    def availability(self) -> float:
        """Share of the time in which it is up [-]."""
        return 1.0 - self.share

    @property
    def mean_s(self) -> float:
        """Mean down time [s]; 0 if it never fails."""
        return self.share / self.per_s if self.per_s > 0.0 else 0.0


def failed_shares(group: Group) -> FloatArray:
    """Share of the time in which 0, 1, ... n components of *group* have failed by themselves [-], shape [n + 1].

    p_(i+1) / p_i = (n - i) lambda / (min(i + 1, c) mu): M/M/c//n; binomial where there is a crew for each.

    >>> failed_shares(Group(Component(9.0, 1.0), 1, 2)).round(3).tolist()
    [0.81, 0.18, 0.01]
    """
    failed = np.arange(group.installed, dtype=np.float64)
    ratio = (group.installed - failed) * group.alone_per_s / group.repair_per_s(failed + 1.0)
    weight = np.concatenate(([1.0], np.cumprod(ratio)))
    return np.asarray(weight / weight.sum())


def of_group(group: Group, one_s: float = 0.0, all_s: float = 0.0) -> Downtime:
    """Down time of *group* that is longer than what bridges it; what is bridged is not seen.

    Args:
        group: Equal components.
        one_s: How long something bridges one component too few [s].
        all_s: How long it bridges the loss of all of them by a common cause [s].

    >>> of_group(Group(Component(99.0, 1.0))).availability
    0.99
    """
    together = alternating(group.together_per_s, group.component.repair_s, all_s)
    return series((alone(group, one_s), together))


def alone(group: Group, bridged_s: float = 0.0) -> Downtime:
    """Down time of *group* by failures of single components, as far as it outlasts *bridged_s*."""
    per_s = float(failed_shares(group)[group.spare]) * group.needed * group.alone_per_s
    seen, mean_s = beyond(group, bridged_s)
    return Downtime(per_s * mean_s, per_s * seen)


def alternating(per_s: float, mean_s: float, bridged_s: float = 0.0) -> Downtime:
    """Something that fails at the rate *per_s* while it is up, for an exponential time of mean *mean_s* [s]."""
    frequency = per_s / (1.0 + per_s * mean_s)
    seen = math.exp(-bridged_s / mean_s)
    return Downtime(frequency * seen * mean_s, frequency * seen)


def beyond(group: Group, bridged_s: float) -> tuple[float, float]:
    """Chance that a failure of *group* by single components outlasts *bridged_s*, and the mean time beyond it [s].

    The number of failed components is a birth-death chain; a failure lasts until it leaves the states that are down,
    which it enters at the mildest: a phase-type law (M. F. Neuts, Matrix-Geometric Solutions, 1981, chapter 2).
    """
    if math.isinf(bridged_s):
        return 0.0, 0.0
    failed = np.arange(group.spare + 1, group.installed + 1, dtype=np.float64)
    worse, better = (group.installed - failed) * group.alone_per_s, group.repair_per_s(failed)
    moves = np.diag(worse[:-1], 1) + np.diag(better[1:], -1) - np.diag(worse + better)
    stays = expm(moves * bridged_s)[0] if bridged_s > 0.0 else np.eye(len(failed))[0]
    ever_s = np.linalg.solve(-moves, np.ones(len(failed)))
    return float(stays.sum()), float(stays @ ever_s)


def series(parts: Sequence[Downtime]) -> Downtime:
    """Down while any of the independent *parts* is down.

    >>> round(series((Downtime(0.1, 1.0), Downtime(0.1, 1.0))).share, 3)
    0.19
    """
    if any(part.share >= 1.0 for part in parts):
        return Downtime(1.0, 0.0)
    share = -math.expm1(sum(math.log1p(-part.share) for part in parts))
    return Downtime(share, (1.0 - share) * sum(part.per_s / (1.0 - part.share) for part in parts))


def parallel(parts: Sequence[Downtime]) -> Downtime:
    """Down while all of the independent *parts* are down: 2N for two of them.

    >>> round(parallel((Downtime(0.1, 1.0), Downtime(0.1, 1.0))).share, 3)
    0.01
    """
    others = [math.prod(each.share for each in (*parts[:i], *parts[i + 1 :])) for i in range(len(parts))]
    per_s = sum(part.per_s * share for part, share in zip(parts, others, strict=True))
    return Downtime(math.prod(part.share for part in parts), per_s)


def working(installed: int, probability: float, common: float = 0.0) -> FloatArray:
    """Chance that 0, 1, ... n of equal things work when asked to, each with *probability*, shape [n + 1].

    A share *common* of the failures takes all of them.

    >>> working(2, 0.9).round(2).tolist()
    [0.01, 0.18, 0.81]
    """
    beta = common if installed > 1 else 0.0
    none = beta * (1.0 - probability)
    alone = min(1.0, probability / (1.0 - none)) if none < 1.0 else 0.0
    count = np.arange(installed + 1)
    ways = np.array([math.comb(installed, int(each)) for each in count], dtype=np.float64)
    chances = (1.0 - none) * ways * alone**count * (1.0 - alone) ** (installed - count)
    chances[0] += none
    return np.asarray(chances)
