"""Energy of runs, from a meter whose readings are made up."""

from __future__ import annotations

import time

import pytest

from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.meters.passive import Passive
from dcplan.profiling.meters.protocol import Energy, Mark, Source, unknown
from dcplan.validation.host import energy
from dcplan.validation.host.energy import Watch, resting_w
from dcplan.validation.host.schedule import Counted


class Steady(Passive):
    """A meter that always sees 100 W, or fails."""

    source: Source = "wall"

    def __init__(self, blind: bool = False) -> None:
        self.blind = blind

    def energy(self, first: Mark, last: Mark) -> Energy:
        """100 J a second."""
        joules = 100.0 * (last.monotonic_s - first.monotonic_s)
        return unknown(self.source, "no reading") if self.blind else Energy(joules, joules, joules, self.source)

    def describe(self) -> dict[str, object]:
        """Nothing."""
        return {}


def test_the_part_of_a_run_that_counts_is_metered() -> None:
    watch = Watch(Steady(), Counted(0.1, 0.3))
    watch.begin(time.monotonic())
    assert watch.joules() == pytest.approx(20.0, abs=2.0)
    assert watch.watts() == pytest.approx(100.0)


def test_a_meter_that_fails_gives_no_number() -> None:
    watch = Watch(Steady(blind=True), Counted(0.0, 0.01))
    watch.begin(time.monotonic())
    assert watch.joules() is None
    assert watch.watts() is None


def test_without_a_meter_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(NoMeter(), Counted(0.0, 100.0))
    watch.begin(time.monotonic())
    assert watch.joules() is None
    monkeypatch.setattr(energy, "REST_S", 100.0)
    assert resting_w(NoMeter()) is None


def test_the_resting_machine_is_metered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "REST_S", 0.05)
    assert resting_w(Steady()) == pytest.approx(100.0)
