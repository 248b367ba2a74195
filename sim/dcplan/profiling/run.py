"""Measure a workload on this machine, from the first look at the idle machine to the written profile."""

from __future__ import annotations

import importlib.util
import itertools
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

from dcplan.errors import InputError, InterruptedRunError
from dcplan.profiling import machine
from dcplan.profiling.accuracy import AccuracyRun, AccuracySettings, Watch, train_to_accuracy
from dcplan.profiling.allocator import keep_memory
from dcplan.profiling.draw import fit, observations
from dcplan.profiling.images import load_images
from dcplan.profiling.journal import Journal
from dcplan.profiling.machine import Hardware, Load
from dcplan.profiling.measure import (
    BRIEF,
    FULL,
    METERED_IDLE_S,
    METERED_WINDOW_S,
    QUICK,
    Bench,
    Plan,
    Progress,
    Series,
    measure,
)
from dcplan.profiling.meters.choose import choose
from dcplan.profiling.meters.protocol import Mark, Meter, duration_s
from dcplan.profiling.mlperf import scenarios
from dcplan.profiling.point import PRECISIONS, Key, Point, Variant, nothing
from dcplan.profiling.session import Session, check, memory_format_of, torch_import_s
from dcplan.profiling.soak import soak
from dcplan.profiling.summary import Summary, summarise
from dcplan.profiling.sweep import Sweep, points, values_of_axes
from dcplan.profiling.training_scaling import Job, training_scaling
from dcplan.profiling.training_step import parts_of_step
from dcplan.profiling.workloads.catalogue import find_workload
from dcplan.profiling.workloads.workload import Workload
from dcplan.profiling.write import Row, write

TRAINABLE = "cnn-cifar10"
"""The workload that is trained to accuracy: the others have no data that may be shipped."""

TRAINING = ("data", "epochs", "weight_decay", "dropout", "folds")
"""Settings that are for training to accuracy alone."""


@dataclass(frozen=True)
class Settings:
    """What the user may choose; names and defaults are those of the command line.

    Attributes:
        sku: Name of this kind of machine; made from its processor or accelerator if None.
        quick: Under a minute for the smallest model, with few points and wide intervals.
        brief: Two short visits to each point, no soak: for a device that is rented by the minute.
        at: Values of axes to take instead of the workload's own, see `values_of_axes`.
        budget_s: Time after which no further window is started [s]; None for as long as it takes.
        seed: Seeds weights, synthetic data and the order of measuring.
        device: "cpu" or "cuda".
        threads: Processor threads within a call, one or several to compare; all logical processors if empty.
        precision: Number formats, one or several to compare; the first is what scenarios use.
        compile: Whether to measure the compiled model as well.
        graphs: Whether to measure the replay of CUDA graphs as well.
        streams: Calls at the same time in a process, one or several to compare.
        processes: Processes at the same time, one or several to compare.
        task: Tasks to measure; all if empty.
        accuracy: Whether to train to accuracy on real images as well.
        data: Folder with CIFAR-10 in a published layout, for `accuracy`; other images if None.
        epochs, weight_decay, dropout, folds: How to train to accuracy, see `AccuracySettings`; as it says if None.
        meter: "auto", "nvml", "rapl", "wall", "model" or "none".
        cpu_tdp_w: Lowest and highest thermal design power of the processor [W], for the meter "model".
        vcpu_share: Share of the processor that this machine has [-], for the meter "model".
        wall_csv: Readings of a wall meter, for the meter "wall".
    """

    sku: str | None = None
    quick: bool = False
    brief: bool = False
    at: tuple[str, ...] = ()
    budget_s: float | None = None
    seed: int = 1
    device: str = "cpu"
    threads: tuple[int, ...] = ()
    precision: tuple[str, ...] = ("fp32",)
    compile: bool = False
    graphs: bool = False
    streams: tuple[int, ...] = (1,)
    processes: tuple[int, ...] = (1,)
    task: tuple[str, ...] = ()
    accuracy: bool = False
    data: Path | None = None
    epochs: int | None = None
    weight_decay: float | None = None
    dropout: float | None = None
    folds: int | None = None
    meter: str = "auto"
    cpu_tdp_w: tuple[float, float] | None = None
    vcpu_share: float | None = None
    wall_csv: Path | None = None

    @property
    def mode(self) -> str:
        """How much was taken time for, in a word."""
        return "quick" if self.quick else "brief" if self.brief else "full"

    def sweep(self, logical_cpus: int, workload: Workload) -> Sweep:
        """What is swept of *workload* on a machine with so many processors."""
        variants = itertools.product(
            self.precision,
            self.threads or (logical_cpus,),
            (False, True) if self.compile else (False,),
            (False, True) if self.graphs else (False,),
            self.streams,
            self.processes,
        )
        at = values_of_axes(self.at, workload)
        chosen = tuple(Variant(*each) for each in variants)  # type: ignore[arg-type]
        return Sweep(chosen, self.quick, self.task, self.device, self.brief, at)

    def training(self, threads: int, batch: int) -> AccuracySettings:
        """How to train to accuracy, in steps of *batch* images. Raise an InputError if that makes no sense."""
        asked = {name: value for name in TRAINING if (value := getattr(self, name)) is not None}
        return AccuracySettings(seed=self.seed, threads=threads, device=self.device, batch=batch, **asked)

    def plan(self, meter: Meter) -> Plan:
        """How long to measure; windows are long where the meter's counter ticks slowly."""
        plan = {"quick": QUICK, "brief": BRIEF, "full": FULL}[self.mode]
        if meter.source in ("nvml", "wall") and not self.brief:
            window_s, idle_s = (1.0, 20.0) if self.quick else (METERED_WINDOW_S, METERED_IDLE_S)
            plan = replace(plan, window_s=window_s, windows=(5, 12), idle_s=idle_s)
        if self.device == "cuda":
            plan = replace(plan, half_width=0.02)
        return plan if self.budget_s is None else replace(plan, budget_s=self.budget_s)


