"""What may be chosen about the probes, and what they need to be installed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dcplan.errors import InputError
from dcplan.profiling.probes.trials import FULL, QUICK, Pace
from dcplan.profiling.processes import usable_cpus

Tell = Callable[[str], None]
"""Is told what is measured next."""

MIB = 2**20

PACKAGES = {"PIL": "Pillow", "cryptography": "cryptography"}
"""Libraries that a probe may do without, by the name of what to install."""


@dataclass(frozen=True)
class Settings:
    """What the user may choose.

    Attributes:
        quick: All probes in under half a minute, with wide intervals, instead of under five minutes.
        device: "cpu" or "cuda", for the ceilings.
        threads: Processor threads for the ceilings; all logical processors if None.
        folder: Where the scratch files of the storage probe go; where the profiles are written if None.
        file_bytes: Size of the scratch file [B]; 256 MiB (quick) or 2 GiB if None.
        checkpoint_bytes: Size of the checkpoint [B]; 64 MB (quick) or 200 MB if None.
        array_bytes: Size of each array for memory bandwidth [B]; from the caches of the machine if None.
        processes: How many processes to try for the input pipeline; 1, 2, 4 ... all processors if None (quick: none).
        largest_all_reduce_bytes: The largest message of the all-reduce [B]; 4 MiB (quick) or 64 MiB if None.
        peer: "host:port" of another machine that runs `serve_peer`; this machine alone if None.
        pace: How long to measure one thing; by `quick` if None.
    """

    quick: bool = False
    device: str = "cpu"
    threads: int | None = None
    folder: Path | None = None
    file_bytes: int | None = None
    checkpoint_bytes: int | None = None
    array_bytes: int | None = None
    processes: tuple[int, ...] | None = None
    largest_all_reduce_bytes: int | None = None
    peer: str | None = None
    pace: Pace | None = None

    @property
    def effective_pace(self) -> Pace:
        """How long to measure one thing."""
        return self.pace or (QUICK if self.quick else FULL)

    @property
    def effective_threads(self) -> int:
        """Processor threads that this process may use, or those the user chose."""
        return self.threads or usable_cpus()


def missing(library: str) -> str:
    """Why there is nothing without *library*; empty if it is installed."""
    if library in sys.modules:
        return "" if sys.modules[library] else f"needs {PACKAGES[library]}"
    return "" if importlib.util.find_spec(library) else f"needs {PACKAGES[library]}"


def check(settings: Settings) -> None:
    """Raise an InputError if one of *settings* cannot be had."""
    if settings.device not in ("cpu", "cuda"):
        raise InputError(f"there is no device '{settings.device}'", "known are cpu and cuda")
    for threads in (settings.threads, *(settings.processes or ())):
        if threads is not None and not 1 <= threads <= usable_cpus():
            raise InputError(f"{threads} threads or processes cannot be measured", f"this machine has {usable_cpus()}")
    if settings.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise InputError(
                "torch sees no CUDA device here", "choose the device cpu, or install a CUDA build of torch"
            )
