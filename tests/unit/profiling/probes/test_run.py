"""From probes to profiles: what is written, what is refused, what is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dcplan.errors import InputError, InterruptedRunError
from dcplan.profiles.library import Library
from dcplan.profiling import machine
from dcplan.profiling.machine import Load
from dcplan.profiling.probes import run
from dcplan.profiling.probes.result import Result, not_measured, summarise
from dcplan.profiling.probes.run import PROBES, command, probe
from dcplan.profiling.probes.settings import Settings, Tell


def found(settings: Settings, tell: Tell) -> list[Result]:
    """A probe that knows its answer."""
    tell("thinking")
    return [
        summarise("answer", "B/s", [42.0] * 5, "what it is", {"threads": 1}),
        not_measured("rest", "s", "needs luck"),
    ]


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing else runs."""
    monkeypatch.setattr(machine, "idle_load", lambda *_: Load(0, 0))
    monkeypatch.setattr(machine, "load_between", lambda *_: Load(0, 0))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes that know their answer."""
    monkeypatch.setattr(run, "PROBES", dict.fromkeys(PROBES, found))


def test_each_family_is_a_profile_that_the_library_reads(known: None, tiny: Settings, tmp_path: Path) -> None:
    written = probe(None, tmp_path, "box", tiny)
    assert [path.relative_to(tmp_path).parts[0] for path in written] == ["machine", "storage", "network"]
    library = Library([tmp_path])
    profile = library.load("machine", "box")
    assert profile.kind == "measured"
    assert profile.values["answer"] == {
        "value": 42.0,
        "unit": "B/s",
        "low": 42.0,
        "high": 42.0,
        "trials": 5,
        "meaning": "what it is",
        "verdict": "VALID",
        "conditions": {"threads": 1},
    }
    assert profile.header["not_measured"] == {"rest": "needs luck"}
    assert profile.header["conditions"]["contended"] is False
    assert library.names("network") == ["box-loopback"]
    assert [name.startswith("box-") for name in library.names("storage")] == [True]


def test_one_probe_writes_one_profile(known: None, tiny: Settings, tmp_path: Path) -> None:
    assert probe(["crypto"], tmp_path, "box", tiny) == [tmp_path / "machine" / "box"]


def test_a_peer_gives_the_network_profile_its_name(known: None, tiny: Settings, tmp_path: Path) -> None:
    written = probe(["network"], tmp_path, "box", tiny, peer="10.0.0.2:5001")
    assert written == [tmp_path / "network" / "box-to-10-0-0-2"]


def test_a_busy_machine_is_said_to_be_busy(
    known: None, tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "idle_load", lambda *_: Load(50, 0))
    probe(["crypto"], tmp_path, "box", tiny)
    profile = Library([tmp_path]).load("machine", "box")
    assert profile.header["conditions"]["contended"] is True
    assert profile.values["answer"]["verdict"] == "UNSTABLE: something else was busy on this machine"


def test_progress_is_told(known: None, tiny: Settings, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    probe(["crypto", "network"], tmp_path, "box", tiny, progress=lambda *stage: told.append(stage))
    assert told[1:] == [("crypto: thinking", 0, 2), ("network: thinking", 1, 2), ("done", 2, 2)]


@pytest.mark.parametrize(
    ("names", "change", "said"),
    [
        (["memory"], {}, "there is no probe 'memory'"),
        (None, {"device": "tpu"}, "there is no device 'tpu'"),
        (None, {"threads": 0}, "0 threads"),
        (None, {"threads": 10**6}, "1000000 threads"),
        (None, {"peer": "nowhere"}, "is not HOST:PORT"),
        (None, {"file_bytes": 10**17}, "measuring storage writes"),
    ],
)
def test_what_cannot_be_had_is_refused_before_anything_is_measured(
    tiny: Settings, tmp_path: Path, names: list[str] | None, change: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        probe(names, tmp_path, "box", replace(tiny, **change))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_an_error_if_the_probe_was_asked_for(
    tiny: Settings, tmp_path: Path, no_pillow: None, no_cryptography: None
) -> None:
    with pytest.raises(InputError, match="probe 'pipeline' needs Pillow"):
        probe(["pipeline"], tmp_path, "box", tiny)
    with pytest.raises(InputError, match="probe 'crypto' needs cryptography"):
        probe(["crypto"], tmp_path, "box", tiny)


def test_an_interruption_tells_what_was_written(
    known: None, tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(settings: Settings, tell: Tell) -> list[Result]:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "PROBES", {**run.PROBES, "network": interrupted})
    with pytest.raises(InterruptedRunError, match=r"written before: .*machine.*storage"):
        probe(None, tmp_path, "box", tiny)


def test_the_command_measures_the_same_again() -> None:
    assert (
        command(tuple(PROBES), "box", Settings(quick=True)) == "python -m dcplan.profiling --machine --sku box --quick"
    )
    assert "probe(['crypto'], Path('profiles'), 'box', Settings(threads=2))" in command(
        ("crypto",), "box", Settings(threads=2)
    )
