"""Which waiting jobs start now."""

from __future__ import annotations

from collections.abc import Sequence


def first_come_first_served(waiting_slots: Sequence[int], free_slots: int) -> int:
    """How many jobs at the head of the line start now; nobody overtakes.

    Args:
        waiting_slots: Slots that each waiting job needs, oldest first.
        free_slots: Slots that are free.

    >>> first_come_first_served([2, 1, 5, 1], 4)
    2
    """
    started = 0
    for needed in waiting_slots:
        if needed > free_slots:
            break
        free_slots -= needed
        started += 1
    return started
