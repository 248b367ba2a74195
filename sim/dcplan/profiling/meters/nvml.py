"""GPU energy from NVIDIA's management library, with what else must be known: temperature, clocks, throttling.

Energy is the difference of the driver's counter at two marks. Power is polled meanwhile: it checks the counter, stands
in for it where there is none, and shows a sensor that is dead. Nothing of the GPU is ever set.

References: NVIDIA, "NVML API Reference Guide", nvmlDeviceGetTotalEnergyConsumption; Z. Yang, K. Adamek, W. Armour,
"Part-time power measurements: nvidia-smi's lack of attention", 2023, arXiv:2312.02741.
"""

from __future__ import annotations

import importlib
import math
import os
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from types import ModuleType

import numpy as np

from dcplan.errors import InputError
from dcplan.profiling.meters import clock, gpu_energy
from dcplan.profiling.meters.gpu import POWER_CAP, THROTTLES, Gpu, Sample, named
from dcplan.profiling.meters.poller import Poller
from dcplan.profiling.meters.protocol import Energy, Mark, Source, description, duration_s, unknown
from dcplan.profiling.meters.trace import Trace
from dcplan.profiling.meters.visible_gpus import VARIABLE, chosen, visible

PERIOD_S = 0.1
"""Time between two polls [s]; sensors move no faster."""
SHORTEST_S = 5.0
"""In a shorter window the tick of the counter weighs too much [s]."""


class NvmlMeter:
    """Adds up the GPUs that this program may use.

    Args:
        devices: Which of the visible GPUs, by their place ("cuda:1" is place 1); all if None.
        library: The module `pynvml`; imported if None.
        environment: Environment variables, which may hide GPUs; those of this process if None.
        period_s: Time between two polls [s].
        steady_clock: Gives `time.monotonic` [s].

    Raises: InputError if the library, the driver or the GPU is missing.
    """

    source: Source = "nvml"

    def __init__(
        self,
        devices: Sequence[int] | None = None,
        *,
        library: ModuleType | None = None,
        environment: Mapping[str, str] | None = None,
        period_s: float = PERIOD_S,
        steady_clock: Callable[[], float] = time.monotonic,
    ) -> None:
        nvml = library or _library()
        environment = os.environ if environment is None else environment
        try:
            nvml.nvmlInit()  # never shut down: marks may be taken after stop()
            self._driver = str(nvml.nvmlSystemGetDriverVersion())
            every = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
            seen = visible(environment, [str(nvml.nvmlDeviceGetUUID(handle)) for handle in every])
            self._gpus = [Gpu(nvml, index) for index in chosen(devices, seen)]
            self._mixed = len({str(nvml.nvmlDeviceGetName(handle)) for handle in every}) > 1
        except nvml.NVMLError as error:
            raise InputError(f"NVML does not work: {error}", "check that nvidia-smi works on this machine") from None
        self._sorted_by_bus = environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
        self._facts = [gpu.facts() for gpu in self._gpus]
        self._partitioned = any(gpu.partitioned for gpu in self._gpus)
        self._power_limit_w = sum(gpu.power_limit_w for gpu in self._gpus)
        self._samples: list[list[Sample]] = [[] for _ in self._gpus]
        self._clock = steady_clock
        self._period_s = period_s
        self._poller = Poller(self.poll, period_s)

    def start(self) -> None:
        """Poll in the background from now on."""
        self._poller.start()

    def stop(self) -> None:
        """Poll no more."""
        self._poller.stop()

    def poll(self) -> None:
        """Read the sensors of every GPU once, and keep what they say."""
        for gpu, samples in zip(self._gpus, self._samples, strict=True):
            samples.append(gpu.sample(self._clock()))

    def mark(self) -> Mark:
        """Both clocks, and the energy counter of each GPU; the GPUs must have finished their work."""
        return clock.now(tuple(gpu.energy_j() for gpu in self._gpus))

    def energy(self, first: Mark, last: Mark) -> Energy:
        """Sum over the GPUs; not known if that of one is not."""
        elapsed_s = duration_s(first, last)
        counted = (end - begin for begin, end in zip(first.counters, last.counters, strict=True))
        parts = [
            self._used(place, counted_j, first.monotonic_s, last.monotonic_s) for place, counted_j in enumerate(counted)
        ]
        short = [f"window shorter than {SHORTEST_S:g} s"] if elapsed_s < SHORTEST_S else []
        shared = ["MIG: energy of the whole gpu"] if self._partitioned else []
        own = [flag for part in parts for flag in part.flags]
        flags = tuple(dict.fromkeys([*own, *short, *shared, *_slowed(self._between(first, last))]))
        return _total(parts, flags)

    def describe(self) -> dict[str, object]:
        """The GPUs with driver and settings, how well they are measured, and what was seen of them so far."""
        samples = [sample for series in self._samples for sample in list(series)]
        return description(
            self.source,
            self._facts,
            resolution=f"counter moves about every {1e3 * gpu_energy.TICK_S:g} ms, in steps of 1 mJ or more",
            accuracy=f"+-{100 * gpu_energy.ACCURACY:g} % of the sensor: commonly quoted, not verified here",
            limits=[
                f"in a window under {SHORTEST_S:g} s the counter's tick weighs too much; such windows are flagged",
                "on A100 and H100 the sensor was seen to sample only about 25 % of the time (arXiv:2312.02741)",
                "GPU boards only: no processor, no memory of the host, no fans, no losses of the power supply",
            ],
            notes=self._notes(),
            thermal=_span("temperature", "c", [sample.temperature_c for sample in samples]),
            throttle=_reasons(samples),
            clocks=_clocks(samples),
            driver=self._driver,
            polled_every_s=self._period_s,
        )

    def conditions(self, first: Mark, last: Mark) -> dict[str, float | str]:
        """Hottest GPU at start and end, clocks and utilisation over all GPUs, why they were held down, power limit."""
        series = self._between(first, last)
        samples = [sample for one in series for sample in one]
        if not samples:
            return {}
        seen: dict[str, float] = {
            "temperature_start_c": max(one[0].temperature_c for one in series if one),
            "temperature_end_c": max(one[-1].temperature_c for one in series if one),
            **_clocks(samples),
            **_span("utilisation", "percent", [sample.utilisation_percent for sample in samples]),
            "power_limit_w": self._power_limit_w,
        }
        known = {name: value for name, value in seen.items() if not math.isnan(value)}
        return {**known, "throttle_reasons": _reasons(samples)}

    def _used(self, place: int, counted_j: float, begin_s: float, end_s: float) -> Energy:
        """Energy of one GPU, whose counter moved by *counted_j*."""
        edge_s = gpu_energy.LONGEST_GAP_S
        trace = _trace(_within(self._samples[place], begin_s - edge_s, end_s + edge_s))
        return gpu_energy.used(f"gpu {self._gpus[place].index}", counted_j, trace, begin_s, end_s)

    def _between(self, first: Mark, last: Mark) -> list[Sequence[Sample]]:
        """Samples of each GPU from *first*, or up to one period before, to *last*."""
        begin_s = first.monotonic_s - self._period_s
        return [_within(samples, begin_s, last.monotonic_s) for samples in self._samples]

    def _notes(self) -> list[str]:
        several = f"the energy of {len(self._gpus)} GPUs is added up; hide those that do not work with {VARIABLE}"
        order = (
            "the machine has different GPUs: set CUDA_DEVICE_ORDER=PCI_BUS_ID so that CUDA numbers them as NVML does"
        )
        return [
            "clocks and power limits were read and never set",
            *([several] if len(self._gpus) > 1 else []),
            *([order] if self._mixed and not self._sorted_by_bus else []),
        ]


