"""What meters have in common that need no watching: nothing to start or stop, and no conditions to tell."""

from __future__ import annotations

from dcplan.profiling.meters import clock
from dcplan.profiling.meters.protocol import Mark


class Passive:
    """A meter that need not be running to take marks, and sees neither temperatures nor clocks."""

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""

    def mark(self) -> Mark:
        """Both clocks of this machine, and its CPU time."""
        return clock.now()

    def conditions(self, first: Mark, last: Mark) -> dict[str, float | str]:  # noqa: ARG002
        """None are seen."""
        return {}
