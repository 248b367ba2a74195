"""The meter that knows nothing says so."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.meters.protocol import Mark, Meter


def test_energy_is_not_known_and_never_zero(mark: Callable[..., Mark]) -> None:
    energy = NoMeter().energy(mark(0), mark(10))
    assert (energy.joules, energy.source, energy.flags) == (None, "none", ("no meter",))


def test_it_can_be_used_like_any_meter() -> None:
    meter: Meter = NoMeter()
    meter.start()
    first, last = meter.mark(), meter.mark()
    meter.stop()
    assert meter.conditions(first, last) == {}
    assert first.counters == ()
    assert first.monotonic_s < last.monotonic_s


def test_it_says_what_is_missing_and_what_is_measured_instead() -> None:
    text = yaml.safe_dump(NoMeter(["rapl: hidden by the hypervisor"]).describe(), width=1000)
    assert "missing: rapl: hidden by the hypervisor" in text
    assert "CPU seconds are the figure that is measured" in text
