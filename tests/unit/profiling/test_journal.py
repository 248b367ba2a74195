"""What a journal keeps of a window, and journals of older programs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dcplan.profiling.journal import NAME, Journal
from dcplan.profiling.machine import Load, Switches
from dcplan.profiling.measure import Kept, Window
from dcplan.profiling.point import Key

SUBJECT = {"workload": "net"}
NEW = ("switches", "device_s")
"""Entries that an older journal lacks."""


def kept(switches: Switches | None, device_s: float | None) -> Kept:
    """A measured window of two calls."""
    window = Window(1.5, np.array([0.25, 0.5]), 0.5, Load(1.0, 0.5), 0.75, switches=switches, device_s=device_s)
    return Kept(Key("infer", 4), "measured", window)


@pytest.mark.parametrize(("switches", "device_s"), [(Switches(12, 3), 0.125), (Switches(0, 0), None), (None, None)])
def test_a_window_comes_back_as_it_was(tmp_path: Path, switches: Switches | None, device_s: float | None) -> None:
    Journal(tmp_path, SUBJECT).keep(kept(switches, device_s))
    ((key, phase, window),) = Journal(tmp_path, SUBJECT).known
    assert (key, phase, window.call_s.tolist()) == (Key("infer", 4), "measured", [0.25, 0.5])
    assert (window.load, window.wall_s, window.marks) == (Load(1.0, 0.5), 0.75, None)
    assert (window.switches, window.device_s) == (switches, device_s)


def test_windows_of_an_older_journal_count_without_what_it_did_not_keep(tmp_path: Path) -> None:
    Journal(tmp_path, SUBJECT).keep(kept(Switches(12, 3), 0.125))
    first, *lines = (tmp_path / NAME).read_text(encoding="utf-8").splitlines()
    older = [{name: value for name, value in json.loads(line).items() if name not in NEW} for line in lines]
    (tmp_path / NAME).write_text("\n".join([first, *map(json.dumps, older)]), encoding="utf-8")
    (again,) = Journal(tmp_path, SUBJECT).known
    assert again.window.mean_s == 0.375
    assert (again.window.switches, again.window.device_s) == (None, None)
