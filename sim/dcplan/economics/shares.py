"""Who pays: costs shared between endpoints, training queues and what nobody uses."""

from __future__ import annotations

from collections.abc import Mapping


def shared(usd: float, weights: Mapping[str, float]) -> dict[str, float]:
    """*usd* split in proportion to *weights*; the parts sum to the whole.

    >>> shared(10.0, {"vision": 3.0, "unused": 1.0})
    {'vision': 7.5, 'unused': 2.5}
    """
    total = sum(weights.values())
    if total <= 0:
        return {name: usd / len(weights) for name in weights}
    return {name: usd * (weight / total) for name, weight in weights.items()}
