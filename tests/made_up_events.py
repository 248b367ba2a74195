"""A device made of nothing: its events are stamped by a time that tests tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class FakeEvent:
    """An event that the device reaches at once.

    Attributes:
        now_ms: Tells the time of the device.
    """

    now_ms: Callable[[], float]
    stamp_ms: float | None = None

    def record(self) -> None:
        """Remember the time."""
        self.stamp_ms = self.now_ms()

    def elapsed_time(self, later: FakeEvent, /) -> float:
        """Time between two stamps [ms]."""
        assert self.stamp_ms is not None
        assert later.stamp_ms is not None
        return later.stamp_ms - self.stamp_ms
