"""One NVIDIA GPU, read only: its energy counter, its sensors, and its settings, none of which is ever changed."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

THROTTLES = {
    0x08: "hw slowdown",
    0x20: "sw thermal slowdown",
    0x40: "hw thermal slowdown",
    0x80: "hw power brake",
}
"""Bits of NVML's clocks-event reasons that spoil a measurement."""
POWER_CAP = 0x04
"""The bit that says that the power limit holds the clocks down: usual under full load."""
REASONS = {0x01: "idle", 0x02: "application clocks", POWER_CAP: "power cap", 0x10: "sync boost", **THROTTLES}
"""Names of the reasons why clocks are not at their highest."""

_POWER_INSTANT = 186  # NVML_FI_DEV_POWER_INSTANT


@dataclass(frozen=True)
class Sample:
    """What the sensors said at one instant; NaN for what this GPU does not tell.

    Attributes:
        monotonic_s: `time.monotonic` [s].
        power_w: Power of the board [W].
        temperature_c: Temperature of the chip [degC].
        sm_mhz: Clock of the processors [MHz].
        memory_mhz: Clock of the memory [MHz].
        utilisation_percent: Share of recent time with a kernel running [%].
        reasons: Bits that say why clocks are not at their highest; None if not told.
    """

    monotonic_s: float
    power_w: float
    temperature_c: float
    sm_mhz: float
    memory_mhz: float
    utilisation_percent: float
    reasons: int | None


class Gpu:
    """GPU number *index* as NVML counts, through *nvml*, the module `pynvml`."""

    def __init__(self, nvml: ModuleType, index: int) -> None:
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(index)
        self.index = index
        self.name = str(self._ask("nvmlDeviceGetName") or "unknown")
        self.instant = self._instant_w() > 0
        """True if power is read as of now, rather than as some average of the driver's."""

    def energy_j(self) -> float:
        """Energy since the driver was loaded [J]; NaN if this GPU does not count it."""
        return self._number("nvmlDeviceGetTotalEnergyConsumption") / 1e3

    def sample(self, monotonic_s: float) -> Sample:
        """Read all sensors; *monotonic_s* is the time now [s]."""
        nvml = self._nvml
        return Sample(
            monotonic_s,
            power_w=self._instant_w() if self.instant else self._number("nvmlDeviceGetPowerUsage") / 1e3,
            temperature_c=self._number("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
            sm_mhz=self._number("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM),
            memory_mhz=self._number("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
            utilisation_percent=self._utilisation_percent(),
            reasons=self._reasons(),
        )

    @property
    def power_limit_w(self) -> float:
        """The power limit in force [W]; NaN if not told."""
        return self._number("nvmlDeviceGetEnforcedPowerLimit") / 1e3

    @property
    def partitioned(self) -> bool:
        """True if the GPU is split into MIG instances, which share its counter."""
        return self._setting("nvmlDeviceGetMigMode") == "on"

    def facts(self) -> dict[str, object]:
        """What the GPU is and how it is set, in plain values; None for what it does not tell."""
        nvml = self._nvml
        return {
            "index": self.index,
            "name": self.name,
            "uuid_sha256": _hashed(self._ask("nvmlDeviceGetUUID")),
            "vbios": _text(self._ask("nvmlDeviceGetVbiosVersion")),
            "power_limit_w": _known(self.power_limit_w),
            "power_limit_default_w": _known(self._number("nvmlDeviceGetPowerManagementDefaultLimit") / 1e3),
            "application_clock_sm_mhz": _known(self._number("nvmlDeviceGetApplicationsClock", nvml.NVML_CLOCK_SM)),
            "application_clock_mem_mhz": _known(self._number("nvmlDeviceGetApplicationsClock", nvml.NVML_CLOCK_MEM)),
            "persistence": self._setting("nvmlDeviceGetPersistenceMode"),
            "ecc": self._setting("nvmlDeviceGetEccMode"),
            "mig": self._setting("nvmlDeviceGetMigMode"),
            "energy_counter": not math.isnan(self.energy_j()),
            "power_reading": "instant" if self.instant else "of the driver: on some GPUs the mean of the last second",
        }

    def _ask(self, function: str, *arguments: object) -> object:
        """What a function of NVML answers for this GPU; None if the library, driver or GPU does not know it."""
        try:
            call: Callable[..., object] = getattr(self._nvml, function)
            return call(self._handle, *arguments)
        except (AttributeError, self._nvml.NVMLError):
            return None

    def _number(self, function: str, *arguments: object) -> float:
        answer = self._ask(function, *arguments)
        return float(answer) if isinstance(answer, int | float) else math.nan

    def _setting(self, function: str) -> str | None:
        """Whether something is on; of a present and a future setting, the present one counts."""
        answer = self._ask(function)
        present = answer[0] if isinstance(answer, list | tuple) else answer
        return None if present is None else ("on" if present else "off")

    def _instant_w(self) -> float:
        try:
            field = self._nvml.nvmlDeviceGetFieldValues(self._handle, [_POWER_INSTANT])[0]
        except (AttributeError, self._nvml.NVMLError):
            return math.nan
        return float(field.value.uiVal) / 1e3 if field.nvmlReturn == 0 else math.nan

    def _utilisation_percent(self) -> float:
        return float(getattr(self._ask("nvmlDeviceGetUtilizationRates"), "gpu", math.nan))

    def _reasons(self) -> int | None:
        answer = self._ask("nvmlDeviceGetCurrentClocksEventReasons")
        if answer is None:  # the name it had before driver 535
            answer = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons")
        return answer if isinstance(answer, int) else None


def named(reasons: int) -> list[str]:
    """The names of the bits in *reasons*.

    >>> named(0x44), named(0x1000)
    (['power cap', 'hw thermal slowdown'], ['reason 0x1000'])
    """
    bits = [1 << i for i in range(reasons.bit_length()) if reasons >> i & 1]
    return [REASONS.get(bit, f"reason {bit:#x}") for bit in bits]


def _hashed(uuid: object) -> str | None:
    """Enough of the hash of a UUID to tell GPUs apart without naming them to the world."""
    text = _text(uuid)
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(answer: object) -> str | None:
    """An answer of NVML as text; old versions of its Python module give bytes."""
    if answer is None:
        return None
    return answer.decode() if isinstance(answer, bytes) else str(answer)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
