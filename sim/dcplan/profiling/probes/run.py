"""Probe this machine and write what was found as profiles of the families machine, storage and network."""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from dcplan.errors import InputError, InterruptedRunError
from dcplan.profiling import machine
from dcplan.profiling.machine import Hardware, Load
from dcplan.profiling.measure import Progress
from dcplan.profiling.probes.ceilings import ceilings
from dcplan.profiling.probes.crypto import crypto
from dcplan.profiling.probes.network import network
from dcplan.profiling.probes.peer import address_of
from dcplan.profiling.probes.pipeline import pipeline
from dcplan.profiling.probes.result import Result
from dcplan.profiling.probes.scratch import check_space, place_of
from dcplan.profiling.probes.settings import Settings, Tell, check, missing
from dcplan.profiling.probes.storage import needed_bytes, storage
from dcplan.profiling.run import accelerator, checked_sku, require
from dcplan.profiling.write import plain

PROBES: Mapping[str, Callable[[Settings, Tell], list[Result]]] = {
    "ceilings": ceilings,
    "pipeline": pipeline,
    "crypto": crypto,
    "storage": storage,
    "network": network,
}
"""Every probe by its name."""
FAMILIES = {"machine": ("ceilings", "pipeline", "crypto"), "storage": ("storage",), "network": ("network",)}
"""Which probes make a profile of which family."""
LIBRARIES = {"pipeline": "PIL", "crypto": "cryptography"}
"""Optional libraries without which a probe says less or nothing."""
DESCRIPTIONS = {
    "machine": "Rates of arithmetic, memory, input pipeline and encryption that {cpu} reaches.",
    "storage": "Rates and latencies of {filesystem} on {device} as one process sees them.",
    "network": "Latency and bandwidth of TCP, and time of an all-reduce, {way}.",
}
_WATCHED_S = {True: 1.0, False: 5.0}
"""How long to watch the idle machine before the start, by `quick` [s]."""


