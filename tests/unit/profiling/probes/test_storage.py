"""Storage: numbers with their units, a clean folder afterwards, and a refusal before a disk fills up."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dcplan.errors import InputError
from dcplan.profiling.probes import scratch
from dcplan.profiling.probes import storage as module
from dcplan.profiling.probes.scratch import PAGE, Place, ScratchFile, place_of
from dcplan.profiling.probes.settings import Settings
from dcplan.profiling.probes.storage import needed_bytes, storage

UNITS = {
    "write_sequential": "B/s",
    "read_sequential": "B/s",
    "read_random": "1/s",
    "read_random_p50": "s",
    "read_random_p99": "s",
    "write_random": "1/s",
    "write_random_p50": "s",
    "write_random_p99": "s",
    "checkpoint_save": "B/s",
    "checkpoint_load": "B/s",
}


def test_every_result_has_its_unit_and_nothing_is_left_behind(tiny: Settings, tmp_path: Path) -> None:
    found = {result.name: result for result in storage(tiny)}
    assert {name: result.unit for name, result in found.items()} == UNITS
    assert all(result.value > 0 for result in found.values())
    assert found["read_random_p50"].value <= found["read_random_p99"].value
    assert found["read_sequential"].conditions["file_bytes"] == 2**18
    assert list(tmp_path.iterdir()) == []


def test_after_an_interruption_nothing_is_left_behind(tiny: Settings, tmp_path: Path) -> None:
    def interrupt(stage: str) -> None:
        if stage == "read in a row":
            assert list(tmp_path.iterdir())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage(tiny, interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_would_fill_up_is_refused(tiny: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"measuring storage writes .* MiB and leaves .* MiB free; only .* are"):
        storage(replace(tiny, file_bytes=10**17))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_refused(tiny: Settings, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        storage(replace(tiny, folder=tmp_path / "nowhere"))


def test_a_disk_that_fills_up_all_the_same_is_one_sentence(
    tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ScratchFile, "write", full)
    with pytest.raises(InputError, match="No space left on device"):
        storage(tiny)
    assert list(tmp_path.iterdir()) == []


def test_where_direct_access_fails_the_cache_is_dropped_instead(
    tiny: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = []
    monkeypatch.delattr(os, "O_DIRECT")
    monkeypatch.setattr(os, "posix_fadvise", lambda *call: dropped.append(call[-1]))
    found = storage(tiny)
    assert found[0].conditions["direct_io"] is False
    assert set(dropped) == {os.POSIX_FADV_DONTNEED}


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    with ScratchFile(tmp_path / "file", PAGE) as file:
        written = bytes(file.buffer)
        file.write(3 * PAGE, PAGE)
        file.refill()
        file.read(3 * PAGE, PAGE)
        assert bytes(file.buffer) == written


def test_reading_past_the_end_is_an_error(tmp_path: Path) -> None:
    with ScratchFile(tmp_path / "file", PAGE) as file, pytest.raises(OSError, match="only a part"):
        file.read(100 * PAGE, PAGE)


def test_files_in_memory_say_nothing_about_a_device(tiny: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "place_of", lambda folder: Place(folder, "tmpfs", "tmpfs"))
    assert {result.verdict for result in storage(tiny)} == {"INVALID: tmpfs keeps its files in memory"}


def test_a_place_is_the_nearest_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = [
        SimpleNamespace(device="/dev/vda", mountpoint="/", fstype="ext4"),
        SimpleNamespace(device="server:/data", mountpoint=str(tmp_path), fstype="nfs4"),
    ]
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: mounts)
    assert place_of(tmp_path / "not" / "yet").device == "nfs4"
    assert place_of(Path("/")).device == "vda"


def test_the_space_needed_is_the_file_and_the_checkpoint() -> None:
    assert needed_bytes(Settings(file_bytes=2**30, checkpoint_bytes=1000)) == 2**30 + 1000
    assert scratch.SPARE_BYTES >= 2**30
