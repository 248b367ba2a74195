"""A meter at the wall: what a PDU, IPMI, Redfish or a power analyser logged, aligned by the time of day.

It sees the whole machine with its losses, which no counter inside does. The file is read late, when an energy is asked
for, because it is often still being written or is copied here after the run.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.meters import wall_csv
from dcplan.profiling.meters.passive import Passive
from dcplan.profiling.meters.protocol import Energy, Mark, Source, description, duration_s, unknown
from dcplan.profiling.meters.trace import Trace
from dcplan.profiling.meters.wall_csv import Record

LONGEST_GAP_S = 5.0
"""Readings further apart than this leave the energy unknown [s]."""
STEP_S = 0.5
"""The clock of this machine was set if it differs by more than this from its steady one over a window [s]."""


class WallMeter(Passive):
    """Reads power or energy from a CSV of the user's.

    Args:
        path: The file; it may not exist yet, but its folder must.
        offset_s: Added to the times of the file to give those of this machine's clock [s].

    Raises: InputError if the folder does not exist, or the file does and its columns are not understood.
    """

    source: Source = "wall"

    def __init__(self, path: Path, offset_s: float = 0.0) -> None:
        self._path = path
        self._offset_s = offset_s
        self._kept: tuple[tuple[int, int], Record] | None = None
        if not path.parent.is_dir():
            raise InputError(f"{path.parent}: no such folder", "give the path that the meter's CSV will have")
        if path.exists() and path.stat().st_size:
            wall_csv.read_columns(path)

    def energy(self, first: Mark, last: Mark) -> Energy:
        """Energy at the wall, from the file as it is now; its range is that of the sampling, not of the meter."""
        elapsed_s = duration_s(first, last)
        begin_s, end_s = first.epoch_s, last.epoch_s
        step_s = (end_s - begin_s) - elapsed_s
        if end_s <= begin_s:
            return unknown(self.source, f"clock of this machine was set by {step_s:+.1f} s")
        record = self._record()
        trace = Trace(record.times_s + self._offset_s, record.values)
        flags = (f"clock of this machine was set by {step_s:+.1f} s",) if abs(step_s) > STEP_S else ()
        if problem := _uncovered(trace, begin_s, end_s):
            return unknown(self.source, problem, *flags)
        if record.columns.kind == "power":
            return _from_power(trace, begin_s, end_s, flags)
        return _from_counter(trace, begin_s, end_s, record.quantum, flags)

    def describe(self) -> dict[str, object]:
        """The file, what its column is, and how finely it is sampled."""
        device: dict[str, object] = {"device": "wall", "file": self._path.name, "offset_s": self._offset_s}
        try:
            record = self._record()
        except InputError as error:
            resolution = f"not known: {error.problem}"
        else:
            period_s = float(np.median(np.diff(record.times_s)))
            unit = "W" if record.columns.kind == "power" else "J"
            device |= {"column": record.columns.name, "readings": len(record.times_s), "period_s": round(period_s, 3)}
            resolution = f"a reading every {period_s:g} s in steps of {record.quantum:g} {unit}"
        return description(
            self.source,
            [device],
            resolution=resolution,
            accuracy="that of the meter, which its data sheet states; low and high cover the sampling only",
            limits=[f"not known where readings are more than {LONGEST_GAP_S:g} s apart or do not enclose the window"],
            notes=["aligned by the time of day: keep both clocks set by NTP or PTP, or state the offset"],
        )

    def _record(self) -> Record:
        """The file as it is now; read again only if it has changed."""
        try:
            status = self._path.stat()
        except OSError as error:
            raise InputError(f"{self._path}: cannot be read: {error}", "give the CSV that the meter writes") from None
        version = (status.st_mtime_ns, status.st_size)
        if self._kept is None or self._kept[0] != version:
            self._kept = version, wall_csv.read(self._path)
        return self._kept[1]


def _uncovered(trace: Trace, begin_s: float, end_s: float) -> str:
    """Why the readings do not cover a window; empty if they do."""
    if begin_s < trace.times_s[0] or end_s > trace.times_s[-1]:
        return "marks outside the file"
    gap_s = trace.longest_gap_s(begin_s, end_s)
    return f"gap of {gap_s:.1f} s in the file" if gap_s > LONGEST_GAP_S else ""


def _from_power(trace: Trace, begin_s: float, end_s: float, flags: tuple[str, ...]) -> Energy:
    """Trapezoids between power readings; the range holds the lower, or the higher, of every two."""
    area = trace.area(begin_s, end_s)
    if area.high_j == 0:
        return unknown("wall", "meter reads 0 W throughout", *flags)
    return Energy(area.joules, area.low_j, area.high_j, "wall", flags)


def _from_counter(counted: Trace, begin_s: float, end_s: float, quantum_j: float, flags: tuple[str, ...]) -> Energy:
    """Difference of an energy column; the range is that of the readings inside and around, and a step of the column."""
    near = counted.around(begin_s, end_s)
    times_s, counted_j = near.times_s, near.values
    if (np.diff(counted_j) < 0).any():
        return unknown("wall", "energy column went backwards", *flags)
    begin_j, end_j = np.interp([begin_s, end_s], times_s, counted_j)
    joules = float(end_j - begin_j)
    if joules <= 0:
        return unknown("wall", "energy column did not advance", *flags)
    inside_j = counted_j[(times_s >= begin_s) & (times_s <= end_s)]
    least_j = float(np.ptp(inside_j)) - quantum_j if len(inside_j) else 0.0
    most_j = float(np.ptp(counted_j)) + quantum_j
    return Energy(joules, min(joules, max(0.0, least_j)), max(joules, most_j), "wall", flags)
