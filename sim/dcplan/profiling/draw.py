"""Power as a function of batch and load, fitted to what the meter read, with the residuals that remain.

    P(b, u) = P_idle + (P_full(b) - P_idle) u^gamma

P_full(b) is the measured power of back-to-back calls of batch b; u is the share of time in calls, varied by pauses
before them; gamma is fitted. It is not 1: a GPU that does 68 % of its work may draw 99.7 % of its power (MLPerf
Inference with power, ResNet-50, 8 x H100-PCIe: Offline 353,232/s at 2,220 W, Server 240,018/s at 2,214 W at the wall),
because clocks and memory stay up between calls. Idle power is its own measurement, never an extrapolation: that of
the device at rest with the model loaded, since an accelerator with a program on it draws more than one without
(NVIDIA H200: 125 W instead of 78 W, see `profiles/compute/h200-sxm-141gb/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcplan.profiling.summary import Summary

EXPONENTS = np.linspace(0.0, 2.0, 401)
"""Values of gamma that are tried [-]."""


@dataclass(frozen=True)
class Observation:
    """Power that was read: batch, share of time in calls [-], power and half its interval [W]."""

    batch: int
    load: float
    power_w: float
    error_w: float = 0.0


@dataclass(frozen=True)
class Draw:
    """The fit.

    Attributes:
        idle_w: Power at rest, with the model loaded [W].
        full_w: Batch -> power of back-to-back calls [W].
        exponent: gamma [-].
        exponents: Least and greatest gamma that no reading contradicts [-]; far apart where the batches that were
            read at part load hardly draw more than the device at rest.
        residuals: What was read, and how far the fit lies above it [W].
    """

    idle_w: float
    full_w: dict[int, float]
    exponent: float
    exponents: tuple[float, float]
    residuals: tuple[tuple[Observation, float], ...]

    def power_w(self, batch: int, load: float) -> float:
        """Power at a measured *batch* and a *load* of 0 to 1 [W]."""
        return self.idle_w + (self.full_w[batch] - self.idle_w) * (load**self.exponent if load > 0 else 0.0)

    def as_header(self) -> dict[str, Any]:
        """Plain data for profile.yaml."""
        worst = max((abs(off_w) / seen.power_w for seen, off_w in self.residuals), default=0.0)
        return {
            "formula": "idle_w + (full_w[batch] - idle_w) * load ** exponent",
            "idle_w": self.idle_w,
            "exponent": self.exponent,
            "exponent_low": self.exponents[0],
            "exponent_high": self.exponents[1],
            "full_w": dict(self.full_w),
            "residuals_w": [
                {"batch": seen.batch, "load": seen.load, "power_w": seen.power_w, "fit_minus_read_w": off_w}
                for seen, off_w in self.residuals
            ],
            "worst_residual": worst,
        }


def fit(idle_w: float, observations: Sequence[Observation]) -> Draw | None:
    """The exponent with the least squared relative residuals; None if no batch was read both full and at part load."""
    full_w = {each.batch: each.power_w for each in observations if each.load == 1.0}
    part = [each for each in observations if 0.0 < each.load < 1.0 and each.batch in full_w]
    if not part:
        return None
    read_w, error_w = (np.array([getattr(each, name) for each in part]) for name in ("power_w", "error_w"))
    off_w = np.stack([_off_w(idle_w, full_w, float(exponent), part) for exponent in EXPONENTS])
    best = int(np.argmin(((off_w / read_w) ** 2).sum(axis=1)))
    possible = EXPONENTS[(np.abs(off_w) <= error_w).all(axis=1)]
    ends = [float(EXPONENTS[best]), *possible.tolist()]
    residuals = zip(part, off_w[best].tolist(), strict=True)
    return Draw(idle_w, full_w, ends[0], (min(ends), max(ends)), tuple(residuals))


def observations(summaries: Sequence[Summary], task: str = "infer") -> list[Observation]:
    """What the meter read of *task* in the first way it was run, back to back and after pauses."""
    chosen = [one for one in summaries if one.key.task == task and one.power is not None]
    if not chosen:
        return []
    first = next(iter(chosen)).key.variant
    return [
        Observation(
            one.key.batch,
            one.time_s.mean / (one.time_s.mean + one.key.idle_s),
            one.power.power_w.mean,
            (one.power.power_w.high - one.power.power_w.low) / 2,
        )
        for one in chosen
        if one.key.variant == first and one.power is not None
    ]


def _off_w(
    idle_w: float, full_w: dict[int, float], exponent: float, part: Sequence[Observation]
) -> NDArray[np.float64]:
    fitted = [idle_w + (full_w[each.batch] - idle_w) * each.load**exponent for each in part]
    return np.asarray(np.array(fitted) - [each.power_w for each in part], dtype=np.float64)
