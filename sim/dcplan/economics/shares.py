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


def in_whole(parts_usd: Sequence[float], unit_usd: float = CENT_USD) -> list[float]:
    """*parts_usd* in whole cents, or dollars, that sum to their sum as it is written in them, each less than one off.

    What rounding down leaves over goes to the largest remainders (Hamilton's method of apportionment), so that a sum on
    a page is the sum of the lines above it.

    >>> in_whole([1.004, 1.004, 1.004])
    [1.01, 1.0, 1.0]
    """
    down = [math.floor(usd / unit_usd) for usd in parts_usd]
    written_usd = round(math.fsum(parts_usd), 2 if unit_usd < 1.0 else 0)
    left = round(written_usd / unit_usd) - sum(down)
    by_rest = sorted(range(len(down)), key=lambda place: (down[place] - parts_usd[place] / unit_usd, place))
    for place in by_rest[: max(0, left)]:
        down[place] += 1
    return [round(whole * unit_usd, 2) for whole in down]
