"""What theory expects of a cache whose requests are independent of each other: its hit ratio in the long run.

LRU: H. Che, Y. Tung & Z. Wang, "Hierarchical web caching systems: modeling, design and experimental results", IEEE JSAC
20 (2002) 1305: an object leaves when it was not asked for during a time that is about the same for all, the one within
which as many different objects are asked for as the cache holds. C. Fricker, P. Robert & J. Roberts, "A versatile and
accurate approximation for LRU cache performance", ITC 24 (2012), say why that is so accurate. Counted in requests, that
time does not depend on how they come, so neither does the hit ratio.

TTL: with Poisson requests an object that is kept for T since it was put in is found by l T of 1 + l T requests, l being
its rate (J. Jung, A. Berger & H. Balakrishnan, "Modeling TTL-based Internet caches", INFOCOM 2003); one that is kept
for T since it was last asked for, with probability 1 - exp(-l T) (N. Choungmo Fofack et al., "Performance evaluation of
hierarchical TTL-based cache networks", Computer Networks 65 (2014) 212). Where rates change, it is their present value.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from dcplan.scenario.cache import Cache, Lru
from dcplan.serving.histogram import FloatArray
from dcplan.serving.zipf import Zipf

HEAD = 1000
"""Most popular objects that are looked at one by one."""
STEP = 1.002
"""Ratio of the ranks at both ends of a group of the others."""
KNOTS = 64
"""Rates at which a curve is computed; between them it is linear in the logarithm of the rate."""


class Popularity(NamedTuple):
    """Objects in groups of equally popular ones, [G].

    Attributes:
        number: How many there are.
        share: Share of all requests that asks for each one of them [-].
    """

    number: FloatArray
    share: FloatArray


def popularity(law: Zipf) -> Popularity:
    """The catalogue of *law*: the head one by one, the others in groups, whose mean is that of an integral.

    >>> known = popularity(Zipf(2_000_000, 0.9))
    >>> round(float(known.number.sum())), round(float((known.number * known.share).sum()), 12)
    (2000000, 1.0)
    """
    head = np.arange(1.0, min(law.objects, HEAD) + 1.0)
    ratios = np.arange(1.0, np.log(law.objects / len(head)) / np.log(STEP))
    ends = np.unique(np.concatenate(([len(head)], np.round(len(head) * STEP**ratios), [law.objects])))
    logs, power = np.log(ends + 0.5), 1.0 - law.skew
    areas = logs if power == 0.0 else np.expm1(power * logs) / power
    number = np.concatenate((np.ones(len(head)), np.diff(ends)))
    weight = np.concatenate((head**-law.skew, np.diff(areas) / np.diff(ends)))
    return Popularity(number, weight / float((number * weight).sum()))


def characteristic_requests(known: Popularity, size: int) -> float:
    """Requests within which *size* different objects are asked for; infinite if that is all there are (Che)."""

    def missing(requests: float) -> float:
        return size + float((known.number * np.expm1(-known.share * requests)).sum())

    if size >= known.number.sum():
        return np.inf
    high = float(size)
    while missing(high) > 0.0:
        high *= 2.0
    return float(brentq(missing, 0.0, high, rtol=1e-12))


def recent(known: Popularity, requests: float) -> float:
    """Probability that the object asked for was among the last so many *requests* as well [-]."""
    return -float((known.number * known.share * np.expm1(-known.share * requests)).sum())


def expected(spec: Cache, rate_per_s: FloatArray) -> FloatArray:
    """Hit ratio [-] at each of the rates of all requests [1/s]; NaN where there is none, or no formula.

    There is none for objects that are kept since they were put in, and may be pushed out before they expire.
    """
    known = popularity(Zipf(spec.objects, spec.skew))
    pushed_out = characteristic_requests(known, spec.places)
    if isinstance(spec, Lru):
        return np.where(rate_per_s > 0.0, recent(known, pushed_out), np.nan)
    used = rate_per_s[rate_per_s > 0.0]
    if not len(used):
        return np.full(len(rate_per_s), np.nan)
    knots = np.unique(np.geomspace(used.min(), used.max(), KNOTS))
    ratio = [_ttl(known, rate * float(spec.ttl), pushed_out, spec.ttl_from == "request") for rate in knots]
    with np.errstate(divide="ignore"):
        found = np.interp(np.log(rate_per_s), np.log(knots), ratio)
    return np.where(rate_per_s > 0.0, found, np.nan)


def _ttl(known: Popularity, lifetime: float, pushed_out: float, from_request: bool) -> float:
    """Hit ratio [-] if an object is kept for so many requests, and pushed out if not asked for during *pushed_out*."""
    if from_request:
        return recent(known, min(lifetime, pushed_out))
    if lifetime > pushed_out:
        return np.nan
    return float((known.number * known.share * (1.0 - 1.0 / (1.0 + known.share * lifetime))).sum())
