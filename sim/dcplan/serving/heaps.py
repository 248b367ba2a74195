"""Binary heaps of what happens by itself: of alarms, one for each who may have one, and of those who come later."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from dcplan.serving.compiled import function


@function
def set_alarm(alarm: NDArray[Any], who: int, at_s: float) -> None:  # pragma: no cover - compiled
    """Set the alarm of *who*, and put it where it belongs."""
    alarm[who].at_s = at_s
    k = alarm[who].place
    while k > 0:
        parent = (k - 1) // 2
        if alarm[alarm[parent].order].at_s <= at_s:
            break
        alarm[k].order = alarm[parent].order
        alarm[alarm[k].order].place = k
        k = parent
    while 2 * k + 1 < len(alarm):
        child = 2 * k + 1
        if child + 1 < len(alarm) and alarm[alarm[child + 1].order].at_s < alarm[alarm[child].order].at_s:
            child += 1
        if alarm[alarm[child].order].at_s >= at_s:
            break
        alarm[k].order = alarm[child].order
        alarm[alarm[k].order].place = k
        k = child
    alarm[k].order = who
    alarm[who].place = k


@function
def push(later: NDArray[Any], count: int, at_s: float, who: int) -> None:  # pragma: no cover - compiled
    """Put *who* on a heap of *count* entries."""
    k = count
    while k > 0:
        parent = (k - 1) // 2
        if later[parent].at_s <= at_s:
            break
        later[k].at_s, later[k].who = later[parent].at_s, later[parent].who
        k = parent
    later[k].at_s, later[k].who = at_s, who


@function
def pop(later: NDArray[Any], count: int) -> int:  # pragma: no cover - compiled
    """Take the first of *count* entries off a heap."""
    first = later[0].who
    last = count - 1
    at_s, who = later[last].at_s, later[last].who
    k = 0
    while 2 * k + 1 < last:
        child = 2 * k + 1
        if child + 1 < last and later[child + 1].at_s < later[child].at_s:
            child += 1
        if later[child].at_s >= at_s:
            break
        later[k].at_s, later[k].who = later[child].at_s, later[child].who
        k = child
    later[k].at_s, later[k].who = at_s, who
    return int(first)
