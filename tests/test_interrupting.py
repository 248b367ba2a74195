"""Ctrl-C in a real process: what was measured is kept, and the same command goes on with the rest."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

WINDOWS = 8
PATIENCE_S = 120


def start(out: Path) -> subprocess.Popen[str]:
    """A short measurement of the reference CNN, as the command line starts it."""
    command = [sys.executable, "-m", "dcplan.profiling", "--workload", "cnn-cifar10", "--quick", "--task", "infer"]
    options = ["--sku", "here", "--out", str(out), "--meter", "none", "--budget", "15s"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell starts us with it ignored
    try:
        return subprocess.Popen([*command, *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_profile_that_was_interrupted_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "compute" / "here" / "cnn-cifar10"
    journal = folder / ".measuring.jsonl"
    first = start(tmp_path)
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s and not (journal.is_file() and journal.read_text().count("\n") > WINDOWS):
        assert first.poll() is None, first.communicate()
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 130
    assert f"interrupted; what was measured is kept in {folder}" in said
    assert "Traceback" not in said
    kept = journal.read_text().count("\n") - 1
    assert kept >= WINDOWS
    assert not (folder / "profile.yaml").exists()

    second = start(tmp_path)
    printed, said = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 0, said
    assert printed.strip() == str(folder)
    assert not journal.exists()
    with (folder / "windows.csv").open() as file:
        rows = [line for line in csv.reader(file) if not line[0].startswith("#")]
    assert len(rows) - 1 > kept
