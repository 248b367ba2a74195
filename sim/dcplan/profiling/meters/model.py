"""A range that the energy of a processor should lie in, from the thermal design power that the user states.

How power follows load between idle and full is not measured here, so the range covers every possibility: at the least,
power is in proportion to the share of time that the machine is busy, with nothing drawn at idle; at the most, it is the
full design power whatever the load. The figure given is the middle. This is an assumption and is labelled as one.
"""

from __future__ import annotations

import math
import os

from dcplan.errors import InputError
from dcplan.profiling.meters.passive import Passive
from dcplan.profiling.meters.protocol import Energy, Mark, Source, description, duration_s, unknown

MODELLED = "modelled, not measured"
"""The flag that every modelled figure carries."""


class ModelMeter(Passive):
    """Design power of the processors times their share that this machine has.

    Args:
        cpu_tdp_w: Lowest and highest thermal design power of the processors that this machine runs on [W].
        vcpu_share: Share of those processors that belongs to this machine, in (0, 1]; None for all of them.
        cpus: Logical processors of this machine; as the operating system says if None.

    Raises: InputError if a value is out of range.
    """

    source: Source = "model"

    def __init__(
        self, cpu_tdp_w: tuple[float, float], vcpu_share: float | None = None, cpus: int | None = None
    ) -> None:
        low_w, high_w = cpu_tdp_w
        if not 0 < low_w <= high_w < math.inf:
            raise InputError(
                f"a thermal design power of {low_w:g} to {high_w:g} W is no range", "give it as low,high in watts"
            )
        if vcpu_share is not None and not 0 < vcpu_share <= 1:
            raise InputError(
                f"a vCPU share of {vcpu_share:g} is not in (0, 1]",
                "give the vCPUs of this machine over the hardware threads of its processors",
            )
        self._low_w, self._high_w = cpu_tdp_w
        self._share = vcpu_share
        self._cpus = cpus or os.cpu_count() or 1

    def energy(self, first: Mark, last: Mark) -> Energy:
        """Middle of the range, with the range; not known where CPU time cannot be told."""
        elapsed_s = duration_s(first, last)
        if first.cpu_s is None or last.cpu_s is None:
            return unknown(self.source, MODELLED, "CPU time of the machine is not known")
        busy = min(1.0, max(0.0, (last.cpu_s - first.cpu_s) / (elapsed_s * self._cpus)))
        share = 1.0 if self._share is None else self._share
        low_j, high_j = self._low_w * share * busy * elapsed_s, self._high_w * share * elapsed_s
        return Energy((low_j + high_j) / 2, low_j, high_j, self.source, (MODELLED,))

    def describe(self) -> dict[str, object]:
        """What is assumed."""
        return description(
            self.source,
            [{"device": "cpu", "tdp_low_w": self._low_w, "tdp_high_w": self._high_w, "vcpu_share": self._share}],
            resolution="none",
            accuracy="unknown: the range follows from the assumptions, not from a measurement",
            limits=[
                "processors only: no memory, no board, no fans, no losses of the power supply",
                "short bursts above the thermal design power are not covered",
            ],
            notes=[f"{MODELLED}; CPU seconds are the figure that is measured", *self._assumed()],
        )

    def _assumed(self) -> list[str]:
        whole = "no vCPU share given: the design power is taken as that of this machine alone"
        return [
            "low: lowest design power x share of the processors x share of time busy",
            "high: highest design power x share of the processors, whatever the load",
            *([whole] if self._share is None else []),
        ]
