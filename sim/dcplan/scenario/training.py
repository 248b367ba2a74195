"""Training: jobs that come on a schedule and wait, first come first served, for free slots."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from dcplan import units
from dcplan.scenario.base import Count, Name, PositiveDuration, Spec

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


class Flexible(Spec):
    """Jobs that may wait for cheap or green hours; prices, and the carbon of the grid, are known that far ahead."""

    within: PositiveDuration
    """Latest start, from the submission of a job, e.g. '12 h'."""
    by: Literal["price", "carbon"]
    """What is to be least: the price of the energy, or its CO2e."""


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
    epochs: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    """Passes over the training set."""
    samples: Annotated[int, Field(ge=1, le=10_000_000_000, strict=True)] | None = None
    """Samples in the training set."""
    to_accuracy: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Instead of epochs and samples: as long as measured training took to this validation accuracy."""
    batch: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    """Samples per step; the workload's own recipe unless said otherwise."""
    every: Schedule
    """When jobs come, in site time: 'day at 02:00', 'sunday at 02:00', or a period such as '6 h'."""

    flexible: Flexible | None = None
    """Jobs may wait for cheap or green hours; without it, each starts as soon as there is a slot."""

    @model_validator(mode="after")
    def _one_length(self) -> TrainingQueue:
        if self.to_accuracy is None and (self.epochs is None or self.samples is None):
            raise ValueError("say how long a job is: 'epochs' and 'samples', or 'to_accuracy' as it was measured")
        if self.to_accuracy is not None and (self.epochs, self.samples, self.batch) != (None, None, None):
            raise ValueError("to_accuracy is measured as a whole; remove 'epochs', 'samples' and 'batch'")
        return self

    @property
    def period_s(self) -> float | None:
        """Time from one submission to the next [s]; None if they follow the calendar."""
        return None if CALENDAR.match(self.every.strip().lower()) else units.parse(self.every, "s")
