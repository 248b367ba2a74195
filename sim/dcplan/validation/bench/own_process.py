"""Work in a process of its own: how long it takes, and the peak of memory."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dcplan.validation.bench.result import REPEATS, Result

Work = Callable[[], object]
"""What is timed."""

CHILD = """
from dcplan.validation.bench import own_process, {module}
own_process.tell({module}.{ready}())
"""


class Told(NamedTuple):
    """What the process told.

    Attributes:
        taken_s: The best time of the work [s].
        ready_mb: Peak memory before it began [MB].
        peak_mb: Peak memory in all [MB].
    """

    taken_s: float
    ready_mb: float
    peak_mb: float


def measured(module: str, ready: str) -> Told:
    """Time the work that the function *ready* of a module of this package gives; making it ready does not count."""
    program = CHILD.format(module=module, ready=ready)
    found = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    return Told(*map(float, found.stdout.split()))


def all_of(works: Mapping[str, tuple[str, str, str]]) -> Iterator[Result]:
    """The best time of each of *works*, and the peak memory of its process."""
    for name, (module, ready, work) in works.items():
        told = measured(module, ready)
        yield Result(name, told.taken_s, "s", work)
        before = f"peak of its process, of which {told.ready_mb:.0f} MB before it began"
        yield Result(f"{name}_memory", told.peak_mb, "MB", before)


def tell(work: Work) -> None:
    """Do the work a few times, and print what `Told` holds."""
    ready_mb = _peak_mb()
    taken_s = min(_took_s(work) for _ in range(REPEATS))
    print(taken_s, ready_mb, _peak_mb())


def _took_s(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _peak_mb() -> float:
    """Peak memory of this process, from Linux: `getrusage` begins with that of the process which started this one."""
    found = re.search(r"VmHWM:\s+([0-9]+)", Path("/proc/self/status").read_text())
    assert found is not None, "Linux tells it"
    return 1024 * int(found[1]) / 1e6
