"""How many replicas an autoscaler wants: a pure function of what it sees."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dcplan.serving.histogram import IntArray

ROUNDING = 1e-9
"""How far a quotient may exceed a whole number and still count as that number."""

LEVEL_S = 3600.0
"""Time over which the level of a season is taken: long enough for chance to even out [s]."""


def for_utilisation(busy: float, target: float) -> int:
    """Replicas that would be busy for a share *target* of the time [-], if so many are *busy* on average [-].

    Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details: ceil(current x metric / target), where
    current x metric are the busy ones.

    >>> for_utilisation(9.0, 0.6), for_utilisation(0.0, 0.6)
    (15, 0)
    """
    return math.ceil(busy / target - ROUNDING)


def forecast(busy_s: Sequence[float], every_s: float, season_s: float, ahead_s: float) -> float | None:
    """Replicas that will be busy between two decisions, the first of them *ahead_s* from now [-]; None if none can say.

    y(t + a) = y(t + a - m) L(t) / L(t - m): a season m ago, times how much more the last hour L held than the same hour
    then. The season repeats (seasonal naive method) and its level stays what it is (naive method). So nothing can be
    said before a season and an hour have passed, or if there was no work in that hour.

    Args:
        busy_s: Replica-seconds busy from second 0 up to each decision [s]: 0 at second 0, then one every *every_s*.
        every_s: Time between two decisions [s].
        season_s: Length of a season [s], at least *ahead_s* + *every_s*.
        ahead_s: How far to look ahead [s].

    Source: R. J. Hyndman, G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, OTexts 2021, sections
    5.2 (naive methods) and 5.7 (forecasting with a decomposition, here a multiplicative one).

    >>> day = [1.0] * 20 + [3.0] * 4
    >>> forecast([3600 * sum((day + day)[:hours]) for hours in range(44)], 3600.0, 86400.0, 3600.0)
    3.0
    """
    now_s = every_s * (len(busy_s) - 1)
    then_s = now_s - season_s
    if then_s < LEVEL_S:
        return None
    level = _mean(busy_s, every_s, then_s - LEVEL_S, then_s)
    if level <= 0.0:
        return None
    growth = _mean(busy_s, every_s, now_s - LEVEL_S, now_s) / level
    return growth * _mean(busy_s, every_s, then_s + ahead_s, then_s + ahead_s + every_s)


def _mean(busy_s: Sequence[float], every_s: float, from_s: float, until_s: float) -> float:
    """Replicas busy between two instants [-], evenly between two decisions."""
    return (_up_to(busy_s, until_s / every_s) - _up_to(busy_s, from_s / every_s)) / (until_s - from_s)


def _up_to(busy_s: Sequence[float], place: float) -> float:
    """*busy_s* read at a *place* between its items."""
    before = min(int(place), len(busy_s) - 2)
    return busy_s[before] + (place - before) * (busy_s[before + 1] - busy_s[before])


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


def occupied(requests: IntArray) -> int:
    """Replicas up to the last that holds any of its *requests*, [R]: those beyond may be switched off.

    >>> occupied(np.array([0, 3, 0, 1, 0])), occupied(np.zeros(5, dtype=np.int64))
    (4, 0)
    """
    return int(np.flatnonzero(requests)[-1]) + 1 if requests.any() else 0


def slots_off(kept: int, most: int, per_server: int) -> int:
    """Slots of the servers that may be off while the first *kept* of *most* replicas are in use.

    Replicas fill servers of *per_server* slots one after the other, the server that is shared with others first; a
    server is off when all of its replicas are given up.

    >>> [slots_off(kept, 10, 4) for kept in (1, 2, 3, 6, 7, 10)]
    [8, 8, 4, 4, 0, 0]
    """
    return (most - kept) // per_server * per_server
