"""What can be timed: a task of a model at a batch size (and tokens, context), run in one of several ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from dcplan.profiling.stopwatch import Stopwatch

Precision = Literal["fp32", "tf32", "bf16", "fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "tf32", "bf16", "fp16", "int8")


class Variant(NamedTuple):
    """How a model is run.

    Attributes:
        precision: Number format of the arithmetic.
        threads: Processor threads torch may use within a call.
        compiled: Whether torch.compile made the model's kernels.
        graphs: Whether a CUDA graph replays the call.
        streams: Calls that run at the same time in a process, each with a stream of its own.
        processes: Processes that do so at the same time, each with a model of its own.
    """

    precision: Precision = "fp32"
    threads: int = 1
    compiled: bool = False
    graphs: bool = False
    streams: int = 1
    processes: int = 1

    @property
    def at_once(self) -> int:
        """Calls that run at the same time."""
        return self.streams * self.processes


class Key(NamedTuple):
    """What a point is; the columns that every table starts with.

    Attributes:
        task: "infer", "train", "prefill" or "decode".
        batch: Samples in a call.
        tokens: Tokens of each sample; 0 where the model takes none.
        context: Tokens that each sequence has in its cache already; 0 where there is no cache.
        precision, threads, compiled, graphs, streams, processes: See `Variant`.
        idle_s: Pause before every call [s]; 0 for back to back.
    """

    task: str
    batch: int
    tokens: int = 0
    context: int = 0
    precision: Precision = "fp32"
    threads: int = 1
    compiled: bool = False
    graphs: bool = False
    streams: int = 1
    processes: int = 1
    idle_s: float = 0.0

    @classmethod
    def at(cls, task: str, place: Mapping[str, int], variant: Variant) -> Key:
        """The point of *task* at *place* (axis -> value), run as *variant*."""
        return cls(task, place["batch"], place.get("tokens", 0), place.get("context", 0), *variant)

    @property
    def variant(self) -> Variant:
        """How the model is run."""
        return Variant(self.precision, self.threads, self.compiled, self.graphs, self.streams, self.processes)

    @property
    def samples(self) -> int:
        """Samples processed by one timed call."""
        return self.batch * self.variant.at_once

    def __str__(self) -> str:
        words = [self.task, f"batch {self.batch}"]
        words += [f"{name} {value}" for name in ("tokens", "context") if (value := getattr(self, name))]
        words += [f"after {1e3 * self.idle_s:g} ms idle"] if self.idle_s else []
        return " ".join(words)


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Point:
    """A point and the call that is timed there.

    Attributes:
        key: What it is.
        make: Makes the call that is timed, anew for every window, so that no point keeps memory between its windows.
        enter: Done once before every window: threads and number formats are settings of the whole process.
        wait: Done after every call, inside its time: waits until an accelerator has finished.
        stopwatch: Tells the time that an accelerator is busy with each call; None where there is no such time.
    """

    key: Key
    make: Callable[[], Callable[[], object]]
    enter: Callable[[], object] = field(default=nothing)
    wait: Callable[[], object] = field(default=nothing)
    stopwatch: Stopwatch | None = None
