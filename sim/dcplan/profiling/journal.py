"""Every window on disk as soon as it is complete, so that an interrupted measurement goes on where it stopped.

One JSON object per line; the first line says what is being measured. A journal of other settings, or of a machine that
has been started since (energy counters begin anew), is set aside. Windows of an older program, which kept
neither switches nor device time, count without them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dcplan.profiling.machine import Load, Switches
from dcplan.profiling.measure import Kept, Window
from dcplan.profiling.meters.protocol import Mark
from dcplan.profiling.point import Key

NAME = ".measuring.jsonl"


class Journal:
    """The journal of a profile folder.

    Args:
        folder: Folder of the profile; made if needed.
        subject: What is being measured, as plain data: the same subject goes on, another one starts anew.
    """

    def __init__(self, folder: Path, subject: Mapping[str, Any]) -> None:
        self.path = folder / NAME
        self.subject = json.loads(json.dumps(subject))
        self.known = list(self._read())
        folder.mkdir(parents=True, exist_ok=True)
        lines = [self.subject, *map(_plain, self.known)]
        self.path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")

    def keep(self, kept: Kept) -> None:
        """Append a window."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_plain(kept)) + "\n")

    def finish(self) -> None:
        """The measurement is complete: forget it."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> Iterator[Kept]:
        if not self.path.is_file():
            return
        lines = self.path.read_text(encoding="utf-8").splitlines()
        try:
            if json.loads(lines[0]) == self.subject:
                for line in lines[1:]:
                    yield _kept(json.loads(line))
        except (IndexError, KeyError, TypeError, ValueError):
            return  # the last line was cut off when the machine stopped: what came before it counts


def _plain(kept: Kept) -> dict[str, Any]:
    window = kept.window
    return {
        "key": kept.key._asdict(),
        "phase": kept.phase,
        "start_s": window.start_s,
        "call_ns": np.rint(window.call_s * 1e9).astype(int).tolist(),
        "cpu_s": window.cpu_s,
        "load": asdict(window.load),
        "wall_s": window.wall_s,
        "marks": [asdict(mark) for mark in window.marks or ()],
        "switches": asdict(window.switches) if window.switches else None,
        "device_s": window.device_s,
    }


def _kept(line: dict[str, Any]) -> Kept:
    marks = [Mark(**{**mark, "counters": tuple(mark["counters"])}) for mark in line["marks"]]
    window = Window(
        start_s=line["start_s"],
        call_s=np.array(line["call_ns"]) / 1e9,
        cpu_s=line["cpu_s"],
        load=Load(**line["load"]),
        wall_s=line["wall_s"],
        marks=(marks[0], marks[1]) if marks else None,
        switches=Switches(**switches) if (switches := line.get("switches")) else None,
        device_s=line.get("device_s"),
    )
    return Kept(Key(**line["key"]), line["phase"], window)