def profile(workload: str, out: Path, settings: Settings | None = None, progress: Progress | None = None) -> Path:
    """Measure *workload* and write the profile `<out>/compute/<sku>/<workload>/`, whose path is returned.

    Raise an InputError if an argument is wrong or a library is missing, an InterruptedRunError when interrupted: the
    windows measured so far are kept, and the same call goes on with the rest.
    """
    chosen, settings = find_workload(workload), settings or Settings()
    require("torch", "psutil")
    hardware = machine.identify()
    sweep = _checked(settings, hardware, chosen)
    meter = choose(
        settings.meter,
        device=settings.device,
        cpu_tdp_w=settings.cpu_tdp_w,
        vcpu_share=settings.vcpu_share,
        wall_csv=settings.wall_csv,
    )
    sku = checked_sku(settings.sku or machine.default_sku(hardware, accelerator(settings.device)))
    if settings.mode != "full" and _is_full(out / "compute" / sku / chosen.name):
        sku += f"-{settings.mode}"
    folder = out / "compute" / sku / chosen.name
    try:
        return Recording(chosen, replace(settings, sku=sku), sweep, hardware, meter, folder).run(
            settings.plan(meter), progress
        )
    except KeyboardInterrupt as error:
        message = f"interrupted; what was measured is kept in {folder}, the same command goes on with the rest"
        raise InterruptedRunError(message) from error


def _is_full(folder: Path) -> bool:
    """Whether *folder* holds a full measurement, which a shorter one must not replace."""
    header = folder / "profile.yaml"
    if not header.is_file():
        return False
    known = yaml.safe_load(header.read_text(encoding="utf-8"))
    return isinstance(known, dict) and known.get("conditions", {}).get("mode") == "full"


