"""Routing policies: which replica a request goes to, given how many requests each one holds.

`power_of_two` takes the less loaded of two different replicas, `power_of_d` of d drawn with replacement (M.
Mitzenmacher, IEEE Trans. Parallel Distrib. Syst. 12(10), 2001). For replicas of unequal speed: `weighted` draws one in
proportion to its speed at full batches, and `shortest_expected_delay` takes the one that would answer first if all
before it were served in full batches (S. A. Banawan and J. Zahorjan, "Load sharing in heterogeneous queueing systems",
INFOCOM 1989). `affinity` sends all requests of a session to the replica that jump consistent hash gives (J. Lamping and
E. Veach, "A fast, minimal memory, consistent hash algorithm", arXiv:1406.2294, 2014), and if that one is not ready, or
holds too much, to the one that it gives for the next hash of the session. Too much is what the bound of V. Mirrokni, M.
Thorup and M. Zadimoghaddam says ("Consistent hashing with bounded loads", SODA 2018); to hash again rather than to take
the neighbour keeps neighbours from filling up one after the other (J. Chen, B. Coleman and A. Shrivastava, "Revisiting
consistent hashing with bounded loads", AAAI 2021).

To add one: its name in `scenario.endpoint.Routing`, its code here, its branch in `class_routing._chosen` (and in
`kernel.per_replica` if it looks at no more than the loads of two replicas), and its twin in the oracle; a test holds
the names together.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from dcplan.serving.compiled import function
from dcplan.serving.histogram import IntArray

ROUND_ROBIN, RANDOM, LEAST_LOADED, POWER_OF_TWO, POWER_OF_D, WEIGHTED, SHORTEST_EXPECTED_DELAY, AFFINITY = range(8)

ROUTING = MappingProxyType(
    {
        "round_robin": ROUND_ROBIN,
        "random": RANDOM,
        "least_loaded": LEAST_LOADED,
        "power_of_two": POWER_OF_TWO,
        "power_of_d": POWER_OF_D,
        "weighted": WEIGHTED,
        "shortest_expected_delay": SHORTEST_EXPECTED_DELAY,
        "affinity": AFFINITY,
    }
)
"""The code of each policy."""

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@function
def first_choice(draw: int, replicas: int) -> int:  # pragma: no cover - compiled
    """A replica picked uniformly by the upper half of a 64-bit draw (bias below replicas / 2^32)."""
    return np.int64(((draw >> _HALF) * np.uint64(replicas)) >> _HALF)  # type: ignore[return-value]


@function
def second_choice(draw: int, replicas: int, first: int) -> int:  # pragma: no cover - compiled
    """Another replica than *first*, picked uniformly by the lower half of the draw."""
    other = np.int64(((draw & _LOW) * np.uint64(replicas - 1)) >> _HALF)
    return other + 1 if other >= first else other  # type: ignore[return-value]


@function
def mixed(bits: int, number: int) -> int:  # pragma: no cover - compiled
    """Random bits number *number* after *bits*, themselves at 0: SplitMix64 of them (Steele et al., 2014)."""
    if number == 0:
        return bits
    z = bits + np.uint64(number) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))  # type: ignore[return-value]


@function
def jump(key: int, replicas: int) -> int:  # pragma: no cover - compiled
    """The replica of 64 random bits: with one replica more, a key stays or goes there (Lamping and Veach, see above).

    Each jump leads to the next number of replicas at which the key would have moved; the key, advanced, is its chance.
    """
    found, ahead = -1, 0
    while ahead < replicas:
        found = ahead
        key = key * np.uint64(2862933555777941757) + np.uint64(1)  # type: ignore[assignment]
        ahead = int((found + 1) * (2.0**31 / (np.float64(key >> np.uint64(33)) + 1.0)))
    return found


@function
def unit(bits: int) -> float:  # pragma: no cover - compiled
    """A number from 0 to below 1, from 53 of 64 random bits."""
    return np.float64(bits >> np.uint64(11)) * 2.0**-53


@function
def least_loaded(waiting: IntArray, serving: IntArray, replicas: int) -> int:  # pragma: no cover - compiled
    """The one of the first *replicas* that holds the fewest requests; the first of equals."""
    best = 0
    fewest = waiting[0] + serving[0]
    for replica in range(1, replicas):
        load = waiting[replica] + serving[replica]
        if load < fewest:
            best, fewest = replica, load
    return best
