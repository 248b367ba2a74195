"""When training jobs are submitted."""

from __future__ import annotations

from collections.abc import Iterator

from dcplan import units
from dcplan.scenario.training import CALENDAR, WEEKDAYS
from dcplan.signals.clock import Clock


def submissions(every: str, clock: Clock, horizon_s: float) -> Iterator[float]:
    """Seconds since the start at which jobs come, before *horizon_s*.

    Args:
        every: 'day at 02:00', 'sunday at 02:00' (site time), or a period such as '6 h', which starts at second 0.
        clock: The site's calendar.
        horizon_s: End of the run [s].
    """
    match = CALENDAR.match(every.strip().lower())
    if match is not None:
        weekday = None if match[1] == "day" else WEEKDAYS.index(match[1])
        yield from clock.daily(int(match[2]), int(match[3]), horizon_s, weekday)
        return
    period_s = units.parse(every, "s")
    at_s = 0.0
    while at_s < horizon_s:
        yield at_s
        at_s += period_s
