"""Energy of runs on a machine that has a meter: what it draws at rest and while it serves, and joules of a run.

A machine whose server is busy for a part of the time is expected to draw its resting power all the time, and in that
part what it drew more while requests never ceased. Both are measured before anything is predicted.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from dcplan.profiling.meters.protocol import Mark, Meter, duration_s
from dcplan.validation.host.schedule import Counted

REST_S = 2.0
"""How long the resting machine is watched [s]."""


@dataclass(frozen=True)
class Draw:
    """Power of the machine as its meter sees it.

    Attributes:
        idle_w: While nothing is asked of it [W].
        busy_w: While its server always has a next batch [W].
    """

    idle_w: float
    busy_w: float

    def joules(self, duration_s: float, busy_s: float) -> float:
        """Energy of *duration_s* in which the server is busy for *busy_s* [J].

        >>> Draw(50.0, 90.0).joules(10.0, 5.0)
        700.0
        """
        return self.idle_w * duration_s + (self.busy_w - self.idle_w) * busy_s


def resting_w(meter: Meter) -> float | None:
    """Power of the machine at rest, which is watched for a while if there is a meter [W]."""
    if meter.source == "none":
        return None
    first = meter.mark()
    time.sleep(REST_S)
    return _watts(meter, first, meter.mark())


def _watts(meter: Meter, first: Mark, last: Mark) -> float | None:
    """Mean power between two marks [W]; None if it is not known."""
    return meter.energy(first, last).power_w(duration_s(first, last))


class Watch:
    """Marks of *meter* at both ends of a part of a run, taken by a thread of its own; nothing without a meter."""

    def __init__(self, meter: Meter, part: Counted) -> None:
        self.meter, self.part = meter, part
        self._marks: list[Mark] = []
        self._thread: threading.Thread | None = None

    def begin(self, start_s: float) -> None:
        """A run starts at *start_s* (CLOCK_MONOTONIC) [s]."""
        if self.meter.source != "none":
            self._thread = threading.Thread(target=self._take, args=(start_s,), daemon=True)
            self._thread.start()

    def joules(self) -> float | None:
        """Energy used meanwhile [J]; None if it is not known."""
        return self.meter.energy(*self._marks).joules if self._taken() else None

    def watts(self) -> float | None:
        """Mean power meanwhile [W]; None if it is not known."""
        return _watts(self.meter, *self._marks) if self._taken() else None

    def _taken(self) -> bool:
        """Whether there are marks, once the thread is done; it never began without a meter."""
        if self._thread is not None:
            self._thread.join()
        return bool(self._marks)

    def _take(self, start_s: float) -> None:
        for after_s in (self.part.warm_up_s, self.part.horizon_s):
            time.sleep(max(0.0, start_s + after_s - time.monotonic()))
            self._marks.append(self.meter.mark())