def _library() -> ModuleType:
    try:
        return importlib.import_module("pynvml")
    except ImportError:
        raise InputError("the Python module pynvml is missing", "pip install nvidia-ml-py") from None


def _within(samples: Sequence[Sample], begin_s: float, end_s: float) -> Sequence[Sample]:
    when = attrgetter("monotonic_s")
    return samples[bisect_left(samples, begin_s, key=when) : bisect_right(samples, end_s, key=when)]


def _trace(samples: Iterable[Sample]) -> Trace:
    """The power readings among *samples*."""
    known = [sample for sample in samples if not math.isnan(sample.power_w)]
    return Trace(np.array([sample.monotonic_s for sample in known]), np.array([sample.power_w for sample in known]))


def _total(parts: Sequence[Energy], flags: tuple[str, ...]) -> Energy:
    """Sum of the energies of all GPUs and of their ranges: what errs on one errs alike on all."""
    if any(part.joules is None for part in parts):
        return unknown("nvml", *flags)
    joules, low_j, high_j = (sum(getattr(part, name) for part in parts) for name in ("joules", "low_j", "high_j"))
    return Energy(joules, low_j, high_j, "nvml", flags)


def _slowed(series: Iterable[Iterable[Sample]]) -> list[str]:
    """Flags for clocks that were held down by heat or by the power supply, and apart from them by the power limit."""
    reasons = _union(sample for one in series for sample in one)
    held = named((reasons or 0) & sum(THROTTLES))
    capped = ["power capped"] if (reasons or 0) & POWER_CAP else []
    return [*([f"throttled: {', '.join(held)}"] if held else []), *capped]


def _union(samples: Iterable[Sample]) -> int | None:
    """All reasons in *samples*; None if none of them tells any."""
    told = [sample.reasons for sample in samples if sample.reasons is not None]
    return int(np.bitwise_or.reduce(np.array(told, dtype=np.int64))) if told else None


def _reasons(samples: Sequence[Sample]) -> str:
    reasons = _union(samples)
    return "not known" if reasons is None else ", ".join(named(reasons)) or "none"


def _clocks(samples: Sequence[Sample]) -> dict[str, float]:
    return {
        **_span("sm_clock", "mhz", [sample.sm_mhz for sample in samples]),
        **_span("mem_clock", "mhz", [sample.memory_mhz for sample in samples]),
    }


def _span(name: str, unit: str, values: Sequence[float]) -> dict[str, float]:
    """Least, mean and greatest of what is known of *values*; empty if nothing is."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return {}
    return {
        f"{name}_min_{unit}": min(known),
        f"{name}_mean_{unit}": round(sum(known) / len(known), 3),
        f"{name}_max_{unit}": max(known),
    }
