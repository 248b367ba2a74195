"""The meter of a machine that has none: it says what is missing, and never makes a figure up."""

from __future__ import annotations

from collections.abc import Sequence

from dcplan.profiling.meters.passive import Passive
from dcplan.profiling.meters.protocol import Energy, Mark, Source, description, duration_s, unknown


class NoMeter(Passive):
    """Takes marks, and knows no energy; *missing* says why each real meter could not be used."""

    source: Source = "none"

    def __init__(self, missing: Sequence[str] = ()) -> None:
        self._missing = tuple(missing)

    def energy(self, first: Mark, last: Mark) -> Energy:
        """Not known."""
        duration_s(first, last)
        return unknown(self.source, "no meter")

    def describe(self) -> dict[str, object]:
        """What is missing, and what is measured nonetheless."""
        notes = ["no meter: energy and power are not known; CPU seconds are the figure that is measured"]
        return description(
            self.source,
            resolution="none",
            accuracy="none",
            notes=[*notes, *(f"missing: {why}" for why in self._missing)],
        )
