"""Named random streams: adding a component does not reshuffle the others, and two designs share their demand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    """The random streams of one replication of one run."""

    seed: int
    replication: int

    def stream(self, name: str) -> np.random.Generator:
        """A fresh generator for *name*, e.g. "arrivals/vision"; the same name gives the same numbers."""
        words = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], dtype=np.uint32)
        key = (self.replication, *(int(word) for word in words))
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=key)))
