"""Progress bars on standard error."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Bar:
    """One bar with a changing label; `step` tells it how much of how much is done."""

    def __init__(self, label: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID = self._progress.add_task(label, total=1.0)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def step(self, label: str, done: int, total: int) -> None:
        """Show that *done* of *total* is done."""
        self._progress.update(self._task, description=label, completed=done, total=total)


class Replications(Bar):
    """The bar of a run: all replications together."""

    def __init__(self, count: int) -> None:
        super().__init__("simulating")
        self._share = [0.0] * count
        self._lock = threading.Lock()

    def step_one(self, replication: int, share: float) -> None:
        """Show that *share* of *replication* is done; may be called from several threads."""
        with self._lock:
            self._share[replication] = share
            self._progress.update(self._task, completed=sum(self._share), total=float(len(self._share)))