def probe(
    names: Sequence[str] | None,
    out: Path,
    sku: str | None = None,
    settings: Settings | None = None,
    *,
    quick: bool | None = None,
    peer: str | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Run probes and write a profile folder for each family below *out*; the folders written.

    A profile of the same name is replaced. A probe that lacks an optional library is left out and the profile says
    why, unless it was asked for by name.

    Args:
        names: Names from `PROBES`; all if None or empty.
        out: The folder of profiles, e.g. `profiles`.
        sku: Name of this kind of machine; made from its processor or accelerator if None.
        settings: What else may be chosen.
        quick: Under half a minute for all of them, instead of under five; as *settings* say if None.
        peer: "host:port" of another machine that runs `serve_peer`; as *settings* say if None.
        progress: Told the stage, the number of probes done, and the number of all.

    Raises: InputError if something asked for cannot be had, InterruptedRunError when interrupted.
    """
    settings = settings or Settings()
    settings = replace(settings, quick=settings.quick if quick is None else quick, peer=peer or settings.peer)
    require("torch", "psutil")
    settings = replace(settings, folder=settings.folder or out)
    wanted = _checked(names, out, settings)
    hardware = machine.identify()
    sku = checked_sku(sku or machine.default_sku(hardware, accelerator(settings.device)))
    session = Session(wanted, out, sku, settings, hardware, progress or (lambda *_: None))
    written: list[Path] = []
    try:
        written.extend(session.folders())
    except KeyboardInterrupt as error:
        kept = f"; written before: {', '.join(map(str, written))}" if written else ""
        raise InterruptedRunError(f"interrupted{kept}") from error
    return written


def _checked(names: Sequence[str] | None, out: Path, settings: Settings) -> tuple[str, ...]:
    """The probes to run in their order, or an InputError that says why one cannot run here."""
    for name in names or ():
        if name not in PROBES:
            raise InputError(f"there is no probe '{name}'", f"known are {', '.join(PROBES)}")
        if name in LIBRARIES and (reason := missing(LIBRARIES[name])):
            raise InputError(f"probe '{name}' {reason}", f"install it: pip install {reason.removeprefix('needs ')}")
    wanted = tuple(name for name in PROBES if not names or name in names)
    check(settings)
    if settings.peer:
        address_of(settings.peer)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror}", "name another folder") from error
    if "storage" in wanted:
        check_space(settings.folder or out, needed_bytes(settings))
    return wanted


@dataclass(frozen=True)
class Session:
    """Probes whose arguments have been checked, on a machine that is known."""

    wanted: tuple[str, ...]
    out: Path
    sku: str
    settings: Settings
    hardware: Hardware
    progress: Progress

    def folders(self) -> Iterator[Path]:
        """Measure and write family by family; each folder as it is written."""
        self.progress("watching the idle machine", 0, len(self.wanted))
        idle = machine.idle_load(_WATCHED_S[self.settings.quick])
        for family, members in FAMILIES.items():
            if chosen := [name for name in members if name in self.wanted]:
                yield self._family(family, chosen, idle)
        self.progress("done", len(self.wanted), len(self.wanted))

    def _family(self, family: str, chosen: Sequence[str], idle: Load) -> Path:
        """Run the probes of a family and write its profile."""
        before, children_s = machine.cpu_times(), _children_s()
        results = [result for name in chosen for result in PROBES[name](self.settings, self._tell(name))]
        after = machine.cpu_times()
        own_s = after.own_s + _children_s() - children_s
        during = machine.load_between(before, replace(after, own_s=own_s))
        folder = self.out / family / self._name(family)
        folder.mkdir(parents=True, exist_ok=True)
        document = self._document(family, chosen, results, idle, during)
        text = yaml.safe_dump(plain(document), sort_keys=False, allow_unicode=True, width=110)
        (folder / "profile.yaml").write_text(text, encoding="utf-8")
        return folder

    def _tell(self, name: str) -> Tell:
        done = self.wanted.index(name)
        return lambda stage: self.progress(f"{name}: {stage}", done, len(self.wanted))

    def _name(self, family: str) -> str:
        """What the profile is called: the kind of machine, and what of it."""
        if family == "storage":
            return f"{self.sku}-{place_of(self.settings.folder or self.out).device}"
        if family == "network":
            return f"{self.sku}-to-{_word(self.settings.peer)}" if self.settings.peer else f"{self.sku}-loopback"
        return self.sku

    def _document(
        self, family: str, chosen: Sequence[str], results: Sequence[Result], idle: Load, during: Load
    ) -> dict[str, Any]:
        """The whole profile."""
        today = datetime.now(UTC).date()
        # The kernel itself works for storage and network: what is not this process is no other's for that.
        contended = idle.contended or Load(0, during.steal_percent).contended
        contended = contended or (family == "machine" and during.contended)
        return {
            "schema": 1,
            "kind": "measured",
            "description": self._description(family),
            "source": f"probes of dcplan ({', '.join(chosen)}) on {self._machine()}",
            "year": today.year,
            "date": today.isoformat(),
            "licence": "Apache-2.0",
            "derivation": "each value is the mean of repeated trials with its 95 % t interval; at least five trials",
            "command": command(self.wanted, self.sku, self.settings),
            "sku": self.sku,
            "hardware": {**asdict(self.hardware), **self._accelerator()},
            "software": {**machine.software(), **_versions(chosen)},
            "conditions": {
                "threads": self.settings.effective_threads,
                "mode": "quick" if self.settings.quick else "full",
                "contended": contended,
                "others_percent_before": idle.others_percent,
                "others_percent": during.others_percent,
                "steal_percent_before": idle.steal_percent,
                "steal_percent": during.steal_percent,
            },
            "values": {result.name: _entry(result, contended) for result in results if result.measured},
            "not_measured": {
                result.name: result.verdict.rpartition("not measured: ")[2] for result in results if not result.measured
            },
        }

    def _description(self, family: str) -> str:
        place = place_of(self.settings.folder or self.out)
        way = f"from this machine to {self.settings.peer}" if self.settings.peer else "within one machine (loopback)"
        if family == "network" and self.settings.peer:
            return f"Latency and bandwidth of TCP {way}."
        cpu = self.hardware.cpu_model
        return DESCRIPTIONS[family].format(cpu=cpu, filesystem=place.filesystem, device=place.device, way=way)

    def _machine(self) -> str:
        kind = "a virtual machine" if self.hardware.hypervisor else "a machine"
        processor = f"{self.hardware.logical_cpus} logical processors ({self.hardware.cpu_model})"
        device = accelerator(self.settings.device)
        return f"{device} in {kind} with {processor}" if device else f"{kind} with {processor}"

    def _accelerator(self) -> dict[str, str]:
        device = accelerator(self.settings.device)
        return {"accelerator": device} if device else {}


def command(wanted: Sequence[str], sku: str, settings: Settings) -> str:
    """What to type to measure the same again."""
    changed = {one.name for one in fields(Settings) if getattr(settings, one.name) != one.default} - {"folder"}
    if len(wanted) == len(PROBES) and changed <= {"quick", "peer"}:
        more = (" --quick" if settings.quick else "") + (f" --peer {settings.peer}" if settings.peer else "")
        return f"python -m dcplan.profiling --machine --sku {sku}{more}"
    chosen = ", ".join(f"{name}={getattr(settings, name)!r}" for name in sorted(changed))
    call = f"probe({list(wanted)}, Path('profiles'), '{sku}', Settings({chosen}))"
    imports = "from pathlib import Path; from dcplan.profiling.probes.run import Settings, probe"
    return f'python -c "{imports}; {call}"'


def _entry(result: Result, contended: bool) -> dict[str, object]:
    """A value as the profile holds it; on a busy machine it is to be used with care."""
    found = asdict(result)
    found.pop("name")
    conditions = found.pop("conditions")
    if contended and found["verdict"] == "VALID":
        found["verdict"] = "UNSTABLE: something else was busy on this machine"
    return {**found, "conditions": conditions}


def _versions(chosen: Sequence[str]) -> dict[str, str]:
    """The libraries that the probes measured with."""
    used = {"pipeline": "pillow", "crypto": "cryptography"}
    versions = {}
    for library in ("torch", "numpy", *(used[name] for name in chosen if name in used)):
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            versions[library] = "not installed"
    return versions


def _children_s() -> float:
    """CPU time of the processes that this one started and that have ended [s]."""
    times = os.times()
    return times.children_user + times.children_system


def _word(text: str) -> str:
    """The host of "10.0.0.2:5001" as a part of a folder's name: "10-0-0-2"."""
    return "-".join(re.findall(r"[a-z0-9]+", text.rpartition(":")[0].lower()))
