"""Tell which GPUs this program may use, in NVML's numbers, from the variable that tells CUDA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcplan.errors import InputError

VARIABLE = "CUDA_VISIBLE_DEVICES"


def visible(environment: Mapping[str, str], uuids: Sequence[str]) -> list[int]:
    """Numbers of the visible GPUs, in the order in which CUDA counts them.

    As CUDA does, this stops at the first entry that names no GPU.

    Args:
        environment: The environment variables.
        uuids: UUID of every GPU of the machine, in NVML's order.

    Raises: InputError if a MIG instance is named, or no GPU is visible.

    >>> visible({"CUDA_VISIBLE_DEVICES": "2,GPU-a"}, ["GPU-aa", "GPU-bb", "GPU-cc"])
    [2, 0]
    """
    setting = environment.get(VARIABLE)
    found = list(range(len(uuids))) if setting is None else _named(setting, uuids)
    if not found:
        raise InputError("no GPU is visible to this program", f"unset {VARIABLE}, or name a GPU in it")
    return found


def chosen(devices: Sequence[int] | None, seen: Sequence[int]) -> list[int]:
    """Those of the visible GPUs that *devices* picks by place ("cuda:1" is place 1); all if None.

    Raises: InputError if there is no such place.
    """
    if devices is None:
        return list(seen)
    for device in devices:
        if not 0 <= device < len(seen):
            raise InputError(f"there is no GPU cuda:{device}; {len(seen)} visible", f"use cuda:0..{len(seen) - 1}")
    return [seen[device] for device in devices]


def _named(setting: str, uuids: Sequence[str]) -> list[int]:
    found: list[int] = []
    for entry in (part.strip() for part in setting.split(",")):
        if entry.startswith("MIG-"):
            raise InputError(
                f"{VARIABLE} names a MIG instance; NVML counts the energy of whole GPUs only",
                "switch MIG off, or give the log of a meter at the wall",
            )
        index = _index(entry, uuids)
        if index is None or index in found:
            break
        found.append(index)
    return found


def _index(entry: str, uuids: Sequence[str]) -> int | None:
    """The GPU that a number, or the beginning of one UUID, names; None if there is none."""
    if entry.isdecimal():
        return int(entry) if int(entry) < len(uuids) else None
    alike = [i for i, uuid in enumerate(uuids) if entry.startswith("GPU-") and uuid.startswith(entry)]
    return alike[0] if len(alike) == 1 else None
