"""What travels between the processes: a request of eight bytes, and a record of 32 bytes for each batch served."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dcplan.validation.host.schedule import FloatArray, Schedule, UintArray

REQUEST = struct.Struct("<II")
"""Number of the request in its schedule, first image. The images lie in the server, so that bodies stay tiny."""
PROBE = 0xFFFFFFFF
"""Number of a request that only asks whether the server answers."""

BATCH = struct.Struct("<dddII")
"""Start and end (CLOCK_MONOTONIC) and the process's CPU time so far [s], number of the first request, requests."""
BATCH_FIELDS = np.dtype([("start_s", "<f8"), ("end_s", "<f8"), ("cpu_s", "<f8"), ("head", "<u4"), ("size", "<u4")])
"""The same, as numpy reads it."""


@dataclass(frozen=True)
class Batches:
    """The batches that a worker served, in order; times from the start of the run.

    Attributes:
        start_s: When the call began [s], [b].
        end_s: When it ended [s], [b].
        size: Requests in it, [b].
        head: Number of its first request, [b].
        head_arrival_s: Intended arrival of that request [s], [b].
        cpu_s: CPU time of the worker's process up to its end [s], [b].
    """

    start_s: FloatArray
    end_s: FloatArray
    size: UintArray
    head: UintArray
    head_arrival_s: FloatArray
    cpu_s: FloatArray

    @property
    def duration_s(self) -> FloatArray:
        """How long each batch was in service [s], [b]."""
        return self.end_s - self.start_s

    @property
    def idle_before_s(self) -> FloatArray:
        """How long the worker had rested before each batch [s]; NaN before the first, [b]."""
        return np.concatenate(([np.nan], self.start_s[1:] - self.end_s[:-1]))


def read_batches(data: bytes, schedule: Schedule, start_s: float) -> Batches:
    """The batches in *data* (records of `BATCH`), probes left out, as of a run that started at *start_s*."""
    rows = np.frombuffer(data, dtype=BATCH_FIELDS, count=len(data) // BATCH.size)
    rows = rows[rows["head"] < len(schedule.arrival_s)]
    return Batches(
        rows["start_s"] - start_s,
        rows["end_s"] - start_s,
        rows["size"].copy(),
        rows["head"].copy(),
        schedule.arrival_s[rows["head"]],
        rows["cpu_s"].copy(),
    )


@dataclass(frozen=True)
class Sent:
    """What the load generator did; times from the start of the run.

    Attributes:
        sent_s: When each request was sent [s]; NaN if it could not be, [n].
        done_s: When its answer was complete [s]; NaN without a good answer (always, over the pipe), [n].
        status: HTTP status of its answer; 0 without one, [n].
        cpu_s: CPU time of the generator [s].
        connections: HTTP connections opened.
        real_time: Whether the generator was allowed to run as soon as it woke; if not, it is late more often.
    """

    sent_s: FloatArray
    done_s: FloatArray
    status: UintArray
    cpu_s: float
    connections: int = 0
    real_time: bool = False

    def save(self, path: Path) -> None:
        """Write it to an .npz file."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Sent:
        """Read what `save` wrote."""
        with np.load(path) as data:
            arrays = data["sent_s"], data["done_s"], data["status"]
            return cls(*arrays, float(data["cpu_s"]), int(data["connections"]), bool(data["real_time"]))
