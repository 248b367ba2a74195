"""Fresh samples for every call: the next slice of a pool held in memory, round and round."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def rotating(
    pools: tuple[torch.Tensor, ...], batch: int, tokens: int | None = None
) -> Callable[[], tuple[torch.Tensor, ...]]:
    """What gives, at every call, the next *batch* rows of each pool, cut to *tokens* if that is given."""
    start, room = 0, len(pools[0]) - batch + 1

    def following() -> tuple[torch.Tensor, ...]:
        nonlocal start
        start = (start + batch) % room
        return tuple(pool[start : start + batch, :tokens] if tokens else pool[start : start + batch] for pool in pools)

    return following
