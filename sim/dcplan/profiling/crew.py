"""Several processes that run the same model, each by itself, and are called together.

A server with many processors answers with many processes, which compete for memory bandwidth, caches and the power of
the package: what one of them does alone says little about what all do together. A call starts one in every process and
ends with the last, as with streams; passing the word costs a tenth of a millisecond, which the call is blamed for.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Protocol

from dcplan.errors import InputError
from dcplan.profiling.allocator import keep_memory
from dcplan.profiling.point import Key, Variant
from dcplan.profiling.workloads.catalogue import find_workload
from dcplan.profiling.workloads.workload import Call, Workload


class Runner(Protocol):
    """What runs in each process: a session."""

    def enter(self) -> None:
        """Set what holds for the whole process."""

    def call(self, key: Key) -> Call:
        """The call at *key*."""

    def wait(self) -> None:
        """Wait until the device is done."""


Make = Callable[[Workload, Variant, str, int, int], Runner]
"""Makes a session of a workload in a variant on a device, with a seed, for batches up to a size."""


class Crew:
    """Processes with a session each, ready when this returns; they end with this process.

    Args:
        make: Makes a session in a process; something that can be imported there.
        name: Of the workload.
        variant: How each of them runs it; its `processes` is how many there are.
        device: "cpu" or "cuda", shared by all.
        seed: Of weights and samples.
        largest: Largest batch that will be called.
    """

    def __init__(self, make: Make, name: str, variant: Variant, device: str, seed: int, largest: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._lines: list[Connection] = []
        for _ in range(variant.processes):
            ours, theirs = context.Pipe()
            one = variant._replace(processes=1)
            context.Process(target=_answer, args=(theirs, make, name, one, device, seed, largest), daemon=True).start()
            theirs.close()
            self._lines.append(ours)
        self._await()

    def call(self, key: Key) -> Call:
        """The call to be timed at *key*: one in every process, until the last is done."""
        one = key._replace(processes=1)

        def together() -> None:
            for line in self._lines:
                line.send(one)
            self._await()

        return together

    def _await(self) -> None:
        """An answer from each; the first error is raised here, when all have answered."""
        try:
            answers: list[BaseException | None] = [line.recv() for line in self._lines]
        except EOFError:
            raise InputError(
                "a process that ran the model was killed", "there may be too little memory: try fewer --processes"
            ) from None
        for error in answers:
            if error is not None:
                raise error


def _answer(line: Connection, make: Make, name: str, variant: Variant, device: str, seed: int, largest: int) -> None:
    """Make a session, say so, then make the calls that come, until the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the process that started this one ends it
    keep_memory()
    session = make(find_workload(name), variant, device, seed, largest)
    session.enter()
    line.send(None)
    known: Key | None = None
    with contextlib.suppress(EOFError):
        while True:
            key: Key = line.recv()
            try:
                if key != known:  # only the last call is kept, so that no point holds memory when its window is over
                    call, known = session.call(key), key
                call()
                session.wait()
            except (MemoryError, RuntimeError) as error:
                line.send(error)
            else:
                line.send(None)
