"""Settings under which every probe is done in a moment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dcplan.profiling.probes.settings import Settings
from dcplan.profiling.probes.trials import Pace


@pytest.fixture
def tiny(tmp_path: Path) -> Settings:
    """All as small and short as it can be."""
    return Settings(
        quick=True,
        threads=1,
        folder=tmp_path,
        file_bytes=2**18,
        checkpoint_bytes=2**16,
        array_bytes=2**20,
        largest_all_reduce_bytes=4096,
        pace=Pace(trials=(5, 5), trial_s=0.005, least_s=0, budget_s=1),
    )


@pytest.fixture
def no_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Pillow were not installed."""
    monkeypatch.setitem(sys.modules, "PIL", None)


@pytest.fixture
def no_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if cryptography were not installed."""
    monkeypatch.setitem(sys.modules, "cryptography", None)
