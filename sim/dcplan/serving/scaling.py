"""How many replicas an autoscaler wants: a pure function of what it sees."""

from __future__ import annotations

import math
from collections.abc import Sequence

ROUNDING = 1e-9
"""How far a quotient may exceed a whole number and still count as that number."""


def for_utilisation(active: int, busy: float, target: float) -> int:
    """Replicas that would be busy for a share *target* of the time, if *active* ones are for a share *busy* [-].

    Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details: ceil(current x metric / target).

    >>> for_utilisation(10, 0.9, 0.6)
    15
    """
    return math.ceil(active * busy / target - ROUNDING)


def for_requests(in_system: int, target: float) -> int:
    """Replicas that hold *target* requests each, if there are *in_system* in all.

    >>> for_requests(41, 4.0)
    11
    """
    return math.ceil(in_system / target - ROUNDING)


def by_clock(second_of_day: float, steps: Sequence[tuple[float, int]]) -> int:
    """Replicas of the last of *steps* (second of the day, replicas) that has begun; before the first, of the last one.

    >>> by_clock(3600.0, [(7200.0, 9), (72000.0, 2)]), by_clock(7200.0, [(7200.0, 9), (72000.0, 2)])
    (2, 9)
    """
    begun = [replicas for begins_s, replicas in steps if begins_s <= second_of_day]
    return begun[-1] if begun else steps[-1][1]
