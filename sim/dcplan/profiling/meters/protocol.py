"""What every energy meter can do: take marks, and tell how many joules went by between two of them.

A meter that does not know says None, never zero, and a flag says why. The source is part of every value, so a modelled
joule cannot pass for a measured one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Source = Literal["nvml", "rapl", "wall", "model", "none"]
"""Where a figure comes from: GPU counters, CPU counters, a meter at the wall, an assumption, or nowhere."""

NOT_MEASURED = "not measured"
"""What a description says of a thing that the meter cannot see."""


@dataclass(frozen=True)
class Mark:
    """An instant.

    Attributes:
        monotonic_s: `time.monotonic` [s].
        epoch_s: Time since 1970 [s]; meters at the wall are aligned by it.
        cpu_s: CPU time that the whole machine was busy so far [s]; None if it cannot be told.
        counters: Joules that each device counted so far; NaN where a device could not be read, empty if the meter
            counts nothing.
    """

    monotonic_s: float
    epoch_s: float
    cpu_s: float | None
    counters: tuple[float, ...] = ()


@dataclass(frozen=True)
class Energy:
    """What was used between two marks.

    Attributes:
        joules: Best estimate [J]; None if it is not known.
        low_j: The true value is not thought to lie below this [J]; None if *joules* is.
        high_j: Nor above this [J].
        source: Where the figure comes from.
        flags: What a reader must know of this one figure, e.g. "window shorter than 5 s".
    """

    joules: float | None
    low_j: float | None
    high_j: float | None
    source: Source
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.joules is None or self.low_j is None or self.high_j is None:
            if (self.joules, self.low_j, self.high_j) != (None, None, None):
                raise ValueError(f"energy is either known with its range or not at all: {self}")
        elif not 0 <= self.low_j <= self.joules <= self.high_j:
            raise ValueError(f"energy must lie in its range, and both above zero: {self}")

    def power_w(self, duration_s: float) -> float | None:
        """Mean power over *duration_s* [W]; None if the energy is not known.

        >>> Energy(500.0, 450.0, 550.0, "nvml").power_w(5.0)
        100.0
        """
        return None if self.joules is None else self.joules / duration_s

    def power_range_w(self, duration_s: float) -> tuple[float, float] | None:
        """Lowest and highest mean power over *duration_s* [W]; None if the energy is not known."""
        if self.low_j is None or self.high_j is None:
            return None
        return self.low_j / duration_s, self.high_j / duration_s


class Meter(Protocol):
    """Something that tells the energy used between two instants."""

    @property
    def source(self) -> Source:
        """Where its figures come from."""
        ...

    def start(self) -> None:
        """Begin to watch, in the background where the meter needs it; nothing if it does so already."""
        ...

    def stop(self) -> None:
        """Stop watching; what was seen is kept, and energies may still be asked for."""
        ...

    def mark(self) -> Mark:
        """Take a mark. Whoever measures an accelerator must have waited until it finished its work."""
        ...

    def energy(self, first: Mark, last: Mark) -> Energy:
        """Energy used from *first* to *last*.

        Raises: ValueError if *last* is not after *first*; InputError if a file of the user's is wrong.
        """
        ...

    def describe(self) -> dict[str, object]:
        """What a reader must know of the meter, in plain values: devices, resolution, accuracy, limits."""
        ...

    def conditions(self, first: Mark, last: Mark) -> dict[str, float | str]:
        """Temperatures [degC], clocks [MHz], throttling and power limit [W] meanwhile; empty if the meter sees none."""
        ...


def unknown(source: Source, *flags: str) -> Energy:
    """An energy that is not known, and why."""
    return Energy(None, None, None, source, flags)


def duration_s(first: Mark, last: Mark) -> float:
    """Time between two marks [s].

    Raises: ValueError if *last* is not after *first*.
    """
    elapsed_s = last.monotonic_s - first.monotonic_s
    if elapsed_s <= 0:
        raise ValueError(f"the last mark must be after the first, not {-elapsed_s:g} s before it")
    return elapsed_s


def description(
    source: Source,
    devices: Sequence[Mapping[str, object]] = (),
    *,
    resolution: str,
    accuracy: str,
    limits: Sequence[str] = (),
    notes: Sequence[str] = (),
    **seen: object,
) -> dict[str, object]:
    """A meter in plain values; *thermal*, *throttle* and *clocks* are "not measured" unless given in *seen*."""
    return {
        "source": source,
        "devices": [dict(device) for device in devices],
        "resolution": resolution,
        "accuracy": accuracy,
        "limits": list(limits),
        "notes": list(notes),
        "thermal": NOT_MEASURED,
        "throttle": NOT_MEASURED,
        "clocks": NOT_MEASURED,
        **seen,
    }
