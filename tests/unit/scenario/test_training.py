from __future__ import annotations

import pytest
from pydantic import ValidationError

from dcplan.scenario.training import TrainingQueue

PLAIN = {"workload": "w", "on": "n", "slots": 1, "epochs": 1, "samples": 1, "every": "6 h"}


@pytest.mark.parametrize("every", ["day at 02:00", "Sunday at 23:59", "monday at 00:00", "6 h", "1 s", "366 days"])
def test_a_schedule_is_a_time_of_day_or_a_period(every: str) -> None:
    assert TrainingQueue.model_validate(PLAIN | {"every": every}).every == every


@pytest.mark.parametrize(
    "every",
    ["", "day", "day at 2:00", "day at 24:00", "day at 02:60", "someday at 02:00", "0 s", "0.5 s", "2 years", "6"],
)
def test_any_other_schedule_is_refused(every: str) -> None:
    with pytest.raises(ValidationError, match=r"write 'day at 02:00'"):
        TrainingQueue.model_validate(PLAIN | {"every": every})


def test_a_period_is_told_in_seconds() -> None:
    assert TrainingQueue.model_validate(PLAIN).period_s == 21_600.0


def test_what_follows_the_calendar_has_no_period() -> None:
    assert TrainingQueue.model_validate(PLAIN | {"every": "Day at 02:00"}).period_s is None


@pytest.mark.parametrize("key", ["slots", "epochs", "samples", "jobs", "batch"])
def test_there_is_at_least_one_of_everything(key: str) -> None:
    with pytest.raises(ValidationError, match=r"greater than or equal to 1"):
        TrainingQueue.model_validate(PLAIN | {key: 0})
