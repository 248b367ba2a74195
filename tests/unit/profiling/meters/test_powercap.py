"""Which CPU energy counters are added up, and what is said where there are none."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from dcplan.errors import InputError
from dcplan.profiling.meters.powercap import domains

Add = Callable[..., Path]


def names(root: Path) -> list[str]:
    return [domain.name for domain in domains(root)]


def test_packages_and_their_memory_count_and_nothing_twice(tmp_path: Path, domain: Add) -> None:
    for socket in (0, 1):
        domain(f"intel-rapl:{socket}", f"package-{socket}", 1)
        for part, name in enumerate(("core", "uncore", "dram")):
            domain(f"intel-rapl:{socket}:{part}", name, 1)
    assert names(tmp_path) == ["package-0", "package-0/dram", "package-1", "package-1/dram"]


def test_the_platform_holds_the_package_and_is_left_out(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl:0", "package-0", 1)
    domain("intel-rapl:1", "psys", 1)
    assert names(tmp_path) == ["package-0"]


def test_a_second_window_on_the_same_package_is_left_out(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl-mmio:0", "package-0", 2_000_000)
    domain("intel-rapl:0", "package-0", 1_000_000)
    assert [found.read_j() for found in domains(tmp_path)] == [1.0]


def test_it_is_taken_if_it_is_the_only_one(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl-mmio:0", "package-0", 2_000_000)
    assert [found.read_j() for found in domains(tmp_path)] == [2.0]


def test_dies_of_a_package_count_each(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl:0", "package-0-die-0", 1)
    domain("intel-rapl:1", "package-0-die-1", 1)
    assert names(tmp_path) == ["package-0-die-0", "package-0-die-1"]


def test_a_machine_without_counters_is_told_why_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no RAPL energy counter.*virtual machine.*; run on the host"):
        domains(tmp_path)
    with pytest.raises(InputError, match="no RAPL energy counter"):
        domains(tmp_path / "missing")


def test_memory_alone_is_no_processor(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl:0", "dram", 1)
    with pytest.raises(InputError, match="of a processor package"):
        domains(tmp_path)


def test_a_counter_that_only_root_may_read_is_explained(
    tmp_path: Path, domain: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain("intel-rapl:0", "package-0", 1)
    read_text = Path.read_text

    def refuse(path: Path, encoding: str | None = None) -> str:
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied")
        return read_text(path, encoding=encoding)

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InputError, match=r"CVE-2020-8694, Platypus\); run as root.*sudo chmod a\+r /sys/class"):
        domains(tmp_path)


def test_a_counter_that_holds_no_number_is_refused_with_its_name(tmp_path: Path, domain: Add) -> None:
    domain("intel-rapl:0", "package-0", "n/a")
    with pytest.raises(InputError, match=r"intel-rapl:0/energy_uj: gives no energy"):
        domains(tmp_path)


def test_a_counter_that_vanishes_reads_as_not_a_number(tmp_path: Path, domain: Add) -> None:
    folder = domain("intel-rapl:0", "package-0", 3_000_000)
    (found,) = domains(tmp_path)
    assert found.read_j() == 3
    (folder / "energy_uj").unlink()
    assert math.isnan(found.read_j())
