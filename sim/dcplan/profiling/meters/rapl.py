"""CPU energy from the processor's own counters (RAPL, on Intel and AMD): packages and memory.

The counters wrap, the one of a busy server within minutes, so a background thread reads them often enough to miss no
turn; a mark holds the joules since the meter was made.
"""

from __future__ import annotations

import math
import threading
from pathlib import Path

from dcplan.profiling.meters import clock
from dcplan.profiling.meters.passive import Passive
from dcplan.profiling.meters.poller import Poller
from dcplan.profiling.meters.powercap import ROOT, Domain, domains
from dcplan.profiling.meters.protocol import Energy, Mark, Source, description, duration_s, unknown

TICK_S = 0.001
"""The counters move about this often [s]: Intel, Software Developer's Manual, volume 3B, section on RAPL."""
HIGHEST_W = 2000.0
"""No package draws more than this [W]; a counter is read at least twice while it could turn once."""


class RaplMeter(Passive):
    """Adds up packages and memory; *root* is where the kernel shows the counters.

    Raises: InputError if there are no counters or they may not be read.
    """

    source: Source = "rapl"

    def __init__(self, root: Path = ROOT) -> None:
        self._domains = domains(root)
        self._lock = threading.Lock()
        self._raw_j = [domain.read_j() for domain in self._domains]
        self._total_j = [0.0] * len(self._domains)
        period_s = min(domain.range_j for domain in self._domains) / HIGHEST_W / 2
        self._poller = Poller(self._read, min(10.0, max(0.1, period_s)))

    def start(self) -> None:
        """Read the counters every few seconds from now on, so that no turn of theirs is missed."""
        self._poller.start()

    def stop(self) -> None:
        """Read the counters no more, other than for marks."""
        self._poller.stop()

    def mark(self) -> Mark:
        """Both clocks, and the joules of each package and memory since the meter was made."""
        return clock.now(self._read())

    def energy(self, first: Mark, last: Mark) -> Energy:
        """Sum over packages and memory; not known if a package could not be read or its counter stood still."""
        elapsed_s = duration_s(first, last)
        used = [end_j - begin_j for begin_j, end_j in zip(first.counters, last.counters, strict=True)]
        problems = [_problem(domain, joules) for domain, joules in zip(self._domains, used, strict=True)]
        flags = tuple(problem for problem in problems if problem)
        fatal = [p for p, domain in zip(problems, self._domains, strict=True) if p and not domain.is_memory]
        if fatal:
            return unknown(self.source, *flags)
        joules = sum(j for j, problem in zip(used, problems, strict=True) if not problem)
        tick_j = joules / elapsed_s * TICK_S
        return Energy(joules, max(0.0, joules - tick_j), joules + tick_j, self.source, flags)

    def describe(self) -> dict[str, object]:
        """The counters that are added up, and what they leave out."""
        return description(
            self.source,
            [{"device": domain.name, "wraps_after_j": domain.range_j} for domain in self._domains],
            resolution=f"counters move about every {1e3 * TICK_S:g} ms",
            accuracy="not stated by the vendors; low and high cover the tick of the counters only",
            limits=[
                "processor packages and, where shown, memory: no board, no fans, no losses of the power supply",
                "everything that runs on the packages is counted, not this program alone",
            ],
            notes=["cores and graphics are part of their package and are not added again"],
        )

    def _read(self) -> tuple[float, ...]:
        """Joules of each domain since the meter was made; NaN from a failed reading on."""
        with self._lock:
            for i, domain in enumerate(self._domains):
                raw_j = domain.read_j()
                self._total_j[i] += _advance(self._raw_j[i], raw_j, domain.range_j)
                self._raw_j[i] = raw_j
            return tuple(self._total_j)


def _advance(before_j: float, after_j: float, range_j: float) -> float:
    """How far a counter moved that wraps at *range_j* [J].

    >>> _advance(10.0, 15.0, 100.0), _advance(95.0, 5.0, 100.0)
    (5.0, 10.0)
    """
    return after_j - before_j if after_j >= before_j else after_j - before_j + range_j


def _problem(domain: Domain, joules: float) -> str:
    """What is wrong with the energy of a domain; empty if nothing is."""
    left_out = ", left out" if domain.is_memory else ""
    if math.isnan(joules):
        return f"{domain.name} could not be read{left_out}"
    return f"{domain.name} did not advance{left_out}" if joules <= 0 else ""
