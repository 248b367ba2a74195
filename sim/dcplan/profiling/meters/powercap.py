"""Find the CPU energy counters that Linux shows under powercap, each joule once.

A package holds its cores and its graphics ("core", "uncore"), and the platform ("psys") holds the packages, so only
packages and memory ("dram") are added up. Intel's second window on a package (intel-rapl-mmio) shows the same joules.

Reference: Linux kernel, Documentation/power/powercap/powercap.rst and drivers/powercap/intel_rapl_common.c.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from dcplan.errors import InputError

ROOT = Path("/sys/class/powercap")
"""Where the kernel shows the counters."""


@dataclass(frozen=True)
class Domain:
    """A part of the machine with an energy counter.

    Attributes:
        name: "package-0", or "package-0/dram".
        counter: The file that holds the energy so far [uJ].
        range_j: The counter starts again from zero after this [J].
    """

    name: str
    counter: Path
    range_j: float

    @property
    def is_memory(self) -> bool:
        """True for memory rather than a package."""
        return self.name.endswith("dram")

    def read_j(self) -> float:
        """Energy so far [J]; NaN if the counter cannot be read any more."""
        try:
            return int(self.counter.read_text(encoding="ascii")) / 1e6
        except (OSError, ValueError):
            return math.nan


def domains(root: Path = ROOT) -> list[Domain]:
    """Packages and memory under *root*, in order of their names.

    Raises: InputError if there are none, or the kernel does not let this user read them.
    """
    found: dict[str, Domain] = {}
    for counter in sorted(root.glob("intel-rapl*/energy_uj"), key=_mmio_last):
        name = _name(counter.parent)
        if _counts(name):
            found.setdefault(name, _domain(name, counter))
    if not any(not domain.is_memory for domain in found.values()):
        raise InputError(
            f"{root}: no RAPL energy counter of a processor package (a virtual machine or a container hides them)",
            "run on the host, give the log of a meter at the wall, or state the processor's thermal design power",
        )
    return [found[name] for name in sorted(found)]


def _counts(name: str) -> bool:
    """True for a package and for memory, of which no other domain that is added up is a part."""
    package, _, part = name.partition("/")
    return name == "dram" or (package.startswith("package-") and part in ("", "dram"))


def _domain(name: str, counter: Path) -> Domain:
    """A domain whose counter was read once, so that what forbids it is known now."""
    try:
        int(counter.read_text(encoding="ascii"))
        range_uj = int((counter.parent / "max_energy_range_uj").read_text(encoding="ascii"))
    except PermissionError:
        raise InputError(
            f"{counter}: may not be read: since 2020 the kernel lets only root read it, because power gives secrets "
            "away (CVE-2020-8694, Platypus)",
            "run as root, or let everyone on this machine read it: sudo chmod a+r /sys/class/powercap/*/energy_uj",
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{counter}: gives no energy: {error}", "use another meter") from None
    return Domain(name, counter, range_uj / 1e6)


def _name(folder: Path) -> str:
    """The name of a domain, after that of the package it is a part of: "package-0/dram"."""
    parent = folder.parent / folder.name.rpartition(":")[0]
    own = _text(folder / "name")
    above = _text(parent / "name") if folder.name.count(":") > 1 else ""
    return f"{above}/{own}" if above else own


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _mmio_last(counter: Path) -> tuple[bool, str]:
    return "mmio" in counter.parent.name, str(counter)
