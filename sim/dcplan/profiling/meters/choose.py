"""Choose the best meter that this machine has: the ladder is GPU counters, wall, CPU counters, model, none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dcplan.errors import InputError
from dcplan.profiling.meters.model import ModelMeter
from dcplan.profiling.meters.none import NoMeter
from dcplan.profiling.meters.nvml import NvmlMeter
from dcplan.profiling.meters.protocol import Meter
from dcplan.profiling.meters.rapl import RaplMeter
from dcplan.profiling.meters.wall import WallMeter

KINDS = ("auto", "nvml", "wall", "rapl", "model", "none")
"""What the user may ask for."""


def choose(
    kind: str = "auto",
    *,
    device: str = "cpu",
    cpu_tdp_w: tuple[float, float] | None = None,
    vcpu_share: float | None = None,
    wall_csv: Path | None = None,
) -> Meter:
    """The meter that was asked for, or the best there is.

    "auto" takes the GPU's counters on a GPU; else the file of a wall meter if one is given; else, and only where the
    processor does the work, its counters; else the model if the user states a design power; else none. What was passed
    over, and why, is in the description of the meter that knows nothing.

    Args:
        kind: One of `KINDS`.
        device: Where the workload runs, as torch says it: "cpu", "cuda" for all visible GPUs, "cuda:1" for one.
        cpu_tdp_w: Lowest and highest design power of the processors [W], as the user states it.
        vcpu_share: Share of those processors that this machine has, in (0, 1].
        wall_csv: The file of a meter at the wall.

    Raises: InputError if *kind* is unknown or not available, or a value of the user's is wrong.
    """
    places = _places(device)

    def nvml() -> Meter:
        return NvmlMeter(places)

    def wall() -> Meter:
        if wall_csv is None:
            raise InputError("a meter at the wall needs its log", "give the CSV that the meter writes (--wall-csv)")
        return WallMeter(wall_csv)

    def model() -> Meter:
        if cpu_tdp_w is None:
            raise InputError(
                "modelled power needs the processor's thermal design power, which is never guessed",
                "give it in watts (--cpu-tdp)",
            )
        return ModelMeter(cpu_tdp_w, vcpu_share)

    makers: dict[str, Callable[[], Meter]] = {
        "nvml": nvml, "wall": wall, "rapl": RaplMeter, "model": model, "none": NoMeter,
    }  # fmt: skip
    if kind in makers:
        return makers[kind]()
    if kind != "auto":
        raise InputError(f"there is no energy meter '{kind}'", f"choose one of {', '.join(KINDS)}")
    return _best(makers, device, given={"wall": wall_csv is not None, "model": cpu_tdp_w is not None})


def _best(makers: dict[str, Callable[[], Meter]], device: str, given: dict[str, bool]) -> Meter:
    """The first meter of the ladder that works; what the user gave must work, so its errors are not passed over."""
    missing: list[str] = []
    for kind in ("nvml", "wall", "rapl", "model"):
        if reason := _unfit(kind, device):
            missing.append(f"{kind}: {reason}")
        elif given.get(kind):
            return makers[kind]()
        else:
            try:
                return makers[kind]()
            except InputError as error:
                missing.append(f"{kind}: {error.problem}")
    return NoMeter(missing)


def _unfit(kind: str, device: str) -> str:
    """Why a meter does not see what *device* uses; empty if it does."""
    type_ = device.partition(":")[0]
    if kind == "nvml" and type_ != "cuda":
        return f"the workload runs on {device}"
    if kind in ("rapl", "model") and type_ != "cpu":
        return f"it would see the processor only, and the workload runs on {device}"
    return ""


def _places(device: str) -> list[int] | None:
    """The place of one GPU in "cuda:1"; None, for all, if none is named."""
    place = device.partition(":")[2]
    if place and not place.isdecimal():
        raise InputError(f"'{device}' is no device", "write cpu, cuda, or cuda:0")
    return [int(place)] if place and device.startswith("cuda") else None
