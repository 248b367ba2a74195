"""Identify the machine, and tell whether it was busy with something else."""

from __future__ import annotations

import multiprocessing
import os
import platform
import re
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

OTHERS_LIMIT_PERCENT = 5.0
"""More CPU time than this taken by other processes contends with a measurement."""
STEAL_LIMIT_PERCENT = 2.0
"""More CPU time than this taken by the hypervisor contends with a measurement."""

SHORTEST_S = 0.1
"""The kernel counts CPU time in ticks of 10 ms: over less than this, shares of it mean nothing [s]."""


@dataclass(frozen=True)
class Hardware:
    """What the machine says it is; a virtual machine may say little."""

    cpu_model: str
    cpu_family: str
    logical_cpus: int
    physical_cores: int
    hypervisor: bool
    ram_bytes: int


@dataclass(frozen=True)
class CpuTimes:
    """CPU time since boot, summed over all processors [s]; *own_s* is that of this process and of its crew."""

    total_s: float
    busy_s: float
    steal_s: float
    own_s: float


@dataclass(frozen=True)
class Switches:
    """How often the threads of this process were switched out: to wait for something, or to make room for others."""

    voluntary: int
    involuntary: int

    def since(self, before: Switches) -> Switches:
        """Those after *before* was read."""
        return Switches(self.voluntary - before.voluntary, self.involuntary - before.involuntary)


@dataclass(frozen=True)
class Load:
    """Shares of all CPU time of the machine that something else took [%]."""

    others_percent: float
    steal_percent: float

    @property
    def disturbed(self) -> bool:
        """True if other processes of this machine got in the way."""
        return self.others_percent > OTHERS_LIMIT_PERCENT

    @property
    def contended(self) -> bool:
        """True if other processes or other virtual machines got in the way."""
        return self.disturbed or self.steal_percent > STEAL_LIMIT_PERCENT


def identify() -> Hardware:
    """Read what the machine is, from the operating system."""
    import psutil  # type: ignore[import-untyped]

    cpu = _cpuinfo()
    return Hardware(
        cpu_model=cpu.get("model name") or platform.processor() or platform.machine(),
        cpu_family=" ".join(f"{key} {cpu[name]}" for key, name in _FAMILY if name in cpu),
        logical_cpus=os.cpu_count() or 1,
        physical_cores=int(psutil.cpu_count(logical=False) or os.cpu_count() or 1),
        hypervisor="hypervisor" in cpu.get("flags", "").split(),
        ram_bytes=int(psutil.virtual_memory().total),
    )


_FAMILY = (("vendor", "vendor_id"), ("family", "cpu family"), ("model", "model"), ("stepping", "stepping"))


def default_sku(hardware: Hardware, accelerator: str | None = None) -> str:
    """The name a machine goes by when the user gives none: "epyc-2-vcpu", "ryzen-9-5950x-32-cpu", "h100-80gb-hbm3".

    >>> default_sku(Hardware("AMD EPYC", "", 2, 2, True, 0))
    'epyc-2-vcpu'
    >>> default_sku(Hardware("AMD EPYC", "", 2, 2, True, 0), "NVIDIA H100 80GB HBM3")
    'h100-80gb-hbm3'
    """
    if accelerator:
        return "-".join(word for word in re.findall(r"[a-z0-9]+", accelerator.lower()) if word != "nvidia")
    noise = r"\((r|tm)\)|@.*|\d+-core|\b(amd|intel|cpu|processor)\b"
    words = re.findall(r"[a-z0-9]+", re.sub(noise, " ", hardware.cpu_model.lower()))
    unit = "vcpu" if hardware.hypervisor else "cpu"
    return "-".join([*(words or ["unknown"]), str(hardware.logical_cpus), unit])


def software() -> dict[str, str]:
    """The interpreter and the operating system."""
    return {"python": platform.python_version(), "kernel": f"{platform.system()} {platform.release()}"}


def power_source() -> dict[str, str]:
    """Which meter gave the power figures: none so far, and a missing meter is never replaced by a guess."""
    counters = Path("/sys/class/powercap").glob("*/energy_uj")
    if any(os.access(counter, os.R_OK) for counter in counters):
        return {"source": "none", "note": "RAPL counters are readable here but were not used"}
    return {"source": "none", "note": "no meter and no RAPL counter on this machine; cpu_s_per_sample is measured"}


def cpu_times() -> CpuTimes:
    """CPU time since boot of the machine, and of this process with those that it started to work with it."""
    import psutil

    crew = [psutil.Process(each.pid).cpu_times() for each in multiprocessing.active_children()]
    crew_s = sum(float(times.user + times.system) for times in crew)
    now = psutil.cpu_times()._asdict()
    counted = {name: float(value) for name, value in now.items() if not name.startswith("guest")}
    steal_s = counted.get("steal", 0.0)
    total_s = sum(counted.values())
    return CpuTimes(
        total_s, total_s - counted["idle"] - counted.get("iowait", 0.0) - steal_s, steal_s, time.process_time() + crew_s
    )


def context_switches() -> Switches:
    """Those of all threads of this process, ended ones included, since it began (getrusage(2)); not of its crew."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Switches(used.ru_nvcsw, used.ru_nivcsw)


def load_between(before: CpuTimes, after: CpuTimes) -> Load:
    """What everything but this process took of the machine between two readings; nothing if they are too close."""
    total_s = after.total_s - before.total_s
    if total_s < SHORTEST_S:
        return Load(0.0, 0.0)
    others_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return Load(max(0.0, 100 * others_s / total_s), 100 * (after.steal_s - before.steal_s) / total_s)


def idle_load(duration_s: float, patience_s: float = 0) -> Load:
    """Watch the machine for *duration_s* while doing nothing; again while others are busy and patience lasts."""
    end_s = time.monotonic() + patience_s
    while True:
        before = cpu_times()
        time.sleep(duration_s)
        load = load_between(before, cpu_times())
        if not load.disturbed or time.monotonic() >= end_s:
            return load


def peak_rss_bytes() -> int:
    """The most memory this process held so far, torch included [B]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _cpuinfo() -> dict[str, str]:
    """The first processor of /proc/cpuinfo; empty where there is no such file."""
    path = Path("/proc/cpuinfo")
    first = path.read_text(encoding="utf-8").split("\n\n")[0] if path.is_file() else ""
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}