@dataclass(frozen=True)
class Recording:
    """A measurement whose arguments have been checked."""

    workload: Workload
    settings: Settings
    sweep: Sweep
    hardware: Hardware
    meter: Meter
    folder: Path

    def run(self, plan: Plan, progress: Progress | None = None) -> Path:
        """Look at the idle machine, start the workload cold, measure all points, write the profile."""
        keys = self.sweep.keys(self.workload)
        journal, allocator = Journal(self.folder, self._subject(plan)), keep_memory()
        self.meter.start()
        try:
            begin = self.meter.mark()
            idle = machine.idle_load(plan.idle_s, plan.patience_s)
            idle_marks = (begin, self.meter.mark())
            largest = max(key.batch for key in keys)
            session = self._session(self.sweep.variants[0], largest)
            cold = _cold(session, keys)
            sessions = {session.variant: session}
            for variant in self.sweep.variants[1:]:
                sessions[variant] = self._session(variant, largest)
            bench = Bench(meter=self.meter, keep=journal.keep, known=journal.known)
            bench = replace(bench, progress=progress) if progress else bench
            offered = points(keys, sessions)
            thermal = self._soaked(offered)
            series = measure(offered, plan, random.Random(self.settings.seed), bench)
            parts = parts_of_step(session, [one.point.key for one in series if one.measured])
            scaling = self._scaling(parts)
            trained = self._train() if self.settings.accuracy else None
            rested_marks = self._rest(plan)
        finally:
            self.meter.stop()
        series = [one for one in series if one.measured]
        if not series:
            raise InputError(
                "the budget was spent on warming up, and nothing was measured", "give more, or use --quick"
            )
        summaries = [summarise(one, self.meter, plan.half_width, plan.windows[1]) for one in series]
        flop = _flop(session, keys)
        header = {
            **self._provenance(session),
            "hardware": {**asdict(self.hardware), **_device(self.settings.device)},
            "software": {**machine.software(), **session.software()},
            "conditions": {**self._conditions(plan, idle, series), "allocator": allocator, **thermal},
            "recipe": asdict(self.workload.recipe),
            "work": {
                **session.work(),
                **{f"flop_per_sample_{key[0]}": count for key, count in reversed(flop.items())},
                "peak_rss_bytes": machine.peak_rss_bytes(),
                "peak_device_bytes": session.peak_device_bytes(),
            },
            "cold_start_s": _cold_start_s(cold),
            "cold": cold,
            **({"training_step": parts} if parts else {}),
            **({"training_scaling": scaling} if scaling else {}),
            "power": _power(self.meter, idle_marks, rested_marks, summaries),
            "mlperf": scenarios(summaries, self.sweep.variants[0]),
        }
        more: dict[str, list[Row]] = {}
        if trained is not None:
            header["accuracy"] = trained.header()
            more["accuracy.csv"] = [_epoch(row) for row in trained.rows()]
        write(self.folder, header, series, summaries, flop, self.meter, more)
        journal.finish()
        return self.folder

    def _rest(self, plan: Plan) -> tuple[Mark, Mark] | None:
        """Watch the machine at rest once more, as long as before; None without a meter."""
        if self.meter.source == "none":
            return None
        begin = self.meter.mark()
        machine.idle_load(plan.idle_s)
        return begin, self.meter.mark()

    def _session(self, variant: Variant, largest: int) -> Session:
        return Session(self.workload, variant, self.settings.device, self.settings.seed, largest)

    def _soaked(self, offered: Sequence[Point]) -> dict[str, Any]:
        """Warm the device through, if its meter has a thermometer; its steadiness and its power limit."""
        if self.meter.source != "nvml":
            return {}
        fitting = {task: max(axes["batch"]) for task, axes in self.workload.tasks.items()}
        known = [point for point in offered if not point.key.idle_s and point.key.batch <= fitting[point.key.task]]
        heavy = max(known, key=lambda point: point.key.batch)
        first = self.meter.mark()
        settled = None if self.settings.mode != "full" else soak(heavy, self.meter)
        limit_w = self.meter.conditions(first, self.meter.mark()).get("power_limit_w")
        return {"thermal_steady": settled, "power_limit_w": limit_w}

    def _scaling(self, step: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """How the training step that was divided scales with workers; None if there is none, or no time for it."""
        if step is None or self.settings.mode != "full":
            return None
        key = Key("train", step["batch"], step.get("tokens", 0), 0, *self.sweep.variants[0])
        return training_scaling(Job(self.workload.name, key, self.settings.device, self.settings.seed))

    def _train(self) -> AccuracyRun:
        """Train to accuracy, after everything else: it takes as long as it takes."""
        first = self.meter.mark()

        def energy_j() -> float | None:
            return self.meter.energy(first, self.meter.mark()).joules

        chosen = self.settings.training(self.sweep.variants[0].threads, self.workload.recipe.batch)
        return train_to_accuracy(chosen, Watch(energy=energy_j))

    def _subject(self, plan: Plan) -> dict[str, Any]:
        """What makes two measurements the same, so that one may go on with the other's windows."""
        return {
            "workload": self.workload.name,
            "settings": _texts(asdict(replace(self.settings, budget_s=None))),
            "plan": asdict(replace(plan, budget_s=0)),
            "hardware": asdict(self.hardware),
            "software": machine.software(),
            "meter": self.meter.source,
        }

    def _provenance(self, session: Session) -> dict[str, Any]:
        """What a reader must know to trust the profile, or to measure it again."""
        today: date = datetime.now(UTC).date()
        kind = "a virtual machine" if self.hardware.hypervisor else "a machine"
        device = accelerator(self.settings.device)
        processor = f"{self.hardware.logical_cpus} logical processors ({self.hardware.cpu_model})"
        place = f"{device} in {kind} with {processor}" if device else f"{kind} with {processor}"
        return {
            "schema": 2,
            "kind": "measured",
            "description": self.workload.description,
            "source": f"{self.workload.name} run in torch {session.software()['torch']} on {place}; "
            f"model: {self.workload.source}",
            "year": today.year,
            "date": today.isoformat(),
            "licence": "Apache-2.0",
            "derivation": "calls timed one by one in windows, points in random order; means and 95 % intervals from "
            "the window means; windows.csv holds them all",
            "command": command(self.workload.name, self.settings),
            "sku": self.settings.sku,
            "workload": self.workload.name,
            "stands_for": self.workload.stands_for,
            "sample": self.workload.sample,
        }

    def _conditions(self, plan: Plan, idle: Load, series: Sequence[Series]) -> dict[str, Any]:
        """How the measurement was made, and whether something else got in its way."""
        loads = [window.load for one in series for window in one.measured]
        during = Load(fmean(load.others_percent for load in loads), fmean(load.steal_percent for load in loads))
        disturbed = sum(load.disturbed for load in loads)
        first = self.sweep.variants[0]
        return {
            **first._asdict(),
            "device": self.settings.device,
            "memory_format": memory_format_of(self.settings.device, first).removesuffix("_format"),
            "data": "synthetic, resident in memory; no data loading in the timings",
            "seed": self.settings.seed,
            "mode": self.settings.mode,
            "windows_fewest_most": list(plan.windows),
            "window_s": plan.window_s,
            "half_width_wanted": plan.half_width,
            "mlperf_duration_met": False,
            "contended": idle.contended or during.contended or disturbed > 0,
            "windows_disturbed_and_left_out": sum(len(one.disturbed) for one in series),
            "windows_disturbed_and_kept": disturbed,
            "others_percent_before": idle.others_percent,
            "others_percent": during.others_percent,
            "steal_percent_before": idle.steal_percent,
            "steal_percent": during.steal_percent,
            "timer_overhead_s": _timer_overhead_s(),
        }


def command(workload: str, settings: Settings) -> str:
    """The command line that measures the same again."""
    words = ["python -m dcplan.profiling", f"--workload {workload}"]
    default = asdict(Settings())
    for name, value in asdict(settings).items():
        if value == default[name]:
            continue
        flag = f"--{name.removesuffix('_s').removesuffix('_w').replace('_', '-')}"
        values = value if isinstance(value, tuple) else () if value is True else (value,)
        words.append(" ".join([flag, *(f"{each:g}s" if name == "budget_s" else str(each) for each in values)]))
    return " ".join(words)


def accelerator(device: str) -> str | None:
    """What the accelerator calls itself; None on a CPU."""
    if device != "cuda":
        return None
    import torch

    return str(torch.cuda.get_device_name())


def require(*libraries: str) -> None:
    """Raise an InputError unless all *libraries* are installed."""
    missing = [library for library in libraries if importlib.util.find_spec(library) is None]
    if missing:
        raise InputError(f"measuring needs {' and '.join(missing)}", "install them: pip install 'dcplan[profile]'")


def checked_sku(sku: str) -> str:
    """*sku*, or an InputError if it cannot name a folder."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", sku):
        raise InputError(f"sku '{sku}' is not a folder name", "use small letters, digits and dashes: 'epyc-2-vcpu'")
    return sku


def _checked(settings: Settings, hardware: Hardware, workload: Workload) -> Sweep:
    """The sweep that *settings* ask for, or an InputError that says why it cannot run here."""
    for threads in settings.threads:
        if not 1 <= threads <= hardware.logical_cpus:
            raise InputError(f"{threads} threads cannot be measured", f"this machine has 1 to {hardware.logical_cpus}")
    for precision in settings.precision:
        if precision not in PRECISIONS:
            raise InputError(f"there is no precision '{precision}'", f"known are {', '.join(PRECISIONS)}")
    for name, counts in (("streams", settings.streams), ("processes", settings.processes)):
        for count in counts:
            if not 1 <= count <= 64:
                raise InputError(f"{count} {name} cannot be measured", "1 to 64 can")
    for task in settings.task:
        if task not in workload.tasks:
            raise InputError(f"{workload.name} has no task '{task}'", f"it has {', '.join(workload.tasks)}")
    if settings.accuracy and workload.name != TRAINABLE:
        raise InputError(f"{workload.name} cannot be trained to accuracy here", f"{TRAINABLE} can")
    given = [f"--{name.replace('_', '-')}" for name in TRAINING if getattr(settings, name) is not None]
    if given and not settings.accuracy:
        raise InputError(f"{given[0]} is for --accuracy", f"add --accuracy, or leave {given[0]} out")
    if settings.accuracy:
        settings.training(1, workload.recipe.batch)
        load_images(settings.data, settings.seed)
    if settings.device not in ("cpu", "cuda"):
        raise InputError(f"there is no device '{settings.device}'", "known are cpu and cuda")
    if settings.device == "cuda":
        _require_cuda()
    sweep = settings.sweep(hardware.logical_cpus, workload)
    for variant in sweep.variants:
        check(workload, variant, settings.device)
    if settings.sku is not None:
        checked_sku(settings.sku)
    return sweep


def _require_cuda() -> None:
    torch_import_s()
    import torch

    if not torch.cuda.is_available():
        raise InputError("torch sees no CUDA device here", "leave out --device cuda, or install a CUDA build of torch")


def _device(device: str) -> dict[str, Any]:
    if device != "cuda":
        return {}
    import torch

    found = torch.cuda.get_device_properties(0)
    return {
        "accelerator": found.name,
        "accelerator_bytes": int(found.total_memory),
        "accelerator_processors": int(found.multi_processor_count),
        "compute_capability": f"{found.major}.{found.minor}",
        "accelerators": torch.cuda.device_count(),
    }


def _cold(session: Session, keys: Sequence[Key]) -> dict[str, float | None]:
    """What starting costs, once per process: import, model, and the first call of each task."""
    cold: dict[str, float | None] = {"torch_import_s": torch_import_s(), "build_s": session.build_s}
    first = {key.task: key for key in reversed(keys) if key.variant == session.variant and not key.idle_s}
    for task, key in sorted(first.items(), key=lambda item: item[0] == "train"):
        cold[f"first_{task}_call_s"] = _first_call_s(session, key)
    return cold


def _cold_start_s(cold: Mapping[str, float | None]) -> float | None:
    """Time from a fresh interpreter to its first answer [s]; None if torch was imported before."""
    first = next((name for name in cold if name.startswith("first_") and name != "first_train_call_s"), None)
    parts = [cold[name] for name in ("torch_import_s", "build_s", *([first] if first else []))]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _first_call_s(session: Session, key: Key) -> float:
    begin = time.perf_counter()
    session.call(key)()
    session.wait()
    return time.perf_counter() - begin


def _timer_overhead_s() -> float:
    """What taking the time of a call costs, which the call is blamed for [s]: median of empty calls."""
    taken = []
    for _ in range(1000):
        begin = time.perf_counter_ns()
        nothing()
        taken.append(time.perf_counter_ns() - begin)
    return sorted(taken)[500] / 1e9


def _flop(session: Session, keys: Sequence[Key]) -> dict[tuple[str, int, int], int]:
    """Operations of a sample by task, tokens and context."""
    found: dict[tuple[str, int, int], int] = {}
    for key in keys:
        if (key.task, key.tokens, key.context) not in found:
            found[key.task, key.tokens, key.context] = session.flop(key._replace(batch=1))
    return found


def _power(
    meter: Meter, idle: tuple[Mark, Mark], rested: tuple[Mark, Mark] | None, summaries: Sequence[Summary]
) -> dict[str, Any]:
    """What the meter says of itself, what the machine drew at rest, and power as a function of batch and load."""
    described = dict(meter.describe())
    energy, seconds = meter.energy(*idle), duration_s(*idle)
    if energy.joules is not None and seconds > 0:
        idle_w = energy.joules / seconds
        loaded_w = meter.energy(*rested).power_w(duration_s(*rested)) if rested else None
        described |= {"idle_w": idle_w, "idle_measured_s": seconds, "idle_after_w": loaded_w}
        draw = fit(loaded_w or idle_w, observations(summaries))
        if draw is not None:
            described["model"] = draw.as_header()
    return {"source": meter.source, **described}


def _epoch(row: Mapping[str, Any]) -> Row:
    """A row of accuracy.csv: what counts from the start is called so."""
    names = {"samples": "trained_samples", "cpu_s": "total_cpu_s", "energy_j": "total_energy_j"}
    return {names.get(name, name): value for name, value in row.items()}


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
