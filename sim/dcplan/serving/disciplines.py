"""Queue disciplines: the key by which waiting requests are compared; the smallest is served first, ties as they came.

To add one: its name in `scenario.endpoint.Discipline`, its code and its branch here, and its twin in
`validation.class_oracle`; a test holds the names together.
"""

from __future__ import annotations

from types import MappingProxyType

from dcplan.serving.compiled import function

FIFO, PRIORITY, DEADLINE, FAIR = range(4)

DISCIPLINES = MappingProxyType({"fifo": FIFO, "priority": PRIORITY, "deadline": DEADLINE, "fair": FAIR})
"""The code of each discipline."""


@function
def key_of(
    discipline: int, order: int, priority: float, due_s: float, finish: float
) -> float:  # pragma: no cover - compiled
    """What a request is compared by.

    Args:
        discipline: Its code.
        order: How many requests joined any queue before.
        priority: Rank of the class: strict priority, without preemption.
        due_s: Its deadline [s]: earliest deadline first (C. L. Liu and J. W. Layland, J. ACM 20, 1973, p. 46).
        finish: Its virtual finish time: self-clocked fair queueing (S. J. Golestani, INFOCOM 1994, p. 636).
    """
    if discipline == PRIORITY:
        return priority
    if discipline == DEADLINE:
        return due_s
    if discipline == FAIR:
        return finish
    return float(order)
