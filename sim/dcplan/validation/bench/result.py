"""One result of a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """A measured value.

    Attributes:
        name: What was measured.
        value: How much.
        unit: Of the value.
        reference: What it is compared with, or what was done.
        ratio: Value relative to the reference, measured in the same run; None where there is none.
    """

    name: str
    value: float
    unit: str
    reference: str
    ratio: float | None = None


REPEATS = 3


def against_oracle(
    name: str,
    kernel_per_s: Callable[[], float],
    oracle_per_s: Callable[[], float],
    work: str,
    twin: str = "SimPy, a process per request",
) -> Result:
    """Requests per second of a kernel and of its *twin* on the same *work*: the best of repeats, taken in turn."""
    kernel, oracle = zip(*((kernel_per_s(), oracle_per_s()) for _ in range(REPEATS)), strict=True)
    reference = f"{twin}: {max(oracle):.4g} requests/s; {work}"
    return Result(name, max(kernel), "requests/s", reference, max(kernel) / max(oracle))
