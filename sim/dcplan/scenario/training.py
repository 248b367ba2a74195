"""Training: jobs that come on a schedule and wait, first come first served, for free slots."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from dcplan import units
from dcplan.scenario.base import Count, Name, Spec

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CALENDAR = re.compile(r"^(day|" + "|".join(WEEKDAYS) + r") at ([01]\d|2[0-3]):([0-5]\d)$")


def _check_schedule(text: str) -> str:
    if CALENDAR.match(text.strip().lower()):
        return text
    try:
        period_s = units.parse(text, "s")
    except ValueError:
        period_s = 0.0
    if not 1.0 <= period_s <= 366 * 86400:
        raise ValueError("write 'day at 02:00', 'sunday at 02:00' or a period such as '6 h' (1 s to 1 year)")
    return text


Schedule = Annotated[str, AfterValidator(_check_schedule)]


class TrainingQueue(Spec):
    """A batch of equal training jobs that is submitted again and again."""

    workload: str
    """What is trained: a workload whose training was measured for the servers of `on`."""
    on: Name
    """The servers (a key of `fleet`) that the jobs run on."""
    slots: Count
    """Slots kept for this queue; each job trains on one."""
    jobs: Annotated[int, Field(ge=1, le=100_000, strict=True)] = 1
    """Jobs submitted each time, e.g. one model per camera."""
    epochs: Annotated[int, Field(ge=1, le=100_000, strict=True)]
    """Passes over the training set."""
    samples: Annotated[int, Field(ge=1, le=10_000_000_000, strict=True)]
    """Samples in the training set."""
    batch: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    """Samples per step; the workload's own recipe unless said otherwise."""
    every: Schedule
    """When jobs come, in site time: 'day at 02:00', 'sunday at 02:00', or a period such as '6 h'."""

    @property
    def period_s(self) -> float | None:
        """Time from one submission to the next [s]; None if they follow the calendar."""
        return None if CALENDAR.match(self.every.strip().lower()) else units.parse(self.every, "s")
