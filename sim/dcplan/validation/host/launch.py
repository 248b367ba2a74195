"""Start the load generator beside a server, and check that this machine can hold both."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dcplan
from dcplan.errors import InputError
from dcplan.validation.host.records import Sent
from dcplan.validation.host.schedule import Schedule

LEAD_S = 0.1
"""From the start signal to the start of the run [s]."""
CORES = 2
"""Fewest processors: one serves, one sends."""
SCHEDULE_FILE, SENT_FILE, ERROR_FILE = "schedule.npz", "generator.npz", "generator.log"


def check_host() -> None:
    """An InputError if a server cannot be measured here."""
    if sys.platform != "linux":
        raise InputError(f"a server can be measured on Linux only, not on {sys.platform}", "use a Linux machine")
    cores = len(os.sched_getaffinity(0))
    if cores < CORES:
        raise InputError(
            f"a server and its load take {CORES} processors, and this process may use {cores}",
            "use a larger machine",
        )


def environment() -> dict[str, str]:
    """The environment for a process that imports dcplan from where this one did."""
    here = str(Path(dcplan.__file__).resolve().parents[1])
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{known}" if known else here}


def tail(path: Path, lines: int = 15) -> str:
    """The last *lines* of a log."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return "\n".join(text.splitlines()[-lines:])


@dataclass(frozen=True)
class Generator:
    """A load generator that is ready to send."""

    process: subprocess.Popen[str]
    folder: Path

    def begin(self) -> float:
        """Give the start signal; returns when the run starts (CLOCK_MONOTONIC) [s]."""
        start_s = time.monotonic() + LEAD_S
        assert self.process.stdin is not None
        self.process.stdin.write(f"{start_s!r}\n")
        self.process.stdin.flush()
        return start_s

    def result(self) -> Sent:
        """What it did, when it is done."""
        if self.process.wait() != 0:
            raise _failed(self.folder)
        return Sent.load(self.folder / SENT_FILE)


@contextmanager
def generator(
    schedule: Schedule, folder: Path, where: Sequence[str], descriptor: int | None = None
) -> Iterator[Generator]:
    """A load generator for *schedule*; it ends with the context.

    Args:
        schedule: What to send.
        folder: Where it reads the schedule and writes what it did.
        where: Its options: ["--pipe", descriptor] or ["--port", port].
        descriptor: A descriptor that it inherits; closed here once it has it.
    """
    schedule.save(folder / SCHEDULE_FILE)
    command = [sys.executable, "-m", "dcplan.validation.host.generator"]
    command += [str(folder / SCHEDULE_FILE), str(folder / SENT_FILE), *where]
    with (folder / ERROR_FILE).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            pass_fds=() if descriptor is None else (descriptor,),
        )
    if descriptor is not None:
        os.close(descriptor)
    with process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise _failed(folder)
            yield Generator(process, folder)
        finally:
            process.kill()


def _failed(folder: Path) -> InputError:
    log = folder / ERROR_FILE
    return InputError(f"the load generator failed; its log ends:\n{tail(log)}", f"the whole log is {log}")
