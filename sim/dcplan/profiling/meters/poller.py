"""Do something over and over in the background, until told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Poller:
    """A thread that calls *read* every *period_s* seconds; it never keeps the interpreter alive."""

    def __init__(self, read: Callable[[], object], period_s: float) -> None:
        self._read = read
        self._period_s = period_s
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Call *read* once here, so that what it raises is seen, then go on in the background."""
        if self._thread is not None:
            return
        self._read()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="dcplan-meter", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread, and call *read* once more here; nothing if it does not run."""
        if self._thread is None:
            return
        self._stopped.set()
        self._thread.join()
        self._thread = None
        self._read()

    def _run(self) -> None:
        while not self._stopped.wait(self._period_s):
            self._read()
