"""Who pays: costs shared between endpoints, training queues and what nobody uses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

CENT_USD = 0.01


def shared(usd: float, weights: Mapping[str, float]) -> dict[str, float]:
    """*usd* split in proportion to *weights*; the parts sum to the whole.

    >>> shared(10.0, {"vision": 3.0, "unused": 1.0})
    {'vision': 7.5, 'unused': 2.5}
    """
    total = sum(weights.values())
    if total <= 0:
        return {name: usd / len(weights) for name in weights}
    return {name: usd * (weight / total) for name, weight in weights.items()}


def together(parts: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """Weights of things of so much worth, each split by its own weights, e.g. for a tax on all of them.

    >>> together([(30.0, {"a": 1.0, "b": 2.0}), (10.0, {"a": 1.0})])
    {'a': 20.0, 'b': 20.0}
    """
    found: dict[str, float] = {}
    for worth, weights in parts:
        for name, part in shared(worth, weights).items():
            found[name] = found.get(name, 0.0) + part
    return found


def in_cents(parts_usd: Sequence[float]) -> list[float]:
    """*parts_usd* in whole cents that sum to their sum in whole cents, each less than a cent from what it was.

    The cents that rounding down leaves over go to the largest remainders (Hamilton's method of apportionment), so that
    a sum on a page is the sum of the lines above it.

    >>> in_cents([1.004, 1.004, 1.004])
    [1.01, 1.0, 1.0]
    """
    down = [math.floor(usd / CENT_USD) for usd in parts_usd]
    left = round(math.fsum(parts_usd) / CENT_USD) - sum(down)
    by_rest = sorted(range(len(down)), key=lambda place: (down[place] - parts_usd[place] / CENT_USD, place))
    for place in by_rest[: max(0, left)]:
        down[place] += 1
    return [cents / 100 for cents in down]
