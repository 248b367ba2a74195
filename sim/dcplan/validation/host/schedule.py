"""A schedule: when each request of a run is meant to arrive, and which samples of the resident pool it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.errors import InputError

FloatArray = NDArray[np.float64]
UintArray = NDArray[np.uint32]

LARGEST_IMAGE = 1 << 30
"""Image offsets wrap here; a call reduces them by the size of its pool."""


@dataclass(frozen=True)
class Schedule:
    """Requests in the order of their arrival.

    Attributes:
        arrival_s: Intended arrival of each request, from the start of the run [s], sorted, [n].
        image: First sample of the pool that each request asks for; it goes on from there, [n].
    """

    arrival_s: FloatArray
    image: UintArray

    def __post_init__(self) -> None:
        times_s = self.arrival_s
        if len(times_s) == 0 or not np.isfinite(times_s).all() or times_s[0] < 0 or (np.diff(times_s) < 0).any():
            raise InputError("a schedule needs at least one arrival, and sorted times that are not negative")
        if len(self.image) != len(times_s):
            raise InputError(f"a schedule of {len(times_s)} arrivals has {len(self.image)} image offsets")

    @property
    def duration_s(self) -> float:
        """The last arrival, from the start of the run [s]."""
        return float(self.arrival_s[-1])

    def save(self, path: Path) -> None:
        """Write the schedule to an .npz file."""
        np.savez(path, arrival_s=self.arrival_s, image=self.image)

    @classmethod
    def load(cls, path: Path) -> Schedule:
        """Read what `save` wrote."""
        with np.load(path) as data:
            return cls(data["arrival_s"], data["image"])


def schedule_of(arrival_s: NDArray[Any], samples_per_request: int) -> Schedule:
    """The schedule in which every request takes the samples that follow those of the one before."""
    image = np.arange(len(arrival_s), dtype=np.uint64) * samples_per_request % LARGEST_IMAGE
    return Schedule(np.asarray(arrival_s, dtype=np.float64), image.astype(np.uint32))


@dataclass(frozen=True)
class Counted:
    """What part of a run counts: after the warm-up, up to the horizon [s]."""

    warm_up_s: float
    horizon_s: float
