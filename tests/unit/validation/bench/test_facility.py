"""Benchmarks of the building: that they do what they say. Nothing here is timed."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from dcplan.engine.resolve import resolve
from dcplan.profiles.library import default_library
from dcplan.scenario.load import from_data
from dcplan.validation.bench import facility, large_site, plant


def test_the_site_is_as_large_as_it_is_said_to_be() -> None:
    plan = resolve(from_data(large_site.scenario()), default_library())
    jobs = sum(queue.spec.jobs * len(queue.submissions_s) for queue in plan.queues.values())
    servers = sum(group.count for group in plan.groups.values())
    said = facility.WORKS["site_9472_24h"][2]
    assert said.startswith(f"{servers:,} servers of 8 accelerators for 24 h in steps of 15 s, {jobs:,} training jobs")
    assert len(plan.grid.starts_s) == 24 * 240
    assert plan.facility is not None


def test_a_plant_is_simulated_for_all_hours_of_the_year() -> None:
    result = plant.year()()
    assert result.facility_w.shape == (8760,)
    assert np.all(result.facility_w > result.server_w)


def test_many_years_are_those_of_different_buildings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plant, "YEARS", 3)
    assert len(set(plant.many_years()())) == 3


def test_minutes_without_chillers_warm_the_racks_until_the_cold_water_is_used_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert 5.0 < plant.minutes(24)() < 40.0
    monkeypatch.setattr(plant, "STORE_M3", 40.0)
    assert plant.minutes(24)() == 0.0


def test_memory_and_time_are_those_of_the_work() -> None:
    """In a process of its own, because the peak of this one may be that of another test."""
    program = (
        "import numpy as np\n"
        "from dcplan.validation.bench import own_process\n"
        "own_process.tell(lambda: np.ones(20_000_000))"
    )
    told = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    taken_s, ready_mb, peak_mb = map(float, told.split())
    assert taken_s > 0.0
    assert peak_mb > ready_mb + 100.0


def test_each_result_has_time_and_peak_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facility, "WORKS", {"plant_year_hourly": facility.WORKS["plant_year_hourly"]})
    time, memory = facility.results()
    assert (time.name, time.unit) == ("plant_year_hourly", "s")
    assert (memory.name, memory.unit) == ("plant_year_hourly_memory", "MB")
    before = re.search(r"of which (\d+) MB before", memory.reference)
    assert before is not None
    assert memory.value >= float(before[1]) - 1.0
