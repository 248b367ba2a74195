"""What storage gives one process: in a row, at random, and for checkpoints.

All goes past the page cache: by O_DIRECT where the file system can, else by dropping the file from the cache before it
is read (posix_fadvise) and writing it through (O_DSYNC); `direct_io` says which. A virtual machine cannot look past
the cache of its host. One request is under way at a time, so random reads tell the latency of the device, not how many
requests it can serve at once.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.probes.result import TRIALS_NEEDED, Result, summarise, too_few
from dcplan.profiling.probes.scratch import PAGE, Place, ScratchFile, place_of, scratch_folder
from dcplan.profiling.probes.settings import MIB, Settings, Tell
from dcplan.profiling.probes.trials import Pace, repeat

BLOCK = 4 * MIB
"""Bytes of a request when going through the file in a row [B]."""
SEGMENTS = 8
"""Parts of the file; a trial goes through one of them."""
LAYERS = 8
"""Tensors of the checkpoint."""
LONGEST_TRIALS_S = 20.0
"""Time after which no more checkpoints than needed are saved or loaded [s]."""


def storage(settings: Settings, tell: Tell = lambda _: None) -> list[Result]:
    """Bytes per second in a row and of checkpoints, requests per second and their latency at random."""
    place = place_of(settings.folder or Path.cwd())
    with scratch_folder(place.folder, needed_bytes(settings)) as folder:
        try:
            return [
                *_file(folder / "file", place, settings, tell),
                *_checkpoint(folder / "model.pt", place, settings, tell),
            ]
        except OSError as error:
            raise InputError(f"{place.folder}: {error.strerror}", "choose a smaller file or another folder") from error


def needed_bytes(settings: Settings) -> int:
    """Space that the scratch files take [B]."""
    return _segment_bytes(settings) * SEGMENTS + _checkpoint_bytes(settings)


def _segment_bytes(settings: Settings) -> int:
    """A whole number of blocks, and less than the size asked for where that is small [B]."""
    wanted = settings.file_bytes or (256 if settings.quick else 2048) * MIB
    segment = max(PAGE, wanted // SEGMENTS)
    return segment // BLOCK * BLOCK or segment // PAGE * PAGE


def _checkpoint_bytes(settings: Settings) -> int:
    return settings.checkpoint_bytes or (64_000_000 if settings.quick else 200_000_000)


def _file(path: Path, place: Place, settings: Settings, tell: Tell) -> Iterator[Result]:
    segment, pace = _segment_bytes(settings), settings.effective_pace
    whole = replace(pace, trials=(SEGMENTS, SEGMENTS))
    with ScratchFile(path, min(BLOCK, segment)) as file:
        known = {**_conditions(place), "direct_io": file.direct_io, "file_bytes": segment * SEGMENTS}
        for name, trial in (("write", _write_segment), ("read", _read_segment)):
            tell(f"{name} in a row")
            values = repeat(partial(next, _segments(file, segment, trial)), whole)
            conditions = {**known, "request_bytes": len(file.buffer), "trial_bytes": segment}
            yield summarise(f"{name}_sequential", "B/s", values, _MEANINGS[name], conditions, place.problem)
        for name, request in (("read", file.read), ("write", file.write)):
            tell(f"{name} at random")
            file.forget()
            conditions = {**known, "request_bytes": PAGE, "requests_at_once": 1}
            yield from _random(name, request, segment * SEGMENTS, conditions, pace, place.problem)


_MEANINGS = {
    "write": "bytes per second written in a row to a new part of a file, until they are on the device (fsync)",
    "read": "bytes per second read in a row, past the page cache",
}


def _segments(file: ScratchFile, segment: int, trial: Callable[[ScratchFile, int, int], float]) -> Iterator[float]:
    """Bytes per second of one segment after the other, from the start again after the last."""
    for place in itertools.count():
        yield segment / trial(file, place % SEGMENTS * segment, segment)


def _write_segment(file: ScratchFile, start: int, size: int) -> float:
    file.refill()
    begin, step = time.perf_counter(), len(file.buffer)
    for offset in range(start, start + size, step):
        file.write(offset, min(step, start + size - offset))
    file.sync()
    return time.perf_counter() - begin


def _read_segment(file: ScratchFile, start: int, size: int) -> float:
    file.forget()
    begin, step = time.perf_counter(), len(file.buffer)
    for offset in range(start, start + size, step):
        file.read(offset, min(step, start + size - offset))
    return time.perf_counter() - begin


def _random(
    name: str,
    request: Callable[[int, int], None],
    file_bytes: int,
    conditions: Mapping[str, object],
    pace: Pace,
    problem: str,
) -> Iterator[Result]:
    """Requests per second and two percentiles of their latency, from the same requests."""
    random, trials = np.random.default_rng(1), list[list[float]]()

    def trial() -> float:
        trials.append(_latencies_s(request, random, file_bytes, pace.trial_s))
        return len(trials[-1]) / sum(trials[-1])

    what = f"4 KiB {name}s at random places of the file, one at a time, past the page cache"
    values = repeat(trial, pace)
    yield summarise(f"{name}_random", "1/s", values, f"{what}, per second", conditions, problem)
    for percent in (50, 99):
        values = [float(np.percentile(each, percent)) for each in trials]
        wrong = problem or (too_few([len(each) for each in trials]) if percent == 99 else "")
        meaning = f"percentile {percent} of the latency of {what}"
        yield summarise(f"{name}_random_p{percent}", "s", values, meaning, conditions, wrong)


def _latencies_s(
    request: Callable[[int, int], None], random: np.random.Generator, file_bytes: int, duration_s: float
) -> list[float]:
    """How long each request took, for *duration_s*."""
    taken, end = list[float](), time.perf_counter() + duration_s
    while True:
        for offset in (random.integers(0, file_bytes // PAGE, 64) * PAGE).tolist():
            begin = time.perf_counter()
            request(offset, PAGE)
            now = time.perf_counter()
            taken.append(now - begin)
            if now > end:
                return taken


def _checkpoint(path: Path, place: Place, settings: Settings, tell: Tell) -> Iterator[Result]:
    """Bytes per second of saving and loading the weights of a model."""
    import torch

    columns = max(1, _checkpoint_bytes(settings) // (4 * LAYERS * 1024))
    state = {f"layer{i}.weight": torch.randn(1024, columns) for i in range(LAYERS)}
    conditions = {**_conditions(place), "state_bytes": LAYERS * 1024 * columns * 4, "tensors": LAYERS}
    pace = replace(settings.effective_pace, trials=(TRIALS_NEEDED, SEGMENTS), budget_s=LONGEST_TRIALS_S)
    for name, trial, how in (
        ("save", partial(_save, path, state), "saved by torch.save until it is on the device (fsync)"),
        ("load", partial(_load, path), "loaded by torch.load into memory, after it left the page cache"),
    ):
        tell(f"checkpoint {name}")
        trial()  # the first one also loads code and makes the file
        meaning = f"bytes per second of a state dict {how}"
        yield summarise(f"checkpoint_{name}", "B/s", repeat(trial, pace), meaning, conditions, place.problem)


def _save(path: Path, state: Mapping[str, object]) -> float:
    """Bytes per second of saving *state* [B/s]."""
    import torch

    begin = time.perf_counter()
    with path.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    return path.stat().st_size / (time.perf_counter() - begin)


def _load(path: Path) -> float:
    """Bytes per second of loading what was saved [B/s]."""
    import torch

    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    begin = time.perf_counter()
    torch.load(path, weights_only=True)
    return path.stat().st_size / (time.perf_counter() - begin)


def _conditions(place: Place) -> dict[str, object]:
    return {"threads": 1, "filesystem": place.filesystem, "device": place.device}
