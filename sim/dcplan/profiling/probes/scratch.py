"""A scratch file that is read and written past the page cache, and the place where it lies."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dcplan.errors import InputError
from dcplan.profiling.probes.settings import MIB

PAGE = 4096
"""Size of a small block, and what addresses and lengths are multiples of [B]."""
SPARE_BYTES = 1024 * MIB
"""Space that must stay free on the file system [B], besides a twentieth of it."""
IN_MEMORY = ("tmpfs", "ramfs")
"""File systems that keep their files in memory."""


@dataclass(frozen=True)
class Place:
    """Where a folder lies.

    Attributes:
        folder: The folder.
        filesystem: Its kind: "ext4".
        device: What it lies on: "vda", or the kind again where no device is named.
    """

    folder: Path
    filesystem: str
    device: str

    @property
    def problem(self) -> str:
        """Why nothing measured here says anything about a device; empty if it does."""
        return f"{self.filesystem} keeps its files in memory" if self.filesystem in IN_MEMORY else ""


def place_of(folder: Path) -> Place:
    """The file system and the device of *folder*, or of the nearest folder above that exists."""
    import psutil  # type: ignore[import-untyped]

    there = folder.resolve()
    while not there.exists():
        there = there.parent
    known = {part.mountpoint: part for part in psutil.disk_partitions(all=True)}
    for mount in (there, *there.parents):
        if part := known.get(str(mount)):
            kind = _word(part.fstype) or "unknown"
            return Place(
                folder, kind, (_word(Path(part.device).name) if part.device.startswith("/dev/") else "") or kind
            )
    return Place(folder, "unknown", "unknown")


def _word(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


@contextmanager
def scratch_folder(beside: Path, needed_bytes: int) -> Iterator[Path]:
    """A new folder in *beside* with room for *needed_bytes*, gone with all that is in it at the end.

    Raise an InputError if so much would not leave enough space, or nothing can be written there.
    """
    check_space(beside, needed_bytes)
    try:
        folder = tempfile.TemporaryDirectory(prefix=".dcplan-scratch-", dir=beside)
    except OSError as error:
        raise InputError(
            f"{beside}: no scratch file can be written: {error.strerror}", "name another folder"
        ) from error
    with folder as path:
        yield Path(path)


def check_space(folder: Path, needed_bytes: int) -> None:
    """Raise an InputError unless *needed_bytes* can be written and enough is left for everybody else."""
    try:
        disk = shutil.disk_usage(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}", "name a folder that exists") from error
    spare = max(SPARE_BYTES, disk.total // 20)
    if needed_bytes + spare > disk.free:
        raise InputError(
            f"{folder}: measuring storage writes {_mib(needed_bytes)} and leaves {_mib(spare)} free; "
            f"only {_mib(disk.free)} are",
            "make room, choose a smaller file or another folder",
        )


def _mib(count: int) -> str:
    return f"{count / MIB:,.0f} MiB"


class ScratchFile:
    """An open file whose reads and writes go to the device: by O_DIRECT where the file system can."""

    def __init__(self, path: Path, buffer_bytes: int, direct: bool = True) -> None:
        self.path = path
        self.buffer = mmap.mmap(-1, buffer_bytes)  # O_DIRECT wants memory that starts at a page
        self.direct_io = direct and self._opened(getattr(os, "O_DIRECT", 0))
        if not self.direct_io and not self._opened(os.O_DSYNC):
            self.buffer.close()
            raise InputError(f"{path.parent}: no scratch file can be written there", "name another folder")
        self.refill()

    def __enter__(self) -> ScratchFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        self.buffer.close()

    def _opened(self, flag: int) -> bool:
        """Open the file with *flag* and see whether a page can be written and read."""
        if not flag:
            return False
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | flag, 0o600)
        except OSError:
            return False
        try:
            with memoryview(self.buffer) as view:
                return os.pwritev(self._file, [view[:PAGE]], 0) == os.preadv(self._file, [view[:PAGE]], 0) == PAGE
        except OSError:
            os.close(self._file)
            return False

    def refill(self) -> None:
        """Fill the buffer with what no file system can compress."""
        self.buffer[:] = os.urandom(len(self.buffer))

    def write(self, offset: int, count: int) -> None:
        """Write the first *count* bytes of the buffer at *offset*."""
        with memoryview(self.buffer) as view:
            if os.pwritev(self._file, [view[:count]], offset) != count:
                raise OSError(28, "the device took only a part of a block")

    def read(self, offset: int, count: int) -> None:
        """Read *count* bytes at *offset* into the buffer."""
        with memoryview(self.buffer) as view:
            if os.preadv(self._file, [view[:count]], offset) != count:
                raise OSError(5, "the device gave only a part of a block")

    def sync(self) -> None:
        """Return once all that was written is on the device."""
        os.fsync(self._file)

    def forget(self) -> None:
        """Drop the file from the page cache, where reads would find it otherwise."""
        if not self.direct_io:
            os.fsync(self._file)
            os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_DONTNEED)
