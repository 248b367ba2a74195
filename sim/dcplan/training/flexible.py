"""When a job that may wait starts: at the cheapest time within its deadline at which a slot is free for all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

NEAR_S = 1e-6
"""How long two jobs may overlap in a slot by rounding [s]; the later one then waits in line for it."""
SAME = 1e-9
"""Relative difference below which two costs are the same, and the earlier start is taken."""


@dataclass(frozen=True)
class Outlook:
    """What a busy slot costs, constant between *edges_s*.

    Attributes:
        edges_s: Where it changes [s], increasing, [k + 1]; before and after them it is that of the nearest piece.
        per_s: Cost of a second in each piece, in dollars or kilograms of CO2e, [k].
    """

    edges_s: FloatArray
    per_s: FloatArray

    def cost(self, begins_s: float, ends_s: float) -> float:
        """Cost of a slot that is busy from *begins_s* to *ends_s* [s].

        >>> Outlook(np.array([0.0, 10.0, 20.0]), np.array([1.0, 3.0])).cost(5.0, 15.0)
        20.0
        """
        low, high = self._until(begins_s), self._until(ends_s)
        return high - low

    def _until(self, at_s: float) -> float:
        """Cost from the first edge to *at_s*; negative before it."""
        piece = min(max(int(np.searchsorted(self.edges_s, at_s, side="right")) - 1, 0), len(self.per_s) - 1)
        before = float((self.per_s[:piece] * np.diff(self.edges_s)[:piece]).sum())
        return before + float(self.per_s[piece] * (at_s - self.edges_s[piece]))


@dataclass
class Bookings:
    """How many slots of a queue are promised to jobs at any time."""

    slots: int
    changes: Counter[float] = field(default_factory=Counter)

    def book(self, begins_s: float, ends_s: float) -> None:
        """Promise one slot."""
        self.changes[begins_s] += 1
        self.changes[ends_s] -= 1

    def forget(self, before_s: float) -> None:
        """Drop what is over, and keep how many are busy at *before_s* [s]."""
        past = [at_s for at_s in self.changes if at_s < before_s]
        if busy := sum(self.changes.pop(at_s) for at_s in past):
            self.changes[before_s] += busy

    def is_free(self, begins_s: FloatArray, lasts_s: float) -> NDArray[np.bool_]:
        """Whether a slot is free for *lasts_s* [s] from each of *begins_s* [s], [n]."""
        times_s = np.array(sorted(self.changes))
        busy = np.cumsum([self.changes[at_s] for at_s in times_s])
        full = busy >= self.slots
        from_s, until_s = times_s[full], np.append(times_s[1:], np.inf)[full]
        meets = (from_s < begins_s[:, None] + lasts_s - NEAR_S) & (until_s > begins_s[:, None] + NEAR_S)
        return np.asarray(~meets.any(axis=1))

    def ends_s(self) -> list[float]:
        """When promised slots become free [s]."""
        return [at_s for at_s, change in self.changes.items() if change < 0]


def starts(outlook: Outlook, bookings: Bookings, now_s: float, within_s: float, work_s: float) -> tuple[float, float]:
    """The soonest start of a job of *work_s* [s], and the cheapest no later than *within_s* [s] from now.

    The cost of a start is linear between the times at which start or end meet a change of price, so the cheapest is
    among those, those at which start or end meet another job, now and the deadline. If no slot is free in time, both
    are the soonest.
    """
    latest_s = now_s + within_s
    edges_s = np.concatenate((outlook.edges_s, list(bookings.changes)))
    turns_s = np.concatenate(([now_s, latest_s], edges_s, edges_s - work_s))
    in_time = np.unique(turns_s[(turns_s >= now_s) & (turns_s <= latest_s)])
    in_time = in_time[bookings.is_free(in_time, work_s)]
    if not in_time.size:
        later = np.array(sorted(at_s for at_s in bookings.ends_s() if at_s > latest_s))
        soonest_s = float(later[bookings.is_free(later, work_s)][0])
        return soonest_s, soonest_s
    costs = np.array([outlook.cost(at_s, at_s + work_s) for at_s in in_time.tolist()])
    cheap = costs <= costs.min() + SAME * float(np.abs(costs).max())
    return float(in_time[0]), float(in_time[int(np.argmax(cheap))])
