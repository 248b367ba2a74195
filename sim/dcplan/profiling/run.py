"""Measure a workload on this machine, from the first look at the idle machine to the written profile."""

from __future__ import annotations

import importlib.util
import random
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from dcplan.errors import InputError
from dcplan.profiling import machine
from dcplan.profiling.machine import Hardware, Load
from dcplan.profiling.measure import FULL, QUICK, Plan, Point, Progress, Series, measure
from dcplan.profiling.workloads import Session, Workload, find_workload
from dcplan.profiling.write import write


@dataclass(frozen=True)
class Settings:
    """What the user chose, checked."""

    sku: str
    seed: int
    threads: int
    quick: bool

    @property
    def plan(self) -> Plan:
        """How long to measure."""
        return QUICK if self.quick else FULL


def profile(
    workload: str,
    out: Path,
    sku: str | None = None,
    quick: bool = False,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Measure *workload* and write the profile `<out>/compute/<sku>/<workload>/`, whose path is returned.

    Args:
        workload: Name of a workload, e.g. "cnn-cifar10".
        out: The `profiles` folder to write into.
        sku: Name of the machine; made from its processor if None.
        quick: Take less than a minute rather than about seven (more if other processes are busy); the intervals
            get wider.
        seed: Seeds the weights, the synthetic data and the order of measuring.
        threads: Threads torch may use; all logical processors if None.
        progress: Told the stage, and how much of it is done, out of how much.

    Raises: InputError if an argument is wrong or a library is missing.
    """
    chosen = find_workload(workload)
    _require("torch", "psutil")
    hardware = machine.identify()
    settings = Settings(
        sku=_checked_sku(sku or machine.default_sku(hardware)),
        seed=seed,
        threads=_checked_threads(hardware.logical_cpus if threads is None else threads, hardware),
        quick=quick,
    )
    return record(chosen, settings, settings.plan, hardware, out, progress)


def record(
    workload: Workload,
    settings: Settings,
    plan: Plan,
    hardware: Hardware,
    out: Path,
    progress: Progress | None = None,
) -> Path:
    """Look at the idle machine, start the workload cold, measure all points, write the profile."""
    idle = machine.idle_load(plan.idle_s, plan.patience_s)
    session = Session(workload, settings.seed, settings.threads)
    cold = _cold(session, workload)
    work = session.work()
    series = measure(_points(session, workload), plan, random.Random(settings.seed), progress=progress)
    header = {
        **_provenance(workload, settings, hardware, session),
        "hardware": asdict(hardware),
        "software": {**machine.software(), **session.software()},
        "conditions": _conditions(settings, plan, idle, series),
        "recipe": asdict(workload.recipe),
        "work": {**work, "peak_rss_bytes": machine.peak_rss_bytes()},
        "cold_start_s": _cold_start_s(cold),
        "cold": cold,
        "power": machine.power_source(),
    }
    return write(out / "compute" / settings.sku / workload.name, header, series)


def _points(session: Session, workload: Workload) -> list[Point]:
    infer = [Point("infer", batch, session.infer(batch)) for batch in workload.infer_batches]
    train = [Point("train", batch, session.train(batch)) for batch in workload.train_batches]
    return infer + train


def _cold(session: Session, workload: Workload) -> dict[str, float | None]:
    """What starting costs, once per process: import, model, optimiser, and the first call of each task."""
    return {
        "torch_import_s": session.import_s,
        "build_s": session.build_s,
        "first_infer_call_s": _seconds(session.infer(1)),
        "optimizer_s": session.optimizer_s,
        "first_train_call_s": _seconds(session.train(workload.recipe.batch)),
    }


def _cold_start_s(cold: dict[str, float | None]) -> float | None:
    """Time from a fresh interpreter to its first answer [s]; None if torch was imported before."""
    parts = [cold[name] for name in ("torch_import_s", "build_s", "first_infer_call_s")]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _provenance(workload: Workload, settings: Settings, hardware: Hardware, session: Session) -> dict[str, Any]:
    """What a reader must know to trust the profile, or to measure it again."""
    today: date = datetime.now(UTC).date()
    kind = "a virtual machine" if hardware.hypervisor else "a machine"
    return {
        "schema": 1,
        "kind": "measured",
        "description": workload.description,
        "source": f"{workload.name} run in torch {session.software()['torch']} on {kind} with "
        f"{hardware.logical_cpus} logical processors ({hardware.cpu_model}); model: {workload.source}",
        "year": today.year,
        "date": today.isoformat(),
        "licence": "Apache-2.0",
        "derivation": "calls timed one by one in windows, batch sizes in random order; means and 95 % intervals from "
        "the window means; windows.csv holds them all",
        "command": _command(workload, settings),
        "sku": settings.sku,
        "workload": workload.name,
    }


def _command(workload: Workload, settings: Settings) -> str:
    options = f"--workload {workload.name} --sku {settings.sku} --seed {settings.seed} --threads {settings.threads}"
    return f"python -m dcplan.profiling {options}{' --quick' if settings.quick else ''}"


def _conditions(settings: Settings, plan: Plan, idle: Load, series: list[Series]) -> dict[str, Any]:
    """How the measurement was made, and whether something else got in its way."""
    loads = [window.load for one in series for window in one.measured]
    during = Load(fmean(load.others_percent for load in loads), fmean(load.steal_percent for load in loads))
    disturbed = sum(load.disturbed for load in loads)
    return {
        "threads": settings.threads,
        "precision": "fp32",
        "memory_format": "contiguous",
        "compiled": False,
        "data": "synthetic, resident in memory; no data loading in the timings",
        "seed": settings.seed,
        "mode": "quick" if settings.quick else "full",
        "windows": plan.windows,
        "window_s": plan.window_s,
        "contended": idle.contended or during.contended or disturbed > 0,
        "windows_disturbed_and_left_out": sum(len(one.disturbed) for one in series),
        "windows_disturbed_and_kept": disturbed,
        "others_percent_before": idle.others_percent,
        "others_percent": during.others_percent,
        "steal_percent_before": idle.steal_percent,
        "steal_percent": during.steal_percent,
    }


def _require(*libraries: str) -> None:
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    if missing:
        raise InputError(f"measuring needs {' and '.join(missing)}", "install them: pip install 'dcplan[profile]'")


def _checked_sku(sku: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", sku):
        raise InputError(f"sku '{sku}' is not a folder name", "use small letters, digits and dashes: 'epyc-2-vcpu'")
    return sku


def _checked_threads(threads: int, hardware: Hardware) -> int:
    if not 1 <= threads <= hardware.logical_cpus:
        raise InputError(f"{threads} threads cannot be measured", f"this machine has 1 to {hardware.logical_cpus}")
    return threads
