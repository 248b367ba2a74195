"""Times that were not measured, derived from arithmetic and memory limits; always marked as derived.

A call of b samples takes at least the time to do its operations and the time to move its bytes:

    t(b) = max( b F / (eta_c P),  (W + b A) / (eta_m B) )

with F the operations and A the activation bytes of a sample, W the bytes of the weights, P and B the machine's peaks,
and eta the share of each that real models reach. Both shares are ranges, so the answer is one too. Launching kernels,
caches and everything else is left out: on small batches the truth is slower.

Reference: S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for multicore
architectures", Communications of the ACM 52(4), 2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcplan.profiles.library import Library, Profile
from dcplan.profiles.timing import LEVELS, FloatArray, Timing
from dcplan.profiling.point import PRECISIONS

BATCHES = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256, 512], dtype=np.float64)
"""Batch sizes of a derived ladder."""


@dataclass(frozen=True)
class Work:
    """What a sample costs whatever the machine: operations [FLOP], bytes of weights, bytes of activations [B]."""

    flop: float
    weights_bytes: float
    activation_bytes: float


@dataclass(frozen=True)
class Machine:
    """What a machine can do at most.

    Attributes:
        profile: Where it comes from.
        peak_flop_per_s: Arithmetic peak by number format [FLOP/s].
        bandwidth_b_per_s: Memory bandwidth [B/s].
        compute_share, memory_share: Lowest, typical and highest share of the peaks that models reach [-].
    """

    profile: Profile
    peak_flop_per_s: Mapping[str, float]
    bandwidth_b_per_s: float
    compute_share: tuple[float, float, float]
    memory_share: tuple[float, float, float]

    def call_s(self, work: Work, precision: str, share: int) -> FloatArray:
        """Time of a call at each of `BATCHES` [s]; *share* 0 is the slowest, 1 the typical, 2 the fastest."""
        width = {"fp32": 1.0, "tf32": 1.0, "int8": 0.25}.get(precision, 0.5)
        moved = width * (work.weights_bytes + BATCHES * work.activation_bytes)
        done_s = BATCHES * work.flop / (self.compute_share[share] * self.peak_flop_per_s[precision])
        return np.maximum(done_s, moved / (self.memory_share[share] * self.bandwidth_b_per_s))


def load_machine(library: Library, sku: str) -> Machine:
    """The limits of machines of kind *sku*; measured ceilings and data sheets are read alike."""
    profile = library.load("machine", sku)
    values = profile.values
    peaks = {name: _number(values, f"peak_{name}", f"gemm_{name}") for name in PRECISIONS}
    bandwidth = _number(values, "memory_bandwidth", "memory_triad", "memory_copy")
    if bandwidth is None or not any(peaks.values()):
        raise ValueError(f"machine profile '{sku}' does not say its arithmetic peak and memory bandwidth")
    return Machine(
        profile,
        {name: peak for name, peak in peaks.items() if peak is not None},
        bandwidth,
        _range(values, "roofline_efficiency_compute"),
        _range(values, "roofline_efficiency_memory"),
    )


def derive(machine: Machine, work: Work, precision: str) -> Timing:
    """The ladder of a workload that was not measured on *machine*, with the interval that the shares leave."""
    if precision not in machine.peak_flop_per_s:
        known = ", ".join(machine.peak_flop_per_s)
        raise ValueError(f"machine profile '{machine.profile.name}' has no peak for {precision}; it has {known}")
    slow_s, mean_s, fast_s = (machine.call_s(work, precision, share) for share in range(3))
    return Timing(
        batch=BATCHES,
        mean_s=mean_s,
        low_s=fast_s,
        high_s=slow_s,
        quantile_s=np.repeat(mean_s[:, None], len(LEVELS), axis=1),
        slow=np.ones(len(BATCHES)),
        verdict=("VALID",) * len(BATCHES),
        power_w=np.full(len(BATCHES), np.nan),
        derived=f"by roofline from the limits of {machine.profile.name} in {precision}; nobody has measured it",
    )


def operations_ratio(places: FloatArray, flop: FloatArray, at: float, wanted: float) -> float:
    """How many times the operations at *at* are needed at *wanted* [-].

    Operations of a transformer are a t + b t^2 in its tokens (its layers, and attention between them) and a + b c in
    the context of one more token; both are fitted to the counted operations at *places*.
    """
    powers = [1, 2] if len(places) == 2 else [0, 1, 2]
    powers = powers[: len(places)]
    basis = np.stack([places**power for power in powers], axis=1)
    weights, *_ = np.linalg.lstsq(basis, flop, rcond=None)
    there, here = (float(sum(weights * np.power(float(place), powers))) for place in (wanted, at))
    return max(0.0, there) / here


def _number(values: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        entry = values.get(name)
        if isinstance(entry, Mapping) and isinstance(entry.get("value"), int | float):
            return float(entry["value"])
    return None


def _range(values: Mapping[str, Any], name: str) -> tuple[float, float, float]:
    """Lowest, typical and highest value."""
    try:
        entry = values[name]
        return (float(entry["low"]), float(entry["value"]), float(entry["high"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the machine profile needs '{name}' with value, low and high") from error
